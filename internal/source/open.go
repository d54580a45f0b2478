package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
)

// maxRecord is the default of Options.MaxRecordBytes.
const maxRecord = 16 << 20

// recordReader reads one format.
type recordReader interface {
	// read returns the next record, io.EOF at the end of the input, and any
	// other error where the input can't be read on.
	read() (Record, error)
}

// Reader reads the records of one input. Its methods are for one goroutine,
// except BytesRead.
type Reader struct {
	in      *input
	info    Info
	charset charset
	columns []string
	records recordReader
	free    func() // what the decompressor holds
	started bool
	err     error
	limit   int

	// For Seek: where the content begins, and how text is entered anew there.
	enter func(src io.Reader, at Position)
}

// Open opens the file at path, or opts.Stdin for "-", and finds out how it is
// written. A regular file is read once to its end: nothing can then turn up in
// the middle of a run that a look beforehand would have shown. Of a stream the
// first megabyte decides, or less where it falls silent after a record or two
// that leave no doubt.
//
// Errors are of type *[InputError], which has a hint where there is a way out,
// or the context's cause.
func Open(ctx context.Context, path string, opts Options) (*Reader, error) {
	in, err := openInput(ctx, path, opts.Stdin)
	if err != nil {
		return nil, err
	}
	r, err := open(ctx, in, opts)
	if err != nil {
		if r != nil && r.free != nil {
			r.free()
		}
		in.close()
		return nil, in.fail(err)
	}
	return r, nil
}

func open(ctx context.Context, in *input, opts Options) (*Reader, error) {
	r := &Reader{in: in, limit: opts.MaxRecordBytes}
	if r.limit <= 0 {
		r.limit = maxRecord
	}
	named, ext := formatOfName(in.name)
	if in.stdin {
		named, ext = Auto, ""
	}
	var s *survey
	var stream io.Reader
	var err error
	if in.file != nil {
		s, err = surveyFile(ctx, in, !opts.Once)
	} else {
		s, stream, r.free, err = surveyStream(ctx, in, named, opts)
	}
	if err != nil {
		return r, err
	}
	r.info = Info{
		Name: in.name, Stdin: in.stdin, Compression: s.compression,
		Size: s.size, Fingerprint: s.fingerprint,
	}
	if s.compression != "" {
		r.because("compression %s: the content begins like it", s.compression)
	}
	if isWorkbook(s.sample) || named == XLSX && isZip(s.sample) || opts.Format == XLSX && isZip(s.sample) {
		if named != XLSX && named != Auto && opts.Format != XLSX {
			return r, notText(in.name)
		}
		return r, r.openWorkbook(ctx, opts)
	}
	if err := refuseForeign(in.name, in.stdin, s.sample); err != nil {
		return r, err
	}
	if r.charset, err = chooseCharset(in.name, opts.Encoding, s); err != nil {
		return r, err
	}
	r.info.Doubtful = r.charset.sample
	r.info.Encoding, r.info.BOM = r.charset.name, r.charset.bom > 0
	r.because("encoding %s: %s", r.charset.name, r.charset.reason)

	text := r.charset.text(s)
	if err := refuseMarkup(in.name, text); err != nil {
		return r, err
	}
	format, reason, err := textFormat(in.name, opts.Format, named, ext, text)
	if err != nil {
		return r, err
	}
	if format == XLSX {
		return r, &InputError{Input: in.name, Problem: "this is not an Excel workbook", Advice: "leave --format away, or name the right one"}
	}
	if format == JSON || format == NDJSON {
		said := opts.Format == NDJSON || opts.Format == Auto && named == NDJSON
		if err := refuseWrapped(in.name, in.stdin, said, text); err != nil {
			return r, err
		}
	}
	r.info.Format = format
	r.because("format %s: %s", format, reason)

	src, err := r.content(stream)
	if err != nil {
		return r, err
	}
	return r, r.openRecords(src, text, s.whole, opts)
}

func notText(name string) error {
	return &InputError{
		Input: name, Problem: "this is an Excel workbook (XLSX), though its name says otherwise",
		Advice: "rename it to .xlsx, or save it as CSV",
	}
}

func (r *Reader) because(format string, args ...any) {
	r.info.Reasons = append(r.info.Reasons, fmt.Sprintf(format, args...))
}

// content is the input's text from its beginning, decompressed and decoded.
// stream is the decompressed stream, nil for a file.
func (r *Reader) content(stream io.Reader) (io.Reader, error) {
	if stream == nil {
		var raw io.Reader = &counted{r.in.file, &r.in.read}
		if r.info.Compression != "" {
			raw = bufio.NewReaderSize(raw, 64<<10)
		}
		var err error
		if stream, r.free, err = r.in.decompress(raw, r.info.Compression); err != nil {
			return nil, err
		}
	}
	if _, err := io.CopyN(io.Discard, stream, int64(r.charset.bom)); err != nil && err != io.EOF {
		return nil, err
	}
	return r.charset.decode(stream), nil
}

// openRecords makes the reader for the format, and reads the header.
func (r *Reader) openRecords(src io.Reader, text []byte, whole bool, opts Options) error {
	w := newWindow(src)
	at := place{Position: Position{Offset: -1, Line: 1}}
	if r.info.Compression == "" && r.in.file != nil && r.info.Format != JSON {
		if at.bytes = r.charset.width(); at.bytes != nil {
			at.Offset = int64(r.charset.bom)
		}
	}
	switch r.info.Format {
	case NDJSON:
		n := &ndjsonReader{w: w, place: at, limit: r.limit, objects: objectParser{charset: r.charset}}
		r.records = n
		r.enter = func(src io.Reader, at Position) { n.w, n.place.Position = newWindow(src), at }
		return nil
	case JSON:
		r.records = &jsonReader{name: r.in.name, w: w, place: at, limit: r.limit, objects: objectParser{charset: r.charset}}
		return nil
	}
	l, err := sniff(r.in.name, text, whole, opts, r.info.Format)
	if err != nil {
		return err
	}
	c := &csvReader{charset: r.charset, place: at}
	c.w, c.limit = w, r.limit
	c.delimiter, c.returns = []byte(string(l.delimiter)), l.returns
	r.info.Delimiter, r.info.CRLF = l.delimiter, l.crlf
	r.because("delimiter %q: %s", l.delimiter, l.reason)
	err = c.begin(r.in.name, l, opts)
	if opts.HeaderRow == 0 && len(opts.Columns) == 0 {
		r.info.HeaderBelow = headerBelow(text)
	}
	var bad *InputError
	if errors.As(err, &bad) && r.info.HeaderBelow > 0 {
		bad.Advice += fmt.Sprintf("; line %d looks like the column names: --header-row %[1]d", r.info.HeaderBelow)
	}
	if err != nil {
		return err
	}
	r.columns = c.header.columns
	r.records = c
	r.enter = func(src io.Reader, at Position) { c.w, c.place.Position = newWindow(src), at }
	return nil
}

// Columns are the names of the columns as the header spells them, without a
// reject file's own; nil for NDJSON and JSON.
func (r *Reader) Columns() []string { return r.columns }

// Info says what was found out about the input.
func (r *Reader) Info() Info { return r.info }

// MayBeCut is, at the input's end, the line of a last record whose last value may
// be half of one: no line end follows it, though lines before it have one. 0 where
// there is nothing to doubt. Many programs write files like this.
func (r *Reader) MayBeCut() int64 {
	c, ok := r.records.(*csvReader)
	if !ok || r.err != io.EOF || c.cutLine == 1 {
		return 0
	}
	return c.cutLine
}

// BytesRead is how many bytes of the input, as they are on disk, were consumed.
// It may be called from any goroutine.
func (r *Reader) BytesRead() int64 { return r.in.read.Load() }

// Read returns the next record; a record that can't be read has an error of its
// own, and the next Read goes on after it. It returns io.EOF at the input's end.
// Any other error, mostly an *[InputError], means that the input can't be read on.
func (r *Reader) Read() (Record, error) {
	if r.err != nil {
		return Record{}, r.err
	}
	r.started = true
	rec, err := r.records.read()
	if err == nil {
		return rec, nil
	}
	if err == io.EOF {
		err = r.changed()
	}
	if err != io.EOF {
		err = r.in.fail(err)
	}
	r.err = err
	return Record{}, err
}

// changed tells, at the end of a plain file, whether it is as long as it was
// when it was opened. It returns io.EOF if so.
func (r *Reader) changed() error {
	if r.in.file == nil || r.info.Compression != "" || r.info.Format == XLSX {
		return io.EOF
	}
	if n := r.in.read.Load(); n != r.info.Size {
		return changedError(r.in.name, fmt.Sprintf("it had %d bytes, now %d were read", r.info.Size, n))
	}
	return io.EOF
}

// Seek goes to a position that a record of the same input had as its End. It
// must come before the first Read. Where the file can't be entered in the
// middle, what lies before the position is read and dropped.
func (r *Reader) Seek(to Position) error {
	if r.started {
		return errors.New("going to a position in " + r.in.name + ": reading has begun already")
	}
	if to.Records <= 0 {
		return nil
	}
	if to.Offset > 0 && r.enter != nil && r.enterable() {
		if to.Offset > r.info.Size {
			return r.lost(to)
		}
		if _, err := r.in.file.Seek(to.Offset, io.SeekStart); err != nil {
			return r.in.fail(err)
		}
		r.in.read.Store(to.Offset)
		r.enter(r.charset.decode(&counted{r.in.file, &r.in.read}), to)
		return nil
	}
	for range to.Records {
		rec, err := r.Read()
		if err == io.EOF || err == nil && rec.End.Records == to.Records && rec.End.Line != to.Line {
			return r.lost(to)
		}
		if err != nil {
			return err
		}
	}
	r.started = false
	return nil
}

// enterable tells whether reading can begin at any record.
func (r *Reader) enterable() bool {
	return r.in.file != nil && r.info.Compression == "" && r.charset.width() != nil
}

func (r *Reader) lost(to Position) error {
	return &InputError{
		Input: r.in.name, Line: to.Line,
		Problem: fmt.Sprintf("the input can't be taken up after its record %d: it is not the same input any more", to.Records),
		Advice:  "start from the beginning with --restart",
	}
}

// Close closes the file. It doesn't close what Options.Stdin reads.
func (r *Reader) Close() error {
	if r.free != nil {
		r.free()
		r.free = nil
	}
	return r.in.close()
}
