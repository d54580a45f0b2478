package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A job is a series of pushes that one file names. Each push keeps its own
// journal while it runs; the job's journal says which of them are over.

// JobRun says what a run of a job does. The same run is known again by Path and
// Pushes; with another Digest it starts anew.
type JobRun struct {
	Path   string   // of the job file: absolute, links resolved
	Digest string   // of its content
	Pushes []string // those to run, in order
}

// EndedPush is a push of a job that is over: there is nothing left to resume.
type EndedPush struct {
	Name        string
	Fingerprint string          // of everything that makes it the same push
	Result      json.RawMessage // what the caller wants to know of it later
	At          time.Time       // when it ended
	Journal     string          // [Journal.Key] of its own journal; "" where it had none
}

type jobRecord struct {
	Run     JobRun
	PID     int
	Started time.Time
	Ended   []EndedPush
	Failed  time.Time // when it ended by itself, without being interrupted; else zero
}

// failedLasts is how long what a failed job has done counts. Who mends what made
// it fail goes on; the next night everything is pushed again, since others may
// have changed the CRM meanwhile.
const failedLasts = 12 * time.Hour

const (
	jobSuffix = ".job"
	jobKind   = "crmsync-job"
)

// JobJournal is an open journal of a job, held against other runs of the same
// file until Finish or Close. It is used by one goroutine at a time.
type JobJournal struct {
	claim
	own  jobRecord
	anew error
}

// Why a job that was interrupted starts with its first push all the same.
var (
	ErrJobChanged = errors.New("the job file has changed")
	ErrJobDamaged = errors.New("the journal of the job is damaged")
	ErrJobOld     = errors.New("the job failed more than 12 hours ago")
)

// JobLockedError says that another process runs the same job file.
type JobLockedError struct{ LockedError }

func (e *JobLockedError) Error() string {
	msg := "another run of " + filepath.Base(e.Path) + " is under way"
	if e.PID == 0 {
		return msg
	}
	return fmt.Sprintf("%s (process %d, since %s)", msg, e.PID, e.Since.Format("2006-01-02 15:04:05"))
}

// OpenJob takes hold of a job in dir, which is made where it is missing, and
// reads what an earlier run of it that was interrupted has done.
//
// The error is a [*JobLockedError] where another process runs the same file, and
// an [*Error] where no journal can be kept in dir.
func OpenJob(dir string, run JobRun, o Options) (*JobJournal, error) {
	if err := ensureDir(dir); err != nil {
		return nil, problem("making the directory for journals", dir, err)
	}
	guard, err := takeGuard(dir)
	if err != nil {
		return nil, err
	}
	defer guard.release()
	j := &JobJournal{claim: claim{dir: dir, key: jobKey(run), suffix: jobSuffix, what: "the journal of the job", disk: osDisk{}}}
	if j.lock, err = takeLock(filepath.Join(dir, jobFileKey(run.Path)+lockSuffix)); err != nil {
		return nil, err
	}
	if j.lock == nil {
		return nil, jobLocked(dir, run.Path)
	}
	if err := j.begin(run, o); err != nil {
		j.lock.drop()
		return nil, err
	}
	return j, nil
}

func (j *JobJournal) begin(run JobRun, o Options) error {
	removeLeftovers(j.dir, j.key)
	found, err := readJob(j.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		j.anew = ErrJobDamaged
	case o.Restart:
	case found.Run.Digest != run.Digest:
		j.anew = ErrJobChanged
	case !found.Failed.IsZero() && o.Started.Sub(found.Failed) > failedLasts:
		j.anew = ErrJobOld
	default:
		j.own.Ended = found.Ended
	}
	if found != nil {
		removeEnded(j.dir, found.Ended)
	}
	j.own.Run, j.own.PID, j.own.Started = run, o.PID, o.Started
	if err := j.write(); err != nil {
		return &Error{Path: j.path(), Err: cause(err), Left: exists(j.path()), doing: "writing the journal of the job"}
	}
	return nil
}

// jobLocked says who runs the job, as far as a journal tells.
func jobLocked(dir, path string) error {
	locked := &JobLockedError{LockedError{Path: path}}
	jobs, err := listJobs(dir)
	if err != nil {
		return locked
	}
	for _, job := range jobs {
		if job.Run.Path == path && job.Started.After(locked.Since) {
			locked.PID, locked.Since = job.PID, job.Started
		}
	}
	return locked
}

// Resumed tells whether pushes are over, in this run or one that is gone on with.
func (j *JobJournal) Resumed() bool { return len(j.own.Ended) > 0 }

// Anew says why an earlier run that was interrupted is not gone on with:
// ErrJobChanged, ErrJobDamaged, or nil where there was none or where it is.
func (j *JobJournal) Anew() error { return j.anew }

// Ended is what is known of a push that is over, if it is the same push still.
func (j *JobJournal) Ended(name, fingerprint string) (ended EndedPush, known, same bool) {
	for _, e := range j.own.Ended {
		if e.Name == name {
			return e, true, e.Fingerprint == fingerprint
		}
	}
	return EndedPush{}, false, false
}

// Save takes note that a push is over. When it returns nil that survives a power
// cut. Errors are [*Error].
func (j *JobJournal) Save(ended EndedPush) error {
	j.own.Ended = slices.DeleteFunc(slices.Clone(j.own.Ended), func(e EndedPush) bool { return e.Name == ended.Name })
	j.own.Ended = append(j.own.Ended, ended)
	if err := j.write(); err != nil {
		return problem("writing the journal of the job", j.path(), err)
	}
	return nil
}

// Forget takes note that a push runs again. Journals of other choices of the job
// file's pushes forget it as well: what it did then no longer is what the CRM has.
func (j *JobJournal) Forget(name string) error {
	isIt := func(e EndedPush) bool { return e.Name == name }
	if slices.ContainsFunc(j.own.Ended, isIt) {
		j.own.Ended = slices.DeleteFunc(slices.Clone(j.own.Ended), isIt)
		if err := j.write(); err != nil {
			return problem("writing the journal of the job", j.path(), err)
		}
	}
	others, err := filepath.Glob(filepath.Join(escapeGlob(j.dir), jobFileKey(j.own.Run.Path)+"-*"+jobSuffix))
	if err != nil {
		return problem("looking for journals of the job in", j.dir, err)
	}
	for _, path := range others {
		other, err := readJob(path)
		if path == j.path() || err != nil || !slices.ContainsFunc(other.Ended, isIt) {
			continue // one that can't be read tells nobody anything
		}
		removeEnded(j.dir, other.Ended)
		other.Ended = slices.DeleteFunc(other.Ended, isIt)
		if err := writeJob(j.disk, path, *other); err != nil {
			return problem("writing the journal of the job", path, err)
		}
	}
	return nil
}

// CloseFailed is Close for a job that ended by itself, since a push failed or was
// stopped.
func (j *JobJournal) CloseFailed(at time.Time) error {
	j.own.Failed = at
	if err := j.write(); err != nil {
		return errors.Join(problem("writing the journal of the job", j.path(), err), j.Close())
	}
	return j.Close()
}

func (j *JobJournal) write() error { return writeJob(j.disk, j.path(), j.own) }

func writeJob(d disk, path string, record jobRecord) error {
	body, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return replace(d, path, seal(jobKind, body))
}

// readJob gives an error that is fs.ErrNotExist where there is no journal.
func readJob(path string) (*jobRecord, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	body, err := unseal(jobKind, b)
	if err != nil {
		return nil, err
	}
	var r jobRecord
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, errDamaged
	}
	return &r, nil
}

// jobFileKey names the lock of a job file, jobKey the journal of one choice of
// its pushes.
func jobFileKey(path string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "job %q", path))
	return "job-" + hex.EncodeToString(sum[:12])
}

func jobKey(run JobRun) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", run.Pushes))
	return jobFileKey(run.Path) + "-" + hex.EncodeToString(sum[:4])
}

// JobEntry is one job's journal of a directory.
type JobEntry struct {
	Key     string // for [ForgetJob]
	Run     JobRun
	Ended   []EndedPush
	InUse   bool // a run is under way
	PID     int  // of the process that last used it
	Started time.Time
	Damaged error // why it can't be read; Run is empty then
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
	return text + ", interrupted; it began " + at
}

// ListJobs returns the jobs' journals of a directory, ordered by Key; none where
// the directory doesn't exist. Errors are [*Error].
func ListJobs(dir string) ([]JobEntry, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	guard, err := takeGuard(dir)
	if err != nil {
		return nil, err
	}
	defer guard.release()
	return listJobs(dir)
}

// listJobs is ListJobs with the guard held.
func listJobs(dir string) ([]JobEntry, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, problem("listing the journals in", dir, err)
	}
	var all []JobEntry
	for _, f := range files {
		key, ok := strings.CutSuffix(f.Name(), jobSuffix)
		if !ok {
			continue
		}
		e := JobEntry{Key: key}
		r, err := readJob(filepath.Join(dir, f.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist): // finished since the directory was read
			continue
		case err != nil:
			e.Damaged = err
		default:
			e.Run, e.PID, e.Started, e.Ended = r.Run, r.PID, r.Started, r.Ended
			if e.InUse, err = held(filepath.Join(dir, jobFileKey(r.Run.Path)+lockSuffix)); err != nil {
				return nil, err
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// ForgetJob removes a job's journal, so that it starts with its first push. The
// error is a [*JobLockedError] where a run is under way, else an [*Error].
func ForgetJob(dir string, e JobEntry) error {
	guard, err := takeGuard(dir)
	if err != nil {
		return err
	}
	defer guard.release()
	if e.Damaged == nil {
		lock, err := takeLock(filepath.Join(dir, jobFileKey(e.Run.Path)+lockSuffix))
		if err != nil {
			return err
		}
		if lock == nil {
			return &JobLockedError{LockedError{Path: e.Run.Path, PID: e.PID, Since: e.Started}}
		}
		defer lock.drop()
	}
	removeLeftovers(dir, e.Key)
	removeEnded(dir, e.Ended)
	path := filepath.Join(dir, e.Key+jobSuffix)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return problem("removing the journal of the job", path, err)
	}
	return nil
}
