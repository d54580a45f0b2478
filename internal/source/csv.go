package source

import (
	"bytes"
	"io"
	"strings"
)

// csvReader reads CSV records. RFC 4180, with line endings of any kind, and
// with a bad record costing itself alone. A line of nothing but delimiters and
// blanks, as spreadsheets write below a table, is no record, in a file of one
// column too; an empty cell there is written "".
type csvReader struct {
	csvScanner
	charset charset
	place   place
	header  header
	rec     scanned
	cells   []string // room for those of the next records
	cutLine int64    // of a record that ends without a line end, and may be cut off; else 0
}

// place is where a reader stands in its input.
type place struct {
	Position
	bytes func(text []byte) int64 // of the input, that text took up; nil: can't be told
}

// pass moves the place over text with so many line ends.
func (p *place) pass(text []byte, lines int64) {
	p.Line += lines
	if p.bytes != nil {
		p.Offset += p.bytes(text)
	}
}

// read returns the next record, io.EOF at the end, or what went wrong.
func (c *csvReader) read() (Record, error) {
	if err := c.skipBlank(); err != nil {
		return Record{}, err
	}
	for c.atBlankRow() {
		if err := c.skipBlank(); err != nil {
			return Record{}, err
		}
	}
	if !c.returns {
		if end, found := c.w.lineEnd(c.limit); found || end <= c.limit && c.w.failed() == nil {
			line := c.w.bytes()[:end]
			next := end
			if found {
				next++
			}
			if n := len(line); n > 0 && line[n-1] == '\r' {
				line = line[:n-1]
			}
			if bytes.IndexByte(line, '\r') < 0 {
				if bytes.IndexByte(line, '"') < 0 {
					return c.plainRecord(line, next, !found), nil
				}
				if found {
					if rec, ok := c.tidyRecord(line, next); ok {
						return rec, nil
					}
				}
			}
		}
	}
	c.scan(0, &c.rec, c.limit, false)
	switch c.rec.damage {
	case noDamage:
		return c.quotedRecord(), nil
	case readingFailed:
		return Record{}, c.w.failed()
	case tooLong:
		return c.longRecord()
	}
	return c.damagedRecord(), nil
}

// skipBlank moves to the next line that has a character.
func (c *csvReader) skipBlank() error {
	for c.w.has(0) {
		b := c.w.bytes()
		n := 1
		switch {
		case b[0] == '\n':
		case b[0] != '\r':
			return nil
		case c.w.has(1) && c.w.bytes()[1] == '\n':
			n = 2
		}
		c.advance(n, 1)
	}
	if err := c.w.failed(); err != nil {
		return err
	}
	return io.EOF
}

// atBlankRow passes over a row of delimiters and blanks alone; false where the
// line is another.
func (c *csvReader) atBlankRow() bool {
	for i := 0; i <= c.limit; {
		if !c.w.has(i) {
			if i == 0 || c.w.failed() != nil {
				return false
			}
			c.advance(i, 1)
			return true
		}
		switch b := c.w.bytes()[i]; {
		case b == '\n' || b == '\r' && c.returns:
			c.advance(i+1, 1)
			return true
		case b == '\r' && c.w.has(i+1) && c.w.bytes()[i+1] == '\n':
			i++
		case c.delimiterReaches(i):
			i += len(c.delimiter)
		case b == ' ' || b == '\t':
			i++
		default:
			return false
		}
	}
	return false
}

// advance consumes n bytes with so many line ends.
func (c *csvReader) advance(n int, lines int64) {
	c.place.pass(c.w.bytes()[:n], lines)
	c.w.consume(n)
}

// finish consumes the record's n bytes and completes rec.
func (c *csvReader) finish(rec *Record, n int, lines int64) {
	rec.Line = c.place.Line
	c.advance(n, lines)
	c.place.Records++
	rec.End = c.place.Position
}

// plainRecord makes a record of a line without quotes; last says that the input
// ends there without a line end.
func (c *csvReader) plainRecord(line []byte, next int, last bool) Record {
	var rec Record
	if i := c.charset.badChar(line); i >= 0 {
		c.rec.cells = c.splitPlain(line, c.rec.cells[:0])
		c.reject(&rec, line, c.badCharError(line, i))
		c.finish(&rec, next, 1)
		return rec
	}
	s := string(line)
	if c.header.plain && len(c.delimiter) == 1 && !last {
		if cells := c.room(len(line)); split(s, c.delimiter[0], cells) {
			c.take(&rec, cells, line)
			c.finish(&rec, next, 1)
			return rec
		}
	}
	c.rec.cells = c.splitPlain(line, c.rec.cells[:0])
	c.fillIn(&rec, s, line, last)
	c.finish(&rec, next, 1)
	return rec
}

// tidyRecord makes a record of a line in which whole cells are quoted and no
// quote stands inside of one; false where the line is another, or says no more
// than the scanner must find out. It does what quotedRecord does of such a line,
// in a third of the time.
func (c *csvReader) tidyRecord(line []byte, next int) (rec Record, ok bool) {
	if !c.header.plain || len(c.delimiter) != 1 || c.charset.badChar(line) >= 0 {
		return rec, false
	}
	cells := c.room(len(line))
	if ok = splitQuoted(string(line), c.delimiter[0], cells); ok {
		c.take(&rec, cells, line)
		c.finish(&rec, next, 1)
	}
	return rec, ok
}

// room gives the cells of a record whose line is so long. Those of a few short
// records are allocated together: one of them that is kept keeps the others' text.
func (c *csvReader) room(line int) []string {
	const together, short = 8, 512
	if line > short {
		return make([]string, c.width)
	}
	if len(c.cells) < c.width {
		c.cells = make([]string, together*c.width)
	}
	cells := c.cells[:c.width:c.width]
	c.cells = c.cells[c.width:]
	return cells
}

// splitQuoted is split for cells that may be quoted; false also where a quote
// stands anywhere but around a whole cell.
func splitQuoted(s string, delimiter byte, cells []string) bool {
	for n := range cells {
		if s != "" && s[0] == '"' {
			i := strings.IndexByte(s[1:], '"') + 1
			if i == 0 {
				return false
			}
			cells[n], s = s[1:i], s[i+1:]
		} else {
			i := strings.IndexByte(s, delimiter)
			if i < 0 {
				i = len(s)
			}
			cells[n], s = s[:i], s[i:]
			if strings.IndexByte(cells[n], '"') >= 0 {
				return false
			}
		}
		if s == "" {
			return true
		}
		if s[0] != delimiter {
			return false
		}
		s = s[1:]
	}
	return false
}

// split cuts s into cells, the missing ones blank; false where there are more.
func split(s string, delimiter byte, cells []string) bool {
	last := len(cells) - 1
	for n := range last {
		i := strings.IndexByte(s, delimiter)
		if i < 0 {
			cells[n] = s
			return true
		}
		cells[n], s = s[:i], s[i+1:]
	}
	cells[last] = s
	return strings.IndexByte(s, delimiter) < 0
}

func (c *csvReader) splitPlain(line []byte, cells []cellSpan) []cellSpan {
	from := 0
	for {
		i := bytes.Index(line[from:], c.delimiter)
		if i < 0 {
			return append(cells, cellSpan{from: from, to: len(line)})
		}
		cells = append(cells, cellSpan{from: from, to: from + i})
		from += i + len(c.delimiter)
	}
}

// quotedRecord makes a record of what scan found.
func (c *csvReader) quotedRecord() Record {
	var rec Record
	raw := c.w.bytes()[:c.rec.end]
	if i := c.charset.badChar(raw); i >= 0 {
		c.reject(&rec, raw, c.badCharError(raw, i))
	} else {
		c.fillIn(&rec, string(raw), raw, c.rec.ending == endOfInput && c.rec.next == c.rec.end)
	}
	c.finish(&rec, c.rec.next, c.linesOf(&c.rec))
	return rec
}

// linesOf counts the line ends in a scanned record, its own included.
func (c *csvReader) linesOf(rec *scanned) int64 {
	n := c.lineBreaks(c.w.bytes()[:rec.next])
	if rec.ending == endCR && !c.returns {
		n++
	}
	if rec.ending == endOfInput && rec.next == rec.end {
		n++
	}
	return n
}

// fillIn gives rec the cells of text, or the reason why it can't have them; last
// says that the input ends behind it without a line end.
func (c *csvReader) fillIn(rec *Record, text string, raw []byte, last bool) {
	spans := c.rec.cells
	if n := len(spans); last && n < c.width {
		// What is there of its last cell may be half a value.
		c.reject(rec, raw, cutOff(n, c.width))
		return
	} else if n > c.width {
		for _, s := range spans[c.width:] {
			if strings.TrimSpace(text[s.from:s.to]) != "" {
				c.reject(rec, raw, tooManyCells(n, c.width))
				return
			}
		}
		spans = spans[:c.width]
	}
	if c.header.isUnmended(text, spans) {
		raw := cellText(text, spans[c.header.raw])
		rec.Raw, rec.Err = rawText([]byte(raw)), unmended(otherColumns)
		return
	}
	c.take(rec, c.header.cells(text, spans), raw)
	if last && rec.Err == nil && endsInText(text, spans) {
		c.cutLine = c.place.Line
	}
}

// endsInText tells whether a record's last cell is one of which more could follow:
// a quote ends a cell, and of a blank one nothing is sent.
func endsInText(text string, spans []cellSpan) bool {
	last := spans[len(spans)-1]
	return !blank(text, last) && !strings.HasSuffix(text, `"`)
}

// take gives rec its cells, unless they are the names of the columns: files were put
// together with their headers, or it is one that --columns was to be in place of.
func (c *csvReader) take(rec *Record, cells []string, raw []byte) {
	if !c.header.again(cells) {
		rec.Cells = cells
		return
	}
	c.reject(rec, raw, headerAgain())
}

// cellText is the cell's text, quotes undoubled.
func cellText(text string, s cellSpan) string {
	t := text[s.from:s.to]
	if s.doubled {
		t = strings.ReplaceAll(t, `""`, `"`)
	}
	return t
}
