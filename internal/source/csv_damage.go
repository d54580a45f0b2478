package source

import (
	"bytes"
	"fmt"
)

// damagedRecord rejects what scan found damaged and says where reading goes on.
func (c *csvReader) damagedRecord() Record {
	rec := Record{}
	found := &c.rec
	err := c.damageError(found)
	lines := c.linesOf(found)
	switch {
	case found.resumed && found.lines == 1:
		err.Problem += fmt.Sprintf("; reading went on with line %d", c.place.Line+lines)
	case found.resumed:
		err.Problem += fmt.Sprintf("; %d lines were taken as this one record, reading went on with line %d", found.lines, c.place.Line+lines)
	case found.lines > 1 && found.ending == endOfInput:
		err.Problem += fmt.Sprintf("; the %d lines up to the end of the input were taken as this one record", found.lines)
	case found.lines > 1:
		err.Problem += fmt.Sprintf("; %d lines were taken as this one record", found.lines)
	}
	c.reject(&rec, c.w.bytes()[:found.end], err)
	c.finish(&rec, found.next, lines)
	return rec
}

// damageError says what is wrong with the record, and how to mend it.
func (c *csvReader) damageError(found *scanned) *RecordError {
	const inQuotes = `a cell that holds a quote stands in quotes, with the quote doubled: "5"" pipe"`
	where := c.column(found.cell)
	switch d := found.damage; {
	case d == strayQuote:
		return &RecordError{Problem: where + ": a quote stands inside a cell that doesn't begin with one", Hint: inQuotes}
	case d == loneReturn:
		return &RecordError{
			Problem: where + ": a carriage return stands in the middle of the line, outside quotes",
			Hint:    "remove it, or put the cell in quotes",
		}
	case d == textAfter:
		return &RecordError{Problem: where + ": text follows the closing quote", Hint: inQuotes}
	}
	return &RecordError{Problem: where + ": the quote that opens the cell is not closed", Hint: "close it, or double it if it belongs to the text"}
}

// longRecord rejects a record that is longer than the limit, and reads over the
// rest of it. What the rest holds is judged by the tolerant rule: a quote closes
// its cell before a delimiter or a line's end only.
func (c *csvReader) longRecord() (Record, error) {
	var rec Record
	rec.Line = c.place.Line
	rec.Raw = rawText(c.w.bytes()[:c.rec.end])
	inQuote := c.rec.inQuote
	var total int64
	ended := false
	// The part that is in memory was scanned already; where it ends the quotes
	// are as scan left them.
	skip := func(n int) {
		b := c.w.bytes()[:n]
		total += int64(n)
		c.advance(n, c.lineBreaks(b))
	}
	skip(c.rec.end)
	atStart := false // of a cell
	for !ended && c.w.has(0) {
		c.w.has(len(c.delimiter)) // a closing quote is told by what follows it
		b := c.w.bytes()
		n := 1
		switch {
		case inQuote:
			k := bytes.IndexByte(b, '"')
			switch {
			case k < 0:
				n = len(b)
			case k > 0:
				n = k
			case len(b) > 1 && b[1] == '"':
				n = 2
			case len(b) == 1 || b[1] == '\n' || b[1] == '\r' || c.delimiterReaches(1):
				inQuote = false
			}
		case b[0] == '"' && atStart:
			inQuote = true
		case b[0] == '\r' && len(b) > 1 && b[1] == '\n':
			n, ended = 2, true
		case b[0] == '\n' || b[0] == '\r' && c.returns:
			ended = true
		case c.delimiterReaches(0):
			n = len(c.delimiter)
			skip(n)
			atStart = true
			continue
		}
		skip(n)
		atStart = false
	}
	if err := c.w.failed(); err != nil && !ended {
		return Record{}, err
	}
	problem := fmt.Sprintf("the record is longer than %s: %d bytes, of which the first %d are kept", byteSize(c.limit), total, len(rec.Raw))
	hint := ""
	if inQuote {
		problem += fmt.Sprintf("; the quote of its last cell is not closed, and the %d lines up to the end of the input were taken as this one record",
			c.place.Line-rec.Line+1)
		hint = "close the quote, or double it if it belongs to the text"
	}
	rec.Err = &RecordError{Problem: problem, Hint: hint}
	c.place.Records++
	rec.End = c.place.Position
	return rec, nil
}

func byteSize(n int) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
