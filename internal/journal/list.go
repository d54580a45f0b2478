package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/durable"
)

// Entry is one journal of a directory.
type Entry struct {
	Key        string // for [Forget]
	Run        Run
	Checkpoint *Checkpoint // nil: nothing was committed yet
	Stale      []Rejects   // of earlier runs, see [Journal.Stale]
	InUse      bool        // a push is under way
	PID        int         // of the process that last used it
	Started    time.Time   // when that one began
	Ended      *Ended      // nil where something is left to be done
	Damaged    error       // why it can't be read; Run is empty then
}

// rejects are all that the journal speaks of.
func (e Entry) rejects() []Rejects {
	if e.Checkpoint == nil {
		return e.Stale
	}
	return append(slices.Clone(e.Stale), e.Checkpoint.Rejects...)
}

// String says in a line what the journal is about, with the inputs as they are
// found from any directory.
func (e Entry) String() string {
	if e.Damaged != nil {
		return fmt.Sprintf("a journal that can't be read: %v", e.Damaged)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s to %s by %s at %s", inputPaths(e.Run), e.Run.Object, e.Run.Match, e.Run.BaseURL)
	if e.Run.Shard != "" {
		fmt.Fprintf(&b, ", shard %s", e.Run.Shard)
	}
	if over, rejected := e.Checkpoint.Over(); over == 0 {
		b.WriteString(": no record done yet")
	} else {
		fmt.Fprintf(&b, ": %s done (%d rejected)", records(over), rejected)
	}
	if e.InUse {
		fmt.Fprintf(&b, ", under way in process %d since %s", e.PID, e.Started.Format("2006-01-02 15:04:05"))
		return b.String()
	}
	if e.Ended != nil {
		fmt.Fprintf(&b, ", its report or --on-finish command is still to come; it ended %s", e.Ended.At.Format("2006-01-02 15:04:05"))
		return b.String()
	}
	at := e.Started
	if e.Checkpoint != nil && e.Checkpoint.SavedAt.After(at) {
		at = e.Checkpoint.SavedAt
	}
	fmt.Fprintf(&b, ", unfinished since %s", at.Format("2006-01-02 15:04:05"))
	return b.String()
}

func records(n int64) string {
	if n == 1 {
		return "1 record"
	}
	return fmt.Sprintf("%d records", n)
}

// List returns the journals of a directory, ordered by Key; none where the
// directory doesn't exist. Errors are [*Error].
func List(dir string) ([]Entry, error) { return guarded(dir, list) }

// guarded lists with the guard held.
func guarded[T any](dir string, list func(dir string) ([]T, error)) ([]T, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	guard, err := takeGuard(dir)
	if err != nil {
		return nil, err
	}
	defer guard.release()
	return list(dir)
}

// keys are those of the journals of one kind, in order.
func keys(dir, suffix string) (all []string, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, problem("listing the journals in", dir, err)
	}
	for _, f := range files {
		if key, ok := strings.CutSuffix(f.Name(), suffix); ok {
			all = append(all, key)
		}
	}
	return all, nil
}

// list is List with the guard held.
func list(dir string) ([]Entry, error) {
	all, err := keys(dir, journalSuffix)
	if err != nil {
		return nil, err
	}
	var runs []Entry
	for _, key := range all {
		e := Entry{Key: key}
		if e.InUse, err = held(filepath.Join(dir, key+lockSuffix)); err != nil {
			return nil, err
		}
		r, err := readRecord(filepath.Join(dir, key+journalSuffix))
		switch {
		case err != nil:
			e.Damaged = err
		case r == nil: // finished since the directory was read
			continue
		default:
			e.Run, e.PID, e.Started, e.Checkpoint, e.Stale, e.Ended = r.Run, r.PID, r.Started, r.Checkpoint, r.Stale, r.Ended
		}
		runs = append(runs, e)
	}
	return runs, nil
}

// Forget removes a journal, so that its run starts from the beginning. Before
// that discard removes the temporary reject files that it names, while nobody else
// can go on with the run: afterwards nobody would know of them. The error is a
// [*LockedError] where a push is under way, that of discard, or an [*Error].
func Forget(dir string, e Entry, discard func(Rejects) error) error {
	free, err := forget(durable.System{}, dir, e.Key, journalSuffix, e.Key, func() error {
		for _, r := range e.rejects() {
			if err := discard(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !free {
		return &LockedError{Path: inputsAs(fromHere, e.Run), PID: e.PID, Since: e.Started}
	}
	return err
}

// ForgetRun is Forget for the journal of a run; there may be none.
func ForgetRun(dir string, run Run, discard func(Rejects) error) error {
	e := Entry{Key: key(run), Run: run}
	r, err := readRecord(filepath.Join(dir, e.Key+journalSuffix))
	if err == nil && r != nil { // else there is nothing that it names
		e.PID, e.Started, e.Checkpoint, e.Stale = r.PID, r.Started, r.Checkpoint, r.Stale
	}
	return Forget(dir, e, discard)
}

// forget removes a journal after what comes first, unless somebody holds its lock.
func forget(d durable.Disk, dir, key, suffix, lockKey string, first func() error) (free bool, err error) {
	guard, err := takeGuard(dir)
	if err != nil {
		return false, err
	}
	defer guard.release()
	lock, err := takeLock(filepath.Join(dir, lockKey+lockSuffix))
	if err != nil || lock == nil {
		return false, err
	}
	defer lock.drop()
	if err := first(); err != nil {
		return true, err
	}
	removeLeftovers(dir, key)
	path := filepath.Join(dir, key+suffix)
	if err := durable.Remove(d, path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return true, problem("removing the journal", path, err)
	}
	return true, nil
}
