package pace

import (
	"math"
	"time"
)

// Auto finds the pace by itself: see the package comment for how.
type Auto struct {
	gate
	search *search
}

var _ Pacer = (*Auto)(nil)

// NewAuto makes a pacer that finds the service's rate limit.
func NewAuto(o Options) *Auto {
	o = o.withDefaults()
	a := &Auto{search: newSearch(o)}
	a.gate = newGate(newCore(o, a.search))
	return a
}

// Learnt tells what the run found out about the limit, for the next run. It is
// nil where no limit was met: nothing is known then that the next run would
// not find out as fast by itself.
func (a *Auto) Learnt() *Learnt {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.search.learnt(time.Now())
}

// search is the policy of a found rate: three opinions on when the next request
// may leave, of which the most careful one counts.
type search struct {
	lanes  concurrency // how many at once
	climb  climb       // how many a second, as 429s taught
	budget budget      // how many are left, as the headers say

	next  time.Duration // the next departure by the rate
	aimed float64       // the rate at the last departure
	met   bool          // a limit was met in this run

	// What headers and 429s taught is asked again after so long: who waits longer for
	// it would wait beyond --max-wait, for what nobody refused.
	longest time.Duration
}

func newSearch(o Options) *search {
	s := &search{lanes: newConcurrency(o.Workers), budget: newBudget(o.Workers), aimed: math.Inf(1)}
	s.climb.asked = o.Asked
	s.climb.siblings = max(1, o.Siblings)
	s.longest = time.Hour
	if o.MaxWait > 0 {
		s.longest = min(s.longest, o.MaxWait)
	}
	s.budget.patience = min(s.longest, time.Minute)
	if start, ok := o.Learnt.start(time.Now()); ok {
		s.climb.begin(start / float64(s.climb.siblings))
		s.aimed = s.climb.base
	}
	return s
}

func (s *search) due(now, _ time.Duration, inFlight int) time.Duration {
	if inFlight >= s.lanes.limit() {
		return never
	}
	return max(s.next, s.budget.due(now, s.lanes.usual, inFlight, s.climb.on))
}

// depart spaces the next departure from this one. What a late timer lost is
// made up for, an idle time is not.
func (s *search) depart(now, since time.Duration) {
	s.budget.depart(now)
	s.aimed = s.aim(now)
	s.climb.depart(now, s.aimed)
	if !math.IsInf(s.aimed, 1) {
		s.next = max(s.next, since, now-catchUp) + s.every(s.aimed)
	}
}

func (s *search) every(perSecond float64) time.Duration {
	return seconds(min(1/perSecond, s.longest.Seconds()))
}

// aim is the rate in requests a second.
func (s *search) aim(now time.Duration) float64 {
	r := s.climb.at(now)
	spend := s.budget.spend(now, s.lanes.usual)
	if most := s.budget.perSecond(); most > 0 {
		r = min(r, most)
	} else if !s.climb.on && spend > 0 {
		return spend
	}
	return max(r, spend)
}

func (s *search) good(now, left time.Duration, inFlight int, f *Feedback) {
	s.lanes.good(now, left, inFlight)
	s.climb.good()
	s.climb.usual = s.lanes.usual
	s.header(now, left, f)
}

// header reads what the server says of its limit.
func (s *search) header(now, left time.Duration, f *Feedback) {
	if !f.Limits.HasLimit {
		return
	}
	if factor := s.budget.answer(now, left, &f.Limits); factor != 1 {
		s.climb.scale(factor)
	}
}

func (s *search) throttled(now, left time.Duration, f *Feedback, news bool) {
	s.met = true
	s.header(now, left, f)
	s.climb.limit = float64(s.budget.limit)
	if news {
		s.climb.exhausted(now, left, f.wait(), func(d time.Duration) int {
			return s.budget.between(left-d, left)
		})
	}
	s.climb.refused(left, f.wait() > 0)
}

func (s *search) held(until time.Duration, outage bool) {
	if outage {
		s.next = max(s.next, until)
		return
	}
	s.climb.settle(until, s.budget.perSecond())
	// An empty bucket refuses the next request that comes a little early: let
	// it get some drops first.
	first := min(250*time.Millisecond, 5*s.every(s.climb.base))
	if s.climb.chance.level > 0 {
		first = 0
	}
	s.next = max(s.next, until+first)
}

func (s *search) reopened(now, left time.Duration, outage bool) {
	s.budget.reopened()
	if outage {
		s.lanes.restart()
		return
	}
	if !s.climb.wasOn {
		s.lanes.restart() // the guess may be far too high
	}
	s.climb.reopened(left, s.budget.perSecond())
	if s.climb.proved > 0 {
		s.budget.infer(s.climb.top)
	}
	s.next = max(s.next, left+s.every(s.climb.at(now)))
}

func (s *search) rate() float64 {
	if math.IsInf(s.aimed, 1) {
		return 0
	}
	return s.aimed
}

func (s *search) learnt(at time.Time) *Learnt {
	l := &Learnt{Limit: s.budget.perSecond(), Window: s.budget.window, At: at}
	if s.climb.on && s.met {
		l.Limit = s.climb.top * float64(s.climb.siblings)
	}
	if l.Limit == 0 {
		return nil
	}
	return l
}
