package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/push"
)

// openJournal takes hold of the run's journal, so that the same command can go
// on after whatever happens, and finds where an earlier part of the run stopped.
func (r *pushRun) openJournal(context.Context) error {
	if r.settings.dryRun || r.crm != nil {
		return nil
	}
	for _, in := range r.inputs {
		if in.isStream() {
			return nil
		}
	}
	run, err := r.journalRun()
	if err != nil {
		return err
	}
	if err := r.refuseLess(run); err != nil {
		return err
	}
	opts := journal.Options{Started: r.started, PID: os.Getpid(), Restart: r.settings.restart}
	kept, from, err := journal.Open(stateDirectory(), run, opts)
	var unkept *journal.Error
	if errors.As(err, &unkept) && !unkept.Left {
		r.app.warn(fmt.Sprintf("this run can't be resumed if it is interrupted: %v", err))
		return nil
	}
	if err != nil {
		return err
	}
	r.journal, r.resume = kept, from
	r.tellOfEarlierRun(kept.Anew())
	for _, mark := range kept.Stale() {
		if err := discardRejects(mark); err != nil {
			return err
		}
	}
	return nil
}

// refuseLess refuses a run of fewer records than those of an interrupted one that is
// otherwise the same: that would be forgotten for a quick look.
func (r *pushRun) refuseLess(run journal.Run) error {
	if run.Limit == 0 || r.settings.restart {
		return nil
	}
	entries, err := journal.List(stateDirectory())
	if err != nil {
		return nil // opening the journal says what is wrong
	}
	for _, e := range entries {
		was := e.Run
		more := was.Limit == 0 || was.Limit > run.Limit
		was.Limit, was.MappedBy, was.ChosenBy = run.Limit, run.MappedBy, run.ChosenBy
		over, _ := e.Checkpoint.Over()
		if e.Ended == nil && !e.InUse && more && over > 0 && fmt.Sprint(was) == fmt.Sprint(run) {
			return usage("leave out --limit to go on with it; --dry-run and --sandbox leave it as it is, and --restart forgets it",
				"an earlier run of %s was interrupted after %d records, and --limit %d would start from the beginning", r.inputs[0].info.Name, over, run.Limit)
		}
	}
	return nil
}

// journalRun says what the run is, so that it is known again.
func (r *pushRun) journalRun() (journal.Run, error) {
	run := journal.Run{
		BaseURL: plainURL(r.settings.baseURL), Object: r.object, Match: r.match, Limit: r.settings.limit, Shard: r.settings.shard.String(),
	}
	how, choice := sha256.New(), sha256.New()
	for _, in := range r.inputs {
		path, err := realPath(in.path)
		if err != nil {
			return run, err
		}
		run.Inputs = append(run.Inputs, journal.Input{Path: path, Size: in.info.Size, Fingerprint: in.info.Fingerprint})
		fmt.Fprintf(how, "%s\n", in.mapper.Fingerprint())
		// The same bytes read otherwise are other records.
		fmt.Fprintf(choice, "read as %q %q %q %q columns %q row %d\n", in.info.Format, in.info.Delimiter, in.info.Encoding,
			r.settings.sheet, r.settings.columns, r.settings.headerRow)
	}
	// What one way of choosing left out, another would send; and what was sent
	// without the state's knowledge, the state would take for unchanged.
	fmt.Fprintf(choice, "only changed %t full %t max age %s state %q\n", r.settings.onlyChanged, r.settings.full, r.settings.maxAge, r.settings.state)
	run.Mapping, run.Choice = hex.EncodeToString(how.Sum(nil)), hex.EncodeToString(choice.Sum(nil))
	run.MappedBy, run.ChosenBy = r.settings.decisive()
	return run, nil
}

// decisive names the flags that decide on bodies, and on which records are sent, with
// hashes of their values: those may be data that a journal shouldn't hold.
func (s *settings) decisive() (mapped, chosen map[string]string) {
	mapped, chosen = map[string]string{}, map[string]string{}
	tell := func(in map[string]string, name string, said bool, value any) {
		if said {
			sum := sha256.Sum256(fmt.Append(nil, value))
			in[name] = hex.EncodeToString(sum[:4])
		}
	}
	tell(mapped, "--mapping", s.mappingFile != "", s.mappingFile)
	tell(mapped, "--map", len(s.mapped) > 0, s.mapped)
	tell(mapped, "--set", len(s.constants) > 0, s.constants)
	tell(mapped, "--unknown-columns", true, s.dropUnknown)
	tell(mapped, "--locale", s.locale != "", s.locale)
	tell(mapped, "--timezone", s.location != nil, s.location)
	tell(mapped, "--list-separator", true, s.listSeparator)
	if s.blank != nil {
		tell(mapped, "--blank", true, *s.blank)
	}
	if s.null != nil {
		tell(mapped, "--null", true, *s.null)
	}
	tell(chosen, "--columns", len(s.columns) > 0, s.columns)
	tell(chosen, "--sheet", s.sheet != "", s.sheet)
	tell(chosen, "--header-row", s.headerRow > 0, s.headerRow)
	tell(chosen, "--only-changed", s.onlyChanged, true)
	tell(chosen, "--full", s.full, true)
	tell(chosen, "--max-age", true, s.maxAge)
	tell(chosen, "--state", s.state != "", s.state)
	return mapped, chosen
}

func (r *pushRun) tellOfEarlierRun(anew *journal.Anew) {
	if from := r.resume; from != nil {
		if over, _ := from.Over(); over > 0 {
			at := fmt.Sprintf("line %d", from.GoesOn())
			if from.Records == 0 {
				at = "the first record"
			}
			text := fmt.Sprintf("an earlier run was interrupted after %d records, which are not sent again: going on at %s of %s", over, at, r.inputs[from.Input].info.Name)
			if n := len(from.Beyond); n > 0 {
				text += fmt.Sprintf(", the first that was not done (%d after it are)", n)
			}
			r.app.note(text)
		}
		return // else it came nowhere
	}
	switch {
	case anew == nil:
	case anew.Damaged != nil:
		r.app.warn(fmt.Sprintf("an earlier run was interrupted, but can't be gone on with (%v): starting from the beginning", anew.Damaged))
	case !anew.Asked:
		r.app.note(fmt.Sprintf("an earlier run was interrupted, but since then %s: starting from the beginning", strings.Join(anew.Changed, ", ")))
	}
}

// closeJournal keeps the journal of a run that isn't over, and for runEnd.forget that of
// one which is still to be told of. It forgets a run that came to its input's end in
// another way, or not beyond its beginning.
func (r *pushRun) closeJournal(result *push.Result) error {
	switch {
	case r.journal == nil:
		return nil
	case r.end.keptIn(r.journal):
		return nil
	// A run that could not be resumed came nowhere either, but its journal did.
	case result.Whole || r.resume == nil && result.Read == result.NotSent:
		return r.journal.Finish() // a full disk has room for that
	}
	return r.journal.Close()
}
