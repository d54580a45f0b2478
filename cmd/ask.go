package cmd

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/report"
)

// asker asks on the terminal whether a run that looks wrong shall go on.
func (a *app) asker(bar *progress) func(context.Context, push.Question) bool {
	answers := bufio.NewReader(a.streams.In)
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
		fmt.Fprintf(a.console, "%s: %s\ngo on? [y/N] ", what, report.Clean(q.Reason))

		// The read can't be taken back when the run is interrupted: it ends
		// with the process then.
		answer := make(chan string, 1)
		go func() {
			line, _ := answers.ReadString('\n')
			answer <- line
		}()
		select {
		case line := <-answer:
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
