package cmd

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestHookThatTakesTooLongIsEnded(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("written for sh")
	}
	h := hook{line: "sleep 600", limit: 100 * time.Millisecond, output: io.Discard}
	if err := h.run(t.Context()); err == nil || err.Error() != "took longer than 100ms and was ended" {
		t.Errorf("error %v", err)
	}
}

func TestHookEndsWithAllItsProcessesWhenTheProgramIsInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("written for sh")
	}
	fifo := filepath.Join(t.TempDir(), "alive")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Skipf("there are no named pipes: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := make(chan error, 1)
	go func() {
		alive, err := os.Open(fifo) // as soon as the child has it open
		if err == nil {
			defer alive.Close()
			cancel(errors.New("interrupted (SIGINT)"))
			_, err = io.ReadAll(alive) // ends when nobody has it open any more
		}
		gone <- err
	}()
	h := hook{line: "(sleep 600; true) > " + fifo + " & wait", limit: time.Hour, output: io.Discard}
	if err := h.run(ctx); err == nil || err.Error() != "was ended: interrupted (SIGINT)" {
		t.Errorf("error %v", err)
	}
	select {
	case err := <-gone:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("a process that the command started is still there")
	}
}
