package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/reject"
)

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
			in.rejects.Keep = !was.Pushed && (was.Of == "" || was.Of != r.rejectedOf(in))
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

// into is the CRM and the object that the records are sent to.
func (r *pushRun) into() string {
	scope := r.scope()
	return scope.BaseURL + " " + scope.Object
}

// tellOfOldRejects says which old reject files the run keeps.
func (r *pushRun) tellOfOldRejects(in *input) {
	opts := in.rejects
	switch kept, edited := opts.Aside(); {
	case kept == "":
	case edited:
		r.app.note(fmt.Sprintf("%s was changed since it was written; when this run replaces it, it is kept as %s", opts.Path, kept))
	case in.held == nil:
		r.app.note(fmt.Sprintf("%s may hold rejects of another input; when this run replaces it, it is kept as %s", opts.Path, kept))
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
