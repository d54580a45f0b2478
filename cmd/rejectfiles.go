package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/durable"
	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/source"
)

// writesRejects tells whether the run leaves reject files. A dry run touches
// none unless the command line names one: a file or a variable that configures
// real runs doesn't count.
func (r *pushRun) writesRejects() bool {
	return !r.settings.dryRun || r.conf.explicit["rejects"]
}

// placeRejects finds the reject file of each input and refuses places where it
// would overwrite something else.
func (r *pushRun) placeRejects(context.Context) error {
	named := r.settings.rejects
	asDirectory := isDirectory(named) || named != "" && os.IsPathSeparator(named[len(named)-1])
	ofSeveral := len(r.inputs) > 1 || r.part != nil && r.conf.explicit["rejects"]
	if ofSeveral && named != "" && !asDirectory {
		if isRecords(named) {
			return usage("name a directory, such as --rejects rejects, or leave it out: reject files stand beside their inputs then",
				"--rejects %s: with several inputs it names a directory, and this is the name of a file", named)
		}
		asDirectory = true
	}
	for i, in := range r.inputs {
		path := in.rejectPath()
		switch {
		case asDirectory:
			path = filepath.Join(named, filepath.Base(path))
		case named != "":
			path = named
		}
		in.rejects = in.rejectOptions(r.ofShard(path))
		for _, other := range r.inputs {
			if !other.isStream() && samePlace(path, other.path) {
				hint := "--rejects names another place"
				if named == "" {
					hint = "leave it out, for it is named like what an earlier run rejected; or " + hint
				}
				return usage(hint, "%s is an input and would also be the reject file of %s", other.path, in.info.Name)
			}
		}
		for _, other := range r.inputs[:i] {
			if samePlace(path, other.rejects.Path) {
				hint := "push them one by one"
				if !samePlace(in.rejectPath(), other.rejectPath()) {
					hint += ", or leave out --rejects: reject files stand beside their inputs then"
				}
				return usage(hint, "%s and %s would share the reject file %s", other.info.Name, in.info.Name, path)
			}
		}
	}
	if !r.writesRejects() {
		return nil
	}
	if asDirectory && !isDirectory(named) {
		if err := os.MkdirAll(named, 0o700); err != nil {
			problem := "the directory can't be made"
			if ofSeveral {
				problem = "with several inputs it names a directory, and none can be made"
			}
			return usage("leave out --rejects: reject files stand beside their inputs then", "--rejects %s: %s: %v", named, problem, durable.Cause(err))
		}
		r.made = named
	}
	for _, in := range r.inputs {
		if err := in.rejects.Check(); err != nil {
			return err
		}
	}
	return nil
}

// rejectPath is where the rejects go unless --rejects says otherwise: the
// input's name with .rejects before its extension.
func (in *input) rejectPath() string {
	if in.isStream() {
		if in.info.Format == source.NDJSON || in.info.Format == source.JSON {
			return "stdin.rejects.ndjson"
		}
		return "stdin.rejects.csv"
	}
	dir, name := filepath.Split(in.path)
	name = source.WithoutPacking(name)
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if in.info.Format == source.XLSX {
		ext = ".csv" // a workbook can't be written record by record
	}
	return dir + stem + ".rejects" + ext
}

// rejectOptions has the reject file look like the input.
func (in *input) rejectOptions(path string) reject.Options {
	format := in.info.Format
	if format == source.XLSX {
		format = source.CSV
	}
	if format == source.JSON && in.isStream() {
		format = source.NDJSON // a stream's reject file is named .ndjson
	}
	return reject.Options{
		Path: path, Format: string(format), Delimiter: in.info.Delimiter, Columns: in.reader.Columns(),
		Encoding: in.info.Encoding, BOM: in.info.BOM, CRLF: in.info.CRLF,
	}
}

// holdRejects takes hold of the names of the reject files, so that no other run
// writes to them meanwhile, and finds out whether what bears them now is needed.
// Where no state can be kept, less is known of them and more is kept.
func (r *pushRun) holdRejects(context.Context) error {
	if !r.writesRejects() || r.crm != nil {
		return nil
	}
	for _, in := range r.inputs {
		in.rejects.Keep = in.isStream() // it never is the same again
		held, err := journal.HoldRejects(stateDirectory(), absolute(in.rejects.Path))
		if locked, ok := errors.AsType[*journal.RejectsLockedError](err); ok {
			if r.journal != nil && r.resume == nil {
				return errors.Join(locked, r.journal.Finish()) // there is nothing to go on with
			}
			return locked
		}
		if err != nil {
			r.app.log.Debug("nothing is known of the reject file", "cause", err)
			in.rejects.Keep = true
			continue
		}
		in.held = held
		if was := held.Note(); was != nil {
			in.rejects.Left = was.Digest
			in.rejects.Keep = !was.Pushed && (was.Of == "" || was.Of != r.rejectedOf(in) || was.Into != r.into())
		}
	}
	return nil
}

// rejectedOf says what the rejects of an input are of: the same input pushed to
// another object is another; "" stands for a stream.
func (r *pushRun) rejectedOf(in *input) string {
	path, err := realPath(in.path)
	if err != nil || in.isStream() {
		return ""
	}
	return r.object + " " + path
}

// rejectWriter is an input's reject file; of a resumed run, with the rejects
// that the journal speaks of.
func (r *pushRun) rejectWriter(index int) (*reject.Writer, error) {
	opts := r.inputs[index].rejects
	if r.crm != nil && !r.conf.explicit["rejects"] {
		// A sandbox must not replace the rejects of a real run.
		if _, err := os.Lstat(opts.Path); err == nil {
			r.app.note(opts.Path + " is of an earlier run and stays as it is; --rejects names a file for this one")
			return nil, nil
		}
	}
	r.tellOfOldRejects(r.inputs[index])
	if r.resume == nil || index >= len(r.resume.Rejects) {
		return reject.New(opts), nil
	}
	w, err := reject.Resume(opts, reject.Mark(r.resume.Rejects[index]))
	if err == nil && w.Missing() {
		r.app.insist(fmt.Sprintf("what the interrupted run has rejected is not in the new %s: the old one was changed or removed since, and there was no room for another copy; --restart pushes all records again", opts.Path))
	}
	return w, err
}

// into is the CRM, as the token sees it, and the object that the records are sent to.
func (r *pushRun) into() string {
	scope := r.scope()
	return scope.BaseURL + " " + scope.Workspace + " " + scope.Object
}

// tellOfOldRejects says which old reject files the run keeps.
func (r *pushRun) tellOfOldRejects(in *input) {
	opts := in.rejects
	kept, edited := opts.Aside()
	if kept == "" {
		return
	}
	switch {
	case edited:
		r.app.note(fmt.Sprintf("%s was changed since it was written; when this run replaces it, it is kept as %s", opts.Path, kept))
	case in.held == nil:
		r.app.note(fmt.Sprintf("%s may hold rejects of another input; when this run replaces it, it is kept as %s", opts.Path, kept))
	case in.held.Note() != nil && !in.isStream() && in.held.Note().Of == r.rejectedOf(in):
		r.app.note(fmt.Sprintf("%s holds rejects of another CRM or token; when this run replaces it, it is kept as %s; --rejects gives each a file of its own", opts.Path, kept))
	default:
		r.app.note(fmt.Sprintf("%s holds rejects of another input; when this run replaces it, it is kept as %s", opts.Path, kept))
	}
}

// noteRejects notes what the run has left, for the next that writes to the same
// names, and that what an earlier one left was pushed.
func (r *pushRun) noteRejects(result *push.Result) {
	var failed error
	for _, in := range r.inputs {
		if in.held != nil {
			failed = cmp.Or(failed, in.held.SetNote(r.noteOn(in, result)))
		}
		if result.Whole && !r.settings.dryRun && r.crm == nil && r.settings.limit == 0 && r.settings.shard.Count == 0 {
			failed = cmp.Or(failed, r.notePushed(in))
		}
	}
	if failed != nil {
		r.app.log.Debug("what is in the reject files was not noted", "cause", failed)
	}
}

// noteOn is what is to be known of an input's reject file; nil where the run has
// left none.
func (r *pushRun) noteOn(in *input, result *push.Result) *journal.RejectNote {
	if !slices.Contains(result.RejectFiles, in.rejects.Path) {
		return nil
	}
	digest, err := reject.Digest(in.rejects.Path)
	if err != nil {
		return nil
	}
	return &journal.RejectNote{Path: absolute(in.rejects.Path), Of: r.rejectedOf(in), Into: r.into(), Digest: digest}
}

// notePushed notes of an input that is a reject file that its records are no
// longer waiting: a later run may replace it. Only what is known of is looked at, and
// a push into another CRM than the one that refused them leaves them waiting.
func (r *pushRun) notePushed(in *input) error {
	if in.isStream() || in.info.Fingerprint == "" {
		return nil
	}
	path := absolute(in.path)
	if !journal.KnowsRejects(stateDirectory(), path) {
		return nil
	}
	held, err := journal.HoldRejects(stateDirectory(), path)
	if err != nil {
		return nil // whoever writes it now replaces it anyway
	}
	defer held.Close()
	was := held.Note()
	if was == nil || was.Into != r.into() {
		return nil
	}
	was.Digest, was.Pushed = in.info.Fingerprint, true
	return held.SetNote(was)
}
