package pace

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"time"
)

// A limiter is the rate limit of a model server. Its times are those at which
// requests arrive; they never go backwards.
type limiter interface {
	take(t time.Duration) bool
	scale(t time.Duration, factor float64) // the limit changes
	// what a truthful server would say of itself at t:
	limit() (n float64, window time.Duration)
	remaining(t time.Duration) int
	reset(t time.Duration) time.Duration      // until the window ends, or the bucket is full
	retryAfter(t time.Duration) time.Duration // until the next request is taken
	// allowed is the most that could have been taken between 0 and t.
	allowed(t time.Duration) float64
}

// bucket refills steadily.
type bucket struct {
	perSecond, burst, tokens float64
	last                     time.Duration
	given                    float64 // all tokens that ever were
}

func newBucket(perSecond, burst float64) *bucket {
	return &bucket{perSecond: perSecond, burst: burst, tokens: burst, given: burst}
}

func (b *bucket) advance(t time.Duration) {
	d := (t - b.last).Seconds() * b.perSecond
	b.given += d
	b.tokens = min(b.burst, b.tokens+d)
	b.last = t
}

func (b *bucket) take(t time.Duration) bool {
	b.advance(t)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
func (b *bucket) scale(t time.Duration, f float64) {
	b.advance(t)
	b.perSecond *= f
	b.burst = max(1, b.burst*f)
}
func (b *bucket) limit() (float64, time.Duration) {
	return b.burst, time.Duration(b.burst / b.perSecond * 1e9)
}
func (b *bucket) remaining(time.Duration) int { return int(b.tokens) }
func (b *bucket) reset(time.Duration) time.Duration {
	return time.Duration((b.burst - b.tokens) / b.perSecond * 1e9)
}
func (b *bucket) retryAfter(time.Duration) time.Duration {
	return time.Duration(max(0, 1-b.tokens) / b.perSecond * 1e9)
}
func (b *bucket) allowed(t time.Duration) float64 { b.advance(t); return b.given }

// window counts anew in each stretch of its length.
type window struct {
	n      float64
	length time.Duration
	phase  time.Duration // the first window is shorter by this
	index  int64
	used   int
	before float64 // allowed in the windows that ended
}

func (w *window) advance(t time.Duration) {
	if i := int64((t + w.phase) / w.length); i != w.index {
		w.before += w.n * float64(i-w.index)
		w.index, w.used = i, 0
	}
}
func (w *window) take(t time.Duration) bool {
	w.advance(t)
	if w.used >= int(w.n) {
		return false
	}
	w.used++
	return true
}
func (w *window) scale(t time.Duration, f float64)    { w.advance(t); w.n *= f }
func (w *window) limit() (float64, time.Duration)     { return w.n, w.length }
func (w *window) remaining(time.Duration) int         { return max(0, int(w.n)-w.used) }
func (w *window) reset(t time.Duration) time.Duration { return w.length - (t+w.phase)%w.length }
func (w *window) retryAfter(t time.Duration) time.Duration {
	return w.reset(t)
}
func (w *window) allowed(t time.Duration) float64 {
	w.advance(t)
	return w.before + w.n*float64((t+w.phase)%w.length)/float64(w.length)
}

// sliding lets no stretch of its length have more than n.
type sliding struct {
	n      float64
	length time.Duration
	log    []time.Duration
	given  float64
	last   time.Duration
}

func (s *sliding) advance(t time.Duration) {
	s.given += s.n * float64(t-s.last) / float64(s.length)
	s.last = t
	for len(s.log) > 0 && s.log[0] <= t-s.length {
		s.log = s.log[1:]
	}
}
func (s *sliding) take(t time.Duration) bool {
	s.advance(t)
	if len(s.log) >= int(s.n) {
		return false
	}
	s.log = append(s.log, t)
	return true
}
func (s *sliding) scale(t time.Duration, f float64) { s.advance(t); s.n *= f }
func (s *sliding) limit() (float64, time.Duration)  { return s.n, s.length }
func (s *sliding) remaining(time.Duration) int      { return max(0, int(s.n)-len(s.log)) }
func (s *sliding) reset(t time.Duration) time.Duration {
	return s.retryAfter(t)
}
func (s *sliding) retryAfter(t time.Duration) time.Duration {
	if len(s.log) < int(s.n) || len(s.log) == 0 {
		return 0
	}
	return s.log[len(s.log)-int(s.n)] + s.length - t
}
func (s *sliding) allowed(t time.Duration) float64 { s.advance(t); return s.given }

// headers is what a model server says of its limit.
type headers int

const (
	saysNothing   headers = iota
	saysRetry             // Retry-After on a 429, to the millisecond
	saysSeconds           // Retry-After on a 429, whole seconds, rounded up
	saysRemaining         // limit and remaining always, Retry-After on a 429
	saysReset             // limit, remaining and reset in whole seconds
	saysPolicy            // limit, remaining, reset, and the window's length
)

var headersNames = []string{"none", "Retry-After ms", "Retry-After", "Remaining", "Reset", "Policy"}

func ceilSecond(d time.Duration) time.Duration {
	return (d + time.Second - 1) / time.Second * time.Second
}

func (h headers) fill(l limiter, t time.Duration, kind Kind) (out Limits) {
	out.Remaining = -1
	if kind == Throttled && h >= saysRetry {
		out.HasRetryAfter = true
		out.RetryAfter = l.retryAfter(t)
		if h >= saysSeconds {
			out.RetryAfter = ceilSecond(out.RetryAfter)
		}
	}
	n, length := l.limit()
	if h >= saysRemaining {
		out.HasLimit, out.Limit, out.Remaining = true, int(n), l.remaining(t)
	}
	if h >= saysReset {
		out.Reset = ceilSecond(l.reset(t))
	}
	if h >= saysPolicy {
		out.Window = length
	}
	return out
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
	fail     func(t time.Duration) bool
	workers  int
	records  int // ends when so many are accepted; 0 goes on until time
	time     time.Duration
	pacers   int // siblings against the same limit; 0 is one
	learnt   *Learnt
	seed     uint64
}

// outcome is what came of it.
type outcome struct {
	accepted, throttled, failed, sent int
	each                              []int // accepted by each sibling
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
	backlog []event
	out     outcome
}

func (b behaviour) run(newPolicy func(Options) policy) outcome {
	s := &simulation{b: b, rand: rand.New(rand.NewPCG(b.seed, 1))}
	if b.limit != nil {
		s.lim = b.limit()
	}
	for i := range max(1, b.pacers) {
		o := Options{Workers: b.workers, Rand: rand.NewPCG(b.seed, uint64(i)+2), Learnt: b.learnt, MaxWait: 15 * time.Minute}.withDefaults()
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
			at = time.Duration(s.rand.Int64N(int64(2 * time.Second)))
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
	e.at = s.now + s.shake(s.b.latency)
	s.push(e)
}

func (s *simulation) reply(e event) {
	e.kind = answered
	e.at = s.now + e.back
	s.push(e)
}

func (s *simulation) dispatch(i int) {
	c := s.cores[i]
	for {
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
