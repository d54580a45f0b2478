package durable

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"
)

// CheckReplaceable finds out whether [Write] could write there. It leaves
// nothing behind.
func CheckReplaceable(path string) error {
	if err := CheckTarget(path); err != nil {
		return err
	}
	file, err := temporary(path, abandoned)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// temporary makes a file beside path that only the user can read, and removes what a
// killed process left in its stead, if it is older than age. Nothing that looks for
// files of path's ending takes it for one.
func temporary(path string, age time.Duration) (*os.File, error) {
	dir, prefix := filepath.Dir(path), "."+filepath.Base(path)+"."
	RemoveLeft(dir, prefix, temporarySuffix, age)
	return os.CreateTemp(dir, prefix+"*"+temporarySuffix)
}

const (
	temporarySuffix = ".tmp"
	abandoned       = time.Hour // what is written takes moments
)

// WriteCache writes a small file of the user's own in one step, of what can be found
// out again: a power cut may cost it, and so may another process that writes the
// same at the same moment, since what looks left behind goes at once.
func WriteCache(path string, data []byte) error {
	file, err := temporary(path, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// Write writes a file under a temporary name and gives it its name when it is whole
// and on disk, so that nobody ever reads half of one.
func Write(path string, mode os.FileMode, write func(io.Writer) error) (err error) {
	if err := CheckTarget(path); err != nil {
		return err
	}
	file, err := temporary(path, abandoned)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	buffered := bufio.NewWriter(file)
	if err = write(buffered); err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return err
	}
	_ = SyncDir(filepath.Dir(path)) // the file is there all the same
	return nil
}
