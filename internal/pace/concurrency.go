package pace

import "time"

const (
	firstLanes = 2 // requests in flight before the first answer
	moreLanes  = 6 // and after it

	// Queueing is told from noise by both: the answers take so many times
	// their usual time, and so much longer. Below that nobody is hurt.
	queueingTimes = 2
	queueingDelay = 20 * time.Millisecond
)

// concurrency is how many requests may be in flight: from few to all workers,
// as long as the answers don't take longer for it. Where they do, the server
// (or this machine) is at its best already, and more would only queue.
type concurrency struct {
	most  int
	lanes float64
	usual time.Duration // latency now, smoothed
	base  time.Duration // latency where nothing queues
	count int           // answers so far

	queued  bool          // the knee was met: climb slowly
	changed time.Duration // answers to requests that left earlier measure old lanes
	round   round

	before float64       // lanes before the last reduction; 0 none
	slow   time.Duration // and the latency then
}

// round is the answers by which the lanes are judged.
type round struct {
	sum   time.Duration
	count int
	full  bool // all lanes were used
}

func newConcurrency(workers int) concurrency {
	return concurrency{most: workers, lanes: float64(min(firstLanes, workers))}
}

func (c *concurrency) limit() int { return int(c.lanes) }

// restart begins from little again, after an outage.
func (c *concurrency) restart() {
	c.set(firstLanes, 0)
	c.queued = false
}

func (c *concurrency) set(lanes float64, now time.Duration) {
	c.lanes = min(max(lanes, firstLanes), float64(c.most))
	c.changed, c.round = now, round{}
}

// good takes a good answer.
func (c *concurrency) good(now, left time.Duration, inFlight int) {
	latency := max(now-left, 0)
	c.count++
	if c.count <= firstLanes {
		c.usual += (latency - c.usual) / time.Duration(c.count)
		c.base = c.usual
		c.lanes = max(c.lanes, float64(min(moreLanes, c.most)))
		return
	}
	c.usual += (latency - c.usual) / 16
	full := inFlight+1 >= c.limit()
	if !c.queued {
		c.ramp(now, full)
		return
	}
	if left < c.changed {
		return
	}
	c.round.sum += latency
	c.round.count++
	c.round.full = c.round.full || full
	if c.round.count >= max(8, c.limit()) {
		c.judge(now)
	}
}

// ramp raises the lanes with each answer, until they are all in use or the
// answers come late. A slow server needs doubling each round trip, so that a
// small file isn't finished before the ramp is; a fast one has time enough to
// find out that there is a limit before many requests are in flight.
func (c *concurrency) ramp(now time.Duration, full bool) {
	if c.count > 32 {
		c.base = min(c.base, c.usual)
	}
	if full && c.late(c.usual) {
		c.queued = true
		c.reduce(now, c.usual)
		c.before = 0 // a smoothed latency is no measure to compare with
		return
	}
	s := c.usual.Seconds()
	step := min(max(3*s, 1.0/32), max(1, 1.5*s))
	c.lanes = min(c.lanes+step, float64(c.most))
}

func (c *concurrency) late(latency time.Duration) bool {
	return latency > queueingTimes*c.base && latency > c.base+queueingDelay
}

// judge compares a round's mean latency with the usual one.
func (c *concurrency) judge(now time.Duration) {
	mean, full := c.round.sum/time.Duration(c.round.count), c.round.full
	c.round = round{}
	c.base = min(c.base, mean)
	switch {
	case full && c.late(mean) && c.before > 0 && mean > c.slow*9/10:
		// Fewer requests were not answered faster: it isn't a queue, the
		// server takes longer now.
		c.base = mean
		c.set(c.before, now)
		c.before = 0
	case full && c.late(mean):
		c.reduce(now, mean)
	case full && mean < c.base*3/2:
		c.before = 0
		c.set(c.lanes+max(1, c.lanes/8), now)
	default:
		c.before = 0
	}
}

// reduce goes back to the lanes that the server can serve at once.
func (c *concurrency) reduce(now, latency time.Duration) {
	c.before, c.slow = c.lanes, latency
	c.set(c.lanes*max(0.5, 1.5*float64(c.base)/float64(latency)), now)
}
