package pace

import (
	"cmp"
	"math"
	"sort"
	"time"
)

// budget is what the headers say is left of the limit.
type budget struct {
	limit  int
	window time.Duration // 0 unknown

	known bool          // something is known of what is left
	left  int           // requests that may still leave
	least int           // the least remaining seen in this window
	end   time.Duration // when the window ends; 0 unknown
	jump  time.Duration // when the request left whose answer showed a new window

	crossed bool // a window has ended since the beginning

	patience time.Duration // with nothing in flight, a window's end isn't awaited for longer

	leaves []time.Duration // the last departures, a ring
	next   int
	count  int
}

func newBudget(workers int) budget {
	return budget{leaves: make([]time.Duration, max(1024, 4*workers)), patience: time.Minute}
}

// depart counts a departure.
func (b *budget) depart(now time.Duration) {
	b.leaves[b.next] = now
	b.next = (b.next + 1) % len(b.leaves)
	b.count++
	b.left--
}

// since counts the departures later than t.
func (b *budget) since(t time.Duration) int {
	n := min(b.count, len(b.leaves))
	// The ring's newest is at next-1: index 0 is the newest.
	return sort.Search(n, func(i int) bool {
		return b.leaves[(b.next-1-i+2*len(b.leaves))%len(b.leaves)] <= t
	})
}

// between counts the departures later than from, up to to. It counts too many, rather
// than too few, where it doesn't remember them all.
func (b *budget) between(from, to time.Duration) int {
	n := b.since(from)
	if n == len(b.leaves) {
		return b.count
	}
	return n - b.since(to)
}

// answer reads an answer's headers, and returns the factor by which the limit
// changed, 1 if it didn't.
func (b *budget) answer(now, left time.Duration, l *Limits) (factor float64) {
	factor = 1
	if l.Limit > 0 {
		if b.limit > 0 && l.Limit != b.limit {
			factor = float64(l.Limit) / float64(b.limit)
		}
		b.limit = l.Limit
	}
	if l.Window > 0 {
		b.window = l.Window
	}
	if l.HasRetryAfter && l.Reset > l.RetryAfter+1500*time.Millisecond && b.limit > 0 {
		// Something is to be had earlier: an empty bucket, full again by then.
		b.window = cmp.Or(b.window, l.Reset)
		b.known, b.end, b.crossed = false, 0, true
		return factor
	}
	if l.Limit == 1 && l.Window == 0 && l.Reset > b.window {
		b.window = l.Reset // one request in each window: the longest time to its end is its length
	}
	if l.Remaining < 0 || left < b.jump {
		return factor // an answer out of order speaks of a window that is over
	}
	fresh := !b.known || b.end > 0 && now > b.end
	if up := l.Remaining - b.least; b.known && up > max(1, b.limit/3) {
		fresh, b.crossed = true, true
		b.jump = left
	}
	if fresh {
		b.least, b.end = l.Remaining, 0
	}
	b.known = true
	b.least = min(b.least, l.Remaining)
	if l.Reset > 0 {
		if end := now + l.Reset; b.end == 0 || end < b.end {
			b.end = end
		}
	}
	b.left = b.least - b.since(left)
	return factor
}

// infer guesses the window that the server didn't name: the usual one in which
// its limit makes the rate that was measured.
func (b *budget) infer(perSecond float64) {
	if b.window != 0 || b.limit == 0 {
		return
	}
	for _, seconds := range []float64{1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 3600} {
		if r := float64(b.limit) / perSecond / seconds; r > 0.95 && r < 1.08 {
			b.window = time.Duration(seconds) * time.Second
			return
		}
	}
}

// due tells when the next may leave: at once while something is left. Where
// the window is short beside the latency or the whole seconds in which servers
// speak, what is left says nothing, and an even rate is all there is to do.
func (b *budget) due(now, usual time.Duration, inFlight int, rated bool) time.Duration {
	if !b.known || b.left > 0 {
		return now
	}
	if rated || b.window > 0 {
		if b.end == 0 || b.short(b.end-now, usual) || b.window > 0 && b.short(b.window, usual) {
			return now
		}
	}
	if b.end > 0 && now >= b.end {
		b.left, b.least, b.end = max(1, b.limit), b.limit, 0
		b.crossed = true
		return now
	}
	if inFlight == 0 && (b.end == 0 || b.end > now+b.patience) {
		return now
	}
	if b.end > 0 {
		return b.end
	}
	return never
}

func (b *budget) short(d, usual time.Duration) bool {
	return d < max(4*usual, 3*time.Second)
}

// reopened forgets what was left before a pause.
func (b *budget) reopened() { b.known, b.end, b.crossed = false, 0, true }

// perSecond is the limit as the headers say it; 0 unknown.
func (b *budget) perSecond() float64 {
	if b.limit == 0 || b.window == 0 {
		return 0
	}
	return 0.985 * float64(b.limit) / b.window.Seconds()
}

// spend is the rate that spends what is left until the window's end.
func (b *budget) spend(now, usual time.Duration) float64 {
	if !b.known || b.end <= now || b.left <= 0 || b.short(max(b.end-now, b.window), usual) {
		return 0
	}
	if !b.crossed && b.left > b.limit/2 {
		return math.Inf(1) // the first of a file leaves fast
	}
	until := max(b.end-now, 2*usual, 100*time.Millisecond)
	return float64(b.left) / until.Seconds()
}
