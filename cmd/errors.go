package cmd

import (
	"errors"
	"fmt"
	"os"

	"github.com/crmsync/crmsync/internal/push"
)

// usageError is a command line that makes no sense: exit status 2.
type usageError struct{ problem, hint string }

func (e *usageError) Error() string { return e.problem }

// Hint says what was likely meant.
func (e *usageError) Hint() string { return e.hint }

// usage is a usage error with its way out, which may be "".
func usage(hint, format string, args ...any) error {
	return &usageError{problem: fmt.Sprintf(format, args...), hint: hint}
}

// hinted adds a way out to an error that has none of its own, or another one.
type hinted struct {
	error
	hint string
}

func (e *hinted) Unwrap() error { return e.error }

// Hint says what to do.
func (e *hinted) Hint() string { return e.hint }

// summaryUnwritten is the error of a run that could not tell what it came to; nil
// where it could, or the reader has gone. goOn is the command that sends what was
// not sent.
func summaryUnwritten(err error, outcome push.Outcome, goOn string) error {
	if err == nil || closedPipe(err) {
		return nil
	}
	hint := "the summary alone is missing, and what was sent need not be sent again: look after what stdout leads to"
	switch {
	case outcome == push.Complete || outcome == push.Rejects:
	case goOn != "":
		hint = "to send what was not sent: " + goOn
	default:
		hint = "look after what stdout leads to"
	}
	return &hinted{fmt.Errorf("writing the summary: %w", err), hint}
}

// unwritten is about a result that could not be written to stdout; any other error
// stays as it is.
func unwritten(err error) error {
	path, ok := errors.AsType[*os.PathError](err)
	if !ok || path.Path != os.Stdout.Name() || hintOf(err) != "" {
		return err
	}
	return &hinted{fmt.Errorf("writing the result to stdout: %w", path.Err), "look after what stdout leads to"}
}

// hintOf is the way out that an error carries, or "".
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
