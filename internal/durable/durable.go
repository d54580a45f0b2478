// Package durable makes what was written outlive a power cut.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

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
