package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/crmsync/crmsync/internal/push"
)

func TestExitCodes(t *testing.T) {
	running := context.Background()
	ended := func(signal os.Signal) context.Context {
		ctx, cancel := context.WithCancelCause(running)
		cancel(InterruptedBy(signal))
		return ctx
	}
	for _, test := range []struct {
		name string
		ctx  context.Context
		err  error
		want exitCode
	}{
		{"nothing went wrong", running, nil, 0},
		{"something went wrong", running, errors.New("x"), 1},
		{"wrong usage", running, fmt.Errorf("wrapped: %w", usage("", "x")), 2},
		{"wrong usage, interrupted as well", ended(os.Interrupt), usage("", "x"), 2},
		{"SIGINT before the run", ended(os.Interrupt), context.Canceled, 130},
		{"SIGTERM before the run", ended(syscall.SIGTERM), context.Canceled, 143},
		{"SIGHUP before the run", ended(syscall.SIGHUP), context.Canceled, 129},
		{"a run says its own code", running, &runEnded{code: 4}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := codeOf(test.ctx, test.err); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
		})
	}
	for outcome, want := range map[push.Outcome]exitCode{
		push.Complete: 0, push.Rejects: 3, push.Stopped: 4, push.Failed: 1, push.Interrupted: 143,
	} {
		t.Run("outcome "+string(outcome), func(t *testing.T) {
			if got := codeOfOutcome(ended(syscall.SIGTERM), outcome); got != want {
				t.Errorf("exit code %d, want %d", got, want)
			}
		})
	}
}
