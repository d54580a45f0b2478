package source

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
)

// members reads the members of gzip data one after another, as gzip does: zeros may
// follow them, with which tapes and block devices fill their blocks, and nothing else.
type members struct {
	in  *input
	raw *bufio.Reader
	z   *gzip.Reader
}

func (in *input) gunzip(raw io.Reader) (*members, error) {
	m := &members{in: in, raw: bufio.NewReaderSize(raw, 64<<10)}
	var err error
	if m.z, err = gzip.NewReader(m.raw); err != nil {
		return nil, err
	}
	m.z.Multistream(false)
	return m, nil
}

func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if err == io.EOF {
			err = m.next()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next goes to the next member. It returns io.EOF where there is none.
func (m *members) next() error {
	head, err := m.raw.Peek(len(gzipMagic))
	if bytes.Equal(head, gzipMagic) {
		if err := m.z.Reset(m.raw); err != nil {
			return err
		}
		m.z.Multistream(false)
		return nil
	}
	if err != nil && err != io.EOF {
		return err
	}
	for {
		c, err := m.raw.ReadByte()
		if err != nil {
			return err
		}
		if c == 0 {
			continue
		}
		end := m.in.read.Load() - int64(m.raw.Buffered()) - 1
		return &InputError{
			Input: m.in.name, Problem: "the gzip data ends before byte " + itoa(end) + ", and something else follows it",
			Advice: "look whether the file was written whole, by one program at a time; gzip -dc gives what the data before that place holds",
		}
	}
}
