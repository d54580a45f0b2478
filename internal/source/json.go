package source

import (
	"bytes"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonReader reads one JSON array of objects, or objects one after another,
// element by element: the array is never in memory as a whole.
type jsonReader struct {
	name    string
	w       *window
	place   place
	limit   int
	objects objectParser

	begun   bool
	inArray bool
	over    bool // the array was closed
	comma   bool // a comma stands before what comes next
	count   int  // elements read
	lastKey []byte

	brackets []byte // for extent

	// Where the element that stands next begins, for resync.
	startsLine bool
	column     int // bytes between the line's start and it
}

func (r *jsonReader) read() (Record, error) {
	if !r.begun {
		r.begun = true
		c, err := r.skipSpace()
		if err != nil && err != io.EOF {
			return Record{}, err
		}
		if err == io.EOF {
			return Record{}, r.fail("the file is empty: not even []", "an empty input of JSON is written []")
		}
		if c == '[' {
			r.inArray = true
			r.drop(1)
			r.startsLine = false
		}
	}
	for {
		c, err := r.skipSpace()
		if err != nil {
			return Record{}, r.atEnd(err)
		}
		switch {
		case r.over:
			return Record{}, r.fail("text stands after the end of the array", "a file holds one array; remove what follows it")
		case r.inArray && c == ']':
			r.drop(1)
			r.over = true
		case r.inArray && c == ',':
			if r.comma || r.count == 0 {
				rec := r.bad(1, "an element is missing before this comma")
				r.comma = true
				return rec, nil
			}
			r.comma = true
			r.drop(1)
			r.column++
		default:
			return r.element()
		}
	}
}

// atEnd judges the end of the text.
func (r *jsonReader) atEnd(err error) error {
	if err == io.EOF && r.inArray && !r.over {
		return r.fail("the array is not closed: the file ends early", "fetch or write the file again; the records up to here were read")
	}
	return err
}

func (r *jsonReader) fail(problem, advice string) error {
	return &InputError{Input: r.name, Line: r.place.Line, Problem: problem, Advice: advice}
}

// skipSpace moves to the next byte that is no blank.
func (r *jsonReader) skipSpace() (byte, error) {
	for r.w.has(0) {
		b := r.w.bytes()
		n := 0
		for n < len(b) && (b[n] == ' ' || b[n] == '\n' || b[n] == '\r' || b[n] == '\t') {
			n++
		}
		if n > 0 {
			if i := bytes.LastIndexByte(b[:n], '\n'); i >= 0 {
				r.startsLine, r.column = true, n-i-1
			} else if r.startsLine {
				r.column += n
			}
			r.drop(n)
			continue
		}
		return b[0], nil
	}
	if err := r.w.failed(); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

// drop consumes n bytes and counts their lines.
func (r *jsonReader) drop(n int) {
	b := r.w.bytes()[:n]
	r.place.pass(b, int64(bytes.Count(b, []byte{'\n'})))
	r.w.consume(n)
}

// element reads the element that stands next.
func (r *jsonReader) element() (Record, error) {
	n, state := r.extent(0, r.limit)
	missing := r.inArray && r.count > 0 && !r.comma
	switch {
	case state == ended && missing:
		return r.bad(n, "there is no comma between this element and the one before"), nil
	case state == ended:
		return r.finish(r.objects.record(r.w.bytes()[:n], "element"), n), nil
	case r.w.failed() != nil:
		return Record{}, r.w.failed()
	}
	if next, found := r.resync(); found {
		text := r.w.bytes()[:next]
		went := r.place.Line + int64(bytes.Count(text, []byte{'\n'}))
		rec := r.objects.record(bytes.TrimRight(text, " \t\r\n,"), "element")
		if e, ok := rec.Err.(*RecordError); ok {
			e.Problem += fmt.Sprintf("; reading went on with line %d", went)
			rec = r.finish(rec, next)
			r.comma = true
			return rec, nil
		}
	}
	if state == goesOn && n >= r.limit {
		return r.longElement()
	}
	if state == goesOn && r.w.err == io.EOF {
		return Record{}, r.fail("this element is not closed: the file ends early", "fetch or write the file again; the records up to here were read")
	}
	problem := "where this element ends can't be told"
	if e, ok := r.objects.record(r.w.bytes()[:min(n+1, len(r.w.bytes()))], "element").Err.(*RecordError); ok {
		problem += ": " + e.Problem
	}
	return Record{}, r.fail(problem, "mend it there, or convert the file to NDJSON, where a bad record costs itself alone; the records up to here were read")
}

// extent finds the end of the value at index i, within so many bytes.
func (r *jsonReader) extent(i, within int) (int, extentState) {
	e := extent{open: r.brackets[:0]}
	defer func() { r.brackets = e.open }()
	from := i
	for r.w.has(i) {
		b := r.w.bytes()[i:]
		n, state := e.feed(b[:min(len(b), from+within-i)])
		i += n
		if state != goesOn || i-from >= within {
			return i, state
		}
	}
	if e.scalar {
		return i, ended
	}
	return i, goesOn
}

// resync looks for the element after one of which the end can't be told. It must
// begin its line, as far to the right as the broken one, and
// with the same key; and it must be an object without a fault. A nested object
// is never taken for a record that way, except in text without indentation,
// where it has its parent's first key.
func (r *jsonReader) resync() (int, bool) {
	key := firstKey(r.w.bytes())
	if key == nil {
		key = r.lastKey
	}
	if key == nil {
		return 0, false
	}
	key = bytes.Clone(key)
	i := 0
	for range trials {
		for r.w.has(i) && i <= r.limit {
			k := bytes.IndexByte(r.w.bytes()[i:], '\n')
			if k >= 0 {
				i += k + 1
				break
			}
			i = len(r.w.bytes())
		}
		if !r.w.has(i) || i > r.limit {
			return 0, false
		}
		if at := r.elementAt(i, key); at >= 0 {
			return at, true
		}
		if !r.startsLine {
			return 0, false // nothing tells how far to the right elements begin
		}
	}
	return 0, false
}

// elementAt tells whether an element surely begins on the line at index i, and
// where; -1 if not.
func (r *jsonReader) elementAt(i int, key []byte) int {
	before := bytes.TrimRight(r.w.bytes()[:i], " \t\r\n")
	comma := bytes.HasSuffix(before, []byte{','}) || !r.inArray
	at := i
	for r.w.has(at) && bytes.IndexByte([]byte(" \t,"), r.w.bytes()[at]) >= 0 {
		comma = comma || r.w.bytes()[at] == ','
		at++
	}
	if !comma || !r.w.has(at) || r.w.bytes()[at] != '{' {
		return -1
	}
	if r.startsLine && at-i != r.column {
		return -1
	}
	n, state := r.extent(at, trialSize)
	if state != ended {
		return -1
	}
	text := jsontext.Value(r.w.bytes()[at:n])
	if !bytes.Equal(firstKey(text), key) || !text.IsValid() {
		return -1
	}
	return at
}

// firstKey is the first key of the object that b begins with, in its quotes;
// nil if it can't be told.
func firstKey(b []byte) []byte {
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	b = bytes.TrimLeft(b[1:], " \t\r\n")
	if len(b) == 0 || b[0] != '"' {
		return nil
	}
	k := bytes.IndexByte(b[1:], '"')
	if k < 0 {
		return nil
	}
	return b[:k+2]
}

// longElement rejects an element that is longer than the limit, and reads over
// it.
func (r *jsonReader) longElement() (Record, error) {
	rec := Record{Line: r.place.Line, Raw: rawText(r.w.bytes()[:r.limit])}
	var e extent
	var total int64
	for r.w.has(0) {
		n, state := e.feed(r.w.bytes())
		total += int64(n)
		r.drop(n)
		if state == broken {
			return Record{}, r.fail("the element that begins on line "+itoa(rec.Line)+" is longer than "+byteSize(r.limit)+
				", and where it ends can't be told", "mend it there; the records up to it were read")
		}
		if state == ended {
			rec.Err = &RecordError{Problem: fmt.Sprintf("the element is longer than %s: %d bytes, of which the first %d are kept",
				byteSize(r.limit), total, len(rec.Raw))}
			line := rec.Line
			rec = r.finish(rec, 0)
			rec.Line = line
			return rec, nil
		}
	}
	if err := r.w.failed(); err != nil {
		return Record{}, err
	}
	return Record{}, r.fail("the element that begins on line "+itoa(rec.Line)+" is not closed: the file ends early",
		"fetch or write the file again; the records up to it were read")
}

// bad rejects the next n bytes.
func (r *jsonReader) bad(n int, problem string) Record {
	return r.finish(badObject(r.w.bytes()[:n], &RecordError{Problem: problem}), n)
}

// finish consumes an element of n bytes and completes its record.
func (r *jsonReader) finish(rec Record, n int) Record {
	rec.Line = r.place.Line
	if rec.Err == nil {
		r.lastKey = append(r.lastKey[:0], firstKey(r.w.bytes())...)
	}
	r.drop(n)
	r.comma = false
	r.startsLine = false
	r.count++
	r.place.Records++
	rec.End = r.place.Position
	return rec
}
