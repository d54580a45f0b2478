package source

import (
	"bytes"
	"fmt"
	"io"
)

// ndjsonReader reads one JSON object a line. A line of blanks is no record. An
// input without a record is a complete one of zero records.
type ndjsonReader struct {
	w       *window
	place   place
	limit   int
	objects objectParser
}

func (r *ndjsonReader) read() (Record, error) {
	for {
		if !r.w.has(0) {
			if err := r.w.failed(); err != nil {
				return Record{}, err
			}
			return Record{}, io.EOF
		}
		end, found := r.w.lineEnd(r.limit)
		if !found {
			if end > r.limit {
				return r.longLine()
			}
			if err := r.w.failed(); err != nil {
				return Record{}, err
			}
		}
		next := end
		if found {
			next++
		}
		text := bytes.Trim(r.w.bytes()[:end], " \t\r")
		if len(text) == 0 {
			r.place.pass(r.w.bytes()[:next], 1)
			r.w.consume(next)
			continue
		}
		rec := r.objects.record(text, "line")
		rec.Line = r.place.Line
		r.place.pass(r.w.bytes()[:next], 1)
		r.w.consume(next)
		r.place.Records++
		rec.End = r.place.Position
		return rec, nil
	}
}

// longLine rejects a line that is longer than the limit.
func (r *ndjsonReader) longLine() (Record, error) {
	rec := Record{Line: r.place.Line, Raw: rawText(r.w.bytes()[:r.limit])}
	var total int64
	for r.w.has(0) {
		b := r.w.bytes()
		n := bytes.IndexByte(b, '\n') + 1
		if n > 0 {
			b = b[:n]
		}
		total += int64(len(b))
		r.place.pass(b, 0)
		r.w.consume(len(b))
		if n > 0 {
			break
		}
	}
	r.place.Line++
	if err := r.w.failed(); err != nil {
		return Record{}, err
	}
	rec.Err = &RecordError{Problem: fmt.Sprintf("the line is longer than %s: %d bytes, of which the first %d are kept",
		byteSize(r.limit), total, len(rec.Raw))}
	r.place.Records++
	rec.End = r.place.Position
	return rec, nil
}
