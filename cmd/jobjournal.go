package cmd

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/push"
)

// openJournal takes hold of the job, so that no two runs of it go on at a time,
// and finds which of its pushes an earlier run that was interrupted has done.
func (j *jobRun) openJournal() error {
	if j.settings.dryRun || j.settings.sandbox {
		return nil
	}
	path, err := realPath(j.path)
	if err != nil {
		return err
	}
	run := journal.JobRun{Path: path, Digest: j.file.Digest, Wants: j.outcome().flags()}
	for _, r := range j.pushes {
		run.Pushes = append(run.Pushes, r.part.Name)
		own, err := r.journalRun()
		if err != nil {
			return j.in(r, err)
		}
		run.Journals = append(run.Journals, journal.KeyOf(own))
	}
	kept, err := journal.OpenJob(stateDirectory(), run, journal.Options{Started: j.started, PID: os.Getpid(), Restart: j.settings.restart})
	var unkept *journal.Error
	if errors.As(err, &unkept) && !unkept.Left {
		j.app.warn(fmt.Sprintf("this job can't be gone on with if it is interrupted: %v", err))
		return nil
	}
	if err != nil {
		return err
	}
	j.journal = kept
	if j.settings.restart {
		if err := j.forgetPushes(); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(kept.Anew(), journal.ErrJobChanged):
		j.app.note(fmt.Sprintf("an earlier run of %s did not come to its end, but since then the file or a variable in it has changed: starting with its first push", j.path))
	case errors.Is(kept.Anew(), journal.ErrJobOld):
		j.app.note(fmt.Sprintf("an earlier run of %s failed, but that is more than 12 hours ago: starting with its first push", j.path))
	case kept.Anew() != nil:
		j.app.warn(fmt.Sprintf("an earlier run of %s was interrupted, but can't be gone on with (%v): starting with its first push", j.path, kept.Anew()))
	case kept.Resumed():
		j.app.note(fmt.Sprintf("an earlier run of %s did not come to its end: going on with it", j.path))
	}
	return nil
}

// forgetPushes has each push begin at its beginning, also where a kill keeps this
// run from coming to it.
func (j *jobRun) forgetPushes() error {
	for _, r := range j.pushes {
		run, err := r.journalRun()
		if err == nil {
			err = journal.ForgetRun(stateDirectory(), run, discardRejects)
		}
		if err != nil {
			return j.in(r, err)
		}
	}
	return nil
}

// ranBefore gives the result of a push that an earlier run of the job has done and
// told of; nil where there is none.
func (j *jobRun) ranBefore(r *pushRun) *push.Result {
	if j.journal == nil {
		return nil
	}
	ended, known, same := j.journal.Ended(r.part.Name, r.print())
	if same {
		if done := doneIn(&ended.Ended); done != nil {
			return r.recall(&ended.Ended, done)
		}
	}
	if known && !same {
		j.app.note(fmt.Sprintf("push %s was done, but since then its input or what is done with it has changed: it runs again", r.part.Name))
	}
	// From here on what this or another choice of the job's pushes knows of it is
	// no longer what the CRM has.
	if err := j.journal.Forget(r.part.Name); err != nil {
		j.app.warn(err.Error())
	}
	return nil
}

// saveEnd takes note of a push that is over and told of. Its own journal goes after
// that: a kill in between must find one or the other.
func (j *jobRun) saveEnd(r *pushRun) error {
	if j.journal != nil && r.end.noted != nil && !r.end.untold {
		ended := journal.EndedPush{Name: r.part.Name, Ended: *r.end.noted}
		if r.journal != nil {
			ended.Journal, ended.ID = r.journal.Key(), r.journal.ID()
		}
		if err := j.journal.Save(ended); err != nil {
			j.app.warn(err.Error())
		}
	}
	return r.end.forget(r.journal)
}

// closeJournal keeps the journal of a job that isn't over. Of one all of whose
// pushes are it has to be forgotten when that is told.
func (j *jobRun) closeJournal() error {
	if j.journal == nil {
		return nil
	}
	if !j.journal.Resumed() && !j.journal.Begun() {
		return j.journal.Finish()
	}
	interrupted := slices.ContainsFunc(j.pushes, func(r *pushRun) bool { return r.end.untold }) // it is still to be told of
	unfinished := false
	for _, over := range j.told {
		interrupted = interrupted || over.Result.Outcome == push.Interrupted
		unfinished = unfinished || over.Result.Outcome != push.Complete && over.Result.Outcome != push.Rejects
	}
	switch {
	case interrupted:
		return j.journal.Close()
	case unfinished:
		return j.journal.CloseFailed(time.Now())
	case j.journal.Over(time.Now()) != nil:
		return j.journal.Finish() // a full disk has room for that
	}
	j.over = true
	return nil
}

// forget removes the journal of a job that is over and told of, unless the run that
// was killed had more who wait for that.
func (j *jobRun) forget() error {
	left := j.journal.Left()
	if len(left) == 0 {
		return j.journal.Finish()
	}
	j.app.warn(leftTo(left))
	return j.journal.Pass()
}
