package source

import (
	"bytes"
	"strings"
)

// titleLines is how far down a header is looked for.
const titleLines = 12

// headerBelow is the line in which the column names seem to stand where the first
// one holds a title alone: one with several cells, none of them blank or a value,
// and as many in the line after it. 0 where there is none.
func headerBelow(text []byte) int {
	var before []string // the cells of the line before, where it may be a header
	row := 0
	for line := range bytes.Lines(text) {
		row++
		cells := cellsOfTitled(string(line))
		switch {
		case row == 1 && len(cells) > 1, row > titleLines:
			return 0
		case len(before) > 1 && len(cells) == len(before):
			return row - 1
		}
		before = cells
		if row == 1 || looksLikeValues(cells) {
			before = nil
		}
	}
	return 0
}

// cellsOfTitled are a line's cells by the delimiter that it has most of; those
// after the last that holds something are left out, as a title has none. A line
// with a gap has no cells.
func cellsOfTitled(line string) []string {
	line = strings.TrimRight(line, "\r\n")
	most, delimiter := 0, ","
	for _, d := range []string{",", ";", "\t", "|"} {
		if n := strings.Count(line, d); n > most {
			most, delimiter = n, d
		}
	}
	cells := strings.Split(line, delimiter)
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	for _, cell := range cells {
		if strings.TrimSpace(cell) == "" {
			return nil
		}
	}
	return cells
}
