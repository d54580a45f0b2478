package cmd

// The rules of what people see.
//
//   - stdout carries the result alone: the summary, a schema, a version. What
//     is said on the way goes to stderr.
//   - Lines on stderr begin with what they are: "error: ", "hint: ", "warning: ",
//     "note: ". The text after it is in lower case and has no full stop.
//   - An error says what was being done and what is wrong; the hint below it
//     says what to do. There is one error, and it comes last.
//   - -q leaves errors and their hints alone; -v adds the log.
//   - On a terminal lines are broken between words. Anywhere else each is one
//     line, whatever its length.
//   - Text that comes from a server or a file is cleaned before it is shown.
//   - The progress lines, two at most, are the last of a terminal's stderr. They
//     are taken away before anything else is written, and leave nothing behind.

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/crmsync/crmsync/internal/report"
)

// console is stderr, shared by messages, log and progress line. It is safe for
// concurrent use. Failures to write are nobody's concern: there is nobody left
// to tell.
type console struct {
	mu    sync.Mutex
	out   io.Writer
	width func() int // columns of the terminal, 0 where there is none; may be nil
	line  string     // the progress lines that are shown, as they are drawn; "" when there are none
}

// eraseLines takes the progress lines away. The cursor stands on the first of
// them.
const eraseLines = "\r\x1b[J"

// Write writes whole lines above the progress lines.
func (c *console) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line == "" {
		return c.out.Write(text)
	}
	io.WriteString(c.out, eraseLines)
	n, err := c.out.Write(text)
	io.WriteString(c.out, c.line)
	return n, err
}

// show replaces the progress lines; none takes them away. They are drawn over
// each other in one write, so that nothing flickers.
func (c *console) show(lines ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	drawn := drawLines(lines)
	switch {
	case drawn != "":
		io.WriteString(c.out, drawn)
	case c.line != "":
		io.WriteString(c.out, eraseLines)
	}
	c.line = drawn
}

// drawLines leaves the cursor on the first line.
func drawLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	drawn := "\r" + strings.Join(lines, "\x1b[K\r\n") + "\x1b[J"
	if below := len(lines) - 1; below > 0 {
		drawn += fmt.Sprintf("\r\x1b[%dA", below)
	}
	return drawn
}

func (c *console) say(kind, format string, args ...any) {
	io.WriteString(c, c.wrapped(fmt.Sprintf("%s: %s\n", kind, report.Clean(fmt.Sprintf(format, args...)))))
}

// wrapped breaks lines between words where a terminal would within them.
func (c *console) wrapped(text string) string {
	if c.width == nil {
		return text
	}
	return report.Wrap(text, c.width())
}

// fail shows an error and the way out that it carries.
func (c *console) fail(err error) {
	c.say("error", "%v", err)
	if hint := hintOf(err); hint != "" {
		c.say("hint", "%s", hint)
	}
}
