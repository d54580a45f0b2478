package source

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	ownPrefix = "crmsync_"    // columns that a reject file adds
	ownKey    = "_crmsync"    // the key that it adds to an object
	rawColumn = "crmsync_raw" // a record that could not be parsed
)

// header is what the first record says of the columns.
type header struct {
	names   []string // all with a name, the reject file's own too
	columns []string // those that are handed out
	keep    []int    // their places
	plain   bool     // columns is names: nothing to leave out
	raw     int      // place of crmsync_raw, -1 without
}

// newHeader makes a header of the names in the input's line.
func newHeader(input string, line int64, cells []string) (header, error) {
	h := header{raw: -1}
	fail := func(problem, advice string) (header, error) {
		return header{}, &InputError{Input: input, Line: line, Problem: problem, Advice: advice}
	}
	named := len(cells)
	for named > 0 && strings.TrimSpace(cells[named-1]) == "" {
		named--
	}
	if named == 0 {
		return fail("the header holds no column names", "name the columns in the first line, or with --columns if the file has no header")
	}
	h.names = cells[:named]
	first := make(map[string]int, named)
	for i, name := range h.names {
		trimmed := strings.TrimSpace(name)
		if trimmed == "" {
			return fail(fmt.Sprintf("column %d has no name", i+1), "give it a name in the header, or delete the column")
		}
		own := strings.HasPrefix(trimmed, ownPrefix)
		if n, twice := first[trimmed]; twice && !own {
			return fail(fmt.Sprintf("columns %d and %d have the same name %q", n, i+1, trimmed), "rename one of them, or delete it")
		}
		first[trimmed] = i + 1
		if own {
			if trimmed == rawColumn {
				h.raw = i
			}
			continue
		}
		h.columns = append(h.columns, name)
		h.keep = append(h.keep, i)
	}
	if len(h.columns) == 0 {
		return fail("all columns begin with crmsync_, which are a reject file's own: there is nothing to push", "add the columns of the input")
	}
	h.plain = len(h.columns) == len(h.names)
	return h, nil
}

// cells are the cells of the handed out columns; missing ones are blank.
func (h *header) cells(text string, spans []cellSpan) []string {
	cells := make([]string, len(h.columns))
	for n, i := range h.keep {
		if i >= len(spans) {
			break
		}
		cells[n] = cellText(text, spans[i])
	}
	return cells
}

// again tells whether cells are the names of the columns.
func (h *header) again(cells []string) bool {
	for i, name := range h.columns {
		cell := cells[i]
		if cell != name && strings.TrimSpace(strings.TrimPrefix(cell, "\uFEFF")) != strings.TrimSpace(name) {
			return false
		}
	}
	return true
}

func headerAgain() *RecordError {
	return &RecordError{
		Problem: "this is the header again, no record",
		Hint:    "leave it out; where files are put together, take the header of the first alone",
	}
}

// isUnmended tells whether of a reject file's record nothing is there but the
// raw text.
func (h *header) isUnmended(text string, spans []cellSpan) bool {
	if h.raw < 0 || h.raw >= len(spans) || blank(text, spans[h.raw]) {
		return false
	}
	for _, i := range h.keep {
		if i < len(spans) && !blank(text, spans[i]) {
			return false
		}
	}
	return true
}

func blank(text string, s cellSpan) bool {
	return strings.TrimSpace(text[s.from:s.to]) == ""
}

// plainValue matches what no column is called: numbers, dates, times, UUIDs,
// e-mail addresses.
var plainValue = regexp.MustCompile(`^(?:[-+]?[0-9][0-9.,' ]*%?` +
	`|[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}(?:[T ][0-9:.]+(?:Z|[-+][0-9:]+)?)?` +
	`|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?` +
	`|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}` +
	`|[^@\s]+@[^@\s]+\.[^@\s]+)$`)

// looksLikeValues tells whether a first record is surely no header: all of it
// are values. A doubtful one is taken for a header; the mapping stops then, as
// its names are unknown.
func looksLikeValues(cells []string) bool {
	found := false
	for _, cell := range cells {
		cell = strings.TrimSpace(cell)
		if cell == "" {
			continue
		}
		if !plainValue.MatchString(cell) {
			return false
		}
		found = true
	}
	return found
}
