package source

import "fmt"

// mostKindChanges bounds the memory for the kinds of a sheet's cells.
const mostKindChanges = 10_000_000

// sheetKinds holds the kind of every cell of a sheet: for each column the rows
// at which the kind changes, which are few, since a column mostly holds one.
// Cells without content don't count.
type sheetKinds struct {
	columns []columnKinds
	changes int
}

type columnKinds struct {
	rows  []int32 // in order
	kinds []cellKind
	at    int // the change that the last row asked for lies behind
}

// note says what a cell is. Rows come in order.
func (s *sheetKinds) note(row, column int, kind cellKind) error {
	for len(s.columns) <= column {
		s.columns = append(s.columns, columnKinds{})
	}
	c := &s.columns[column]
	if n := len(c.kinds); n > 0 && c.kinds[n-1] == kind {
		return nil
	}
	if s.changes++; s.changes > mostKindChanges {
		return fmt.Errorf("texts, numbers and dates alternate within its columns more than %d times", mostKindChanges)
	}
	c.rows, c.kinds = append(c.rows, int32(row)), append(c.kinds, kind)
	return nil
}

// of gives the kind of a cell with content. Rows are asked for in order.
func (s *sheetKinds) of(row, column int) cellKind {
	if column >= len(s.columns) {
		return textCell
	}
	c := &s.columns[column]
	for c.at+1 < len(c.rows) && int(c.rows[c.at+1]) <= row {
		c.at++
	}
	if len(c.kinds) == 0 || int(c.rows[c.at]) > row {
		return textCell
	}
	return c.kinds[c.at]
}
