package pace

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Options are what both pacers take; the zero value works.
type Options struct {
	// Workers is the most requests in flight. 0 means 64.
	Workers int

	// MaxWait is the longest wait for the service: one that it asks for, or
	// all the time without a good answer. Beyond it Acquire fails with a
	// *TooLongError. 0 is no bound.
	MaxWait time.Duration

	// Rand jitters the waits; nil is a source of its own, seeded by chance.
	Rand rand.Source

	// Learnt is what an earlier run found out about the same service; nil is
	// nothing. Only NewAuto looks at it.
	Learnt *Learnt

	// Asked is how many requests left just before, without the pacer, as the one
	// for the schema: the first 429 may come so much sooner. Only NewAuto looks
	// at it.
	Asked int

	// Siblings is how many processes share the limit, this one among them, where
	// that is known, as of the parts of a file. 0 and 1 are nobody else, as far as
	// is known. Only NewAuto looks at it.
	Siblings int

	// Log is told of pauses and of what was learnt, at level debug; nil is nobody.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = 64
	}
	if o.Rand == nil {
		o.Rand = rand.NewPCG(rand.Uint64(), rand.Uint64())
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// gate lets requests go one by one, in the order in which they asked. It adds
// the waiting to the decisions of a core: one queue, one timer for the head of
// the queue, no goroutine. A single timer is what makes a pause end without a
// stampede: nobody but the head ever wakes by itself.
type gate struct {
	mu    sync.Mutex
	core  *core
	began time.Time // the core's times count from here; monotonic

	first, last *waiter
	free        *waiter // waiters to use again: at high rates each Acquire needs one
	timer       *time.Timer
	armed       time.Duration // when the timer fires; never if it doesn't
	answer      Feedback      // the one being taken, here so that it costs no allocation
}

// waiter is one Acquire that could not leave at once.
type waiter struct {
	next, prev *waiter
	since      time.Duration
	let        chan error // buffered: the answer, once
	queued     bool
}

// instant is a wait that no timer can keep: who would wait that long, goes.
const instant = 20 * time.Microsecond

func newGate(c *core) gate {
	return gate{core: c, began: time.Now(), armed: never}
}

// Acquire implements [Pacer].
func (g *gate) Acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	now := time.Since(g.began)
	at := never
	if g.first == nil {
		var err error
		if at, err = g.core.due(now, now); err != nil || at <= now+instant {
			if err == nil {
				g.core.depart(now, now)
			}
			g.mu.Unlock()
			return err
		}
	}
	w := g.waiter(now)
	g.push(w)
	if g.first == w {
		g.arm(now, at)
	}
	g.mu.Unlock()

	select {
	case err := <-w.let:
		g.mu.Lock()
		g.release(w)
		g.mu.Unlock()
		return err
	case <-ctx.Done():
		return g.giveUp(ctx, w)
	}
}

// giveUp takes a waiter whose context ended out of the queue. If it was let go
// in the same moment, it goes: its request fails by the context at once, and
// its Done keeps the count.
func (g *gate) giveUp(ctx context.Context, w *waiter) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !w.queued {
		err := <-w.let
		g.release(w)
		return err
	}
	head := g.first == w
	g.remove(w)
	g.release(w)
	if head {
		g.dispatch(time.Since(g.began))
	}
	return ctx.Err()
}

// Done implements [Pacer].
func (g *gate) Done(f Feedback) (blame bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Since(g.began)
	left := now - f.Latency
	if !f.Started.IsZero() {
		left = f.Started.Sub(g.began)
	}
	g.answer = f
	blame = g.core.done(now, left, &g.answer)
	if g.first != nil {
		g.dispatch(now)
	}
	return blame
}

// Status implements [Pacer].
func (g *gate) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Since(g.began)
	s := Status{Rate: g.core.pace.rate(), InFlight: g.core.inFlight}
	if until, why := g.core.held(now); why != "" {
		s.Until, s.Why = g.began.Add(until), why
	}
	return s
}

// wake is the timer's: the head of the queue may be due.
func (g *gate) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.armed = never
	g.dispatch(time.Since(g.began))
}

// dispatch lets all go that may, and sets the timer for the next one.
func (g *gate) dispatch(now time.Duration) {
	for g.first != nil {
		w := g.first
		at, err := g.core.due(now, w.since)
		if err == nil && at > now+instant {
			g.arm(now, at)
			return
		}
		if err == nil {
			g.core.depart(now, w.since)
		}
		g.remove(w)
		w.let <- err
	}
	g.arm(now, never)
}

// arm sets the timer to at.
func (g *gate) arm(now, at time.Duration) {
	if at == g.armed {
		return
	}
	g.armed = at
	switch {
	case at == never:
		if g.timer != nil {
			g.timer.Stop()
		}
	case g.timer == nil:
		g.timer = time.AfterFunc(at-now, g.wake)
	default:
		g.timer.Reset(at - now)
	}
}

func (g *gate) waiter(now time.Duration) *waiter {
	w := g.free
	if w == nil {
		return &waiter{since: now, let: make(chan error, 1)}
	}
	g.free, w.next, w.since = w.next, nil, now
	return w
}

func (g *gate) release(w *waiter) { w.next, g.free = g.free, w }

func (g *gate) push(w *waiter) {
	w.queued, w.prev, w.next = true, g.last, nil
	if g.last == nil {
		g.first = w
	} else {
		g.last.next = w
	}
	g.last = w
}

func (g *gate) remove(w *waiter) {
	if w.prev == nil {
		g.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		g.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.queued, w.prev, w.next = false, nil, nil
}
