package client

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// maxBody is the most that is read of an assert's answer, unpacked.
const maxBody = 1 << 20

// byteOrderMark stands before the JSON of services one of whose own files has it.
const byteOrderMark = "\ufeff"

// errTooLong says that a body went on beyond its bound.
var errTooLong = errors.New("the answer is too long")

// buffers is shared by all clients: it holds memory to use again, no state.
var buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 4<<10)) }}

func getBuffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

// putBuffer keeps a buffer for the next answer, unless an uncommon one blew it up.
func putBuffer(b *bytes.Buffer) {
	if b.Cap() > 64<<10 {
		return
	}
	b.Reset()
	buffers.Put(b)
}

// readBody reads an answer to its end, so that the connection can be used
// again; of a longer one than 1 MiB it reads no more and lets the connection go.
func readBody(buf *bytes.Buffer, resp *http.Response) error {
	if resp.Body == nil {
		return nil
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil // the bare connection, whose reading no context ends
	}
	if !packed(resp) {
		return fill(buf, resp.Body)
	}
	z, err := unzip(resp.Body)
	if err != nil {
		return err
	}
	defer z.Close()
	return fill(buf, z)
}

func fill(buf *bytes.Buffer, r io.Reader) error {
	for buf.Len() <= maxBody {
		if buf.Available() == 0 {
			buf.Grow(4 << 10)
		}
		room := buf.AvailableBuffer()
		n, err := r.Read(room[:cap(room)])
		buf.Write(room[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	buf.Truncate(maxBody)
	return errTooLong
}

// packed tells whether a body is in gzip. A server may pack what nobody asked
// it to pack.
func packed(resp *http.Response) bool {
	encoding := resp.Header["Content-Encoding"]
	if len(encoding) == 0 || resp.Uncompressed {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(encoding[0])) {
	case "gzip", "x-gzip":
		return true
	}
	return false
}

// unzippers is shared by all clients: it holds memory to use again, no state.
var unzippers = sync.Pool{New: func() any { return new(gzip.Reader) }}

type unzipper struct{ *gzip.Reader }

func unzip(r io.Reader) (*unzipper, error) {
	z := unzippers.Get().(*gzip.Reader)
	if err := z.Reset(r); err != nil {
		unzippers.Put(z)
		return nil, err
	}
	return &unzipper{z}, nil
}

// Close gives the unpacker back. It must not be read from any more.
func (u *unzipper) Close() {
	unzippers.Put(u.Reader)
	u.Reader = nil
}

// bounded is a reader that fails after a number of bytes, where io.LimitReader
// would pretend that this is all.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}
