package durable

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Disk is what [Replace] and [Remove] do to the file system, step by step, so that
// tests can end it at each.
type Disk interface {
	Create(name string) (File, error) // there is none of that name, not even a link
	Rename(from, to string) error
	Remove(name string) error
	SyncDir(dir string) error
}

// File is a file that is being written.
type File interface {
	io.Writer
	io.WriterAt
	Sync() error
	Close() error
}

// System is the machine's own Disk. Its files are the user's alone.
type System struct{}

func (System) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}
func (System) Rename(from, to string) error { return os.Rename(from, to) }
func (System) Remove(name string) error     { return os.Remove(name) }

// SyncDir is the package's function of that name.
func (System) SyncDir(dir string) error { return SyncDir(dir) }

// TempSuffix ends the name under which Replace writes: path, a point, sixteen
// characters, and it. A killed process leaves such a file; to sweep it is for who
// holds path against others.
const TempSuffix = ".tmp"

// Replace puts what is written in path's place at one stroke. When it returns nil
// that survives a power cut.
func Replace(d Disk, path string, write func(File) error) error {
	// Not to be guessed, and not following a link that is there already.
	temp := path + "." + strings.ToLower(rand.Text()[:16]) + TempSuffix
	f, err := d.Create(temp)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = d.Rename(temp, path)
	}
	if err != nil {
		_ = d.Remove(temp)
		return err
	}
	return d.SyncDir(filepath.Dir(path))
}

// Remove removes a file so that no power cut brings it back.
func Remove(d Disk, path string) error {
	if err := d.Remove(path); err != nil {
		return err
	}
	return d.SyncDir(filepath.Dir(path))
}
