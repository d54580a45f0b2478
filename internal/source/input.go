package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/crmsync/crmsync/internal/shellwords"
)

// input is where the bytes come from, before anything is made of them.
type input struct {
	name   string
	stdin  bool
	file   *steady        // a regular file, which can be read twice; nil for a stream
	stream *interruptible // where file is nil
	closer io.Closer
	read   atomic.Int64 // raw bytes consumed
}

// openInput opens path, or takes opts.Stdin for "-".
func openInput(ctx context.Context, path string, stdin io.Reader) (*input, error) {
	if path == "-" {
		if stdin == nil {
			return nil, &InputError{Input: "stdin", Problem: "there is no standard input to read", Advice: "pipe the records in, or name a file"}
		}
		in := &input{name: "stdin", stdin: true}
		in.setStream(ctx, stdin)
		return in, nil
	}
	in := &input{name: path}
	info, err := os.Stat(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if info.IsDir() {
		return nil, &InputError{
			Input: path, Problem: "this is a directory, not a file",
			Advice: "name the files in it: " + shellwords.File(strings.TrimRight(path, `/\`)) + "/*.csv",
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	in.closer = f
	if info.Mode().IsRegular() {
		if in.file, err = newSteady(path, f); err != nil {
			f.Close()
			return nil, openError(path, err)
		}
	} else {
		in.setStream(ctx, f)
	}
	return in, nil
}

// setStream makes r the input. Reading it ends with the context: a pipe that
// nobody writes to would otherwise hold up an interrupted run for good.
func (in *input) setStream(ctx context.Context, r io.Reader) {
	in.stream = newInterruptible(ctx, r)
}

func openError(path string, err error) error {
	e := &InputError{Input: path, Problem: "opening the file", Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist) && isLink(path):
		target, _ := os.Readlink(path)
		e.Problem, e.Err = "this is a link to a file that is not there: "+target, nil
		e.Advice = "put the file there, or name another"
	case errors.Is(err, fs.ErrNotExist):
		e.Problem, e.Err = "there is no such file", nil
		e.Advice = "check the spelling and the working directory; - reads stdin"
	case errors.Is(err, fs.ErrPermission):
		e.Problem, e.Err = "this file may not be read", nil
		e.Advice = "check its permissions, and those of the directories above it"
	case errors.Is(err, syscall.ENOTDIR):
		e.Problem, e.Err = "there is no such file: a part of its path is not a directory", nil
		e.Advice = "check the spelling of the path"
	}
	return e
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func (in *input) close() error {
	if in.stream != nil {
		in.stream.close()
	}
	if in.closer == nil {
		return nil
	}
	return in.closer.Close()
}

// fail says that reading the raw bytes failed.
func (in *input) fail(err error) error {
	var known *InputError
	var end *interruption
	switch {
	case errors.As(err, &end):
		return end.cause
	case errors.As(err, &known):
		return err
	case errors.Is(err, syscall.EISDIR):
		return &InputError{Input: in.name, Problem: "this is a directory, not a file", Advice: "name a file in it, or pipe the records in"}
	case in.stdin:
		return &InputError{
			Input: in.name, Problem: "reading failed after byte " + itoa(in.read.Load()), Err: err,
			Advice: "look after what writes to the pipe; what was sent already is only updated again",
		}
	}
	return &InputError{
		Input: in.name, Problem: "reading failed after byte " + itoa(in.read.Load()), Err: err,
		Advice: "look after the disk or the network share; then the same command goes on",
	}
}

// counted counts what is read through it.
type counted struct {
	src io.Reader
	n   *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// interruptible reads src in a goroutine of its own, one buffer at a time, and
// stops waiting for it when the context ends. The goroutine ends with close or
// the context, at the latest when its read returns.
type interruptible struct {
	ctx     context.Context
	src     io.Reader
	pause   time.Duration // how long a read waits before it returns errSilent; 0: for good
	asked   chan int
	got     chan chunk
	started bool
	waiting bool
	rest    []byte
	err     error
	quit    chan struct{} // closed by close, which any goroutine may call
	closed  atomic.Bool
}

func newInterruptible(ctx context.Context, src io.Reader) *interruptible {
	return &interruptible{ctx: ctx, src: src, asked: make(chan int, 1), got: make(chan chunk, 1), quit: make(chan struct{})}
}

// interruption is the end of the context while input was waited for.
type interruption struct{ cause error }

func (i *interruption) Error() string { return i.cause.Error() }
func (i *interruption) Unwrap() error { return i.cause }

type chunk struct {
	b   []byte
	err error
}

func (s *interruptible) Read(p []byte) (int, error) {
	if len(s.rest) == 0 && s.err == nil {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	if n > 0 || len(p) == 0 {
		return n, nil
	}
	return 0, s.err
}

// next waits for the goroutine's next chunk.
func (s *interruptible) next() error {
	if s.ctx.Err() != nil {
		return &interruption{context.Cause(s.ctx)}
	}
	if !s.started {
		s.started = true
		go s.serve()
	}
	if !s.waiting {
		s.asked <- 1
		s.waiting = true
	}
	var silent <-chan time.Time
	if s.pause > 0 {
		timer := time.NewTimer(s.pause)
		defer timer.Stop()
		silent = timer.C
	}
	select {
	case c, ok := <-s.got:
		if !ok {
			return os.ErrClosed
		}
		s.waiting = false
		s.rest, s.err = c.b, c.err
		return nil
	case <-silent:
		return errSilent
	case <-s.quit:
		return os.ErrClosed
	case <-s.ctx.Done():
		return &interruption{context.Cause(s.ctx)}
	}
}

func (s *interruptible) serve() {
	defer close(s.got) // it may be asked in the moment in which it quits
	var buf [64 << 10]byte
	for {
		select {
		case <-s.asked:
		case <-s.quit:
			return
		}
		n, err := s.src.Read(buf[:])
		s.got <- chunk{b: buf[:n], err: err}
		if err != nil {
			return
		}
	}
}

func (s *interruptible) close() {
	if !s.closed.Swap(true) {
		close(s.quit)
	}
}

// magic numbers of the two compressions that are read.
var (
	gzipMagic = []byte{0x1F, 0x8B}
	zstdMagic = []byte{0x28, 0xB5, 0x2F, 0xFD}
)

// compressionOf tells the compression by an input's first bytes.
func compressionOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		return "gzip"
	case bytes.HasPrefix(head, zstdMagic):
		return "zstd"
	}
	return ""
}

// mayBePacked tells whether more of an input can say that it is compressed.
func mayBePacked(head []byte) bool {
	return len(head) > 0 && (head[0] == gzipMagic[0] || head[0] == zstdMagic[0])
}

// decompress reads what raw holds compressed. Its errors are [InputError]s.
// The returned function frees what the decompressor holds.
func (in *input) decompress(raw io.Reader, compression string) (io.Reader, func(), error) {
	switch compression {
	case "gzip":
		z, err := in.gunzip(raw)
		if err != nil {
			return nil, nil, in.damaged(compression, err)
		}
		return &decompressed{in, z, compression}, func() {}, nil
	case "zstd":
		// One goroutine, and at most the window that zstd's own tool accepts
		// without being told to: memory stays bounded whatever the file says.
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, nil, in.damaged(compression, err)
		}
		return &decompressed{in, z, compression}, z.Close, nil
	}
	return raw, func() {}, nil
}

type decompressed struct {
	in          *input
	src         io.Reader
	compression string
}

func (d *decompressed) Read(p []byte) (int, error) {
	n, err := d.src.Read(p)
	if err != nil && err != io.EOF {
		err = d.in.damaged(d.compression, err)
	}
	return n, err
}

// damaged says that compressed content can't be decompressed.
func (in *input) damaged(compression string, err error) error {
	var path *fs.PathError
	var end *interruption
	var known *InputError
	if errors.As(err, &path) || errors.As(err, &end) || errors.As(err, &known) {
		return err
	}
	e := &InputError{
		Input:   in.name,
		Problem: "the " + compression + " data is damaged near byte " + itoa(in.read.Load()),
		Advice:  "fetch or write the file again; nothing after this place can be read",
		Err:     err,
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Problem, e.Err = "the "+compression+" data is cut off at byte "+itoa(in.read.Load())+": the file is not whole", nil
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		e.Problem, e.Err = "the zstd data needs more than 128 MiB of memory to decompress", nil
		e.Advice = "decompress it first: zstd -d --long=31 " + shellwords.File(in.name)
	}
	return e
}
