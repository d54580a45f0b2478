// Package pace decides when the next request may leave: at a given rate
// ([NewFixed]) or at one that it finds by itself ([NewAuto]). Both hold everybody
// when the service asks for it (429, or 503 with Retry-After) and when it fails,
// and let one request probe before the others follow. Sending, reading headers,
// retrying a record and keeping what was learnt are left to others.
//
// # How the pace is found
//
// The service publishes no limit [rate-limits]. So the pacer begins with two
// requests in flight and lets more go with each good answer, until a 429, a
// header or a growing latency says where to stop. Taken from others:
//
//   - From TCP's AIMD: cut the rate by a factor when refused, climb in between;
//     a series of refusals is one event, whoever of the workers met it, and what
//     was on its way before is not held against the rate.
//   - From CUBIC: the way back to the last known limit is a cubic curve, fast
//     while far below and flat near the limit, and tries beyond begin slowly.
//     Time, not round trips, drives it, so that a slow server isn't probed less.
//   - From Vector's adaptive request concurrency, and Netflix's
//     concurrency-limits (gradient): latency compared with its undisturbed value
//     makes queueing suspected where no 429 comes; by the fast answers of a round,
//     since noise delays some and a queue all of them.
//   - From BBR: what decides is the rate of answers. Fewer requests in flight are
//     tried, and kept only if they are answered at the same rate as many.
//   - From rclone's pacer: waits grow while refusals go on, the server's own
//     word goes before every computed wait, and all callers share one pacer.
//
// Not taken: a limit of requests in flight as the only control, as both Vector
// and Netflix have it. A quota counts requests in time: with answers of 5 ms,
// one request in flight may already be too many. So there are a rate and a
// number in flight, and the more careful one counts.
//
// What is added: between two exhaustions a server has given out exactly its
// limit, so that each series of 429s measures it. If that lies far below the
// rate used last, the next series tells which was true, since a server with a
// deep bucket refuses again at once. So the limit is enclosed between a rate
// that held and one that was refused; the pacer stays at the one that held, and
// tries more the more rarely, the surer it is. And each 429 must be paid for
// with good answers before the limit is tried again, which bounds their share.
// The first series is read by how limits are given: a number a second, ten seconds
// or a minute. And 429s that come whatever the rate is slow the run down only until
// that is known.
// Where headers tell limit, rest and window they are followed instead: no try
// beyond the limit, and what is left is spread to the window's end.
//
// # Where to begin reading
//
// A request waits in a gate (gate.go), which asks a core (core.go), which asks for
// what holds everybody (hold.go) and for the pace: fixed.go, or the search in
// auto.go. That is three parts with a question each: how many at once
// (concurrency.go), how many are left (budget.go), and how many a second (climb.go).
// The last one lives from series of 429s. Each series goes the same way:
//
//	exhausted  the first 429: what rate was refused?      climb.go
//	settle     the first series is guessed from,          climb.go
//	           a later one is judged                      judge.go
//	suspect    unless siblings are known of:
//	  chance   is it about the rate at all?               chance.go
//	  company  do others use the same limit?              sharing.go
//	plan       when is more tried the next time?          climb.go
//
// docs/pace.md has the results of simulating some hundreds of model servers.
package pace

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Pacer paces all the workers of a run. It is safe for concurrent use.
type Pacer interface {
	// Acquire blocks until one request may leave. It fails when ctx ends, or
	// with a *TooLongError when the server asks for a longer wait than allowed.
	// Each success is followed by exactly one Done.
	Acquire(ctx context.Context) error

	// Done tells how the request that Acquire let go ended. It returns whether
	// a failure counts against the record: false while so many requests fail
	// that the service is at fault, not the record.
	Done(Feedback) (blame bool)

	// Status tells what the pacer is doing, for the progress bar and the log.
	Status() Status
}

// Kind is how a request ended, as far as pacing cares.
type Kind int

// The kinds of end.
const (
	OK        Kind = iota // any answer that the service was able to give, a 400 too
	Throttled             // 429
	Failed                // no connection, timeout, 5xx
	Abandoned             // cancelled by us: says nothing about the service
)

// Feedback is what one request showed about the service.
type Feedback struct {
	Kind    Kind
	Started time.Time     // when the request left
	Latency time.Duration // until its answer
	Limits  Limits
	Status  int    // the HTTP status, to say why everybody waits; 0 where there was none
	Message string // what went wrong, to say why the run stops where there was no answer
}

// Limits is what an answer's headers say about the rate limit.
type Limits struct {
	RetryAfter    time.Duration
	HasRetryAfter bool
	HasLimit      bool
	Limit         int           // requests a window; 0 unknown
	Remaining     int           // left in the window; -1 unknown
	Reset         time.Duration // until the window ends; 0 unknown
	Window        time.Duration // 0 unknown
}

// Status is what a pacer is doing now.
type Status struct {
	Rate     float64   // requests a second aimed at; 0 is unlimited
	InFlight int       // requests between Acquire and Done
	Until    time.Time // everybody waits until then; zero when nobody is held
	Why      string    // why everybody waits: "rate limit (429)", "the service fails (503)"
}

// TooLongError says that the server asks for a longer wait than --max-wait.
type TooLongError struct {
	Until time.Time     // when to come back
	Wait  time.Duration // from now
	Max   time.Duration // what was allowed
	Why   string
}

// Error says for how long and why the server is not to be reached.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("%s, longer than the %s allowed", e.Why, Words(e.Max))
}

// Hint says when to come back and how to allow the wait.
func (e *TooLongError) Hint() string {
	return fmt.Sprintf("run the same command again after %s: it goes on where it stopped; or allow a longer wait with --max-wait",
		e.Until.Format("2006-01-02 15:04:05 MST"))
}

// Words writes a duration for people, without digits and units that say nothing.
func Words(d time.Duration) string {
	switch {
	case d >= time.Minute:
		d = d.Round(time.Second)
	case d >= time.Second:
		d = d.Round(100 * time.Millisecond)
	default:
		d = d.Round(time.Millisecond)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
