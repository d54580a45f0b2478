package cmd

import (
	"context"
	"errors"
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

// gravity orders exit codes from the one that matters least.
var gravity = []exitCode{exitOK, exitRejects, exitStopped, exitFailed, exitHungUp, exitInterrupted, exitTerminated}

func gravestCode(a, b exitCode) exitCode {
	if slices.Index(gravity, a) > slices.Index(gravity, b) {
		return a
	}
	return b
}
