package pace

import (
	"cmp"
	"container/heap"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// raced tells that the race detector is on. It makes a simulation take many times as
// long, and finds nothing: there is one goroutine.
var raced bool

// simulates skips a test that simulates hours where the race detector is on.
func simulates(t *testing.T) {
	if raced {
		t.Skip("one goroutine has no races")
	}
}

// behaviour is one model server and its clients.
type behaviour struct {
	limit    func() limiter // nil: unlimited
	says     headers
	latency  time.Duration
	jitter   float64       // share of the latency, each way
	slots    int           // requests served at once; others queue. 0 is unbounded
	changeAt time.Duration // the limit changes then
	change   float64       // by this factor
	other    float64       // another client's requests a second
	noise    disturbance
	chance   func(r *rand.Rand, n int) bool // request n, from 1, is refused whatever the rate
	wait     time.Duration                  // and told to wait so long; 0 isn't told
	fail     func(t time.Duration) bool
	workers  int
	records  int // ends when so many are accepted; 0 goes on until time
	part     int // a pacer has no more to send then; 0 is without end
	time     time.Duration
	pacers   int           // siblings against the same limit; 0 is one
	siblings int           // of whom each knows
	stagger  time.Duration // they begin within this; 0 is 2 s
	end      time.Duration // all but some of them end then; 0 is never
	stay     int           // so many
	learnt   *Learnt
	asked    int // requests just before, without the pacer
	seed     uint64
}

// outcome is what came of it.
type outcome struct {
	accepted, throttled, failed, sent int
	each                              []int // accepted by each sibling
	late                              int   // accepted after the others' end
	allowed                           float64
	time                              time.Duration
	err                               error
	leaves                            []time.Duration
	cores                             []*core
	meanInFlight                      float64
}

func (o outcome) share() float64 { return float64(o.accepted) / o.allowed }
func (o outcome) refused() float64 {
	return float64(o.throttled) / float64(max(1, o.accepted+o.throttled))
}

// event is something that happens in a simulation.
type event struct {
	at     time.Duration
	seq    int
	kind   eventKind
	pacer  int
	left   time.Duration
	back   time.Duration // the way back of an answer
	answer Feedback
}

type eventKind int

const (
	wakes eventKind = iota
	arrives
	served
	answered
	otherArrives
	changes
)

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// simulation drives cores against a model server, without a clock.
type simulation struct {
	b       behaviour
	lim     limiter
	rand    *rand.Rand
	queue   events
	seq     int
	now     time.Duration
	cores   []*core
	since   []time.Duration
	armed   []time.Duration
	busy    int
	arrived int
	backlog []event
	out     outcome
}

func (b behaviour) run(newPolicy func(Options) policy) outcome {
	s := &simulation{b: b, rand: rand.New(rand.NewPCG(b.seed, 1))}
	if b.limit != nil {
		s.lim = b.limit()
	}
	if w, ok := s.lim.(*window); ok {
		w.most = float64(max(1, b.pacers)*cmp.Or(b.workers, 64)) / b.latency.Seconds()
	}
	for range b.asked {
		s.lim.take(0)
	}
	for i := range max(1, b.pacers) {
		o := Options{Workers: b.workers, Rand: rand.NewPCG(b.seed, uint64(i)+2), Learnt: b.learnt, Asked: b.asked, Siblings: b.siblings, MaxWait: 15 * time.Minute}.withDefaults()
		s.b.workers = o.Workers
		s.cores = append(s.cores, newCore(o, newPolicy(o)))
		s.since = append(s.since, 0)
		s.armed = append(s.armed, never)
		s.out.each = append(s.out.each, 0)
		s.cores[i].hold.clock = func() time.Time { return time.Unix(0, 0).Add(s.now) }
	}
	s.out.cores = s.cores
	if b.change != 0 {
		s.push(event{at: b.changeAt, kind: changes})
	}
	if b.other > 0 {
		s.push(event{at: 0, kind: otherArrives})
	}
	for i := range s.cores {
		// Siblings don't start in the same instant.
		at := time.Duration(0)
		if i > 0 {
			at = time.Duration(s.rand.Int64N(int64(cmp.Or(b.stagger, 2*time.Second))))
		}
		s.since[i], s.armed[i] = at, at
		s.push(event{at: at, kind: wakes, pacer: i})
	}
	var area float64
	for s.queue.Len() > 0 && s.out.err == nil {
		e := heap.Pop(&s.queue).(event)
		if e.at > b.time && b.time > 0 {
			break
		}
		for _, c := range s.cores {
			area += float64(c.inFlight) * (e.at - s.now).Seconds()
		}
		s.now = e.at
		s.handle(e)
		if b.records > 0 && s.out.accepted >= b.records {
			break
		}
	}
	s.out.time = s.now
	s.out.meanInFlight = area / s.now.Seconds()
	s.out.allowed = math.Inf(1)
	if s.b.latency > 0 {
		s.out.allowed = float64(s.b.workers*len(s.cores)) / b.latency.Seconds() * s.now.Seconds()
	}
	if b.slots > 0 {
		s.out.allowed = min(s.out.allowed, float64(b.slots)/b.latency.Seconds()*s.now.Seconds())
	}
	if s.lim != nil {
		s.out.allowed = min(s.out.allowed, s.lim.allowed(s.now)-b.other*s.now.Seconds())
	}
	return s.out
}

func (s *simulation) push(e event) {
	s.seq++
	e.seq = s.seq
	heap.Push(&s.queue, e)
}

// mostWay is the longest way to a server: what a latency has beyond two of
// them is the server's own work, after its rate limit.
const mostWay = 25 * time.Millisecond

// shake varies d by the jitter.
func (s *simulation) shake(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 + s.b.jitter*(2*s.rand.Float64()-1)))
}

// ways are there and back, the work included.
func (s *simulation) ways() (there, back time.Duration) {
	there = min(s.b.latency/2, mostWay)
	return s.shake(there), s.shake(s.b.latency - there)
}

func (s *simulation) handle(e event) {
	switch e.kind {
	case wakes:
		if s.armed[e.pacer] == e.at {
			s.armed[e.pacer] = never
			s.dispatch(e.pacer)
		}
	case arrives:
		s.arrive(e)
	case served:
		s.busy--
		if len(s.backlog) > 0 {
			next := s.backlog[0]
			s.backlog = s.backlog[1:]
			s.serve(next)
		}
		s.reply(e)
	case answered:
		f := e.answer
		f.Latency = s.now - e.left
		switch f.Kind {
		case OK:
			s.out.accepted++
			if s.now >= s.b.end {
				s.out.late++
			}
			s.out.each[e.pacer]++
		case Throttled:
			s.out.throttled++
		case Failed:
			s.out.failed++
		}
		c := s.cores[e.pacer]
		if c.inFlight == s.b.workers {
			s.since[e.pacer] = s.now
		}
		c.done(s.now, e.left, &f)
		s.dispatch(e.pacer)
	case otherArrives:
		s.lim.take(s.now)
		s.push(event{at: s.now + time.Duration(1e9/s.b.other*(0.5+s.rand.Float64())), kind: otherArrives})
	case changes:
		s.lim.scale(s.now, s.b.change)
	}
}

func (s *simulation) arrive(e event) {
	e.answer.Kind = OK
	if s.b.fail != nil && s.b.fail(s.now) {
		e.answer.Kind, e.answer.Status = Failed, 503
	} else if s.b.chance != nil {
		s.arrived++
		e.answer.Limits.Remaining = -1
		if s.b.chance(s.rand, s.arrived) {
			e.answer.Kind = Throttled
			e.answer.Limits.HasRetryAfter, e.answer.Limits.RetryAfter = s.b.wait > 0, s.b.wait
		}
	} else if s.lim != nil {
		if !s.lim.take(s.now) {
			e.answer.Kind = Throttled
		}
		e.answer.Limits = s.b.says.fill(s.lim, s.now, e.answer.Kind)
	}
	if s.b.slots > 0 && e.answer.Kind == OK {
		if s.busy >= s.b.slots {
			s.backlog = append(s.backlog, e)
			return
		}
		s.serve(e)
		return
	}
	s.reply(e)
}

// serve occupies a slot. Where a server has slots, all its latency is there.
func (s *simulation) serve(e event) {
	s.busy++
	e.kind = served
	e.at = s.now + s.disturb(s.shake(s.b.latency))
	s.push(e)
}

func (s *simulation) reply(e event) {
	e.kind = answered
	e.at = s.now + e.back
	if s.b.slots == 0 {
		e.at = s.now + s.disturb(e.back)
	}
	s.push(e)
}

func (s *simulation) disturb(d time.Duration) time.Duration {
	if s.b.noise == nil {
		return d
	}
	return s.b.noise(s.rand, s.now, d)
}

// ended tells whether a pacer has nothing more to send now.
func (s *simulation) ended(i int) bool {
	if s.b.part > 0 && s.out.each[i]+s.cores[i].inFlight >= s.b.part {
		return true
	}
	return s.b.end > 0 && s.now >= s.b.end && i >= s.b.stay
}

func (s *simulation) dispatch(i int) {
	c := s.cores[i]
	for !s.ended(i) {
		at, err := c.due(s.now, s.since[i])
		if err != nil {
			s.out.err = err
			return
		}
		if at > s.now {
			if at != never && at != s.armed[i] {
				s.armed[i] = at
				s.push(event{at: at, kind: wakes, pacer: i})
			}
			return
		}
		c.depart(s.now, s.since[i])
		s.since[i] = s.now
		s.out.sent++
		if s.b.records > 0 || s.out.sent <= 20000 {
			s.out.leaves = append(s.out.leaves, s.now)
		}
		e := event{kind: arrives, pacer: i, left: s.now}
		if s.b.slots == 0 {
			there, back := s.ways()
			e.at, e.back = s.now+there, back
		} else {
			e.at = s.now
		}
		s.push(e)
	}
}
