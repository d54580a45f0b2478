package source

import (
	"bytes"
	"io"
)

// window is the part of the decoded text that is in memory: from the first byte
// that is not consumed yet to the last one read. It grows while more is asked
// for without consuming, so whoever asks keeps a limit.
type window struct {
	src io.Reader
	buf []byte
	pos int   // buf[pos:] is not consumed
	err error // why there is no more: io.EOF, or what went wrong

	lf       int // index of the first LF in bytes(), -1 where unknown
	searched int // with lf < 0: no LF among so many bytes
}

const windowSize = 64 << 10

func newWindow(src io.Reader) *window {
	return &window{src: src, buf: make([]byte, 0, windowSize), lf: -1}
}

// bytes is what is in memory and not consumed. It changes with every fill.
func (w *window) bytes() []byte { return w.buf[w.pos:] }

// fill reads more; false means that there is no more, see err.
func (w *window) fill() bool {
	if w.err != nil {
		return false
	}
	if len(w.buf) == cap(w.buf) {
		w.makeRoom()
	}
	for range 100 {
		n, err := w.src.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		w.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// makeRoom moves what is not consumed to the front, into a larger buffer where
// it fills more than half of this one.
func (w *window) makeRoom() {
	rest := w.bytes()
	to := w.buf[:0]
	if len(rest) > cap(w.buf)/2 {
		to = make([]byte, 0, 2*cap(w.buf))
	} else if len(rest) <= windowSize/2 && cap(w.buf) > 16*windowSize {
		// One enormous record shall not cost its memory to the end of the run.
		to = make([]byte, 0, windowSize)
	}
	w.buf = append(to, rest...)
	w.pos = 0
}

// has tells whether byte i is there, reading up to it where it must.
func (w *window) has(i int) bool {
	for i >= len(w.buf)-w.pos {
		if !w.fill() {
			return false
		}
	}
	return true
}

// consume drops the first n bytes.
func (w *window) consume(n int) {
	w.pos += n
	if w.lf >= 0 {
		w.lf -= n
		if w.lf < 0 {
			w.lf, w.searched = -1, 0
		}
		return
	}
	w.searched = max(0, w.searched-n)
}

// lineEnd finds the first LF within limit bytes. Without one it returns the
// number of bytes there are (at the end of the input), or more than limit.
func (w *window) lineEnd(limit int) (at int, found bool) {
	for w.lf < 0 {
		b := w.bytes()
		if i := bytes.IndexByte(b[w.searched:], '\n'); i >= 0 {
			w.lf = w.searched + i
			break
		}
		w.searched = len(b)
		if len(b) > limit || !w.fill() {
			return len(w.bytes()), false
		}
	}
	return w.lf, w.lf <= limit
}

// failed is the error that ended the input early, nil at its proper end.
func (w *window) failed() error {
	if w.err == nil || w.err == io.EOF {
		return nil
	}
	return w.err
}
