package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
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
	Damaged    error       // why it can't be read; Run is empty then
}

// String says in a line what the journal is about.
func (e Entry) String() string {
	if e.Damaged != nil {
		return fmt.Sprintf("a journal that can't be read: %v", e.Damaged)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s to %s by %s at %s", inputNames(e.Run), e.Run.Object, e.Run.Match, e.Run.BaseURL)
	if e.Run.Shard != "" {
		fmt.Fprintf(&b, ", shard %s", e.Run.Shard)
	}
	if c := e.Checkpoint; c == nil || c.Done == 0 {
		b.WriteString(": no record done yet")
	} else {
		fmt.Fprintf(&b, ": %s done (%d rejected)", records(c.Done), c.Rejected)
	}
	if e.InUse {
		fmt.Fprintf(&b, ", under way in process %d since %s", e.PID, e.Started.Format("2006-01-02 15:04:05"))
		return b.String()
	}
	at := e.Started
	if e.Checkpoint != nil && e.Checkpoint.SavedAt.After(at) {
		at = e.Checkpoint.SavedAt
	}
	fmt.Fprintf(&b, ", interrupted %s", at.Format("2006-01-02 15:04:05"))
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
func List(dir string) ([]Entry, error) {
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

// list is List with the guard held.
func list(dir string) ([]Entry, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, problem("listing the journals in", dir, err)
	}
	var all []Entry
	for _, f := range files {
		key, ok := strings.CutSuffix(f.Name(), journalSuffix)
		if !ok {
			continue
		}
		e := Entry{Key: key}
		if e.InUse, err = held(filepath.Join(dir, key+lockSuffix)); err != nil {
			return nil, err
		}
		r, err := readRecord(filepath.Join(dir, f.Name()))
		switch {
		case err != nil:
			e.Damaged = err
		case r == nil: // finished since the directory was read
			continue
		default:
			e.Run, e.PID, e.Started, e.Checkpoint = r.Run, r.PID, r.Started, r.Checkpoint
			e.Stale = r.Stale
		}
		all = append(all, e)
	}
	return all, nil
}

// Forget removes a journal, so that its run starts from the beginning. Before
// that discard removes the temporary reject files that it names, while nobody else
// can go on with the run: afterwards nobody would know of them. The error is a
// [*LockedError] where a push is under way, that of discard, or an [*Error].
func Forget(dir string, e Entry, discard func(Rejects) error) error {
	guard, err := takeGuard(dir)
	if err != nil {
		return err
	}
	defer guard.release()
	path := filepath.Join(dir, e.Key+journalSuffix)
	lock, err := takeLock(filepath.Join(dir, e.Key+lockSuffix))
	if err != nil {
		return err
	}
	if lock == nil {
		return &LockedError{Path: inputNames(e.Run), PID: e.PID, Since: e.Started}
	}
	defer lock.drop()
	rejects := e.Stale
	if e.Checkpoint != nil {
		rejects = append(rejects, e.Checkpoint.Rejects...)
	}
	for _, r := range rejects {
		if err := discard(r); err != nil {
			return err
		}
	}
	removeLeftovers(dir, e.Key)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return problem("removing the journal", path, err)
	}
	return nil
}
