package reject

import (
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/crmsync/crmsync/internal/durable"
)

// Resume goes on with the rejects of an interrupted run: those of its last
// [Writer.Checkpoint]. They are in its temporary file, which a kill and
// [Writer.FinishPart] leave, or in the finished one, which stays whole until
// [Writer.Finish] replaces it; [Options.Aside] says what becomes of one that somebody
// has worked on since. Where they are in neither, what is rejected from here on goes
// to a new file, see [Writer.Missing]. Errors are [*Error]; after one the run can't be
// resumed.
func Resume(o Options, m Mark) (*Writer, error) {
	w := prepare(o)
	w.temp = m.Temp
	if m.Temp == "" {
		w.temp = tempName(w.path)
	}
	if w.failed != nil {
		return nil, w.problem("resuming", w.failed)
	}
	if m.Path != "" && m.Path != w.path || filepath.Dir(w.temp) != filepath.Dir(w.path) {
		p := w.problem("resuming", fmt.Errorf("the interrupted run wrote its rejects to %s", m.Path))
		p.hint = fmt.Sprintf("go on with --rejects %s, or begin anew with --restart", m.Path)
		return nil, p
	}
	if m.Length == 0 {
		if err := Discard(Mark{Path: w.opts.Path, Temp: m.Temp}); err != nil {
			return nil, err
		}
		return w, nil
	}
	if err := w.resume(m); err != nil {
		if w.file != nil {
			w.file.Close()
		}
		if err == errMissing {
			w = New(o)
			w.missing = true
			return w, nil
		}
		return nil, err
	}
	return w, nil
}

// Missing tells whether a resumed run's file begins anew, since there was no room to
// keep the rejects of the interrupted one, and somebody has worked on the finished file,
// or removed it. They are in the input, and in what was kept of that work.
func (w *Writer) Missing() bool { return w.missing }

var errMissing = errors.New("the finished file is changed or gone")

func (w *Writer) resume(m Mark) error {
	f, err := openRegular(w.temp, os.O_RDWR)
	finished := errors.Is(err, fs.ErrNotExist)
	if finished {
		err = w.reopen(m)
		if errors.Is(err, fs.ErrNotExist) {
			return errMissing
		}
		if err != nil {
			return w.changed(err)
		}
		f, err = openRegular(w.temp, os.O_RDWR)
	}
	if err != nil {
		return w.changed(err)
	}
	w.file = f
	if err := removeRegular(w.temp + newSuffix); err != nil { // of a run that was killed at its end
		return w.problem("resuming", err)
	}
	sum := crc64.New(crcTable)
	n, err := io.Copy(sum, io.NewSectionReader(f, 0, m.Length))
	if err != nil {
		return w.problem("resuming", err)
	}
	switch changed := n != m.Length || sum.Sum64() != m.Sum; {
	case changed && finished:
		f.Close()
		w.file = nil
		os.Remove(w.temp)
		return errMissing
	case changed:
		return w.changed(errChanged)
	}
	if err := f.Truncate(m.Length); err != nil {
		return w.problem("resuming", err)
	}
	w.written, w.synced, w.sum, w.raw = m.Length, m.Length, m.Sum, m.Raw
	return nil
}

var errChanged = errors.New("it was changed after the interrupted run")

// changed makes an error of which the only way out is a new beginning.
func (w *Writer) changed(err error) error {
	p := w.problem("resuming", err)
	p.hint = "begin anew with --restart; to keep the file that is there now, rename it first"
	return p
}

// reopen makes the temporary file again from the finished one.
func (w *Writer) reopen(m Mark) error {
	f, err := openRegular(w.path, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	err = copyFile(w.temp+newSuffix, w.create, func(dst io.Writer) error {
		// There may have been no room to leave the last column out.
		if rows, ok := w.rows.(*csvRows); ok && rows.isNarrow(f) {
			return rows.widen(dst, f)
		}
		_, err := io.Copy(dst, f)
		return err
	})
	if err != nil {
		return err
	}
	if err := os.Rename(w.temp+newSuffix, w.temp); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(w.temp))
}

// openRegular opens a file that is no link, since it will be cut.
func openRegular(name string, flag int) (*os.File, error) {
	st, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.OpenFile(name, flag, 0)
	if err != nil {
		return nil, err
	}
	if now, err := f.Stat(); err != nil || !os.SameFile(st, now) {
		f.Close()
		return nil, errors.New("it was replaced while it was opened")
	}
	return f, nil
}
