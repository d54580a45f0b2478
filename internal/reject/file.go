package reject

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/crmsync/crmsync/internal/durable"
)

// newSuffix ends the name of a copy that is about to take a file's place.
const newSuffix = ".new"

// file is what the Writer needs of an *os.File.
type file interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Error says what could not be done with a reject file.
type Error struct {
	Path string // the finished file's name, as given
	Err  error

	doing string
	kept  string // where the entries are, "" where none could be written …
	part  bool   // … and whether some could not
	hint  string
}

func (e *Error) Error() string {
	msg := fmt.Sprintf("%s the reject file %s: %v", e.doing, e.Path, e.Err)
	switch {
	case e.kept == "":
	case e.part:
		msg += "; those that could be written are in " + e.kept
	default:
		msg += "; the rejects so far are in " + e.kept
	}
	return msg
}

func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do about it; "" where there is nothing to advise.
func (e *Error) Hint() string {
	switch mend := e.Mend(); {
	case e.hint != "":
		return e.hint
	case errors.Is(e.Err, durable.ErrTarget):
		return "name another file with --rejects FILE"
	case durable.TooManyFiles(e.Err):
		return mend
	case mend != "":
		return mend + ", or name another place with --rejects FILE"
	}
	return ""
}

// Mend says what would let the very file be written; "" where nothing is known
// to.
func (e *Error) Mend() string {
	switch {
	case durable.NotWritable(e.Err):
		return "make the directory writable"
	case errors.Is(e.Err, fs.ErrNotExist):
		return "create the directory"
	case durable.NoRoom(e.Err):
		return "make room on the disk"
	case errors.Is(e.Err, syscall.EFBIG):
		return "raise the limit for the size of files (ulimit -f)"
	case errors.Is(e.Err, durable.ErrTarget):
		return "put away what has its name"
	case durable.TooManyFiles(e.Err):
		return durable.HintFiles
	}
	return ""
}

func (w *Writer) problem(doing string, err error) *Error {
	return newError(w.opts.Path, doing, err)
}

// newError leaves out the names that the os package puts into its errors: the
// user knows the finished file's, not the temporary one's.
func newError(path, doing string, err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	return &Error{Path: path, doing: doing, Err: durable.Cause(err)}
}

// probeSuffix ends the name of a file that is empty, and only there to see whether
// one can be.
const probeSuffix = ".probe"

// Check says whether a reject file could be written where o wants it, so that a
// run doesn't end at its first reject. It leaves nothing behind, and removes what
// one left that was killed. Errors are [*Error].
func (o Options) Check() error {
	w := New(o)
	if w.failed != nil {
		return w.problem("checking", w.failed)
	}
	dir, stem := filepath.Split(tempStem(w.path))
	durable.RemoveLeft(dir, stem, probeSuffix)
	w.temp += probeSuffix
	if err := w.open(); err != nil {
		return err
	}
	w.file.Close()
	if err := os.Remove(w.temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return w.problem("checking", err)
	}
	return nil
}

// createFile makes a file that must not exist yet (not even as a link). It may
// hold personal data, so it is the user's alone.
func createFile(name string) (file, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// copyFile fills a new file and brings it to disk. It leaves nothing behind
// when that fails.
func copyFile(name string, create func(string) (file, error), fill func(io.Writer) error) error {
	if err := removeRegular(name); err != nil { // of an attempt that was killed
		return err
	}
	f, err := create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(io.NewOffsetWriter(f, 0), flushAt)
	if err = fill(w); err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(name)
	}
	return err
}

// Discard removes what a run left under the mark's temporary name: of a run that
// won't be resumed. The finished file stays.
func Discard(m Mark) error {
	if m.Temp == "" {
		return nil
	}
	for _, name := range []string{m.Temp + newSuffix, m.Temp} {
		if err := removeRegular(name); err != nil {
			return newError(m.Path, "removing the unfinished part of", err)
		}
	}
	return nil
}

// removeRegular removes a regular file; anything else of that name stays.
func removeRegular(name string) error {
	st, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !st.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Remove(name)
}

// removeOld removes the reject file of an earlier run. A file that never was one
// stays: with --rejects somebody may have named the wrong file.
func (o Options) removeOld(path string) error {
	st, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !st.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	ours, err := isRejectFile(path)
	if err != nil || !ours {
		return err
	}
	if o.worthKeeping(path) {
		return o.putAside(path, "")
	}
	return os.Remove(path)
}

// isRejectFile looks for what no other file has: the names of the columns or
// the key, in whatever encoding (UTF-16 has a zero byte beside each letter).
func isRejectFile(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	marks := [][]byte{[]byte("crmsync_line"), []byte(`"_crmsync"`)}
	const overlap = 16
	buf := make([]byte, flushAt)
	kept := 0
	for {
		n, err := f.Read(buf[kept:])
		part := bytes.ReplaceAll(buf[kept:kept+n], []byte{0}, nil)
		part = buf[:kept+copy(buf[kept:], part)]
		for _, m := range marks {
			if bytes.Contains(part, m) {
				return true, nil
			}
		}
		kept = copy(buf, part[max(0, len(part)-overlap):])
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}
