package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/crmsync/crmsync/internal/push"
)

// exitCode is the program's exit status. Scripts depend on the numbers.
type exitCode int

const (
	exitOK          exitCode = 0
	exitFailed      exitCode = 1   // could not start, or had to stop
	exitUsage       exitCode = 2   // wrong usage
	exitRejects     exitCode = 3   // finished, some records rejected
	exitStopped     exitCode = 4   // stopped by too many rejects
	exitHungUp      exitCode = 129 // SIGHUP
	exitInterrupted exitCode = 130 // SIGINT
	exitTerminated  exitCode = 143 // SIGTERM
)

// Interruption is the cause with which a signal ends the context given to Main.
type Interruption struct{ signal os.Signal }

// InterruptedBy is the interruption by a signal.
func InterruptedBy(signal os.Signal) *Interruption { return &Interruption{signal} }

func (i *Interruption) Error() string {
	switch i.signal {
	case syscall.SIGTERM:
		return "terminated (SIGTERM)"
	case syscall.SIGHUP:
		return "the terminal was closed (SIGHUP)"
	default:
		return "interrupted (SIGINT)"
	}
}

// ExitCode is the exit status that shells give to the signal.
func (i *Interruption) ExitCode() int {
	switch i.signal {
	case syscall.SIGTERM:
		return int(exitTerminated)
	case syscall.SIGHUP:
		return int(exitHungUp)
	default:
		return int(exitInterrupted)
	}
}

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

// runEnded is how a push that reported its own outcome ends the program: its
// summary is written, and only exit status and error message are left.
type runEnded struct {
	code exitCode
	err  error // nil where the summary says it all
}

func (e *runEnded) Error() string {
	if e.err == nil {
		return "the run ended with records left"
	}
	return e.err.Error()
}

func (e *runEnded) Unwrap() error { return e.err }

// codeOf is the one place where errors become exit codes.
func codeOf(ctx context.Context, err error) exitCode {
	var ended *runEnded
	var wrong *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &ended):
		return ended.code
	case errors.As(err, &wrong):
		return exitUsage
	case ctx.Err() != nil:
		return interruptedCode(ctx)
	default:
		return exitFailed
	}
}

// codeOfOutcome is the exit code of a push that ran.
func codeOfOutcome(ctx context.Context, outcome push.Outcome) exitCode {
	switch outcome {
	case push.Complete:
		return exitOK
	case push.Rejects:
		return exitRejects
	case push.Stopped:
		return exitStopped
	case push.Interrupted:
		return interruptedCode(ctx)
	default:
		return exitFailed
	}
}

func interruptedCode(ctx context.Context) exitCode {
	var signalled *Interruption
	if errors.As(context.Cause(ctx), &signalled) {
		return exitCode(signalled.ExitCode())
	}
	return exitInterrupted
}

// bySignal tells the codes of a run that a signal ended.
func (c exitCode) bySignal() bool {
	return c == exitHungUp || c == exitInterrupted || c == exitTerminated
}

// hintOf is the way out that an error carries, or "".
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// gravity orders exit codes from the one that matters least.
var gravity = []exitCode{exitOK, exitRejects, exitStopped, exitFailed, exitHungUp, exitInterrupted, exitTerminated}

func gravestCode(a, b exitCode) exitCode {
	if slices.Index(gravity, a) > slices.Index(gravity, b) {
		return a
	}
	return b
}
