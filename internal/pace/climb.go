package pace

import (
	"math"
	"time"
)

// How the rate moves after a 429 showed where the limit is.
const (
	cut         = 0.93            // go on at this share of the limit
	sureCut     = 0.95            // where it was found there again and again
	quickCut    = 0.85            // where it was a little too high
	deepCut     = 0.75            // where it was much too high
	firstCut    = 0.6             // where the limit is only guessed
	leastReturn = 3 * time.Second // until the limit is tried again
	mostReturn  = 120 * time.Second

	// How many good answers pay for a 429: the next try waits until they do.
	priceNamed   = 130 // the server says when to come back: under 2% of 429s
	priceUnnamed = 30  // it says nothing, so more must be tried: under 8%
)

// climb is the rate that 429s taught: unlimited until the first. Each series
// of 429s measures the limit. The rate then goes on a little below, returns to
// the limit by a cubic curve (fast at first, flat at the limit), and tries
// beyond it.
type climb struct {
	on bool

	top    float64       // the limit as measured, in requests a second
	base   float64       // the rate after the last cut
	from   time.Duration // when it was cut
	back   time.Duration // from base to top
	beyond time.Duration // the pace of the tries above top
	sure   int           // series in a row that found the limit where it was
	quick  int           // series in a row that came at once

	accepted int           // all good answers
	debt     float64       // good answers owed for 429s
	usual    time.Duration // latency
	dries    marks         // the first 429 of each series
	opens    marks         // its end
	now      series
	before   before

	// Whether the rate was used: it doesn't climb on requests nobody made.
	tick     time.Duration
	departed int
	used     float64 // seconds that the departures were to take
}

// series is the 429s between the first and the next good answer.
type series struct {
	dry   mark
	used  float64 // the rate at which it happened
	named bool    // the server named the wait
}

// before is the climb as a series found it.
type before struct {
	on    bool
	top   float64
	from  time.Duration
	back  time.Duration
	sure  int
	quick int
}

// begin starts from an earlier run's limit, carefully.
func (c *climb) begin(perSecond float64) {
	c.on = true
	c.top, c.base = perSecond, perSecond*deepCut
	c.back, c.beyond = leastReturn, time.Second
}

// at is the rate at now, in requests a second.
func (c *climb) at(now time.Duration) float64 {
	if !c.on {
		return math.Inf(1)
	}
	t := max(0, now-c.from)
	if t < c.back {
		x := 1 - float64(t)/float64(c.back)
		return c.top - (c.top-c.base)*x*x*x
	}
	// Flat at first, then by a tenth each beyond.
	x := float64(t-c.back) / float64(c.beyond)
	if x <= 5 {
		return c.top * (1 + 0.01*x*x)
	}
	return c.top * 1.25 * math.Exp(min(0.1*(x-5), 50))
}

// depart counts what is used of the rate, which is r now. Where it isn't used,
// the climb stands still: nothing is learnt from requests that nobody made.
func (c *climb) depart(now time.Duration, r float64) {
	if !c.on {
		return
	}
	c.used += 1 / r
	c.departed++
	span := now - c.tick
	if span < time.Second || c.departed < 10 && span < 20*time.Second {
		return
	}
	if c.used < 0.8*span.Seconds() {
		c.from += max(0, min(span, now-c.from))
	}
	c.tick, c.departed, c.used = now, 0, 0
}

// good takes a good answer.
func (c *climb) good() {
	c.accepted++
	c.debt = max(0, c.debt-1)
}

// refused takes a 429.
func (c *climb) refused(named bool) {
	if named {
		c.debt += priceNamed
	} else {
		c.debt += priceUnnamed
	}
}

// exhausted takes the first 429 of a series.
func (c *climb) exhausted(now time.Duration, named bool) {
	c.before = before{c.on, c.top, c.from, c.back, c.sure, c.quick}
	c.now = series{dry: mark{true, now, c.accepted}, used: c.at(now), named: named}
}

// reopened takes the end of a series: the moment at which the first request
// left that was answered well again. said is the limit by the headers.
func (c *climb) reopened(now time.Duration, said float64) {
	c.settle(now, said)
	c.dries.add(c.now.dry.at, c.now.dry.count)
	c.opens.add(now, c.accepted)
	c.tick, c.departed, c.used = now, 0, 0
}

// settle sets the rate to go on with if the server is open again at the given
// time; said is the limit by the headers, 0 unknown. It may be called again,
// with a later time.
func (c *climb) settle(open time.Duration, said float64) {
	pause := open - c.now.dry.at
	c.from = open
	if !c.before.on {
		c.guess(open, pause, said)
		return
	}
	c.judge(open)
	if said > 0 && c.top > said*0.8 {
		c.top = said
		c.base = c.top * cut
	}
	// Who is not sure of the limit tries sooner, on credit.
	part := time.Duration(8 >> min(c.sure, 3))
	owed := seconds(min(c.debt/c.top, mostReturn.Seconds()))
	c.back = min(max(leastReturn*time.Duration(1+c.sure), owed/part, 64*pause/part), mostReturn)
	c.beyond = max(
		time.Second*time.Duration(1+min(c.sure, 3)),
		min(seconds(15/c.top), 5*time.Second*time.Duration(1+min(c.sure, 1))),
		min(pause/2, 20*time.Second))
}

// guess takes the first series. All that is known is how much was accepted
// since the beginning: a full bucket was part of that, or a window's rest.
func (c *climb) guess(open, pause time.Duration, said float64) {
	c.on, c.quick = true, 2
	c.top = max(1, float64(c.accepted)) / max(open.Seconds(), 0.001)
	if said > 0 {
		c.top = min(c.top, said)
	}
	c.base = c.top * firstCut
	c.back = max(2*time.Second, pause)
	c.beyond = max(time.Second, min(pause/2, 20*time.Second))
}

// judge takes a later series: where is the limit, between what the server gave
// out on average since the series before (which is the limit, if it counts in
// long windows or has a deep bucket) and what was used last (which is, if it
// counts in short ones)?
func (c *climb) judge(open time.Duration) {
	b, used := &c.before, c.now.used
	ends, at, count := &c.dries, c.now.dry.at, c.now.dry.count
	if c.now.named {
		// A named end is exact, while the beginning is late by a latency.
		ends, at, count = &c.opens, open, c.accepted
	}
	recent, exact := ends.measure(1, 8, 4*c.usual, at, count)
	average, _ := ends.measure(len(ends), 20, 4*c.usual, at, count)
	recent, average = min(recent, used), min(average, used)

	climbed := c.now.dry.at - b.from
	c.sure, c.quick = 0, 0
	switch {
	case climbed >= b.back/4 && used > 1.25*b.top: // the limit has risen, or was not known
		c.top = between(average, used, 0.7)
		c.base = c.top * cut
	case climbed >= b.back/4: // where it was
		c.top = max(average, 0.97*used)
		c.base = c.top * cut
		if c.sure = b.sure + 1; c.sure > 2 {
			c.base = c.top * sureCut
		}
	case b.quick == 0: // a little too high
		c.quick = 1
		c.top = max(recent, quickCut*used)
		c.base = c.top * quickCut
	default: // much too high
		c.quick = b.quick + 1
		switch {
		case exact:
			c.top = max(between(recent, 0.9*used, 0.3), 0.2*used)
		case average < used:
			c.top = max(between(average, 0.9*used, 0.5), 0.3*used)
		case c.quick == 2:
			c.top = 0.75 * used
		default:
			c.top = 0.5 * used
		}
		c.base = c.top * deepCut
	}
}

// scale follows a limit that the server said has changed.
func (c *climb) scale(factor float64) {
	c.top *= factor
	c.base *= factor
}

// between is the geometric mean of a and b, where b weighs w.
func between(a, b, w float64) float64 {
	return math.Pow(a, 1-w) * math.Pow(b, w)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
