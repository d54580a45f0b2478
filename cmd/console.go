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
//   - Text that comes from a server or a file is cleaned before it is shown.
//   - The progress line is the last line of a terminal's stderr. It is taken
//     away before anything else is written, and leaves nothing behind.

import (
	"fmt"
	"io"
	"sync"

	"github.com/crmsync/crmsync/internal/report"
)

// console is stderr, shared by messages, log and progress line. It is safe for
// concurrent use. Failures to write are nobody's concern: there is nobody left
// to tell.
type console struct {
	mu   sync.Mutex
	out  io.Writer
	line string // the progress line that is shown, "" when there is none
}

const eraseLine = "\r\x1b[2K"

// Write writes whole lines above the progress line.
func (c *console) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line == "" {
		return c.out.Write(text)
	}
	io.WriteString(c.out, eraseLine)
	n, err := c.out.Write(text)
	io.WriteString(c.out, c.line)
	return n, err
}

// show replaces the progress line; "" takes it away.
func (c *console) show(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case line != "":
		io.WriteString(c.out, "\r"+line+"\x1b[K")
	case c.line != "":
		io.WriteString(c.out, eraseLine)
	}
	c.line = line
}

func (c *console) say(kind, format string, args ...any) {
	fmt.Fprintf(c, "%s: %s\n", kind, report.Clean(fmt.Sprintf(format, args...)))
}

// fail shows an error and the way out that it carries.
func (c *console) fail(err error) {
	c.say("error", "%v", err)
	if hint := hintOf(err); hint != "" {
		c.say("hint", "%s", hint)
	}
}
