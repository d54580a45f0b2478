package pace

import (
	"math"
	"time"
)

// Not every 429 is about the rate: a balancer with several counters, or a limit
// on something else, refuses now and then whatever the rate is. To go slower
// doesn't help there, it only takes longer from one refusal to the next.
//
// A limit refuses nobody who asks for less than it gives out. So it is suspected
// where that happens again and again, and then a multiple of the rate is tried:
// if that brings more, with all its waits, the refusals came by chance, and still
// more is tried. At a limit it brings nothing. Where others share the limit it
// does, at their cost; but there as much is accepted from one refusal to the
// next each time, while by chance it is little or much.
const (
	chanceSeries  = 3    // so many series make a suspicion, and a verdict
	mostSeries    = 8    // and so many a late one, or a look at whether it holds
	mostSuspect   = 3    // each wrong suspicion doubles the series until the next, up to 2^3
	chanceAgainst = 0.9  // of what was accepted a second: to be refused for less speaks against a limit
	chanceEarly   = 1.02 // or for so little, where three series before came ahead of a try
	chanceFallen  = 0.35 // of the most that was ever accepted a second: speaks twice as much
	chanceSpread  = 0.5  // of what is accepted between two series, or by counting:
	surelySpread  = 0.65 // known from many series
	chanceCounted = 0.03 // each k-th request is refused

	chanceRaise   = 4 // the rate of a trial, in those before
	chanceFlight  = 4 // requests in flight: where there would be more, the trial is
	chanceCareful = 2 // only so high, since each of them may be refused

	chanceGain   = 1.3 // what a higher rate must bring at least
	chanceNoGain = 1.1 // and what shows sooner that it doesn't
	sameEach     = 0.5 // of what was accepted between two series before, or the inverse, is the same
	holdsEach    = 0.4 // also later
	soonEach     = 0.25
	atOnceEach   = 0.1

	fewestCounted = 8 // accepted, to say something of the rate

	burst      = 30 // accepted at once at the start, and so many times more than
	burstTimes = 10 // from one refusal to the next later: a deep bucket was full
)

// refusal is one series of 429s, or some of them together.
type refusal struct {
	accepted int           // since the series before
	took     time.Duration // since then, with the wait
	waited   time.Duration // until the next good answer
	early    bool          // before the rate was raised

	series  int
	squares float64 // of what was accepted before each
}

func (r *refusal) add(o refusal) {
	r.accepted += o.accepted
	r.took += o.took
	r.waited += o.waited
	r.series++
	r.squares += float64(o.accepted) * float64(o.accepted)
}

// open is what was accepted a second, without the second that a named wait is too long
// at most: after a short time it would make little of much.
func (r *refusal) open() float64 {
	return float64(r.accepted) / max((r.took-min(r.waited, time.Second)).Seconds(), 1e-3)
}

// perSecond is what was accepted a second, and sent what left in one where
// nobody waited.
func (r *refusal) perSecond() float64 { return float64(r.accepted) / max(r.took.Seconds(), 1e-3) }
func (r *refusal) sent() float64 {
	return float64(r.accepted) / max((r.took-r.waited).Seconds(), 1e-3)
}

// each is what was accepted before a series.
func (r *refusal) each() float64 { return float64(r.accepted) / float64(r.series) }

// enough is the rate beyond which little is to be gained if refusals come by
// chance: with it half as much time goes into sending as into waiting.
func (r *refusal) enough() float64 { return 2 * float64(r.accepted) / max(r.waited.Seconds(), 0.01) }

// haphazard tells whether refusals may come by chance, or by counting requests.
func (r *refusal) haphazard(least float64) bool {
	mean := r.each()
	spread := math.Sqrt(max(0, r.squares/float64(r.series)-mean*mean)) / max(mean, 1)
	return spread > least || spread < chanceCounted && mean >= 2 // one each time: an empty bucket
}

// chance tells whether the refusals have nothing to do with the rate.
type chance struct {
	last    [8]refusal // the newest first
	all     int        // series so far
	count   int        // since the last suspicion was refuted
	wrong   int        // suspicions that were
	early   int        // series in a row that came before the rate was raised
	against int        // how much speaks against a limit
	highest float64    // the most that was accepted a second, all waits included

	level  float64 // the rate not to go below; 0: refusals do depend on the rate, as far as is known
	is     bool    // it is chance
	proved float64 // a level that brought more; 0 none
	low    float64 // accepted a second before the first trial
	before refusal // before this trial
	since  refusal // and in it, or since the last look
	spread refusal // since it is known
	sooner bool    // the last suspicion was wrong, and refused sooner
}

// add takes a series, met at an answer's usual latency.
func (c *chance) add(r refusal, usual time.Duration) {
	c.all++
	c.count++
	if c.level == 0 {
		c.weigh(r)
	}
	copy(c.last[1:], c.last[:])
	c.last[0] = r
	if c.all > 1 && r.accepted >= fewestCounted {
		c.highest = max(c.highest, r.perSecond())
	}
	switch {
	case c.is:
		c.look(r)
	case c.level > 0:
		c.since.add(r)
		c.judge(usual)
	case c.count >= chanceSeries<<c.wrong && c.against > 1 && c.recent().haphazard(chanceSpread):
		if all := c.sum(chanceSeries); r.sent() < all.enough()/3 {
			c.low = all.perSecond()
			c.try(all, r.sent(), usual)
		}
	}
}

// sum is the last n series together.
func (c *chance) sum(n int) (all refusal) {
	for _, r := range c.last[:n] {
		all.add(r)
	}
	return all
}

// recent is the last series without the first of all, which began with a full
// bucket.
func (c *chance) recent() *refusal {
	all := c.sum(min(len(c.last), c.all-1))
	return &all
}

// earlier is the series before the one that is weighed: without the first of all, if
// that began with a deep bucket, whose burst would make all that follows look like little.
func (c *chance) earlier() refusal {
	n := min(len(c.last), c.all-1)
	if n == c.all-1 {
		first, later := c.last[n-1].accepted, c.sum(n-1)
		if first >= burst && float64(first) > burstTimes*later.each() {
			return later
		}
	}
	return c.sum(n)
}

// weigh counts what speaks against a limit.
func (c *chance) weigh(r refusal) {
	if c.early++; !r.early {
		c.early = 0
	}
	if c.all <= 2 || c.count < 2 {
		return
	}
	before := c.earlier()
	known := c.all > 3 && before.accepted >= fewestCounted
	switch sent := r.sent(); {
	case sent < chanceFallen*c.highest:
		c.against += 2
	case known && sent < chanceAgainst*before.perSecond(),
		c.early > chanceSeries && sent < chanceEarly*before.perSecond():
		c.against++
	case c.against > 0:
		c.against--
	}
}

// try goes on at a multiple of the rate.
func (c *chance) try(before refusal, rate float64, usual time.Duration) {
	raise := min(chanceRaise, max(1.5, before.enough()/rate))
	if raise*rate*usual.Seconds() > chanceFlight {
		raise = min(raise, chanceCareful)
	}
	c.level = raise * rate
	c.before, c.since = before, refusal{}
}

// judge tells after each series of a trial whether it brings more.
func (c *chance) judge(usual time.Duration) {
	n := c.since.series
	gain := c.since.perSecond() / max(c.before.perSecond(), 1e-9)
	each := c.since.each() / max(c.before.each(), 1e-9)
	switch {
	case n >= chanceSeries && gain >= chanceGain && each > sameEach && each < 1/sameEach && c.recent().haphazard(chanceSpread):
		c.proved = c.level
		if c.level >= c.since.enough()/2 {
			c.known()
			return
		}
		c.try(c.since, c.level, usual)
	case n > 1 && each < atOnceEach, n >= chanceSeries && gain < chanceNoGain, n >= mostSeries:
		if c.proved > 0 {
			c.level = c.proved
			c.known()
			return
		}
		c.refute(each < soonEach)
	}
}

// known takes that the refusals come by chance.
func (c *chance) known() {
	c.is = true
	c.before, c.since, c.spread = c.since, refusal{}, refusal{}
}

// look tells after some more series whether it still is so.
func (c *chance) look(r refusal) {
	c.since.add(r)
	c.spread.add(r)
	if c.since.series < mostSeries {
		return
	}
	each := c.since.each() / max(c.before.each(), 1e-9)
	if each < holdsEach || each > 1/holdsEach || c.since.perSecond() < 0.9*c.low || !c.spread.haphazard(min(surelySpread, chanceSpread+0.01*float64(c.spread.series))) {
		c.refute(false)
		return
	}
	c.level = max(c.level, min(c.since.enough(), 2*c.level))
	c.since = refusal{}
}

// refute takes that refusals do depend on the rate.
func (c *chance) refute(sooner bool) {
	*c = chance{all: c.all, wrong: min(c.wrong+1, mostSuspect), sooner: sooner}
}
