package pace

import "time"

// Not every 429 is about the rate: a balancer with several counters, or a limit
// on something else, refuses now and then whatever the rate is. To go slower
// doesn't help there, it only takes longer from one refusal to the next. It is
// suspected where the rate was cut again and again and yet no more is accepted
// between two refusals, and then tried: it is chance if a higher rate brings more,
// with all the waits in it, and is refused no sooner. At a limit it brings
// nothing, and at a limit that others share it is refused sooner.
const (
	chanceSeries = 5   // so many series are compared
	chanceCut    = 0.6 // the rate is this share of the highest, or less
	chanceWaits  = 0.1 // of the time went into waiting, or more
	chanceGain   = 1.3 // what a higher rate must bring at least
	clearlyLess  = 0.9 // and what shows sooner that it doesn't
	sameEach     = 0.4 // of what was accepted between two series before: less, and the rate counts
	soonSeries   = 3
	mostSuspect  = 4 // each wrong suspicion doubles the series until the next, up to 2^4
)

// refusal is one series of 429s.
type refusal struct {
	used     float64       // the rate that was refused
	accepted int           // since the series before
	took     time.Duration // since then, with the wait
	waited   time.Duration // until the next good answer
}

// chance tells whether the refusals have nothing to do with the rate.
type chance struct {
	last  [chanceSeries]refusal // the newest first
	count int                   // series since it was supposed or refuted
	wrong int                   // how often it was supposed wrongly

	is       bool
	before   float64 // accepted a second, with all waits, before it was supposed
	each     float64 // accepted between two series
	accepted int     // since then
	took     time.Duration
}

// add takes a series.
func (c *chance) add(r refusal) {
	copy(c.last[1:], c.last[:])
	c.last[0] = r
	c.count++
	if !c.is {
		c.suspect()
		return
	}
	c.accepted += r.accepted
	c.took += r.took
	gained := float64(c.accepted) / c.took.Seconds() / c.before
	each := float64(c.accepted) / float64(c.count) / c.each
	if c.count >= chanceSeries && gained < chanceGain || c.count >= soonSeries && (gained < clearlyLess || each < sameEach) {
		c.is, c.count = false, 0
		c.wrong = min(c.wrong+1, mostSuspect)
	}
}

func (c *chance) suspect() {
	if c.count < chanceSeries<<c.wrong {
		return
	}
	accepted, took, waited, highest := 0, time.Duration(0), time.Duration(0), 0.0
	for _, r := range c.last {
		waited += r.waited
		accepted += r.accepted
		took += r.took
		highest = max(highest, r.used)
	}
	now := c.last[0]
	if waited.Seconds() < chanceWaits*took.Seconds() {
		return // the refusals cost little
	}
	if now.used > chanceCut*highest || now.accepted*chanceSeries > 2*accepted {
		return
	}
	c.is, c.count, c.accepted, c.took = true, 0, 0, 0
	c.each = float64(max(accepted, 1)) / chanceSeries
	c.before = chanceSeries * c.each / took.Seconds()
}

// least is the rate below which nothing is to be gained, in requests a second;
// 0 where refusals do depend on the rate, as far as is known. With it half as
// much time goes into sending as into waiting, so that a run takes at most about
// half as long again as it must.
func (c *chance) least() float64 {
	if !c.is {
		return 0
	}
	accepted, waited := 0, time.Duration(0)
	for _, r := range c.last {
		accepted += r.accepted
		waited += r.waited
	}
	return 2 * float64(accepted) / max(waited.Seconds(), 0.01)
}
