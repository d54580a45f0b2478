package report

import (
	"io"
	"regexp"
	"strings"
)

// Wrap gives a text lines that fit a terminal of so many columns, broken
// between words: left to itself the terminal breaks within them. What continues
// a line is indented. Commands stay whole, so that they can be copied. With a
// width of 0 the text goes to no terminal, and stays as it is.
func Wrap(text string, width int) string {
	if width <= 0 {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		words := strings.TrimLeft(line, " ")
		indent := strings.Repeat(" ", min(len(line)-len(words)+4, width/2))
		whole := isCommand(words)
		for displayWidth(line) > width && !whole {
			at := breakBefore(line, width)
			if command := commandToPaste.FindStringIndex(line); command != nil && at > command[0] {
				at, whole = command[0]+1, true // the blank before it
			}
			if at < 0 {
				break
			}
			b.WriteString(strings.TrimRight(line[:at], " ") + "\n")
			line = indent + strings.TrimLeft(line[at:], " ")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// commandToPaste is where a command begins that a message ends with.
var commandToPaste = regexp.MustCompile(`: (?:crmsync (?:push|run)|jq|bzip2|xz|zstd|sqlite3) `)

// isCommand tells a command, which may have variables before it.
func isCommand(line string) bool {
	return strings.HasPrefix(line, "crmsync ") || strings.HasPrefix(line, "CRMSYNC_")
}

// breakBefore is where the last word that fits ends, or the first one where none
// does; -1 where a line has but one.
func breakBefore(line string, width int) int {
	at, n := -1, 0
	started := false
	for i, r := range line {
		if r == ' ' && started {
			at = i
		}
		started = started || r != ' '
		if n += runeWidth(r); n > width && at >= 0 {
			break
		}
	}
	return at
}

// writeWrapped writes a text to a terminal of so many columns.
func writeWrapped(w io.Writer, text string, width int) error {
	_, err := io.WriteString(w, Wrap(text, width))
	return err
}
