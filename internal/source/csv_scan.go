package source

import "bytes"

// lineEnding is how a CSV record ends.
type lineEnding int

const (
	endOfInput lineEnding = iota
	endLF
	endCRLF
	endCR
)

// cellSpan is where a cell's text stands in the window, quotes left out.
type cellSpan struct {
	from, to int
	quoted   bool
	doubled  bool // holds doubled quotes
}

// damage is the first thing in a record that is against the rules.
type damage int

const (
	noDamage      damage = iota
	strayQuote           // a quote inside a cell that doesn't begin with one
	textAfter            // text after the closing quote
	neverClosed          // a quote that the input doesn't close
	loneReturn           // a carriage return that ends no record
	tooLong              // the record is longer than the limit
	readingFailed        // the input failed before the record's end
)

// scanned is one record as it stands in the window.
type scanned struct {
	cells  []cellSpan
	end    int // index of the first byte after the record's text
	next   int // index of the first byte after its line ending
	ending lineEnding

	damage  damage
	at      int  // index of the damage
	cell    int  // number of the cell it is in, from 0
	opening bool // a quote that looks like an opening one stood inside a quoted cell
	lines   int  // with damage: lines that were given up, 0 where only its own
	resumed bool // the lines after it are read, though its quotes say otherwise
	inQuote bool // tooLong: the limit came inside a quoted cell
	tried   int  // lines tried as the place to go on
	from    int  // index of the line after those
}

// dialect is how the CSV at hand is written.
type dialect struct {
	delimiter []byte
	// returns: records end in a lone CR. Where they don't, a lone CR outside
	// quotes is damage, unless whole records stand before and after it.
	returns bool
	width   int // number of columns, 0 where not known yet
	// full is the number of cells in the header, counting those without a name
	// at its end: Excel writes so many cells in each record.
	full int
}

func (d *dialect) delimiterAt(b []byte, i int) bool {
	return b[i] == d.delimiter[0] && (len(d.delimiter) == 1 || bytes.HasPrefix(b[i:], d.delimiter))
}

// csvScanner finds records in a window. In order never to lose a record for its
// neighbour's damage it reads on where a person would say that the next record
// begins: see resync.go.
type csvScanner struct {
	w *window
	dialect
	limit int
	trial []cellSpan // for looking ahead
}

// scan finds the record that begins at index start of the window. With strict
// it stops at the first damage, and a lone CR ends a record.
func (c *csvScanner) scan(start int, rec *scanned, limit int, strict bool) {
	*rec = scanned{cells: rec.cells[:0], from: start}
	i := start
	for {
		var span cellSpan
		var ok bool
		if c.w.has(i) && c.w.bytes()[i] == '"' {
			span, i, ok = c.quotedCell(start, i, rec, limit, strict)
		} else {
			span, i, ok = c.plainCell(start, i, i, rec, limit, strict)
		}
		if !ok {
			return
		}
		rec.cells = append(rec.cells, span)
		if c.w.has(i) && c.delimiterReaches(i) {
			i += len(c.delimiter)
			continue
		}
		c.endRecord(i, rec)
		if rec.damage != noDamage && !strict {
			c.settle(start, rec)
		}
		return
	}
}

// delimiterReaches is delimiterAt for an index whose followers may not have
// been read yet.
func (c *csvScanner) delimiterReaches(i int) bool {
	if c.w.bytes()[i] != c.delimiter[0] {
		return false
	}
	return len(c.delimiter) == 1 || c.w.has(i+len(c.delimiter)-1) && c.delimiterAt(c.w.bytes(), i)
}

// endRecord notes the line ending at index i.
func (c *csvScanner) endRecord(i int, rec *scanned) {
	rec.end, rec.next = i, i
	if !c.w.has(i) {
		if c.w.failed() != nil {
			rec.damage = readingFailed
		}
		return
	}
	switch {
	case c.w.bytes()[i] == '\n':
		rec.next, rec.ending = i+1, endLF
	case c.w.has(i+1) && c.w.bytes()[i+1] == '\n':
		rec.next, rec.ending = i+2, endCRLF
	default:
		rec.next, rec.ending = i+1, endCR
	}
}

// spoil notes the record's first damage.
func (rec *scanned) spoil(d damage, at int) {
	if rec.damage == noDamage {
		rec.damage, rec.at, rec.cell = d, at, len(rec.cells)
	}
}

// plainCell scans a cell without quotes from index i; its text begins at from.
// The cell ends before the returned index; false means that the record is over.
func (c *csvScanner) plainCell(start, from, i int, rec *scanned, limit int, strict bool) (cellSpan, int, bool) {
	for {
		b := c.w.bytes()
		for i < len(b) && b[i] != '\n' && b[i] != '\r' && b[i] != '"' && b[i] != c.delimiter[0] {
			i++
		}
		if i-start > limit {
			return cellSpan{}, i, c.overLimit(start, i, rec, false, strict)
		}
		if i >= len(b) {
			if !c.w.has(i) {
				return cellSpan{from: from, to: i}, i, true
			}
			continue
		}
		switch b[i] {
		case '\n':
			return cellSpan{from: from, to: i}, i, true
		case '\r':
			if c.returnEnds(i, len(rec.cells)+1, strict) {
				return cellSpan{from: from, to: i}, i, true
			}
			rec.spoil(loneReturn, i)
		case '"':
			rec.spoil(strayQuote, i)
			if strict {
				return cellSpan{}, i, false
			}
		default:
			if c.delimiterReaches(i) {
				return cellSpan{from: from, to: i}, i, true
			}
		}
		i++
	}
}

// quotedCell scans a cell that begins with the quote at index i. After damage
// it goes on by the tolerant rule that only a quote before a delimiter or a
// line's end closes a cell.
func (c *csvScanner) quotedCell(start, i int, rec *scanned, limit int, strict bool) (cellSpan, int, bool) {
	span := cellSpan{from: i + 1, quoted: true}
	for j := i + 1; ; {
		b := c.w.bytes()
		k := -1
		if j < len(b) {
			k = bytes.IndexByte(b[j:], '"')
		}
		if k < 0 {
			j = max(j, len(b))
			if j-start > limit {
				rec.spoil(tooLong, i)
				return span, j, c.overLimit(start, j, rec, true, strict)
			}
			if !c.w.has(j) {
				rec.spoil(neverClosed, i)
				return span, j, c.unclosed(start, j, rec, strict)
			}
			continue
		}
		q := j + k
		if q-start > limit {
			rec.spoil(tooLong, i)
			return span, q, c.overLimit(start, q, rec, true, strict)
		}
		if !c.w.has(q + 1) {
			span.to = q
			return span, q + 1, true
		}
		b = c.w.bytes()
		switch next := b[q+1]; {
		case next == '"':
			span.doubled = true
			j = q + 2
			continue
		case next == '\n' || c.delimiterReaches(q+1):
			span.to = q
			return span, q + 1, true
		case next == '\r':
			span.to = q
			if c.returnEnds(q+1, len(rec.cells)+1, strict) {
				return span, q + 1, true
			}
			rec.spoil(loneReturn, q+1)
			_, end, ok := c.plainCell(start, q+1, q+2, rec, limit, strict)
			return span, end, ok
		}
		rec.spoil(textAfter, q)
		if strict {
			return span, q, false
		}
		if c.looksOpening(b, i, q) {
			rec.opening = true
			if rec.at == q {
				rec.damage = neverClosed
			}
			if c.giveUpAt(start, q, rec) {
				return span, q, false
			}
		}
		j = q + 1
	}
}

// returnEnds tells whether the CR at index i ends its record, of which cells
// have been read up to there.
func (c *csvScanner) returnEnds(i, cells int, strict bool) bool {
	if !c.w.has(i+1) || c.w.bytes()[i+1] == '\n' || c.returns || strict {
		return true
	}
	if c.width < 2 || cells != c.width {
		return false
	}
	return c.wholeAt(i+1, 1)
}
