package pace

import (
	"math"
	"slices"
	"time"
)

// Several processes against one limit: each holds what it has and tries more now
// and then, dearly where it has little. So whoever began first would keep most.
// Where others are known or seem to be there, each series of 429s therefore takes
// a share of the rate, and between them all climb by about as much, as in TCP's
// AIMD: that is a larger part of a small rate, so that they end up with the same.
const (
	sharedCut     = 0.82 // after a series
	sharedLongCut = 0.97 // of what was accepted, where the window was used up anyway

	// What is added each second, of the mean of the rate and of what one request
	// in flight after the other makes: that is the same for all who share.
	sharedClimb     = 0.002
	sharedLongClimb = 0.024
	mostClimb       = 0.2 // of the rate

	// Of siblings that are known, who has met few refusals may hold far more or far
	// less than its part: after the first series it is so many times more, after two
	// half of that, and so on. Of others it is only supposed that they are there.
	youngClimb     = 60
	youngLongClimb = 15

	// After so many seconds without a 429 it is twice as much, and soon far more:
	// others have ended, and what they leave is to be taken.
	sharedQuiet = 30

	// Others are there where so many series in a row came before a try,
	sharedEarly = 3
	// a long window was used up by so little of the rate, and so many requests less,
	sharedWindow = 0.88
	fewMissing   = 3
	manyMissing  = 40 // where no wait is named
	fewAtOnce    = 2  // or never, at so few requests a second: the search for the end takes much
	// or where of so many series what was accepted a second turned so often, by so much.
	restlessSeries = 6
	restlessTurns  = 2
	restlessTimes  = 1.1
	restlessOff    = 2.5 // requests, which may fall to one series or the next,
	inFlightOff    = 4   // and so many times those in flight

	// Nobody is there where as much was accepted a second before so many series,
	// or the rate refused was the same in the last ones.
	sameSeries = 4
	sameRate   = 0.03
	sameCount  = 0.008 // in long windows
	sameUsed   = 0.02
	sameOff    = 1.5 // requests

	// A window that gives out so many bears a refusal each time.
	manyInWindow = 150
)

// sharing is a limit that others use too, as far as is known.
type sharing struct {
	on     bool
	series int        // of 429s so far
	add    float64    // requests a second more, each second
	used   [3]float64 // the rates refused since, the newest first
}

// share takes a series at a limit that is shared.
func (c *climb) share(m measured) {
	used := c.now.used
	if c.long && m.exact {
		rate := m.recent
		if c.now.wait > 0 {
			rate = m.corrected
		}
		c.set(max(min(sharedLongCut*rate, sharedCut*used), 0.5*min(used, c.before.base)))
		c.rise(sharedLongClimb, youngLongClimb)
		return
	}
	c.set(sharedCut * used)
	c.rise(sharedClimb, youngClimb)
}

// rise sets what is added each second.
func (c *climb) rise(climb, young float64) {
	if c.siblings > 1 {
		climb *= 1 + young/float64(c.shared.series)
	}
	lane := 1 / max(c.usual.Seconds(), 1e-3)
	c.shared.add = min(climb*math.Sqrt(lane*c.base), mostClimb*c.base)
}

// company tells after each series whether others share the limit.
func (c *climb) company(now time.Duration) {
	switch s := &c.shared; {
	case c.chance.is: // it isn't about the rate at all
		*s = sharing{}
	case s.on:
		copy(s.used[1:], s.used[:])
		s.used[0] = c.now.used
		if !c.alone(0) {
			return
		}
		*s = sharing{}
		c.early, c.sure = 0, 2
		c.proved, c.trial = c.base, false
		c.plan(now - c.now.dry.at)
	case (c.early > sharedEarly || c.restless() || c.wasOn && c.usedUp(now)) && !c.alone(sameOff):
		*s = sharing{on: true}
		c.share(c.measure(now))
	}
}

// usedUp tells whether a long window gave out much less than the rate takes.
func (c *climb) usedUp(now time.Duration) bool {
	m := c.measure(now)
	rate, since, few := m.corrected, c.opens[0].at, fewMissing
	if c.now.wait <= 0 {
		rate, since, few = m.recent, c.dries[0].at, manyMissing
		if c.before.base < fewAtOnce {
			return false
		}
	}
	missing := (c.before.base - rate) * (now - since).Seconds()
	tested := c.before.sure > 0 && !c.before.trial // it was not just a try that was too high
	return c.long && m.exact && tested && rate < sharedWindow*c.before.base &&
		missing > float64(few)+inFlightOff*c.before.base*c.usual.Seconds()
}

// restless tells whether what is accepted a second goes up and down, as where
// others come and go.
func (c *climb) restless() bool {
	if c.chance.all < restlessSeries+2 {
		return false
	}
	turns, was := 0, 0
	for i := range restlessSeries - 1 {
		a, b := c.chance.last[i], c.chance.last[i+1]
		off := restlessOff + inFlightOff*c.top*c.usual.Seconds()
		times := restlessTimes + off/float64(max(1, min(a.accepted, b.accepted)))
		is := was
		switch {
		case a.open() > times*b.open():
			is = 1
		case b.open() > times*a.open():
			is = -1
		}
		if is != was && was != 0 {
			turns++
		}
		was = is
	}
	return turns >= restlessTurns
}

// alone tells whether the last series say that nobody else is there: as much was
// accepted a second each time, but for some requests off, or the same rate refused.
func (c *climb) alone(off float64) bool {
	if c.chance.all < sameSeries {
		return false
	}
	same := sameRate
	if c.long {
		same = sameCount
	} else if u := c.shared.used; u[2] > 0 && slices.Max(u[:])-slices.Min(u[:]) < sameUsed*u[0] {
		return true
	}
	least, most, few, many := math.Inf(1), 0.0, math.MaxInt, 0
	for _, r := range c.chance.last[:sameSeries] {
		v := r.perSecond()
		least, most, few, many = min(least, v), max(most, v), min(few, r.accepted), max(many, r.accepted)
	}
	if c.long && many == few { // whoever shares a window doesn't get the same of each
		return true
	}
	return most-least <= max(same, off/float64(max(few, 1)))*most
}

// cheap tells whether to use up a window costs nothing: its end is named, and
// it gives out so many requests that a refusal each time doesn't count.
func (c *climb) cheap() bool {
	n := c.top * usualWindow(c.now.wait).Seconds()
	return c.long && c.now.wait > 0 && n > manyInWindow*(1+c.top*c.usual.Seconds())
}
