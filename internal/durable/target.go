package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrTarget is about a name that no file may be given.
var ErrTarget = errors.New("it can't be replaced")

// CheckTarget refuses names under which a rename would destroy what is no file of the
// user's: directories, devices, also behind a link, and links such as /dev/stderr,
// which stand for what a process has open. Any other link is the user's own, and is
// what a rename replaces, not what it points to. Errors are [ErrTarget] or the
// system's.
func CheckTarget(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err == nil && info.IsDir():
		return fmt.Errorf("it is a directory: %w", ErrTarget)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("it is not a regular file: %w", ErrTarget)
	case ofProcess(path):
		return fmt.Errorf("it stands for a device or for what a process has open: %w", ErrTarget)
	}
	return nil
}

// ofProcess tells names in /dev and /proc, and links that lead there on their way.
func ofProcess(path string) bool {
	for range 40 { // links may go round
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return false
		}
		dir, err = filepath.Abs(dir)
		if err != nil {
			return false
		}
		if dir == "/dev" || dir == "/dev/fd" || dir == "/proc" || strings.HasPrefix(dir, "/proc/") {
			return true
		}
		next, err := os.Readlink(path)
		if err != nil {
			return false
		}
		if path = next; !filepath.IsAbs(next) {
			path = filepath.Join(dir, next)
		}
	}
	return false
}
