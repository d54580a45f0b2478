package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/crmsync/crmsync/internal/durable"
)

// JobEntry is one job's journal of a directory.
type JobEntry struct {
	Key     string // for [ForgetJob]
	Run     JobRun
	Ended   []EndedPush
	InUse   bool // a run is under way
	PID     int  // of the process that last used it
	Started time.Time
	Damaged error     // why it can't be read; Run is empty then
	Failed  time.Time // when it ended by itself; zero where it was interrupted
	Over    time.Time // when its last push ended; zero where some are left
}

// String says in a line what the journal is about.
func (e JobEntry) String() string {
	if e.Damaged != nil {
		return fmt.Sprintf("a journal of a job that can't be read: %v", e.Damaged)
	}
	text := fmt.Sprintf("job %s: %d of %d pushes done", e.Run.Path, len(e.Ended), len(e.Run.Pushes))
	for _, name := range e.Run.Pushes {
		if !slices.ContainsFunc(e.Ended, func(p EndedPush) bool { return p.Name == name }) {
			text += ", next is " + name
			break
		}
	}
	at := e.Started.Format("2006-01-02 15:04:05")
	if e.InUse {
		return fmt.Sprintf("%s, under way in process %d since %s", text, e.PID, at)
	}
	how := "interrupted"
	switch {
	case !e.Failed.IsZero():
		how = "failed"
	case !e.Over.IsZero():
		how = "its report or --on-finish command is still to come"
	}
	return text + ", " + how + "; it began " + at
}

// ListJobs returns the jobs' journals of a directory, ordered by Key; none where
// the directory doesn't exist. Errors are [*Error].
func ListJobs(dir string) ([]JobEntry, error) { return guarded(dir, listJobs) }

// listJobs is ListJobs with the guard held.
func listJobs(dir string) ([]JobEntry, error) {
	all, err := keys(dir, jobSuffix)
	if err != nil {
		return nil, err
	}
	var jobs []JobEntry
	for _, key := range all {
		e := JobEntry{Key: key}
		r, err := readJob(filepath.Join(dir, key+jobSuffix))
		switch {
		case errors.Is(err, fs.ErrNotExist): // finished since the directory was read
			continue
		case err != nil:
			e.Damaged = err
		default:
			e.Run, e.PID, e.Started, e.Ended, e.Failed, e.Over = r.Run, r.PID, r.Started, r.Ended, r.Failed, r.Over
		}
		if e.InUse, err = held(filepath.Join(dir, fileOf(key)+lockSuffix)); err != nil {
			return nil, err
		}
		jobs = append(jobs, e)
	}
	return jobs, nil
}

// ForgetJob removes a job's journal, so that it starts with its first push. The
// error is a [*JobLockedError] where a run is under way, else an [*Error].
func ForgetJob(dir string, e JobEntry) error {
	free, err := forget(durable.System{}, dir, e.Key, jobSuffix, fileOf(e.Key), func() error {
		removeEnded(dir, e.Ended)
		return nil
	})
	if err == nil && !free {
		return &JobLockedError{LockedError{Path: e.Run.Path, PID: e.PID, Since: e.Started}}
	}
	return err
}
