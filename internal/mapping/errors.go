package mapping

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shownRunes is how much of a value a message shows.
const shownRunes = 60

// Problem is one thing that is wrong with a record.
type Problem struct {
	Column    string // the column or key, "" where the problem is the record's as a whole
	Attribute string // the attribute's key, where known
	Value     string // the offending value, shortened and clean; "" where there is none
	Text      string // the whole sentence, column included

	label int // how much of Text says where it is
	order int
}

// RowError says everything that is wrong with one record.
type RowError struct {
	Problems []Problem // in column order
}

// Error gives all problems in one line.
func (e *RowError) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// SetupError says why the columns of an input can't be mapped at all. It
// carries every problem that was found, not only the first.
type SetupError struct {
	Input    string // the input's name, may be ""
	Problems []string
	Flags    bool // what --match, --map or --set says is among them
	hints    []string
}

func (e *SetupError) Error() string {
	text := strings.Join(e.Problems, "; ")
	if e.Input != "" {
		return e.Input + ": " + text
	}
	return text
}

// Hint says what mends the problems, in one line.
func (e *SetupError) Hint() string { return strings.Join(e.hints, "; ") }

func (e *SetupError) add(problem, hint string) {
	e.Problems = append(e.Problems, problem)
	if hint != "" && !slices.Contains(e.hints, hint) {
		e.hints = append(e.hints, hint)
	}
}

// orNil is the error to return: nil where nothing was added.
func (e *SetupError) orNil() error {
	if len(e.Problems) == 0 {
		return nil
	}
	return e
}

// show puts a value into a message: quoted, on one line, without control
// characters, at most 60 characters long.
func show(value string) string {
	return `"` + clean(value) + `"`
}

func clean(value string) string {
	var b strings.Builder
	n := 0
	for _, r := range value {
		if n == shownRunes {
			b.WriteRune('…')
			break
		}
		switch {
		case r == utf8.RuneError:
			b.WriteRune('�')
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		// Format characters (bidirectional overrides, zero-width joiners) are
		// as unfit for a terminal as control characters are.
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
		n++
	}
	return b.String()
}

// listed joins quoted names: "a", "b" or "c".
func listed(names []string, last string) string {
	var b strings.Builder
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			b.WriteString(" " + last + " ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(show(name))
	}
	return b.String()
}

// oneLine makes a whole message fit for a line of its own.
func oneLine(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
