package lookup

import (
	"context"
	"fmt"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/pace"
)

// send makes a request until it comes to anything but a retryable failure, or to
// one too many. The error says why the run has to end instead.
func (l *Lookup) send(attempt func() client.Result) (client.Result, error) {
	var waited time.Duration
	counted := 0
	for try := 1; ; try++ {
		res, err := l.once(attempt)
		switch {
		case err != nil:
			return res, err
		case res.Outcome == client.Cancelled:
			return res, context.Cause(l.o.Context)
		case res.Outcome != client.Retryable:
			return res, nil
		}
		if !res.Throttled() {
			counted++
		}
		if counted > l.o.Retries {
			return res, nil
		}
		wait := client.Backoff(try)
		// "At once" is believed once: a server that goes on saying so would be
		// asked in a tight loop.
		if res.Limits.HasRetryAfter && (res.Limits.RetryAfter > 0 || try == 1) {
			wait = res.Limits.RetryAfter
		}
		wait = max(wait, res.MayTake()) // a page of a list has no latency, and is read again sooner
		if waited += wait; l.o.MaxWait > 0 && waited > l.o.MaxWait {
			return res, &Error{Text: fmt.Sprintf("looking up ids: the wait for the CRM would be longer than %s: %s", pace.Words(l.o.MaxWait), res.Message),
				hint: "run the same command later, or allow a longer wait with --max-wait"}
		}
		l.log.Debug("will try again", "status", res.Status, "cause", res.Message, "failures", try, "wait", wait)
		l.o.Doing(Doing{What: "looking up ids: " + res.Message, Until: time.Now().Add(wait)})
		err = sleep(l.o.Context, wait)
		l.o.Doing(Doing{})
		if err != nil {
			return res, err
		}
	}
}

// once makes one attempt at the caller's pace.
func (l *Lookup) once(attempt func() client.Result) (res client.Result, err error) {
	if l.o.Context.Err() != nil {
		return res, context.Cause(l.o.Context)
	}
	if l.o.Pace == nil {
		return attempt(), nil
	}
	err = l.o.Pace(l.o.Context, func() client.Result {
		res = attempt()
		return res
	})
	return res, err
}

// drain is how long a creation under way may take to end when the run has stopped.
const drain = 10 * time.Second

// draining outlives the run so long: a creation that is cut off may have come to its
// end all the same, and nobody would tell of it.
func draining(run context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(run))
	unwatch := context.AfterFunc(run, func() { time.AfterFunc(drain, cancel) })
	return ctx, func() { unwatch(); cancel() }
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
