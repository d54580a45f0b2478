package journal

import (
	"os"
	"path/filepath"
	"slices"
)

// The end of a push of a job is noted in the job's journal before the push's own
// is removed. A kill in between leaves one of a run that is over: whoever went on
// with it would send nothing.

// isOf tells whether it is this push whose end a journal didn't live to see, or only
// as what is still to be told.
func (e EndedPush) isOf(key string, r *record) bool { return e.Journal == key && e.ID == r.ID }

// endedInAJob tells whether some job has noted the end of a journal's run.
func endedInAJob(dir, key string, r *record) bool {
	jobs, err := keys(dir, jobSuffix)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(jobs, func(job string) bool {
		j, err := readJob(filepath.Join(dir, job+jobSuffix))
		return err == nil && slices.ContainsFunc(j.Ended, func(e EndedPush) bool { return e.isOf(key, r) })
	})
}

// removeEnded removes what pushes left that are over. Where that can't be done it
// is seen among the unfinished runs, and Open passes it over.
func removeEnded(dir string, ended []EndedPush) {
	for _, e := range ended {
		path := filepath.Join(dir, e.Journal+journalSuffix)
		if r, err := readRecord(path); err == nil && r != nil && e.isOf(e.Journal, r) {
			os.Remove(path)
		}
	}
}
