package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/durable"
)

// A job is a series of pushes that one file names. Each push keeps its own
// journal while it runs; the job's journal says which of them are over.

// JobRun says what a run of a job does. The same run is known again by Path and
// Pushes; with another Digest it starts anew.
type JobRun struct {
	Path   string   // of the job file: absolute, links resolved
	Digest string   // of its content
	Pushes []string // those to run, in order

	// Journals are the keys of the pushes' own journals, for whoever forgets the
	// job.
	Journals []string `json:",omitempty"`

	// Wants are the flags by which somebody waits to be told of the job's end.
	Wants []string `json:",omitempty"`
}

// EndedPush is a push of a job that is over and was told of.
type EndedPush struct {
	Name string
	Ended
	Journal string // [Journal.Key] of its own journal; "" where it had none
	ID      string // [Journal.ID]
}

type jobRecord struct {
	Run     JobRun
	PID     int
	Started time.Time
	Ended   []EndedPush
	Failed  time.Time // when it ended by itself, without being interrupted; else zero
	Over    time.Time // when its last push ended, with none to run again; else zero
	Passed  bool      // a run that had not all of Run.Wants was told of that meanwhile
}

const (
	jobSuffix = ".job"
	jobKind   = "crmsync-job"
)

// JobJournal is an open journal of a job, held against other runs of the same
// file until Finish or Close. It is used by one goroutine at a time.
type JobJournal struct {
	claim
	own  jobRecord
	has  []string // what this run has of own.Run.Wants
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
	guard, err := enter(dir)
	if err != nil {
		return nil, err
	}
	defer guard.release()
	j := &JobJournal{claim: claim{dir: dir, key: jobKey(run), suffix: jobSuffix, what: "the journal of the job", disk: durable.System{}}}
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
	j.own.Run, j.own.PID, j.own.Started, j.has = run, o.PID, o.Started, run.Wants
	found, err := readJob(j.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		j.anew = ErrJobDamaged
	case o.Restart:
	case len(found.Ended) == 0: // the first push's own journal says whether that goes on
	case found.Run.Digest != run.Digest:
		j.anew = ErrJobChanged
	case !found.Failed.IsZero() && !lasts(found.Failed, o.Started):
		j.anew = ErrJobOld
	case !found.Over.IsZero() && !lasts(found.Over, o.Started):
		// Nothing of it is left to be done, and nobody waits for its report any more.
	case found.Passed && len(lacking(run.Wants, found.Run.Wants)) > 0:
		// What is left is for a run that has the flags: one without was told before.
	case !found.Over.IsZero():
		j.own.Ended, j.own.Over, j.own.Passed = found.Ended, found.Over, found.Passed
		j.own.Run.Wants = append(slices.Clone(run.Wants), lacking(run.Wants, found.Run.Wants)...)
	default:
		j.own.Ended = found.Ended
	}
	if found != nil {
		removeEnded(j.dir, found.Ended)
	}
	if err := j.write(); err != nil {
		return &Error{Path: j.path(), Err: durable.Cause(err), Left: exists(j.path()), doing: "writing the journal of the job"}
	}
	return nil
}

// lacking are those of the flags that are not among what there is.
func lacking(has, flags []string) []string {
	return slices.DeleteFunc(slices.Clone(flags), func(flag string) bool { return slices.Contains(has, flag) })
}

// jobLocked says who runs the job, as far as a journal tells.
func jobLocked(dir, path string) error {
	locked := &JobLockedError{LockedError{Path: path, Same: true}}
	jobs, err := listJobs(dir)
	if err != nil {
		return locked
	}
	for _, job := range jobs {
		if fileOf(job.Key) == jobFileKey(path) && job.Started.After(locked.Since) {
			locked.PID, locked.Since = job.PID, job.Started
		}
	}
	return locked
}

// Resumed tells whether pushes are over, in this run or one that is gone on with.
func (j *JobJournal) Resumed() bool { return len(j.own.Ended) > 0 }

// Begun tells whether a push of the job has a journal of its own: it isn't over.
func (j *JobJournal) Begun() bool {
	return slices.ContainsFunc(j.own.Run.Journals, func(key string) bool { return exists(filepath.Join(j.dir, key+journalSuffix)) })
}

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

// Save takes note that a push is over, and told of. When it returns nil that
// survives a power cut. Errors are [*Error].
func (j *JobJournal) Save(ended EndedPush) error {
	j.own.Ended = slices.DeleteFunc(slices.Clone(j.own.Ended), func(e EndedPush) bool { return e.Name == ended.Name })
	j.own.Ended = append(j.own.Ended, ended)
	if err := j.write(); err != nil {
		return problem("writing the journal of the job", j.path(), err)
	}
	return nil
}

// Over takes note that no push is left to run. The journal stays, and held, until
// Finish: whoever waits for the job's end is told in between.
func (j *JobJournal) Over(at time.Time) error {
	if j.own.Over.IsZero() { // else an earlier run came to that, and was not told of
		j.own.Over = at
	}
	if err := j.write(); err != nil {
		return problem("writing the journal of the job", j.path(), err)
	}
	return nil
}

// Left are the flags by which somebody waits to be told of a job that is over,
// and which this run of it has not.
func (j *JobJournal) Left() []string { return lacking(j.has, j.own.Run.Wants) }

// Pass is Close for a job that is over and was told of, but for what is left to a
// run that has the flags.
func (j *JobJournal) Pass() error {
	j.own.Passed = true
	if err := j.write(); err != nil {
		return errors.Join(problem("writing the journal of the job", j.path(), err), j.Close())
	}
	return j.Close()
}

// Forget takes note that a push runs again. Journals of other choices of the job
// file's pushes forget it as well: what it did then no longer is what the CRM has.
func (j *JobJournal) Forget(name string) error {
	isIt := func(e EndedPush) bool { return e.Name == name }
	j.own.Over, j.own.Passed, j.own.Run.Wants = time.Time{}, false, j.has // it will have another end
	if slices.ContainsFunc(j.own.Ended, isIt) {
		j.own.Ended = slices.DeleteFunc(slices.Clone(j.own.Ended), isIt)
		if err := j.write(); err != nil {
			return problem("writing the journal of the job", j.path(), err)
		}
	}
	all, err := keys(j.dir, jobSuffix)
	if err != nil {
		return err
	}
	for _, key := range all {
		if key == j.key || fileOf(key) != fileOf(j.key) {
			continue
		}
		path := filepath.Join(j.dir, key+jobSuffix)
		other, err := readJob(path)
		if err != nil || !slices.ContainsFunc(other.Ended, isIt) {
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

func writeJob(d durable.Disk, path string, record jobRecord) error {
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

// fileOf is the jobFileKey that a jobKey begins with.
func fileOf(key string) string { return key[:max(0, strings.LastIndexByte(key, '-'))] }

func jobKey(run JobRun) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", run.Pushes))
	return jobFileKey(run.Path) + "-" + hex.EncodeToString(sum[:4])
}
