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
	file, release, err := temporary(path)
	if err != nil {
		return err
	}
	defer release()
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// temporary makes a file beside path that only the user can read, and that nobody
// takes for left behind until it is released; what killed processes left in its stead
// is removed. Nothing that looks for files of path's ending takes it for one.
func temporary(path string) (file *os.File, release func(), err error) {
	dir, prefix := filepath.Dir(path), "."+filepath.Base(path)+"."
	eachLeft(dir, prefix, TempSuffix, removeOwnerless)
	for {
		if file, err = os.CreateTemp(dir, prefix+"*"+TempSuffix); err != nil {
			return nil, nil, err
		}
		if release, owned := own(file.Name()); owned {
			return file, release, nil
		}
		file.Close()
	}
}

// abandoned is for where nothing tells the owner: what is written takes moments.
const abandoned = time.Hour

// WriteCache writes a small file of the user's own in one step, of what can be found
// out again: a power cut may cost it.
func WriteCache(path string, data []byte) error {
	file, release, err := temporary(path)
	if err != nil {
		return err
	}
	defer release()
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
	file, release, err := temporary(path)
	if err != nil {
		return err
	}
	defer release()
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
