package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/crmsync/crmsync/internal/durable"
)

// The endings of the files in the directory.
const (
	journalSuffix = ".journal"
	lockSuffix    = ".lock"
	tempSuffix    = ".tmp"
)

// disk is what writing a journal does to the file system, step by step, so that
// tests can end it at each.
type disk interface {
	Create(name string) (file, error)
	Rename(from, to string) error
	Remove(name string) error
	SyncDir(dir string) error
}

type file interface {
	io.Writer
	Sync() error
	Close() error
}

// replace puts content in a file's place at one stroke.
func replace(d disk, path string, content []byte) error {
	// Not to be guessed, and not following a link that is there already.
	temp := strings.TrimSuffix(path, journalSuffix) + "." + strings.ToLower(rand.Text()) + tempSuffix
	f, err := d.Create(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = d.Rename(temp, path)
	}
	if err != nil {
		d.Remove(temp)
		return err
	}
	return d.SyncDir(filepath.Dir(path))
}

// removeLeftovers removes what a killed process was about to put in the
// journal's place.
func removeLeftovers(dir, key string) {
	left, err := filepath.Glob(filepath.Join(escapeGlob(dir), key+".*"+tempSuffix))
	if err != nil {
		return
	}
	for _, name := range left {
		os.Remove(name)
	}
}

func escapeGlob(s string) string {
	if runtime.GOOS == "windows" { // where Glob knows no escapes
		return s
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

type osDisk struct{}

func (osDisk) Create(name string) (file, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}
func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }
func (osDisk) Remove(name string) error     { return os.Remove(name) }

// SyncDir is [durable.SyncDir].
func (osDisk) SyncDir(dir string) error { return durable.SyncDir(dir) }

// ensureDir makes the directory, or makes it the user's alone.
func ensureDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	st, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// Error says that no journal can be kept, or not be read. A push is possible
// without one, but can't be resumed.
type Error struct {
	Path string // the file or directory
	Err  error

	// Left says that a journal of the same run is there and stays: the next run
	// of the same command would go on with it and leave records out that are not
	// its own. A push must not go on without a journal then.
	Left bool

	doing string
}

func (e *Error) Error() string { return fmt.Sprintf("%s %s: %v", e.doing, e.Path, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do about it; "" where there is nothing to advise.
func (e *Error) Hint() string {
	switch {
	case e.Left:
		return "make room and the file writable, or remove " + e.Path + " by hand; then run the same command again"
	case errors.Is(e.Err, syscall.ENOSPC):
		return "make room on the disk; the same command then goes on where it stopped"
	case errors.Is(e.Err, fs.ErrPermission), errors.Is(e.Err, syscall.EROFS):
		return "make the directory writable; without it an interrupted run can't be resumed"
	}
	return ""
}

func problem(doing, path string, err error) *Error {
	return &Error{Path: path, Err: durable.Cause(err), doing: doing}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
