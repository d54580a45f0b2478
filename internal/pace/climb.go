package pace

import (
	"math"
	"time"
)

// How the rate moves after a 429 showed where the limit is.
const (
	cut         = 0.93            // go on at this share of the limit
	deepCut     = 0.75            // where it was much too high
	guessed     = 0.985           // where it is only guessed, from the wait
	mostLess    = 0.5             // of the rate before, at least, once the limit was measured
	leastReturn = 3 * time.Second // until the limit is tried again
	mostReturn  = 120 * time.Second

	learntReturn = 1500 * time.Millisecond // the same for an earlier run's limit
	learntBeyond = 250 * time.Millisecond

	fewAccepted = 5 // say nothing of a limit that counts in long windows

	// Below so many a second a 429 is a large part of all requests.
	fewPerSecond = 8

	// How many good answers pay for a 429: the next try waits until they do.
	priceNamed   = 130 // the server says when to come back: under 2% of 429s
	priceUnnamed = 30  // it says nothing, so more must be tried: under 8%
)

// climb is the rate that 429s taught: unlimited until the first. Each series
// of 429s measures the limit. The rate then goes on a little below: where the
// limit is known, at a steady rate until the next try beyond it is due; where it
// isn't, by a cubic curve (fast at first, flat at the supposed limit) and beyond.
type climb struct {
	on bool
	verdict
	beyond time.Duration // the pace of the tries above top
	long   bool          // the server named a wait that only long windows have

	accepted int           // all good answers
	asked    int           // requests before the first
	siblings int           // who share the limit, as far as it is known from the beginning; 1 is nobody else
	debt     float64       // good answers owed for 429s
	usual    time.Duration // latency
	limit    float64       // requests in some window, as the headers say; 0 unknown
	dries    marks         // the first 429 of each series
	opens    marks         // its end
	now      series
	before   verdict // as the series found it
	calm     verdict // before higher rates were tried for refusals by chance
	wasOn    bool
	met      bool // there was a series before
	chance   chance
	shared   sharing

	// Whether the rate was used: it doesn't climb on requests nobody made.
	tick     time.Duration
	departed int
	used     float64 // seconds that the departures were to take
}

// begin starts from an earlier run's limit, carefully at first. It may be far from
// true by now, or never have been: where it is passed without a 429 the climb is steep.
func (c *climb) begin(perSecond float64) {
	c.on = true
	c.top, c.base = perSecond, perSecond*deepCut
	c.back, c.beyond = learntReturn, learntBeyond
}

// at is the rate at now, in requests a second.
func (c *climb) at(now time.Duration) float64 {
	if !c.on {
		return math.Inf(1)
	}
	t := max(0, now-c.from)
	if c.shared.on {
		quiet := t.Seconds() / sharedQuiet
		return c.base + c.shared.add*t.Seconds()*(1+quiet*quiet*quiet)
	}
	if t < c.back {
		x := 1 - float64(t)/float64(c.back)
		return c.top - (c.top-c.base)*x*x*x
	}
	// Flat at first, then by a third each beyond: no limit was so much too low.
	x := float64(t-c.back) / float64(c.beyond)
	if x <= 5 {
		return c.top * (1 + 0.01*x*x)
	}
	unit := min(c.beyond, max(time.Second, c.beyond/4))
	if c.top < fewPerSecond { // until it is refused, too much of a long window would leave
		unit = c.beyond
	}
	return c.top * 1.25 * math.Exp(min(0.3*float64(t-c.back-5*c.beyond)/float64(unit), 50))
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

// refused takes a 429 to a request that left at the given time.
func (c *climb) refused(left time.Duration, named bool) {
	c.now.shut = max(c.now.shut, left)
	if named {
		c.debt += priceNamed
	} else {
		c.debt += priceUnnamed
	}
}

// exhausted takes the first 429 of a series: to a request that left at the
// given time; sent tells how many left in so long a time before it.
func (c *climb) exhausted(now, left, wait time.Duration, sent func(time.Duration) int) {
	c.before, c.wasOn = c.verdict, c.on
	used := c.at(left - lag)
	c.now = series{dry: mark{true, now, c.accepted}, left: max(left, c.from), used: used, wait: wait}
	for i, w := range usualWindows {
		c.now.sent[i] = sent(w)
	}
	if lately := c.now.sent[0]; lately >= 10 { // what was really sent
		c.now.used = min(used, 1.1*float64(lately))
	}
	c.long = c.long || wait > longWait
	c.shared.on = c.shared.on || c.siblings > 1
	c.shared.series++
}

// reopened takes the end of a series: the moment at which the first request
// left that was answered well again. said is the limit by the headers.
func (c *climb) reopened(now time.Duration, said float64) {
	c.settle(now, said)
	c.met = true
	if c.siblings == 1 {
		c.suspect(now)
	}
	c.dries.add(c.now.dry.at, c.now.dry.count)
	c.opens.add(now, c.accepted)
	c.tick, c.departed, c.used = now, 0, 0
}

// suspect looks for another reason of the 429s than a limit of one's own: they
// may come by chance, or because others use the limit too. Siblings that are known
// of look like chance to each other, and who raises the rate for that takes the
// others' shares; so nothing is suspected there.
func (c *climb) suspect(now time.Duration) {
	tried := c.chance.level > 0
	c.chance.add(refusal{
		accepted: c.now.dry.count - c.opens[0].count,
		took:     now - c.opens[0].at,
		waited:   now - c.now.dry.at,
		early:    !c.due,
	}, c.usual)
	c.company(now)
	switch level := c.chance.level; {
	case level == 0 && tried && c.chance.sooner && c.base > c.calm.base: // as before
		c.calm.from = c.from
		c.verdict = c.calm
		c.plan(now - c.now.dry.at)
	case level > c.base && c.on:
		if !tried {
			c.calm = c.verdict
		}
		c.set(level)
		c.quick, c.sure, c.debt = 0, 0, 0
		c.back, c.beyond = leastReturn, time.Second
	}
}

// settle sets the rate to go on with if the server is open again at the given
// time; said is the limit by the headers, 0 unknown. It may be called again,
// with a later time.
func (c *climb) settle(open time.Duration, said float64) {
	pause := open - c.now.dry.at
	shut := c.now.shutFor()
	c.long = c.long || shut > longWait // as the probes found, where no wait was named
	if c.long && c.top < fewPerSecond && (c.now.wait > 0 || c.before.sure > 1) {
		c.now.spread(shut)
	}
	switch {
	case c.wasOn:
		c.judge(open)
		// Who has measured the limit doesn't believe in less than half of it at once.
		if least := mostLess * min(c.before.base, c.now.used); c.dries[1].is && c.base < least {
			c.set(least)
		}
	case !c.met && (c.now.dry.count == 0 || usualWindow(shut) > time.Second && c.accepted < fewAccepted):
		return // the limit was used up before: begin anew
	default:
		c.guess(open, shut, said)
	}
	if said > 0 && c.top > said*0.8 {
		c.top = said
		c.base = c.top * cut
	}
	c.plan(pause)
}

// plan sets when more is tried, after a pause.
func (c *climb) plan(pause time.Duration) {
	// The dearer a try, the rarer. But who is not sure of the limit tries
	// sooner, on credit.
	credit, most := c.terms()
	owed := seconds(min(c.debt/c.top, most.Seconds()))
	lost := pause
	if c.cheap() {
		lost = 0
	}
	c.back = min(max(leastReturn*time.Duration(1+c.sure), owed/credit, 72*lost/credit), most)
	c.beyond = max(
		time.Second*time.Duration(2+min(c.sure, 2)),
		min(seconds(15/c.top), 5*time.Second),
		min(pause/2, 20*time.Second))
	if c.sure == 0 && c.quick > 2 { // nothing is known: climb with what is accepted
		c.beyond = seconds(min(max(8/c.top, 0.25), 5))
	}
}

// terms are which part of the debt is to be paid before the next try, and how
// long that may take at most.
func (c *climb) terms() (credit, most time.Duration) {
	most = mostReturn
	if c.sure > 2 {
		most += min(seconds(120/c.top), 180*time.Second)
	}
	if c.top < fewPerSecond {
		return [...]time.Duration{6, 3, 1, 1}[min(c.sure, 3)], most
	}
	return [...]time.Duration{24, 12, 3, 1}[min(c.sure, 3)], most
}

// guess takes the first series. All that is known is how much was accepted
// since the beginning, and how long the server is shut. Limits are given as a
// number a second, ten seconds, a minute, an hour: the shortest of them that
// lasts longer than the wait is the likeliest, and what was accepted its number.
// Where the limit is a bucket instead, the next refusal comes at once and shows
// how fast it fills.
func (c *climb) guess(open, shut time.Duration, said float64) {
	c.on, c.quick, c.sure, c.from = true, 2, 2, open
	if c.now.wait <= 0 {
		c.sure = 1
	}
	w := usualWindow(shut)
	n := float64(max(1, c.accepted+c.asked))
	if lately := c.now.sent[0]; w == time.Second && lately > 0 {
		n = min(n, float64(lately+c.asked))
	} else if age := c.now.dry.at; age > w {
		n *= float64(w) / float64(age)
	}
	if c.limit > 0 {
		n = min(n, c.limit)
	}
	rate := n / w.Seconds()
	if said > 0 {
		rate = min(rate, said)
	}
	c.set(guessed * rate)
	if c.shared.on {
		c.rise(sharedClimb, youngClimb)
	}
	c.debt = min(c.debt, priceNamed) // the burst at the start is over
}

// usualWindows are those in which limits are given.
var usualWindows = [...]time.Duration{time.Second, 10 * time.Second, time.Minute}

// usualWindow is the shortest of the windows in which limits are given that
// is not over before the wait.
func usualWindow(wait time.Duration) time.Duration {
	for _, w := range usualWindows {
		if wait <= w+w/10 {
			return w
		}
	}
	return time.Hour
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
