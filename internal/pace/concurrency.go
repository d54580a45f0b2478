package pace

import (
	"math"
	"slices"
	"time"
)

const (
	// Queueing is told from noise by both: even the fast answers take so many
	// times their usual time, and so much longer. Below that nobody is hurt,
	// and a garbage collection or a busy machine does as much.
	queueingTimes = 2
	queueingDelay = 100 * time.Millisecond

	fastShare  = 4   // the fast answers of a round are up to its lower quartile
	leastRound = 16  // answers
	trialRound = 48  // in a trial
	mostKept   = 0.6 // of the lanes, in a trial of fewer
	stillFast  = 0.8 // of the answers a second must be left with fewer lanes

	// A trial of fewer lanes that cost throughput makes the next one later.
	firstPatience = 10 * time.Second
	mostPatience  = 5 * time.Minute
)

// concurrency is how many requests may be in flight: from one to all workers,
// as long as the answers don't queue for it. Where they do, the server is at its
// best already. Whether they do is first suspected and then tried: late answers
// alone may be noise, but if fewer requests in flight are answered at the same
// rate as many, the others were only queueing.
type concurrency struct {
	most  int
	lanes float64
	usual time.Duration // latency now, smoothed
	base  time.Duration // latency of the fast answers where nothing queues
	count int           // answers so far

	queued  bool          // the knee was met: climb slowly
	changed time.Duration // answers to requests that left earlier measure old lanes
	round   round

	trial    trialStage
	many     speed // before the trial of fewer
	few      speed // in it
	patience time.Duration
	next     time.Duration // no trial earlier
}

// speed is the answers a second that so many lanes got.
type speed struct{ lanes, perSecond float64 }

// trialStage is how far a trial of fewer lanes has come.
type trialStage int

const (
	noTrial   trialStage = iota
	fewer                // the first round of fewer lanes
	manyAgain            // and one of as many as before, lest the server itself changed
)

// round is the answers by which the lanes are judged.
type round struct {
	latencies []time.Duration
	sum       time.Duration
	began     time.Duration
	full      bool // all lanes were used
}

func (r *round) clear() { *r = round{latencies: r.latencies[:0]} }

func newConcurrency(workers int) concurrency {
	return concurrency{most: workers, lanes: 1, patience: firstPatience}
}

func (c *concurrency) limit() int { return int(c.lanes) }

// restart begins from little again, after an outage.
func (c *concurrency) restart() {
	c.set(1, 0)
	c.queued, c.trial = false, noTrial
}

func (c *concurrency) set(lanes float64, now time.Duration) {
	c.lanes = min(max(lanes, 1), float64(c.most))
	c.changed = now
	c.round.clear()
}

// good takes a good answer.
func (c *concurrency) good(now, left time.Duration, inFlight int) {
	latency := max(now-left, 0)
	c.count++
	c.usual += (latency - c.usual) / time.Duration(min(c.count, 16))
	if c.base == 0 {
		c.base = latency // of a request that was alone
	}
	full := inFlight+1 >= c.limit()
	if !c.queued && !c.late(latency) {
		c.lanes = min(c.lanes+c.step(), float64(c.most))
	}
	if left < c.changed {
		return
	}
	r := &c.round
	if len(r.latencies) == 0 {
		r.began = now
	}
	r.latencies = append(r.latencies, latency)
	r.sum += latency
	r.full = r.full || full
	if len(r.latencies) >= c.enough() {
		c.judge(now)
		r.clear()
	}
}

// fewRecords is as many as a small file has: so long the ramp is no steeper than
// such a file needs.
const fewRecords = 300

// step is what a good answer adds to the lanes while they ramp up. All that is
// in flight when the limit is met is refused, so the ramp is as gentle as can be:
// 300 records take about a second more than without a pace, less where answers
// come fast (0.4 s at 5 ms), which doubles the lanes each round trip where they
// come slowly (500 ms).
func (c *concurrency) step() float64 {
	s := c.usual.Seconds()
	step := 4.2 * s / (1 + s)
	if c.count > fewRecords {
		return max(step, 1.0/16)
	}
	return step
}

func (c *concurrency) late(latency time.Duration) bool {
	return latency > queueingTimes*c.base && latency > c.base+queueingDelay
}

// enough is how many answers make a round.
func (c *concurrency) enough() int {
	if c.trial != noTrial {
		return max(trialRound, c.limit())
	}
	return max(leastRound, c.limit())
}

// judge takes a round.
func (c *concurrency) judge(now time.Duration) {
	r := &c.round
	slices.Sort(r.latencies)
	n := len(r.latencies)
	fast := r.latencies[n/fastShare]
	// By Little's law; but where lanes were just added, the queue only grows.
	lanes := float64(c.limit())
	got := speed{lanes, min(lanes*float64(n)/r.sum.Seconds(), float64(n-1)/(now-r.began).Seconds())}
	c.base = min(c.base, fast)
	if !r.full {
		return
	}
	late := c.late(fast)
	switch {
	case c.trial == fewer && got.perSecond >= stillFast*c.many.perSecond:
		c.trial, c.few = manyAgain, got
		c.set(c.many.lanes, now)
	case c.trial == manyAgain && c.few.perSecond >= stillFast*got.perSecond:
		c.trial, c.patience = noTrial, firstPatience
		c.set(c.few.lanes, now)
	case c.trial != noTrial:
		// It isn't a queue: the server takes longer now, or the machine is busy.
		c.trial, c.base = noTrial, max(c.base, fast)
		c.next = now + c.patience
		c.patience = min(2*c.patience, mostPatience)
		c.set(c.many.lanes, now)
	case late && !c.queued: // measure without climbing first
		c.queued = true
		c.changed = now
	case late && now >= c.next:
		c.trial, c.many = fewer, got
		c.set(math.Floor(c.lanes*max(0.5, min(mostKept, 1.5*float64(c.base)/float64(fast)))), now)
	case !late && c.queued:
		c.set(c.lanes+max(1, c.lanes/8), now)
	}
}
