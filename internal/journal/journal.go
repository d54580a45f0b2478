// Package journal keeps, for each run that isn't over, how far it came: one
// small file that is replaced whole, so that after a kill, a power cut or a full
// disk either the last statement is found or the one before it. A run that
// finishes leaves none.
//
// What a checkpoint's numbers mean, when one is due, and how a reader is brought
// back to it are package push's; the rejects' own file is package reject's.
package journal

import (
	"crypto/rand"
	"encoding/json"
	"path/filepath"
	"slices"
	"time"

	"github.com/crmsync/crmsync/internal/durable"
)

// Run says what a run does. The same run is known again by its inputs' paths,
// BaseURL and Shard; if anything else differs, it starts anew.
type Run struct {
	BaseURL   string
	Workspace string // as far as it can be known; "" where it can't
	Object    string // slug
	Match     string // matching attribute
	Mapping   string // fingerprint of everything that decides a record's body
	Choice    string // … and of what decides which records there are, and which of them are sent
	Limit     int64  // of the records that are read; 0 for none
	Shard     string // "2/8"; "" for a whole run
	Inputs    []Input

	// The flags that Mapping and Choice come of, by name, with a hash of their values
	// where they have any. They only tell what has changed.
	MappedBy, ChosenBy map[string]string `json:",omitempty"`
}

// Input is one file of a run.
type Input struct {
	Path        string // absolute, links resolved
	Size        int64  // bytes
	Fingerprint string // of the whole content
}

// Checkpoint is one statement of how far a run came.
type Checkpoint struct {
	// Done is the number of records that are committed: all up to the Done-th
	// of the run. Tally, reasons and rejects are of these alone.
	Done int64

	// Where the next record is read: in Run.Inputs[Input], behind Offset bytes
	// (-1 where the input can't be entered there), at Line, after Records
	// records of that input.
	Input   int
	Offset  int64
	Line    int64
	Records int64

	// Beyond are the records that are over though one before them isn't.
	Beyond []Settled

	Rejects []Rejects // one for each input that was begun

	Created, Updated, Unchanged, Rejected int64
	Requests, Retries, Throttled          int64

	// Related counts the records that were created since records of the run refer
	// to them, by object.
	Related map[string]int64 `json:",omitempty"`

	Reasons []Reason // kinds of rejects; the caller bounds them
	Row     Row      `json:",omitzero"`
	Seconds float64  // that the run took so far
	SavedAt time.Time
}

// Over counts the records that need no further request, and those of them that
// were rejected: what the summary of an interrupted run counts, and what is said
// of it wherever it is told of.
func (c *Checkpoint) Over() (records, rejected int64) {
	if c == nil {
		return 0, 0
	}
	records, rejected = c.Done+int64(len(c.Beyond)), c.Rejected
	for _, s := range c.Beyond {
		if s.Outcome == Rejected {
			rejected++
		}
	}
	return records, rejected
}

// GoesOn is the line of Input at which the run goes on; 0 where it begins at its
// beginning. The first record may be the only one that isn't over.
func (c *Checkpoint) GoesOn() int64 {
	if over, _ := c.Over(); over == 0 {
		return 0
	}
	return max(c.Line, 1)
}

// Ended is the end of a run: there is nothing left to resume.
type Ended struct {
	Fingerprint string          // of everything that makes it the same run
	Result      json.RawMessage // what the caller wants to know of it later
	At          time.Time       // when it ended
}

// endedLasts is how long it counts that a run is over, where something kept it from
// being told, and what a failed job has done. Who mends what was wrong goes on; the
// next night everything is pushed again, since others may have changed the CRM
// meanwhile.
const endedLasts = 12 * time.Hour

// lasts tells whether an end still counts. A clock that was set back after it may
// have been far ahead.
func lasts(ended, now time.Time) bool { return now.Sub(ended).Abs() <= endedLasts }

// Outcome is how a record ended.
type Outcome string

// The outcomes of a settled record.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Rejected  Outcome = "rejected"
)

// Settled is a record that needs no further request.
type Settled struct {
	Seq     int64 // counted from 1 over the run
	Outcome Outcome
	Status  int    // of a rejected record: see package reject's Entry
	Error   string // of a rejected record
	Kind    string // of a rejected record: Error without its own values
}

// Rejects is how much of an input's reject file counts; the fields are those of
// package reject's Mark.
type Rejects struct {
	Path   string
	Temp   string
	Length int64
	Sum    uint64
	Raw    bool
}

// Reason is one kind of reject.
type Reason struct {
	Status    int
	Error     string
	Kind      string
	Count     int64
	FirstLine int64
	Input     string // that of FirstLine, "" where an older version of the program noted it
}

// Row is how many of the last committed records were rejected in a row, for one
// reason.
type Row struct {
	Count  int64
	Status int
	Kind   string
}

// Anew says why a run that was interrupted starts from its beginning all the
// same.
type Anew struct {
	Changed []string // what differs, as sentences: "products.csv has changed"
	Damaged error    // the journal could not be read
	Asked   bool     // Options.Restart
}

// Options are what Open needs besides the run.
type Options struct {
	Started time.Time // when this process began the run, to tell others
	PID     int       // its process id, for the same
	Restart bool      // forget what an earlier run left
}

// Journal is an open journal, held against other processes until Finish or
// Close. It is used by one goroutine at a time.
type Journal struct {
	claim
	own  record
	anew *Anew
}

// Open takes hold of the run's journal in dir, which is made where it is
// missing. The checkpoint is nil where the run begins at its beginning; if that
// is so although an earlier run was interrupted, [Journal.Anew] says why, or
// [Journal.Ended] that nothing of it was left to be done.
//
// The error is a [*LockedError] where another process is pushing one of the
// inputs, and an [*Error] where no journal can be kept in dir.
func Open(dir string, run Run, o Options) (*Journal, *Checkpoint, error) {
	return openOn(durable.System{}, dir, run, o)
}

func openOn(d durable.Disk, dir string, run Run, o Options) (*Journal, *Checkpoint, error) {
	guard, err := enter(dir)
	if err != nil {
		return nil, nil, err
	}
	defer guard.release()

	j := &Journal{claim: claim{dir: dir, key: key(run), suffix: journalSuffix, what: "the journal", disk: d}}
	others, err := list(dir)
	if err == nil {
		err = refuseOverlap(others, j.key, run)
	}
	if err != nil {
		return nil, nil, err
	}
	if j.lock, err = takeLock(filepath.Join(dir, j.key+lockSuffix)); err != nil {
		return nil, nil, err
	}
	if j.lock == nil {
		return nil, nil, &LockedError{Path: inputsAs(fromHere, run)}
	}
	if err := j.begin(run, o, others); err != nil {
		j.lock.drop()
		return nil, nil, err
	}
	if j.own.Ended != nil {
		return j, nil, nil
	}
	return j, j.own.Checkpoint, nil
}

// begin finds out where the run goes on and says in the journal that it does,
// which also shows whether one can be written at all.
func (j *Journal) begin(run Run, o Options, others []Entry) error {
	removeLeftovers(j.dir, j.key)
	j.own.ID = rand.Text()
	found, err := readRecord(j.path())
	switch {
	case err != nil:
		j.anew = &Anew{Damaged: err}
	case found == nil, endedInAJob(j.dir, j.key, found):
	default:
		j.takeOver(found, run, o)
	}
	if found != nil { // a kill may have come before they were removed
		j.own.Stale = append(j.own.Stale, found.Stale...)
	}
	var within []Entry
	if j.own.Checkpoint == nil {
		within = slices.DeleteFunc(others, func(e Entry) bool { return e.Key == j.key || !isWithin(e.Run, run) })
	}
	for _, e := range within {
		j.own.Stale = append(j.own.Stale, e.rejects()...)
		if over, _ := e.Checkpoint.Over(); over > 0 && e.Ended == nil && j.anew == nil {
			changed := "files were added to it"
			if len(e.Run.Inputs) == len(run.Inputs) {
				changed = "the order of its files has changed"
			}
			j.anew = &Anew{Changed: []string{changed}, Asked: o.Restart}
		}
	}
	j.own.Run, j.own.PID, j.own.Started = run, o.PID, o.Started
	if err := j.write(); err != nil {
		return &Error{Path: j.path(), Err: durable.Cause(err), Left: exists(j.path()), doing: "writing the journal"}
	}
	for _, e := range within {
		_ = j.disk.Remove(filepath.Join(j.dir, e.Key+journalSuffix)) // else the next run of it says that its rejects are gone
	}
	return nil
}

// takeOver decides what counts of an earlier run of the same inputs.
func (j *Journal) takeOver(found *record, run Run, o Options) {
	changed := differences(found.Run, run)
	same := !o.Restart && len(changed) == 0
	switch {
	case found.Ended != nil && (!same || !lasts(found.Ended.At, o.Started)):
		// Nothing of it is left to be done, and nobody waits to be told of it any more.
	case same:
		j.own.ID, j.own.Checkpoint, j.own.Ended = found.ID, found.Checkpoint, found.Ended
	default:
		j.anew = &Anew{Changed: changed, Asked: o.Restart}
		if found.Checkpoint != nil {
			j.own.Stale = found.Checkpoint.Rejects
		}
	}
}

// Ended is the end of an earlier run that something kept from being told, if it is
// the same run still; nil where there is none.
func (j *Journal) Ended(fingerprint string) *Ended {
	if e := j.own.Ended; e != nil && e.Fingerprint == fingerprint {
		return e
	}
	return nil
}

// Over takes note that the run is over. The journal stays, and held, until Finish:
// whoever waits for the run's end is told in between. Errors are [*Error].
func (j *Journal) Over(e *Ended) error {
	before := j.own.Ended
	j.own.Ended = e
	if err := j.write(); err != nil {
		j.own.Ended = before
		return problem("writing the journal", j.path(), err)
	}
	return nil
}

// Anew says why an interrupted run was not gone on with; nil where there was
// none, or where it is.
func (j *Journal) Anew() *Anew { return j.anew }

// Stale is the rejects of runs that are not gone on with: their temporary files
// are the caller's to remove, before the first Save.
func (j *Journal) Stale() []Rejects { return j.own.Stale }

// Key names the journal among those of its directory.
func (j *Journal) Key() string { return j.key }

// ID names the run among all that had the same Key.
func (j *Journal) ID() string { return j.own.ID }

// KeyOf is the Key of a run's journal.
func KeyOf(run Run) string { return key(run) }

// Save replaces the checkpoint. When it returns nil the checkpoint survives a
// power cut; after an error the one before it does. Errors are [*Error].
func (j *Journal) Save(c Checkpoint) error {
	before := j.own
	j.own.Checkpoint, j.own.Stale, j.own.Ended = &c, nil, nil
	if err := j.write(); err != nil {
		j.own = before
		return problem("writing the journal", j.path(), err)
	}
	return nil
}

func (j *Journal) write() error {
	return replace(j.disk, j.path(), encode(&j.own))
}
