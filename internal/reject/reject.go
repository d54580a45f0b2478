// Package reject writes the reject file: what was refused, in the input's own
// format, so that it can be mended and pushed again as it stands.
//
// A [Writer] gathers the rejected records of one input in a temporary file
// beside the reject file and gives it its name at the end. [Writer.Checkpoint]
// and [Resume] let an interrupted run go on with it, also after a kill or a
// power cut. What a reject is and when the run ends are package push's; where
// the file goes is the command's.
package reject

import (
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/durable"
)

// Options says what the reject file looks like and where it goes.
type Options struct {
	Path      string   // the finished file
	Format    string   // "csv", "tsv", "ndjson", "json"
	Delimiter rune     // CSV and TSV; 0 is a comma (a tab for TSV)
	Columns   []string // CSV and TSV: the input's columns
	Encoding  string   // the input's encoding; "" is UTF-8
	BOM       bool
	CRLF      bool

	// What an old file at Path is to the run. One that is needed is kept under
	// another name, see [Options.Aside].
	Left string // its [Digest] as the last run left it; "" where that is not known
	Keep bool   // its records are not the run's to replace
}

// Entry is one rejected record. Raw is set, alone, for a record that could not
// be parsed.
type Entry struct {
	Line   int64 // its first line in the input
	Status int   // the last HTTP status; 0 where nothing was sent or answered
	Error  string
	Cells  []string
	Names  []string
	Values []jsontext.Value
	Raw    string
	Unread bool // the record could not be parsed: only Raw is known
}

// Mark says what of the rejects is safely on disk. It is what [Resume] needs
// to go on with them, and small enough for a journal. Its zero value stands for
// a run that never came to a checkpoint.
type Mark struct {
	Path   string // the finished file
	Temp   string // the file while the run goes on; it exists once there is an entry
	Length int64  // bytes of Temp that count
	Sum    uint64 // checksum of those bytes
	Raw    bool   // one of the entries could not be parsed
}

// flushAt is how many bytes are gathered before they are written to the file.
const flushAt = 64 << 10

// Writer writes one reject file. Nothing is created before the first entry.
// A Writer is used by one goroutine at a time, and every end of a run, good or
// bad, calls [Writer.Finish].
type Writer struct {
	opts Options
	path string // absolute, so that neither Mark nor rename depend on the working directory
	temp string
	text *charset
	rows rowWriter

	file    file   // nil until the first entry
	buf     []byte // encoded, not yet written
	row     []byte // the row being built, as UTF-8
	written int64  // bytes in the file
	synced  int64  // bytes known to be on disk
	sum     uint64 // of those bytes
	raw     bool

	missing  bool  // see Missing
	goesOn   bool  // see FinishPart
	failed   error // why the Writer can't work: bad options
	finished bool
	result   string
	err      error

	create func(name string) (file, error)
}

// rowWriter is a format. Rows are UTF-8; the Writer encodes them.
type rowWriter interface {
	// begin appends what stands before the first row.
	begin(dst []byte) ([]byte, error)
	// row appends an entry; first says that nothing but begin precedes it.
	row(dst []byte, e *Entry, first bool) ([]byte, error)
	// end appends what stands after the last row.
	end(dst []byte) []byte
}

var crcTable = crc64.MakeTable(crc64.ECMA)

// New returns a Writer for a run that starts at the input's beginning.
// Options that can't work are reported by the first Write, or by [Options.Check].
func New(o Options) *Writer {
	w := prepare(o)
	w.temp = tempName(w.path)
	return w
}

func prepare(o Options) *Writer {
	w := &Writer{opts: o, path: o.Path, create: createFile}
	if abs, err := filepath.Abs(o.Path); err == nil {
		w.path = abs
	}
	w.text, w.failed = newCharset(o.Encoding)
	if w.failed == nil {
		w.rows, w.failed = newRows(o, w.text)
	}
	return w
}

func newRows(o Options, text *charset) (rowWriter, error) {
	switch o.Format {
	case "csv", "tsv":
		return newCSV(o, text)
	case "ndjson":
		return &jsonRows{crlf: o.CRLF, bom: o.BOM, text: text}, nil
	case "json":
		return &jsonRows{crlf: o.CRLF, bom: o.BOM, text: text, array: true}, nil
	}
	return nil, fmt.Errorf("the format %q has no reject file", o.Format)
}

// tempName is beside the finished file, since a rename doesn't cross file
// systems, not to be guessed, since the directory may be everybody's, and not
// matched by "*.csv", so that no later push takes it for an input.
func tempName(path string) string {
	return tempStem(path) + strings.ToLower(rand.Text()[:16]) + ".part"
}

// tempStem is what all temporary names of a file begin with.
func tempStem(path string) string {
	dir, base := filepath.Split(path)
	if len(base) > 200 { // a name may have 255 bytes
		base = strings.ToValidUTF8(base[:200], "")
	}
	return dir + base + "."
}

// Write adds an entry. After an error the entry is not in the file, all earlier
// ones still are, and the run should end. Errors are [*Error].
func (w *Writer) Write(e Entry) error {
	if w.failed != nil {
		return w.problem("writing", w.failed)
	}
	if w.finished {
		return w.problem("writing", os.ErrClosed)
	}
	before, raw := len(w.buf), w.raw
	if err := w.add(&e); err != nil {
		w.buf, w.raw = w.buf[:before], raw
		return err
	}
	return nil
}

func (w *Writer) add(e *Entry) (err error) {
	first := w.length() == 0
	w.row = w.row[:0]
	if first {
		if w.row, err = w.rows.begin(w.row); err != nil {
			return w.problem("writing", err)
		}
	}
	if w.row, err = w.rows.row(w.row, e, first); err != nil {
		return w.problem("writing", fmt.Errorf("the record of line %d: %w", e.Line, err))
	}
	if w.buf, err = w.text.encode(w.buf, w.row); err != nil {
		return w.problem("writing", err)
	}
	w.raw = w.raw || e.Unread
	if w.file == nil {
		if err := w.open(); err != nil {
			return err
		}
	}
	if len(w.buf) < flushAt {
		return nil
	}
	return w.flush()
}

// length is the number of bytes written and gathered: 0 before the first entry.
func (w *Writer) length() int64 { return w.written + int64(len(w.buf)) }

// open creates the temporary file for the first entry.
func (w *Writer) open() error {
	if err := durable.CheckTarget(w.path); err != nil {
		return w.problem("creating", err)
	}
	f, err := w.create(w.temp)
	if err != nil {
		return w.problem("creating", err)
	}
	w.file = f
	return nil
}

// flush writes what was gathered. Where a write fails half-way, the next flush
// repeats it from its beginning.
func (w *Writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	if _, err := w.file.WriteAt(w.buf, w.written); err != nil {
		return w.problem("writing", err)
	}
	w.written += int64(len(w.buf))
	w.sum = crc64.Update(w.sum, crcTable, w.buf)
	w.buf = w.buf[:0]
	return nil
}

// Checkpoint brings every entry so far safely to disk and says how to find them
// again. Where none has come since the last one it touches nothing.
func (w *Writer) Checkpoint() (Mark, error) {
	if w.length() != w.synced {
		if err := w.sync(); err != nil {
			return Mark{}, err
		}
	}
	return Mark{Path: w.path, Temp: w.temp, Length: w.written, Sum: w.sum, Raw: w.raw}, nil
}

func (w *Writer) sync() error {
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return w.problem("writing", err)
	}
	if w.synced == 0 { // the file's name must survive a power cut too
		if err := durable.SyncDir(filepath.Dir(w.path)); err != nil {
			return w.problem("writing", err)
		}
	}
	w.synced = w.written
	return nil
}

// Finish ends the file and gives it its name; it replaces an old file of that
// name in one step (a symbolic link is replaced itself, not what it points to),
// and keeps one that [Options.Aside] tells of.
// With no entry, an old reject file of that name is removed and "" returned; a
// file that isn't a reject file, or not a regular one, stays. After an error the
// entries, as far as they could be written, are kept under the temporary name,
// which the [*Error] gives. Further calls return the same again.
func (w *Writer) Finish() (path string, err error) {
	if w.finished {
		return w.result, w.err
	}
	w.finished = true
	if w.length() == 0 {
		w.err = w.finishEmpty()
		return "", w.err
	}
	if w.err = w.finish(); w.err != nil {
		return "", w.err
	}
	w.result = w.opts.Path
	return w.result, nil
}

// FinishPart is [Writer.Finish] for a run that the same command goes on with. The
// entries stay under the temporary name as well, so that [Resume] finds them as they
// are, whoever mends or removes the finished file in between; where there is no room
// for both, that file must do.
func (w *Writer) FinishPart() (path string, err error) {
	w.goesOn = true
	return w.Finish()
}

func (w *Writer) finishEmpty() error {
	if w.file != nil { // it was made for an entry that could not be written
		w.file.Close()
		if err := os.Remove(w.temp); err != nil {
			return w.problem("removing", err)
		}
	}
	if w.failed != nil {
		return nil // a file nobody could have written is nobody's to remove
	}
	if err := w.opts.removeOld(w.path); err != nil {
		return w.problem("removing the old", err)
	}
	return nil
}

func (w *Writer) finish() error {
	keep := func(err error) error {
		p := w.problem("finishing", err)
		p.kept = w.leave()
		p.part = len(w.buf) > 0
		return p
	}
	if err := w.flush(); err != nil {
		return keep(errors.Unwrap(err))
	}
	end, err := w.text.encode(nil, w.rows.end(nil))
	if err != nil {
		return keep(err)
	}
	if _, err := w.file.WriteAt(end, w.written); err != nil {
		return keep(err)
	}
	if err := w.file.Truncate(w.written + int64(len(end))); err != nil {
		return keep(err)
	}
	if err := w.file.Sync(); err != nil {
		return keep(err)
	}
	w.synced = w.written
	if err := durable.CheckTarget(w.path); err != nil {
		return keep(err)
	}
	from := w.temp
	// Where there is no room for a second copy, a file with an empty column is
	// better than none.
	if name, err := w.copied(w.written + int64(len(end))); err == nil && name != "" {
		from = name
	}
	defer func() {
		if from != w.temp {
			os.Remove(from) // the copy, where it could not take the file's place
		}
	}()
	if err := w.file.Close(); err != nil {
		return keep(err)
	}
	sign(from)
	if err := w.opts.putAside(w.path, from); err != nil {
		return keep(err)
	}
	if err := os.Rename(from, w.path); err != nil {
		return keep(err)
	}
	if from != w.temp && !w.goesOn {
		os.Remove(w.temp) // a leftover is found and removed by the next run's Resume or Discard
	}
	if err := durable.SyncDir(filepath.Dir(w.path)); err != nil {
		return w.problem("finishing", err)
	}
	return nil
}

// leave closes the temporary file and gives its name, or removes it where nothing
// could be written to it.
func (w *Writer) leave() string {
	n, err := w.file.ReadAt(make([]byte, 1), 0)
	w.file.Close()
	if n == 0 && err == io.EOF && os.Remove(w.temp) == nil {
		return ""
	}
	if _, err := os.Lstat(w.temp); err != nil { // gone with its directory
		return ""
	}
	return w.temp
}

// copied copies a file of so many bytes where the temporary one can't take its place:
// CSV loses its last column, which only records that could not be parsed have. It
// returns "" where no copy is wanted.
func (w *Writer) copied(length int64) (name string, err error) {
	rows, ok := w.rows.(*csvRows)
	narrow := ok && !w.raw
	if !narrow && !w.goesOn {
		return "", nil
	}
	name = w.temp + newSuffix
	err = copyFile(name, w.create, func(dst io.Writer) error {
		if narrow {
			return rows.narrow(dst, io.NewSectionReader(w.file, 0, w.written))
		}
		_, err := io.Copy(dst, io.NewSectionReader(w.file, 0, length))
		return err
	})
	if err != nil {
		return "", err
	}
	return name, nil
}
