package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/crmsync/crmsync/internal/durable"
)

const lockSuffix = ".lock"

// disk is what writing a state does to the file system. Its log is written where the
// state lies.
type disk interface {
	durable.Disk
	Open(name string) (durable.File, error)
}

type osDisk struct{ durable.System }

func (osDisk) Open(name string) (durable.File, error) { return os.OpenFile(name, os.O_RDWR, 0) }

// What is wrong with a state, for errors.Is.
var (
	ErrLocked  = errors.New("another crmsync is using it")
	ErrForeign = errForeign
	ErrVersion = errVersion
	ErrDamaged = errBroken
)

var (
	errForeign = errors.New("it is not a state of crmsync")
	errVersion = errors.New("it was written by another version of crmsync")
	errKeys    = errors.New("match values were compared in another way")
	errUntold  = errors.New("not all that was sent since could be told to it")
)

// Error says what could not be done with a state.
type Error struct {
	Path string
	Err  error

	doing string
}

func (e *Error) Error() string { return fmt.Sprintf("%s the state %s: %v", e.doing, e.Path, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do about it; "" where there is nothing to advise.
func (e *Error) Hint() string {
	switch {
	case errors.Is(e.Err, ErrLocked):
		return "wait until the other run ends"
	case errors.Is(e.Err, errForeign), errors.Is(e.Err, durable.ErrTarget):
		return "name another file with --state"
	case errors.Is(e.Err, errVersion):
		return "name another file with --state, or remove this one: everything is then sent once more"
	case errors.Is(e.Err, errBroken), errors.Is(e.Err, errKeys), errors.Is(e.Err, errUntold):
		return "everything is sent once more"
	case durable.NoRoom(e.Err), errors.Is(e.Err, syscall.EFBIG):
		return "make room on the disk; what was not remembered is sent once more"
	case durable.TooManyFiles(e.Err):
		return durable.HintFiles
	case durable.NotWritable(e.Err):
		return "make the directory writable, or name another place with --state"
	}
	return ""
}

// problem leaves out the names that the os package puts into its errors.
func problem(doing, path string, err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	return &Error{Path: path, Err: durable.Cause(err), doing: doing}
}

// takeLock keeps other processes out until the lock is released, at the latest
// with the process. Its file is removed at the end; who opened it before that,
// sees that it is gone and begins again.
func takeLock(path string) (*flock.Flock, error) {
	for range 100 {
		f := flock.New(path+lockSuffix, flock.SetPermissions(0o600))
		ok, err := f.TryLock()
		if err != nil || !ok {
			f.Close()
			if err == nil {
				err = heldBy(path + lockSuffix)
			}
			return nil, err
		}
		named, err := stillNamed(f, path+lockSuffix)
		if named {
			holder := fmt.Sprintf("%d %d\n", os.Getpid(), time.Now().Unix())
			_ = os.WriteFile(path+lockSuffix, []byte(holder), 0o600) // else others name no process
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	return nil, ErrLocked
}

// heldBy is [ErrLocked] with the process that holds the lock and since when, where
// its file can be read.
func heldBy(name string) error {
	var pid int
	var since int64
	text, err := os.ReadFile(name)
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%d %d\n", &pid, &since)
	}
	if err != nil {
		return ErrLocked
	}
	return fmt.Errorf("%w (process %d, since %s)", ErrLocked, pid, time.Unix(since, 0).Format("2006-01-02 15:04:05"))
}

// stillNamed tells whether a file has its name still, or somebody removed it before
// it was locked.
func stillNamed(f interface{ Stat() (fs.FileInfo, error) }, name string) (bool, error) {
	held, err := f.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(held, named), err
}

// lockOf is the lock of a file that is there: to take it makes none.
func lockOf(name string) *flock.Flock { return flock.New(name, flock.SetFlag(os.O_RDONLY)) }

func releaseLock(f *flock.Flock) {
	os.Remove(f.Path()) // where an open file can't be removed it stays, and does no harm
	f.Close()
}

// removeLeftovers removes what a killed process was about to put in the state's
// place, and what it had begun to tell without having said anything. The lock must
// be held.
func removeLeftovers(path string) {
	names, err := filesBeside(path, durable.TempSuffix)
	if err != nil {
		return
	}
	for _, name := range names {
		os.Remove(name)
	}
	if names, err = filesBeside(path, toldSuffix); err != nil {
		return
	}
	for _, name := range names {
		if st, err := os.Lstat(name); err == nil && st.Size() == 0 {
			removeUnsaid(name)
		}
	}
}

// removeUnsaid removes an empty file that nobody holds. It goes while it is locked:
// a Teller that has just made it takes another then.
func removeUnsaid(name string) {
	lock := lockOf(name)
	defer lock.Close()
	if ok, err := lock.TryLock(); !ok || err != nil {
		return
	}
	if st, err := lock.Stat(); err == nil && st.Size() == 0 {
		os.Remove(name)
	}
}

// filesBeside lists the files whose names are a state's, sixteen characters and
// a suffix.
func filesBeside(path, suffix string) (names []string, err error) {
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		rest, ok := strings.CutPrefix(f.Name(), filepath.Base(path)+".")
		if name, isOne := strings.CutSuffix(rest, suffix); ok && isOne && len(name) == 16 && f.Type().IsRegular() {
			names = append(names, filepath.Join(filepath.Dir(path), f.Name()))
		}
	}
	return names, nil
}
