package pace

import (
	"math"
	"math/rand/v2"
	"time"
)

// never is a time that doesn't come by itself: something must be answered first.
const never = time.Duration(math.MaxInt64)

// policy is what differs between a fixed and a found rate. All times count
// from the pacer's beginning. Nothing here is safe for concurrent use: the
// gate's lock is around all of it.
type policy interface {
	// due tells when the next request may leave, seen from now, if it has been
	// asked for at since. It may be asked again and again.
	due(now, since time.Duration, inFlight int) time.Duration
	// depart tells that it left now.
	depart(now, since time.Duration)
	// good takes an answer that was neither throttled nor failed.
	good(now, left time.Duration, inFlight int, f *Feedback)
	// throttled takes a 429. Only the first of a series is news: the others
	// left before anybody could know, or were sent to see whether it is over.
	throttled(now, left time.Duration, f *Feedback, news bool)
	// held tells that nobody leaves before until.
	held(until time.Duration, outage bool)
	// reopened tells that a pause is over: by the first good answer after it,
	// to a request that left at the given time.
	reopened(now, left time.Duration, outage bool)
	// rate is the rate aimed at, in requests a second; 0 is unlimited.
	rate() float64
}

// core decides without waiting: when the next request may leave, and what an
// answer means. It knows the time only by its arguments, so that a simulation
// can drive it a million times faster than a clock.
type core struct {
	workers  int
	inFlight int
	hold     hold
	pace     policy
}

func newCore(o Options, p policy) *core {
	return &core{
		workers: o.Workers,
		hold:    hold{maxWait: o.MaxWait, rand: rand.New(o.Rand), log: o.Log, clock: time.Now},
		pace:    p,
	}
}

// due tells when the next request may leave; never means after an answer.
func (c *core) due(now, since time.Duration) (time.Duration, error) {
	if c.hold.tooLong != nil {
		return 0, c.hold.tooLong
	}
	if c.inFlight >= c.workers {
		return never, nil
	}
	if c.hold.closed {
		if now < c.hold.until {
			return c.hold.until, nil
		}
		if c.hold.probing && c.hold.probes > 0 {
			return never, nil
		}
	}
	return c.pace.due(now, since, c.inFlight), nil
}

// depart counts a request that leaves now.
func (c *core) depart(now, since time.Duration) {
	c.inFlight++
	c.hold.depart()
	c.pace.depart(now, since)
}

// done takes the answer to a request that left at the given time, and tells
// whether a failure counts against the record.
func (c *core) done(now, left time.Duration, f *Feedback) (blame bool) {
	c.inFlight--
	h := &c.hold
	late := left < h.since // it left before the last pause, and says nothing new
	if !late {
		h.answered()
	}
	switch f.Kind {
	case OK:
		if !late || !h.closed {
			if wasClosed, outage := h.good(now); wasClosed {
				c.pace.reopened(now, left, outage)
			}
		}
		c.pace.good(now, left, c.inFlight, f)
	case Throttled:
		news := !h.closed && !late
		c.pace.throttled(now, left, f, news)
		h.throttled(now, late, f)
		if h.closed {
			c.pace.held(h.until, h.outage)
		}
		return news
	case Failed:
		blame = !h.closed
		h.failed(now, left, late, f)
		if h.closed {
			c.pace.held(h.until, h.outage)
		}
	}
	return blame
}

// held tells until when everybody waits, and why; "" when nobody does.
func (c *core) held(now time.Duration) (time.Duration, string) {
	if !c.hold.closed {
		return 0, ""
	}
	return max(c.hold.until, now), c.hold.why
}
