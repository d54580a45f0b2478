package source

import "bytes"

// A damaged record ends where the next one begins, and where that is, quotes no
// longer tell. Two things can have happened: a quote too many inside a cell
// that runs over several lines, or a missing closing quote, after which every
// line is a record of its own. Taking the first for the second would send lines
// of somebody's text as records: wrong, silently. Taking the second for the
// first loses good records into one reject: wrong, but said. So a place to go
// on is accepted only on evidence: a line that reads, by the strict rules, as a
// record with exactly the header's columns; or a line that is damaged itself
// (it will be rejected too) and has as many delimiters as the header.

const (
	// trialSize is how long a record may be that counts as evidence, in bytes.
	trialSize = 64 << 10
	// trials is how many lines are tried before what was damaged is given up
	// as a whole: a bound for the time that one damaged record can cost.
	trials = 1000
)

// settle decides where a record ends that was damaged, but has an end by the
// tolerant rule.
func (c *csvScanner) settle(start int, rec *scanned) {
	if rec.damage == readingFailed || !c.severalLines(start, rec.end) {
		return
	}
	if !rec.opening && len(rec.cells) == c.width {
		// Quotes too many in a cell of several lines explain all that is there.
		rec.lines = c.countLines(start, rec.end)
		return
	}
	if !c.giveUpAt(start, rec.end, rec) {
		rec.lines = c.countLines(start, rec.end)
	}
}

// unclosed ends a record whose quote isn't closed before index end, the end of
// the input. It returns false: no cell follows.
func (c *csvScanner) unclosed(start, end int, rec *scanned, strict bool) bool {
	if c.w.failed() != nil {
		rec.damage = readingFailed
		return false
	}
	if strict || c.giveUpAt(start, end, rec) {
		return false
	}
	rec.end, rec.next, rec.ending = end, end, endOfInput
	b := c.w.bytes()
	if rec.end > start && b[rec.end-1] == '\n' {
		rec.end--
	}
	if rec.end > start && b[rec.end-1] == '\r' {
		rec.end--
	}
	rec.lines = c.countLines(start, rec.end)
	return false
}

// overLimit ends, at index at, a record that is longer than the limit. It
// returns false.
func (c *csvScanner) overLimit(start, at int, rec *scanned, inQuote, strict bool) bool {
	if strict {
		rec.spoil(tooLong, start)
		return false
	}
	if inQuote && c.width > 1 && c.giveUpAt(start, at, rec) {
		if rec.damage == noDamage || rec.damage == tooLong {
			rec.damage = neverClosed
		}
		return false
	}
	rec.damage, rec.inQuote, rec.end = tooLong, inQuote, at
	return false
}

// giveUpAt looks for the first line between start and end, the record's own
// left out, that is evidently a record, and ends the damaged one before it.
//
// It may be called again with a later end: lines are tried once.
func (c *csvScanner) giveUpAt(start, end int, rec *scanned) bool {
	for rec.tried < trials {
		stop, next := c.physicalEnd(rec.from, end)
		if next < 0 || next > end || !c.w.has(next) {
			return false
		}
		rec.from = next
		rec.tried++
		if c.evident(next) {
			rec.end, rec.next, rec.ending = stop, next, endLF
			rec.lines = rec.tried
			rec.resumed = true
			if rec.at >= stop {
				rec.damage = neverClosed // up to there, nothing else is wrong
			}
			return true
		}
	}
	return false
}

// evident tells whether what stands at index i is surely a record. One line
// with a single delimiter is soon found in prose, so two columns ask for two.
func (c *csvScanner) evident(i int) bool {
	if c.width == 2 {
		return c.wholeAt(i, 2)
	}
	return c.wholeAt(i, 1)
}

// wholeAt tells whether n records, or as many as there are up to the end, stand
// at index i, each with exactly the header's columns.
func (c *csvScanner) wholeAt(i, n int) bool {
	trial := scanned{cells: c.trial}
	defer func() { c.trial = trial.cells[:0] }()
	for done := 0; done < n; {
		for c.w.has(i) && (c.w.bytes()[i] == '\n' || c.w.bytes()[i] == '\r') {
			i++
		}
		if !c.w.has(i) {
			return done > 0
		}
		c.scan(i, &trial, trialSize, true)
		n, next := len(trial.cells), trial.next
		if trial.damage != noDamage {
			n, next = c.cellsOfLine(i)
		}
		if n != c.width && n != c.full {
			return false
		}
		done++
		i = next
	}
	return true
}

// cellsOfLine counts the cells of the line at index i as if quotes meant
// nothing, 0 where it is too long to tell; next is the line after it.
func (c *csvScanner) cellsOfLine(i int) (n, next int) {
	for size := 256; ; size *= 2 {
		more := c.w.has(i + size)
		stop, next := c.physicalEnd(i, i+size)
		switch {
		case stop < 0 && more && size < trialSize:
			continue
		case stop < 0 && more:
			return 0, i
		case stop < 0:
			stop = len(c.w.bytes())
			next = stop
		}
		return bytes.Count(c.w.bytes()[i:stop], c.delimiter) + 1, next
	}
}

// physicalEnd finds the end of the line at index i, quotes or not: the index of
// its line ending, and of the next line; -1 where it doesn't end before limit.
func (c *csvScanner) physicalEnd(i, limit int) (end, next int) {
	b := c.w.bytes()
	limit = min(limit, len(b))
	if i >= limit {
		return -1, -1
	}
	k := bytes.IndexByte(b[i:limit], '\n')
	if c.returns {
		k = bytes.IndexAny(b[i:limit], "\r\n")
	}
	if k < 0 {
		return -1, -1
	}
	end, next = i+k, i+k+1
	switch {
	case b[end] == '\n' && k > 0 && b[end-1] == '\r':
		end--
	case b[end] == '\r' && next < len(b) && b[next] == '\n':
		next++
	}
	return end, next
}

// looksOpening tells whether the quote at index q, inside the cell that the one
// at index open began, stands where a cell begins: then it was the earlier
// quote that had no closing one.
func (c *csvScanner) looksOpening(b []byte, open, q int) bool {
	if q == open+1 {
		return false
	}
	return b[q-1] == '\n' || b[q-1] == '\r' || bytes.HasSuffix(b[:q], c.delimiter)
}

func (c *csvScanner) severalLines(start, end int) bool {
	return c.lineBreaks(c.w.bytes()[start:end]) > 0
}

func (c *csvScanner) countLines(start, end int) int {
	return int(c.lineBreaks(c.w.bytes()[start:end])) + 1
}

// lineBreaks counts the line ends in b as editors and grep -n do: a lone CR is
// one only where records end in it.
func (d *dialect) lineBreaks(b []byte) int64 {
	n := int64(bytes.Count(b, []byte{'\n'}))
	if !d.returns {
		return n
	}
	for i, c := range b {
		if c == '\r' && (i+1 == len(b) || b[i+1] != '\n') {
			n++
		}
	}
	return n
}
