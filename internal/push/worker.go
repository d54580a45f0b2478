package push

import (
	"context"
	"fmt"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/pace"
)

// firstTries is how many workers send before an answer shows that the service takes
// records at all: a wrong token or object doesn't need more requests to be found out.
// Later on those in flight are as many as there are workers.
const firstTries = 32

// work sends items until there are none left or the run stops.
func (r *run) work(number int) {
	if number >= firstTries {
		select {
		case <-r.taken:
		case <-r.going.Done():
			return
		}
	}
	defer r.othersMayGo() // or who waits would not see that there is nothing left
	for {
		it := r.sched.next(r.going)
		if it == nil {
			return
		}
		if err := r.ready(it); err != nil {
			r.stop(Failed, err)
			return
		}
		if err := r.opts.Pacer.Acquire(r.going); err != nil {
			if r.going.Err() == nil {
				r.stop(Failed, err) // the service asks for a longer wait than allowed
			}
			return
		}
		// Who waited long for the pacer goes no more where the run has stopped
		// meanwhile, or somebody is asked whether it shall go on.
		if !r.gate.pass(r.going) || r.going.Err() != nil {
			r.opts.Pacer.Done(pace.Feedback{Kind: pace.Abandoned, Started: time.Now()})
			return
		}
		r.settle(it, r.send(it))
	}
}

// othersMayGo lets go of the workers that wait for the first answers.
func (r *run) othersMayGo() { r.takenOnce.Do(func() { close(r.taken) }) }

// ready has the state forget what the CRM had before anything else is sent.
func (r *run) ready(it *item) error {
	if !it.watch || it.sent {
		return nil
	}
	return r.opts.State.Ready(it.ticket)
}

// send makes one request and tells the pacer how it went.
func (r *run) send(it *item) client.Result {
	r.requests.Add(1)
	if it.sent {
		r.retries.Add(1)
	}
	it.sent = true
	started := time.Now()
	res := r.opts.Client.Assert(r.sending, r.opts.Object, r.opts.Match, it.body)
	if res.Status != 0 {
		r.latency.record(res.Latency)
	}
	switch {
	case res.Throttled():
		r.throttled.Add(1)
	case res.Outcome == client.Retryable:
		r.failed.Add(1)
	}
	blame := r.opts.Pacer.Done(feedback(started, res))
	if res.Outcome == client.Retryable && blame {
		it.failures++
	}
	return res
}

// Paced makes one request outside of the pipeline at the pacer's pace. The
// error is Acquire's.
func Paced(ctx context.Context, p pace.Pacer, attempt func() client.Result) error {
	if err := p.Acquire(ctx); err != nil {
		return err
	}
	started := time.Now()
	said := feedback(started, attempt())
	if said.Kind == pace.OK && said.Latency == 0 { // a page of a list takes its own time
		said.Kind = pace.Abandoned
	}
	p.Done(said)
	return nil
}

// settle decides what becomes of an item after an answer.
func (r *run) settle(it *item, res client.Result) {
	switch res.Outcome {
	case client.Created, client.Updated, client.Rejected:
		r.othersMayGo()
	}
	switch res.Outcome {
	case client.Created:
		r.finish(it, res, ending{fate: created, status: res.Status, recordID: res.RecordID})
	case client.Updated:
		r.finish(it, res, ending{fate: updated, status: res.Status, recordID: res.RecordID})
	case client.Rejected:
		r.reject(it, res)
	case client.Retryable:
		if it.failures > r.opts.Retries {
			r.reject(it, res)
			return
		}
		if wait := res.Limits.RetryAfter; !res.Throttled() && res.Limits.HasRetryAfter && r.opts.MaxWait > 0 && wait > r.opts.MaxWait {
			r.stop(Failed, &pace.TooLongError{Until: time.Now().Add(wait), Wait: wait, Max: r.opts.MaxWait,
				Why: fmt.Sprintf("the service fails (%d): the server asks to wait %s", res.Status, pace.Words(wait))})
			return
		}
		it.due = r.retryAt(it, res)
		r.log.Debug("will try again", "input", r.opts.Inputs[it.input].Name, "line", it.rec.Line,
			"status", res.Status, "cause", res.Message, "failures", it.failures)
		r.sched.retry(it)
	case client.Fatal:
		r.stop(Failed, &FatalError{Status: res.Status, Message: res.Message, hint: res.Hint})
	case client.Cancelled: // the run has stopped: not sent
	}
}

func (r *run) reject(it *item, res client.Result) {
	kind := kindOfAnswer(res.Message, it.match)
	r.finish(it, res, ending{fate: rejected, status: res.Status, reason: res.Message, kind: kind})
}

// retryAt is when an item may be tried again; zero is as soon as the pacer lets
// it. A 429 holds everybody in the pacer, and so does a failing service
// (failures don't count then): the record itself need not wait longer.
func (r *run) retryAt(it *item, res client.Result) time.Time {
	var wait time.Duration
	switch {
	case res.Throttled() || it.failures == 0:
	case res.Limits.HasRetryAfter:
		wait = res.Limits.RetryAfter
	default:
		wait = client.Backoff(it.failures)
	}
	if wait = max(wait, res.MayTake()); wait == 0 {
		return time.Time{}
	}
	return time.Now().Add(wait)
}

// finish hands an item to the committer and lets the next of its lanes go.
func (r *run) finish(it *item, res client.Result, end ending) {
	it.end = end
	r.finished <- it // first: a record of the same key must not be committed before it
	r.sched.done(it, res.MayTake())
}

func feedback(started time.Time, res client.Result) pace.Feedback {
	kind := pace.OK
	switch {
	case res.Outcome == client.Cancelled:
		kind = pace.Abandoned
	case res.Throttled():
		kind = pace.Throttled
	case res.Outcome == client.Retryable:
		kind = pace.Failed
	}
	return pace.Feedback{Kind: kind, Status: res.Status, Message: res.Message, Started: started, Latency: res.Latency, Limits: pace.Limits(res.Limits)}
}
