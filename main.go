// Crmsync pushes the records of CSV, NDJSON and Excel files into a CRM.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // --timezone works in a container that has no time zones

	"github.com/crmsync/crmsync/cmd"
)

func main() { os.Exit(run()) }

// run lets the first SIGINT, SIGTERM or SIGHUP end the context, with the signal
// as its cause, and gives up waiting at the second.
func run() int {
	// Package net/http writes there what a server sends unasked, as it stands: it may
	// repeat the token. Nothing of this program does.
	log.SetOutput(io.Discard)

	cmd.FindHome()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)

	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // by nohup, so that the run outlives its terminal
		signal.Notify(signals, syscall.SIGHUP)
	}
	// A reader that has gone (| head) must not kill the run in the middle: with
	// somebody to notify, writing reports the closed pipe instead.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	streams := cmd.SystemStreams()
	done := make(chan int, 1)
	go func() { done <- cmd.Main(ctx, streams, os.Args[1:]) }()
	var first firstSignal
	for {
		select {
		case code := <-done:
			return code
		case sig := <-signals:
			if first.sentAgain(sig, time.Now()) {
				interrupted := cmd.InterruptedBy(first.Signal) // the summary may have told it by now
				streams.GiveUp(interrupted)
				return interrupted.ExitCode()
			}
			cancel(cmd.InterruptedBy(sig))
		}
	}
}

// oneSignal is the time within which a signal that comes twice was sent once:
// timeout(1) sends it to the process, and to its group.
const oneSignal = 200 * time.Millisecond

// firstSignal is the signal that ended the context, and when it came.
type firstSignal struct {
	os.Signal
	at time.Time
}

// sentAgain tells whether sig comes on top of an earlier one. That a terminal is
// gone is told by whoever notices, at any time, and asks for no hurry.
func (f *firstSignal) sentAgain(sig os.Signal, at time.Time) bool {
	if f.Signal == nil {
		f.Signal, f.at = sig, at
		return false
	}
	return sig != syscall.SIGHUP && (sig != f.Signal || at.Sub(f.at) >= oneSignal)
}
