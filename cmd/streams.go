package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"
)

// Streams is what the program reads from and writes to, and what is known about
// it, as one value that tests replace.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	InTTY, OutTTY, ErrTTY bool // is it a terminal?

	// Width is how many columns the terminal behind Err has now; 0 where that
	// is unknown. It is asked before each line that must fit.
	Width func() int
}

// SystemStreams are the process's own.
func SystemStreams() Streams {
	return Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTTY:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTTY: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTTY: term.IsTerminal(int(os.Stderr.Fd())),
		Width:  func() int { return widthOf(os.Stderr) },
	}
}

// errWidth is how many columns the terminal behind Err has; 0 where there is none.
func (s Streams) errWidth() int {
	if !s.ErrTTY || s.Width == nil {
		return 0
	}
	return s.Width()
}

// outWidth is how many columns the terminal behind Out has; 0 where there is
// none.
func (s Streams) outWidth() int { return columnsOf(s.Out) }

func widthOf(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// GiveUp is for a program that ends without waiting for its run: it takes away the
// progress lines that stay behind, and says how to go on.
func (s Streams) GiveUp(interrupted *Interruption) {
	if s.ErrTTY && os.Getenv("TERM") != "dumb" {
		io.WriteString(s.Err, eraseLines)
	}
	c := &console{out: s.Err, width: s.errWidth}
	c.fail(&hinted{fmt.Errorf("%w, and again: what was under way is not waited for", interrupted), "crmsync state list shows what the same command goes on with"})
}

// colours tells whether colour may go to stderr (https://no-color.org).
func (s Streams) colours() bool {
	return s.ErrTTY && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// closedPipe tells whether writing failed because the reader has gone: no fault
// of anybody's, and nobody is left to tell.
func closedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}
