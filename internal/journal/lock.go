package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"
)

// LockedError says that another process is pushing one of the inputs.
type LockedError struct {
	Path  string    // the input
	PID   int       // of the other process; 0 where unknown
	Since time.Time // when it began; zero where unknown
	Same  bool      // it is the same run, which this one can go on with
}

func (e *LockedError) Error() string {
	msg := "another push of " + fromHere(e.Path) + " is under way"
	if e.PID == 0 {
		return msg
	}
	return fmt.Sprintf("%s (process %d, since %s)", msg, e.PID, e.Since.Format("2006-01-02 15:04:05"))
}

// fromHere shortens a path to the way from the working directory, where the file lies
// below it.
func fromHere(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// Hint says what to do about it.
func (e *LockedError) Hint() string {
	if e.PID == 0 {
		return "wait until it ends"
	}
	hint := fmt.Sprintf("wait until it ends, or end process %d", e.PID)
	if e.Same {
		hint += "; the same command then goes on where it stopped"
	}
	return hint
}

// lock is a lock that the system releases with the process, so none is ever
// left behind.
type lock struct{ f *flock.Flock }

// takeLock returns nil where another holds it.
func takeLock(path string) (*lock, error) {
	f := flock.New(path, flock.SetPermissions(0o600))
	ok, err := f.TryLock()
	if err != nil {
		f.Close()
		return nil, problem("locking", path, err)
	}
	if !ok {
		f.Close()
		return nil, nil
	}
	return &lock{f}, nil
}

func (l *lock) release() { l.f.Close() }

// drop releases the lock and removes its file. The guard must be held: without
// it somebody could take hold of the file that is just removed.
func (l *lock) drop() {
	path := l.f.Path()
	l.f.Close()
	os.Remove(path)
}

// held says whether somebody holds a lock. The guard must be held: the look
// takes the lock for a moment.
func held(path string) (bool, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	l, err := takeLock(path)
	if err != nil {
		return false, err
	}
	if l == nil {
		return true, nil
	}
	l.release()
	return false, nil
}

// guardWait is long beside the moments that the guard is held for.
const guardWait = 10 * time.Second

// enter makes the directory where it is missing, and takes its guard.
func enter(dir string) (*lock, error) {
	if err := ensureDir(dir); err != nil {
		return nil, problem("making the directory for journals", dir, err)
	}
	guard, err := takeGuard(dir)
	if err == nil {
		removeFreeLocks(dir)
	}
	return guard, err
}

// ownLock is the name of a lock that is taken under the guard; the directory has
// others.
var ownLock = regexp.MustCompile(`^(job-)?[0-9a-f]+$`)

// removeFreeLocks removes what killed processes left. The guard must be held.
func removeFreeLocks(dir string) {
	all, err := keys(dir, lockSuffix)
	if err != nil {
		return
	}
	for _, key := range all {
		if !ownLock.MatchString(key) {
			continue
		}
		if l, err := takeLock(filepath.Join(dir, key+lockSuffix)); err == nil && l != nil {
			l.drop()
		}
	}
}

// takeGuard takes the directory's own lock, under which all others are taken,
// looked at and removed. It is held for moments only.
func takeGuard(dir string) (*lock, error) {
	path := filepath.Join(dir, "guard"+lockSuffix)
	f := flock.New(path, flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), guardWait)
	defer cancel()
	if _, err := f.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		f.Close()
		if ctx.Err() != nil {
			err = errors.New("another process keeps it locked")
		}
		return nil, problem("locking", path, err)
	}
	return &lock{f}, nil
}

// refuseOverlap looks for a push of one of the run's inputs that is under way,
// as part of whatever list of files and to whatever server: both would write
// the same reject file.
func refuseOverlap(all []Entry, key string, run Run) error {
	for _, e := range all {
		if !e.InUse {
			continue
		}
		path, ok := sharedInput(run, e.Run)
		if !ok && e.Key != key {
			continue
		}
		if !ok { // its journal is damaged
			path = inputsAs(fromHere, run)
		}
		return &LockedError{Path: path, PID: e.PID, Since: e.Started, Same: e.Key == key}
	}
	return nil
}
