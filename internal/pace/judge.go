package pace

import (
	"slices"
	"time"
)

const (
	// lag is how long before a refused request left the rate was what the
	// server refused: half of the second in which most limits count.
	lag = 500 * time.Millisecond

	// longWait is a wait that no window of a second has, in whole seconds.
	longWait = 1250 * time.Millisecond

	// The shares of a refused rate to go on with.
	below     = 0.98 // where it was met slowly
	wellBelow = 0.96 // or fast
	farBelow  = 0.92 // where one step down after the other wasn't enough: others take a share
	mostEarly = 2    // so many steps

	aWhile = 5 * time.Second // a rate that was taken so long is not far too high

	raised = 1.25 // a try that reached so much more met another limit
)

// A series of 429s asks: where is the limit? What is known is two rates. One
// held: base, or what was accepted on average. One was refused: used. Between
// them, when the series came says which to believe:
//
//   - when a try beyond the limit was due ("tried"): the limit is where it was, or
//     has risen ([climb.found]);
//   - some time before ("early"): base is a little too high;
//   - at once, after a cut ("quick"): it is far too high, and the search goes on by
//     larger steps ([climb.fallBack], [climb.search]);
//   - and in a long window, what was accepted is exact, whenever the series came.
//
// A rate between what held and what was refused is a trial: worth it while it holds.

// verdict is what the series of 429s so far say of the limit.
type verdict struct {
	top  float64       // the limit as measured, in requests a second
	base float64       // the rate after the last cut
	from time.Duration // when it was cut
	back time.Duration // from base to top

	sure  int  // series in a row that found the limit where it was
	quick int  // series in a row that came at once
	early int  // series in a row that came before a try
	due   bool // the last series came when a try was due

	// The limit lies between a rate that held and one that was refused. Where
	// it counts in long windows, or has a deep bucket, that refused rate is
	// far above it, and to go on close below it is a trial.
	proved float64 // a rate that was refused only after it was exceeded; 0 none
	trial  bool    // base is not proved
	failed int     // trials that were refused soon, lately
	skip   int     // series until the next trial is worth it
}

// series is the 429s between the first and the next good answer.
type series struct {
	dry  mark
	left time.Duration // when the refused request left
	used float64       // the rate that the server refused
	wait time.Duration // as the server named it; 0 unnamed
	sent [3]int        // requests that left in so long a time before, as usualWindows
	shut time.Duration // when the last refused request left
}

// spread corrects the rate that was refused: a long window is used up by all that
// left in it, not by the rate of its last seconds.
func (s *series) spread(shut time.Duration) {
	w := usualWindow(shut)
	if i := slices.Index(usualWindows[:], w); i > 0 {
		s.used = min(s.used, 1.1*float64(s.sent[i])/w.Seconds())
	}
}

// shutFor is how long the server was shut at least: as it said, or as the last
// probe showed that was too early.
func (s *series) shutFor() time.Duration {
	if s.wait > 0 {
		return s.wait
	}
	return s.shut - s.dry.at
}

// measured is what the answers since earlier series say of the limit.
type measured struct {
	recent    float64 // accepted a second since the last series
	exact     bool    // by enough answers
	average   float64 // since some series
	corrected float64 // recent, without a second that rounding cost
	waited    float64 // recent, until the 429 alone, with the wait for the next answer
}

func (c *climb) measure(open time.Duration) (m measured) {
	ends, at, count := &c.dries, c.now.dry.at, c.now.dry.count
	if c.now.wait > 0 {
		// A named end is exact, while the beginning is late by a latency.
		ends, at, count = &c.opens, open, c.accepted
	}
	m.recent, m.exact = ends.measure(1, 8, 4*c.usual, at, count)
	m.average, _ = ends.measure(len(ends), 20, 4*c.usual, at, count)
	m.recent, m.average = min(m.recent, c.now.used), min(m.average, c.now.used)
	if last := c.opens[0]; last.is && open > last.at {
		span := open - last.at - min(open-c.now.dry.at, time.Second)
		m.corrected = float64(c.accepted-last.count) / max(span.Seconds(), 0.001)
		m.waited = float64(c.now.dry.count-last.count-1) / (open - last.at).Seconds()
	}
	return m
}

// judge takes a series after the first: where is the limit, between what the
// server gave out on average since the series before (which is the limit, if it
// counts in long windows or has a deep bucket) and what was used last (which
// is, if it counts in short ones)?
func (c *climb) judge(open time.Duration) {
	b, m, used := &c.before, c.measure(open), c.now.used
	c.verdict = *b
	c.from = open
	c.sure, c.quick, c.trial = 0, 0, false
	c.early = b.early + 1
	if c.shared.on {
		c.due = false
		c.share(m)
		return
	}
	climbed := c.now.left - b.from
	c.due = climbed >= b.back
	tried := climbed >= b.back || b.top > 1.01*b.base && climbed >= b.back/4
	if tried {
		c.early = 0
	}
	share := below
	if c.early > mostEarly {
		share = farBelow
	}
	switch inLong := c.long && m.exact; {
	case tried && inLong && (m.recent > 1.08*b.top || used > 1.6*b.top): // it has risen
		c.set(between(m.recent, used, 0.3))
	case tried && !inLong && used > raised*b.top: // it has risen, or was not known
		c.top = between(m.average, used, 0.7)
		c.base = c.top * cut
		c.distrust()
		if c.now.wait > 0 { // or a deep bucket is empty: what held is known
			c.proved, c.trial = b.base, true
		}
	case tried:
		c.found(m)
	case inLong && c.now.wait > 0:
		c.sure = max(1, b.sure)
		if m.corrected > 0.95*used { // nobody else had a part of it
			share = below
		}
		rate := min(max(0.985*m.corrected, 0.5*used), share*used)
		if b.trial {
			c.fail()
			rate = max(rate, min(c.proved, share*used))
		}
		c.set(rate)
	case inLong && m.average < 0.9*used && !b.trial: // no wait is named, but the average is exact
		c.sure = max(1, b.sure)
		rate := max(m.recent, m.average)
		if used > 1.03*c.proved { // not what held was refused
			rate = max(rate, c.proved)
		}
		c.set(min(rate, share*used))
	case climbed >= min(b.back/4, aWhile) && !b.trial: // a little too high
		c.sure = b.sure
		rate := share * used
		if c.early <= mostEarly {
			average := m.average
			if c.now.wait > 0 && !c.long && used > fewPerSecond {
				average = max(average, min(m.corrected, rate)) // so soon, the wait alone lowers it
			}
			rate = max(average, between(average, rate, 0.6))
		}
		if used < 1.02*b.proved {
			c.proved = rate
		}
		c.set(rate)
	case b.quick == 0 || b.trial && b.quick < 3: // too high
		c.fallBack(share, m)
	default:
		c.search(m)
	}
}

// set goes on at a rate that is as good as the limit.
func (c *climb) set(perSecond float64) { c.base, c.top = perSecond, perSecond }

// distrust forgets what was proved.
func (c *climb) distrust() { c.proved, c.failed, c.skip = 0, 0, 0 }

// fail takes a trial that didn't hold. The next one waits.
func (c *climb) fail() {
	c.failed++
	c.skip = 1 << min(c.failed, 3)
}

// found takes a limit that is where it was: the rate held until more was tried.
func (c *climb) found(m measured) {
	b, used := &c.before, c.now.used
	c.sure = b.sure + 1
	c.proved = b.base
	if b.trial {
		c.failed = 0
	}
	few := c.top < fewPerSecond && used < 1.1*b.base
	if b.skip > 0 || few || c.sure > 1 && used < 1.03*b.base {
		c.skip = max(0, b.skip-1)
		step := min(between(b.base, 0.988*used, 0.5), 1.015*b.base)
		if few {
			step = b.base // not worth a refusal
		}
		c.set(max(b.base, min(m.average, 0.99*used), step))
		return
	}
	share := wellBelow
	if c.sure > 1 {
		share = below
	}
	c.set(max(0.985*m.average, share*used))
	c.trial = true
}

// fallBack takes a rate that was refused at once: to one that held, by halves
// first, since the limit may lie between.
func (c *climb) fallBack(share float64, m measured) {
	b, used := &c.before, c.now.used
	c.quick = b.quick + 1
	if used < 1.02*b.proved {
		c.proved = 0.97 * used
	}
	most := share * used
	switch {
	case b.trial && used < fewPerSecond && c.now.wait > 0 && m.waited < 1.1*c.proved:
		// More than what held brought no more: a bucket is empty.
		c.set(min(c.proved, most))
		c.sure = max(b.sure, 2)
		c.fail()
	case c.proved <= 0.6*used:
		c.set(0.985 * max(m.recent, cut*used))
	case c.now.wait > 0 && b.trial && c.failed < 2 && most > 1.05*c.proved:
		c.set(between(c.proved, most, 0.5))
		c.trial = true
		c.failed++
		c.sure = b.sure
	default:
		c.set(min(max(m.recent, c.proved), most))
		c.sure = b.sure
		if b.trial {
			c.fail()
		}
	}
}

// search takes a rate that was much too high.
func (c *climb) search(m measured) {
	used := c.now.used
	c.quick, c.early = c.before.quick+1, 0
	since := c.accepted - c.opens[0].count
	switch {
	case !c.long && float64(since) > 0.6*used || c.long && c.before.quick == 2:
		// It took a second's worth, or has a long window: the limit is about that.
		c.sure = 1
		c.set(between(farBelow, farBelow*farBelow, float64(min(c.quick-3, 1))) * used)
		c.distrust()
		return
	case since < 8 && m.recent < used/4: // a bucket was empty
		c.top = between(m.recent, 0.9*used, 0.15)
	case m.exact:
		c.top = max(between(m.recent, 0.9*used, 0.3), 0.2*used)
	case m.average < used:
		c.top = max(between(m.average, 0.9*used, 0.5), 0.3*used)
	case c.quick == 2:
		c.top = 0.75 * used
	default:
		c.top = 0.5 * used
	}
	c.base = c.top * deepCut
	c.distrust()
}
