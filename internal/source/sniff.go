package source

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// layout is how a CSV input is laid out, told by its beginning.
type layout struct {
	delimiter rune
	reason    string
	returns   bool // records end in a lone CR
	crlf      bool // records end in CR LF
	skip      int  // lines before the header: a sep= line, or what --header-row passes over
}

const (
	sniffSize    = 256 << 10 // bytes of an input that decide on format and delimiter
	sniffRecords = 100
)

// delimiters in the order in which a draw is decided.
var delimiters = [...]rune{',', ';', '\t', '|'}

// sniff finds out the layout of the text's CSV. whole says that the text is all
// of it.
func sniff(name string, text []byte, whole bool, opts Options, format Format) (layout, error) {
	l := layout{delimiter: opts.Delimiter, reason: "--delimiter says so"}
	if err := checkDelimiter(l.delimiter); err != nil {
		return l, err
	}
	said, ok := sepLine(text)
	if ok {
		l.skip = 1
	}
	if opts.HeaderRow > 1 && len(opts.Columns) == 0 {
		l.skip = max(l.skip, opts.HeaderRow-1)
	}
	if len(text) > sniffSize {
		text, whole = text[:sniffSize], false
	}
	text = skipLines(text, l.skip)
	switch {
	case l.delimiter != 0:
	case ok:
		l.delimiter, l.reason = said, "the sep= line says so"
	case format == TSV:
		l.delimiter, l.reason = '\t', "TSV is delimited by tabs"
	default:
		l.delimiter, l.reason = sniffDelimiter(text, whole, len(opts.Columns))
	}
	t := trialRead(text, whole, l.delimiter, 0)
	l.returns = t.endings[endCR] > 0 && t.endings[endLF]+t.endings[endCRLF] == 0
	l.crlf = t.first == endCRLF
	return l, nil
}

// checkDelimiter refuses what can't stand between cells.
func checkDelimiter(d rune) error {
	if d == '"' || d == '\r' || d == '\n' || d == utf8.RuneError || d != 0 && !utf8.ValidRune(d) {
		return &InputError{
			Input: "--delimiter", Problem: fmt.Sprintf("%q can't stand between cells", d),
			Advice: "it is one character, and no quote or line end",
		}
	}
	return nil
}

// sepLine reads Excel's first line "sep=;", which is no record.
func sepLine(text []byte) (rune, bool) {
	line := text
	if i := bytes.IndexAny(text, "\r\n"); i >= 0 {
		line = text[:i]
	}
	if len(line) > 10 {
		return 0, false
	}
	s := string(line)
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	if len(s) < 5 || !strings.EqualFold(s[:4], "sep=") {
		return 0, false
	}
	r, size := utf8.DecodeRuneInString(s[4:])
	// A delimiter that Excel repeats at the end of the line is tolerated.
	rest := s[4+size:]
	return r, (rest == "" || rest == string(r)) && checkDelimiter(r) == nil
}

// skipLines leaves out the first n lines of text.
func skipLines(text []byte, n int) []byte {
	for range n {
		i := bytes.IndexAny(text, "\r\n")
		if i < 0 {
			return nil
		}
		if text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			i++
		}
		text = text[i+1:]
	}
	return text
}

// trial is what reading some records with a delimiter came to.
type trial struct {
	columns int // in the header
	cells   int // in the header, empty ones at its end too
	records int // below it
	fitting int // of them: with as many cells as the header, or fewer
	full    int // of them: with as many
	endings [4]int
	first   lineEnding // of the first record
}

// trialRead reads the text's first records with a delimiter. columns is the
// number of columns if the user named them, 0 if the first record does.
func trialRead(text []byte, whole bool, delimiter rune, columns int) trial {
	t := trial{columns: columns}
	c := csvScanner{
		w:       &window{buf: text, err: io.EOF, lf: -1},
		dialect: dialect{delimiter: []byte(string(delimiter)), returns: true},
		limit:   sniffSize,
	}
	var rec scanned
	for n := 0; n < sniffRecords; {
		for c.w.has(0) && (c.w.bytes()[0] == '\n' || c.w.bytes()[0] == '\r') {
			c.w.consume(1)
		}
		if !c.w.has(0) {
			break
		}
		c.width = t.columns
		c.full = t.columns
		c.scan(0, &rec, c.limit, false)
		if rec.ending == endOfInput && (!whole || rec.damage == tooLong) && n > 0 {
			break // cut off by the sample's end
		}
		cells := countCells(&c, &rec)
		switch {
		case rec.damage != noDamage:
			t.records++
		case t.columns == 0:
			t.columns, t.cells = cells, len(rec.cells)
		default:
			t.records++
			if cells <= t.columns {
				t.fitting++
			}
			if cells <= t.columns && len(rec.cells) >= t.columns {
				t.full++
			}
		}
		if n == 0 {
			t.first = rec.ending
		}
		if rec.damage == noDamage {
			t.endings[rec.ending]++
		}
		n++
		if rec.damage == tooLong {
			break
		}
		c.w.consume(rec.next)
	}
	return t
}

// countCells counts a record's cells without the empty ones at its end, which
// Excel writes at will.
func countCells(c *csvScanner, rec *scanned) int {
	n := len(rec.cells)
	for n > 1 && len(bytes.TrimSpace(c.w.bytes()[rec.cells[n-1].from:rec.cells[n-1].to])) == 0 {
		n--
	}
	return n
}

// sniffDelimiter takes the delimiter with which nearly all records fit the
// header; of several the one that gives most columns.
func sniffDelimiter(text []byte, whole bool, columns int) (rune, string) {
	best, found := trial{columns: 1}, rune(0)
	trailing, most := ',', 1 // of a header with one name, the delimiter of the empty ones after it
	for _, d := range delimiters {
		t := trialRead(text, whole, d, columns)
		if t.cells > most {
			trailing, most = d, t.cells
		}
		if t.columns < 2 || columns > 0 && t.full == 0 {
			continue
		}
		if found == 0 || t.better(best) {
			best, found = t, d
		}
	}
	switch {
	case found == 0 && most > 1:
		return trailing, fmt.Sprintf("the header has one name and %d empty ones after it", most-1)
	case found == 0:
		return ',', "there is one column, so nothing tells the delimiter"
	}
	return found, fmt.Sprintf("it gives %d columns, and %d of the first %d records fit them", best.columns, best.fitting, best.records)
}

// better tells whether t is the more convincing reading.
func (t trial) better(than trial) bool {
	if a, b := t.consistent(), than.consistent(); a != b {
		return a
	}
	if a, b := t.fullness(), than.fullness(); a != b {
		return a
	}
	if t.columns != than.columns {
		return t.columns > than.columns
	}
	return t.fitting*than.records > than.fitting*t.records
}

// consistent tells whether nearly all records fit the header.
func (t trial) consistent() bool { return t.fitting*10 >= t.records*9 }

// fullness tells whether most records have all cells: a delimiter that stands
// in the header by chance gives records of a single cell.
func (t trial) fullness() bool { return t.full*2 >= t.records }
