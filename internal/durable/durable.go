// Package durable writes files that are never seen by halves, makes what was written
// outlive a power cut, and what killed processes left end; and it tells why a file
// could not be written. Package reject, whose file grows for the length of a run,
// writes its own.
package durable

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// RemoveLeft removes what killed processes left in a directory: regular files with
// such a beginning and end of their names. What can't be removed stays.
func RemoveLeft(dir, prefix, suffix string) {
	eachLeft(dir, prefix, suffix, func(path string, _ time.Time) { os.Remove(path) })
}

func eachLeft(dir, prefix, suffix string, remove func(path string, modified time.Time)) {
	entries, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			remove(filepath.Join(dir, e.Name()), info.ModTime())
		}
	}
}

// SyncDir makes the names of files that were made, renamed or removed in a directory
// survive a power cut, where the system lets a directory be synced at all. One that
// may be written to but not read is left to the system.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

// HintFiles is the way out where [TooManyFiles].
const HintFiles = "raise the limit for open files (ulimit -n), or use fewer connections with --workers"

// TooManyFiles tells whether an error is that this process, or the system, has too many
// files and connections open.
func TooManyFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// NoRoom tells whether an error is a full disk, or a used up quota of it.
func NoRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// NotWritable tells whether an error is that a place may not be written to, by this
// user or by anybody.
func NotWritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// Cause leaves out the names that the os package puts into its errors: the user
// knows the finished file's, not the temporary one's.
func Cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
