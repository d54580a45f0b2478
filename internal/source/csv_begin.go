package source

import (
	"fmt"
	"io"
	"strings"
)

// begin passes over what stands before the header, and reads it.
func (c *csvReader) begin(name string, l layout, opts Options) error {
	for range l.skip {
		if err := c.skipLine(); err != nil {
			return err
		}
	}
	cells, line := opts.Columns, int64(0)
	if len(cells) == 0 {
		var err error
		if cells, err = c.headerCells(name, opts.HeaderRow); err != nil {
			return err
		}
		line = c.place.Line
		if opts.HeaderRow == 0 && looksLikeValues(cells) {
			return &InputError{
				Input: name, Line: line, Problem: "this line should hold the column names, but holds values: " + strings.Join(cells, ", "),
				Advice: "name the columns with --columns a,b,c; if these are their names, say --header-row " + itoa(line),
			}
		}
	}
	h, err := newHeader(name, line, cells)
	if err != nil {
		return err
	}
	if len(opts.Columns) == 0 {
		c.advance(c.rec.next, c.linesOf(&c.rec))
	}
	c.header, c.width, c.full = h, len(h.names), len(cells)
	return nil
}

// headerCells scans the header; it is not consumed yet.
func (c *csvReader) headerCells(name string, row int) ([]string, error) {
	if err := c.skipBlank(); err == io.EOF && row > 1 {
		return nil, &InputError{
			Input: name, Problem: fmt.Sprintf("there is no line %d that could hold the column names", row),
			Advice: "--header-row counts the file's lines from 1",
		}
	} else if err == io.EOF {
		return nil, &InputError{
			Input: name, Problem: "the file is empty: there is not even a header",
			Advice: "an empty input of CSV still has its header line",
		}
	} else if err != nil {
		return nil, err
	}
	c.scan(0, &c.rec, c.limit, false)
	raw := c.w.bytes()[:c.rec.end]
	var problem *RecordError
	switch i := c.charset.badChar(raw); {
	case c.rec.damage == readingFailed || c.w.failed() != nil && c.rec.damage != noDamage:
		return nil, c.w.failed()
	case c.rec.damage == tooLong:
		problem = &RecordError{Problem: "the header is longer than " + byteSize(c.limit), Hint: "is this a CSV file?"}
	case c.rec.damage != noDamage:
		problem = c.damageError(&c.rec)
	case i >= 0:
		problem = c.badCharError(raw, i)
	}
	if problem != nil {
		return nil, &InputError{Input: name, Line: c.place.Line, Problem: "the header can't be read: " + problem.Problem, Advice: problem.Hint}
	}
	text := string(raw)
	cells := make([]string, len(c.rec.cells))
	for i, s := range c.rec.cells {
		cells[i] = cellText(text, s)
	}
	return cells, nil
}

// skipLine passes over one line, whatever it holds.
func (c *csvReader) skipLine() error {
	for c.w.has(0) {
		b := c.w.bytes()
		n := len(b)
		stop, next := c.physicalEnd(0, n)
		if stop >= 0 && (c.w.has(next) || c.w.err == io.EOF) {
			_, next = c.physicalEnd(0, n+1)
			c.advance(next, 1)
			return nil
		}
		c.advance(n, 0)
	}
	return c.w.failed()
}
