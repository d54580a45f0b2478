// Crmsync pushes the records of CSV and NDJSON files into a CRM.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // --timezone works in a container that has no time zones

	"github.com/crmsync/crmsync/cmd"
)

func main() { os.Exit(run()) }

// run lets the first SIGINT or SIGTERM end the context, with the signal as its
// cause, and gives up waiting at the second.
func run() int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)

	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	// A reader that has gone (| head) must not kill the run in the middle: with
	// somebody to notify, writing reports the closed pipe instead.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	done := make(chan int, 1)
	go func() { done <- cmd.Main(ctx, cmd.SystemStreams(), os.Args[1:]) }()
	for {
		select {
		case code := <-done:
			return code
		case sig := <-signals:
			interruption := cmd.InterruptedBy(sig)
			if ctx.Err() != nil {
				return interruption.ExitCode()
			}
			cancel(interruption)
		}
	}
}
