//go:build !windows

package durable

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// own has whoever looks for leftovers see that a new file has an owner, until it is
// released or the process ends. False is that somebody took it for one before that.
func own(path string) (release func(), owned bool) {
	lock, err := os.OpenFile(path, os.O_RDWR, 0) // some network shares lock no other
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	if err != nil {
		return func() {}, true // its age must do
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if _, gone := os.Lstat(path); gone != nil || errors.Is(err, syscall.EWOULDBLOCK) {
		lock.Close()
		return nil, false
	}
	return func() { lock.Close() }, true
}

// removeOwnerless removes a file whose owner is dead, or where that can't be told one
// that is old.
func removeOwnerless(path string, modified time.Time) {
	lock, err := os.OpenFile(path, os.O_RDWR, 0) // some network shares lock no other
	if err == nil {
		defer lock.Close() // not before the file is removed: its owner could come to it
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil || time.Since(modified) > abandoned {
		os.Remove(path)
	}
}
