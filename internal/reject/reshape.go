package reject

import (
	"bufio"
	"io"
	"unicode/utf8"
)

// isNarrow says whether a finished file lacks the column crmsync_raw. It leaves
// the file at its beginning.
func (r *csvRows) isNarrow(f io.ReadSeeker) bool {
	begin := make([]byte, len(r.narrowHead))
	_, err := io.ReadFull(r.text.decoded(f), begin)
	if _, serr := f.Seek(0, io.SeekStart); serr != nil {
		return false
	}
	return err == nil && string(begin) == r.narrowHead
}

// narrow copies a file without the column crmsync_raw, which is empty in it.
func (r *csvRows) narrow(dst io.Writer, src io.Reader) error {
	return r.reshape(dst, src, r.head, r.narrowHead, false)
}

// widen is narrow's reverse.
func (r *csvRows) widen(dst io.Writer, src io.Reader) error {
	return r.reshape(dst, src, r.narrowHead, r.head, true)
}

// reshape copies what this package wrote, with one header for another, and with
// the empty last cell of each record added or taken away.
func (r *csvRows) reshape(dst io.Writer, src io.Reader, from, to string, add bool) error {
	in := bufio.NewReaderSize(r.text.decoded(src), flushAt)
	enc := r.text.encoded(dst)
	out := bufio.NewWriterSize(enc, flushAt)
	if _, err := in.Discard(len(from)); err != nil {
		return err
	}
	out.WriteString(to)
	if err := r.reshapeRows(out, in, add); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return enc.Close()
}

func (r *csvRows) reshapeRows(out *bufio.Writer, in *bufio.Reader, add bool) error {
	quoted := false
	held := false // a delimiter waits: it may be the record's last character
	for {
		c, n, err := in.ReadRune()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		// Outside of quotes this package writes line ends between records alone.
		end := !quoted && c == rune(r.eol[0])
		if held && !end {
			out.WriteRune(r.delim)
		}
		held = false
		switch {
		case end && add:
			out.WriteRune(r.delim)
		case c == '"':
			quoted = !quoted
		case c == r.delim && !quoted && !add:
			held = true
			continue
		}
		if c == utf8.RuneError && n == 1 { // not UTF-8: it stays as it is
			if err := in.UnreadRune(); err != nil {
				return err
			}
			b, err := in.ReadByte()
			if err != nil {
				return err
			}
			out.WriteByte(b)
			continue
		}
		out.WriteRune(c)
	}
	return nil
}
