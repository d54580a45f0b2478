package cmd

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/report"
)

// answers are the lines that people type on the terminal.
type answers struct {
	from *bufio.Reader
	line chan string // where the line comes that is being read; nil where none is
}

// next is where the line comes that is typed from now on. A read can't be taken back
// when the question behind it is no longer open: it goes on for the next question,
// but what it has read by then was an answer to the former.
func (a *answers) next() <-chan string {
	select {
	case <-a.line:
		a.line = nil
	default:
	}
	if a.line == nil {
		a.line = make(chan string, 1)
		go func(line chan<- string) {
			text, _ := a.from.ReadString('\n')
			line <- text
		}(a.line)
	}
	return a.line
}

// mayAsk tells whether somebody is there to be asked, and can answer: what is typed
// may be records of this push, or of another of the job.
func (r *pushRun) mayAsk() bool {
	readsStdin := func(r *pushRun) bool { return slices.Contains(r.paths, "-") }
	return r.app.streams.InTTY && r.app.streams.ErrTTY && !slices.ContainsFunc(r.shared.runs, readsStdin)
}

// asker asks on the terminal whether a run that looks wrong shall go on.
func (a *app) asker(bar *progress) func(context.Context, push.Question) bool {
	return func(ctx context.Context, q push.Question) bool {
		if bar != nil {
			bar.paused.Store(true)
			defer bar.paused.Store(false)
			a.console.show()
		}
		what := fmt.Sprintf("the first %d records were all rejected", q.Rejected)
		if q.InARow {
			what = "the last records were all rejected for the same reason"
		}
		fmt.Fprintf(a.console, "%sgo on? [y/N] ", a.console.wrapped(fmt.Sprintf("%s: %s\n", what, report.Clean(q.Reason))))

		select {
		case line := <-a.answers.next():
			a.answers.line = nil
			switch strings.ToLower(strings.TrimSpace(line)) {
			case "y", "yes":
				return true
			}
			return false
		case <-ctx.Done():
			return false
		}
	}
}
