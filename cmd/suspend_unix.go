//go:build !windows

package cmd

import (
	"os"
	"os/signal"
	"syscall"
)

// onSuspend has before called ahead of every stop by Ctrl-Z, and after when the
// process goes on. What it returns ends that.
func onSuspend(before, after func()) (end func()) {
	if signal.Ignored(syscall.SIGTSTP) {
		return func() {}
	}
	asked, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(asked, syscall.SIGTSTP)
	go func() {
		defer close(done)
		for range asked {
			before()
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // which can't be caught
			after()
		}
	}()
	return func() {
		signal.Stop(asked)
		close(asked)
		<-done
	}
}
