package pace

import "time"

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
	most   float64 // requests a second that the workers can send; 0 unbounded
}

// could is how many of the window that began at t could be used until d later.
func (w *window) could(n float64, d time.Duration) float64 {
	if w.most > 0 {
		n = min(n, w.most*d.Seconds())
	}
	return n
}

func (w *window) advance(t time.Duration) {
	if i := int64((t + w.phase) / w.length); i != w.index {
		w.before += w.could(w.n, w.length) * float64(i-w.index)
		if w.index == 0 {
			w.before += w.could(w.n, w.length-w.phase) - w.could(w.n, w.length)
		}
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
