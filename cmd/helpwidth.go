package cmd

import (
	"io"
	"os"
	"strings"
)

// leastRoom is how many columns what is said beside a flag needs; with fewer it
// stands below it.
const leastRoom = 24

// fitHelp has a help text fit a terminal of so many columns, broken between words;
// with 0 it stays as it is. Prose runs on, and what stands beside a flag, a command
// or an example keeps its column. Commands stay whole, so that they can be copied.
func fitHelp(text string, width int) string {
	if width <= 0 {
		return text
	}
	var b strings.Builder
	var prose []string
	flush := func() {
		if len(prose) > 0 {
			b.WriteString(filled(strings.Join(prose, " "), 0, width) + "\n")
			prose = nil
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && !strings.HasPrefix(line, " ") && !strings.HasSuffix(line, ":") {
			prose = append(prose, line)
			continue
		}
		flush()
		b.WriteString(hung(line, width) + "\n")
	}
	flush()
	return b.String()
}

// hung breaks a line that has two parts, with blanks between them, in the second.
func hung(line string, width int) string {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	gap := strings.LastIndex(line, "  ")
	if len([]rune(line)) <= width || gap < indent {
		return line
	}
	at := gap + 2
	if width-at >= leastRoom {
		return line[:at] + strings.TrimLeft(filled(line[at:], at, width), " ")
	}
	below := indent + 8
	return strings.TrimRight(line[:at], " ") + "\n" + filled(line[at:], below, width)
}

// filled writes words in lines of so many columns, the indent included.
func filled(text string, indent, width int) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && indent+len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	lines = append(lines, line)
	blanks := strings.Repeat(" ", indent)
	return blanks + strings.Join(lines, "\n"+blanks)
}

// columnsOf is how many columns the terminal has that w leads to; 0 for none.
func columnsOf(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		return widthOf(f)
	}
	return 0
}
