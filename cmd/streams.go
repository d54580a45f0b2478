package cmd

import (
	"errors"
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
		Width: func() int {
			width, _, err := term.GetSize(int(os.Stderr.Fd()))
			if err != nil {
				return 0
			}
			return width
		},
	}
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
