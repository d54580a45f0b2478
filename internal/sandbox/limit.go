package sandbox

import (
	"math"
	"sync"
	"time"
)

// Limit is a rate limit [rate-limits]. The API publishes neither its size nor
// its form, so there is every usual one. The zero value is no limit.
type Limit struct {
	Requests int           // so many in each Window; 0: no limit
	Window   time.Duration // 0: a minute
	Form     LimitForm
	Burst    int // LimitBucket: so many at once after a rest; 0: Requests

	PerToken     bool    // each token has a limit of its own
	WritesOnly   bool    // reading is free
	CountRefused bool    // refused requests use up the limit as well
	OthersShare  float64 // what another client uses of the limit all the time, 0 to 1

	Status  int // of a refused request; 0: 429
	Headers LimitHeaders
	Retry   RetryForm
}

// LimitForm is how a limit counts.
type LimitForm string

// The forms of a limit.
const (
	LimitFixed     LimitForm = ""        // windows that begin at whole multiples of their length on the clock
	LimitFromFirst LimitForm = "first"   // windows that begin with the first request after the last one's end
	LimitSliding   LimitForm = "sliding" // so many in any span of the window's length
	LimitBucket    LimitForm = "bucket"  // a bucket of Burst tokens that fills evenly
)

// LimitHeaders are the headers that tell of the limit.
type LimitHeaders string

// The headers that tell of the limit.
const (
	HeadersNone      LimitHeaders = ""
	HeadersXEpoch    LimitHeaders = "x-epoch"   // X-RateLimit-Limit, -Remaining, -Reset in Unix seconds
	HeadersXDelta    LimitHeaders = "x-delta"   // the same with -Reset in seconds from now
	HeadersXRefusals LimitHeaders = "x-refusal" // -Reset (Unix seconds) on refused requests only
	HeadersIETF      LimitHeaders = "ietf"      // RateLimit and RateLimit-Policy, structured
	HeadersIETFOld   LimitHeaders = "ietf-old"  // RateLimit-Limit, -Remaining, -Reset (seconds from now)
)

// RetryForm is how a refused request is told when to come back.
type RetryForm string

// How a refused request is told when to come back.
const (
	RetrySeconds  RetryForm = ""         // Retry-After in whole seconds, rounded up
	RetryFraction RetryForm = "fraction" // Retry-After: 0.250
	RetryDate     RetryForm = "date"     // Retry-After as an HTTP date
	RetryZero     RetryForm = "zero"     // Retry-After: 0, whatever the truth
	RetryNonsense RetryForm = "nonsense" // Retry-After: soon
	RetryDay      RetryForm = "day"      // Retry-After: 86400
	RetryBody     RetryForm = "body"     // retry_after in the body, no header
	RetryNone     RetryForm = "none"
)

// limiter applies a Limit to everybody or to each token.
type limiter struct {
	mu     sync.Mutex
	limit  Limit
	meters map[string]*meter
}

// verdict is what the limit says to one request.
type verdict struct {
	limit     *Limit // nil: there is none
	admitted  bool
	remaining int
	reset     time.Duration // until the whole limit is there again, as far as the form has such a point
	wait      time.Duration // until a refused request could be admitted
}

// SetLimit changes the rate limit while the CRM runs. What was used of it stays
// used, if the form and window are the same.
func (c *CRM) SetLimit(limit Limit) {
	if limit.Window <= 0 {
		limit.Window = time.Minute
	}
	if limit.Burst <= 0 {
		limit.Burst = limit.Requests
	}
	l := &c.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit.Form != limit.Form || l.limit.Window != limit.Window || l.meters == nil {
		l.meters = make(map[string]*meter)
	}
	l.limit = limit
}

// admit asks the limit for one request.
func (l *limiter) admit(now time.Time, token string, write bool) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit.Requests <= 0 || l.limit.WritesOnly && !write {
		return verdict{admitted: true}
	}
	if !l.limit.PerToken {
		token = ""
	}
	m := l.meters[token]
	if m == nil {
		m = &meter{tokens: float64(l.limit.Burst), filled: now}
		l.meters[token] = m
	}
	limit := l.limit
	v := m.take(now, &limit)
	v.limit = &limit
	return v
}

// meter counts one client's use of the limit.
type meter struct {
	start time.Time // of the window
	used  int       // in the window

	tokens float64 // in the bucket
	filled time.Time

	times []time.Time // of the requests in the sliding window
}

func (m *meter) take(now time.Time, l *Limit) verdict {
	switch l.Form {
	case LimitBucket:
		return m.takeToken(now, l)
	case LimitSliding:
		return m.takeSliding(now, l)
	}
	return m.takeFixed(now, l)
}

// takeFixed counts in windows. The other client's use grows evenly from each
// window's begin to its end.
func (m *meter) takeFixed(now time.Time, l *Limit) verdict {
	if m.start.IsZero() || !now.Before(m.start.Add(l.Window)) || now.Before(m.start) {
		m.start, m.used = now, 0
		if l.Form == LimitFixed {
			m.start = now.Truncate(l.Window)
		}
	}
	elapsed := now.Sub(m.start)
	others := int(math.Ceil(l.OthersShare * float64(l.Requests) * float64(elapsed) / float64(l.Window)))
	v := verdict{reset: l.Window - elapsed, admitted: m.used+others < l.Requests}
	if v.admitted || l.CountRefused {
		m.used++
	}
	v.remaining = max(0, l.Requests-m.used-others)
	v.wait = v.reset
	return v
}

// takeSliding remembers the time of every request in the window.
func (m *meter) takeSliding(now time.Time, l *Limit) verdict {
	old := 0
	for old < len(m.times) && !now.Before(m.times[old].Add(l.Window)) {
		old++
	}
	m.times = m.times[old:]
	mine := l.Requests - int(math.Ceil(l.OthersShare*float64(l.Requests)))
	v := verdict{admitted: len(m.times) < mine}
	if v.admitted || l.CountRefused {
		m.times = append(m.times, now)
	}
	v.remaining = max(0, mine-len(m.times))
	v.reset, v.wait = l.Window, l.Window
	if len(m.times) > 0 {
		v.reset = m.times[len(m.times)-1].Add(l.Window).Sub(now)
	}
	if !v.admitted && mine > 0 {
		// With refused requests counted, those behind this one still lie ahead.
		v.wait = m.times[len(m.times)-mine].Add(l.Window).Sub(now)
	}
	return v
}

// takeToken takes a token out of a bucket that fills at an even pace.
func (m *meter) takeToken(now time.Time, l *Limit) verdict {
	perSecond := float64(l.Requests) / l.Window.Seconds() * (1 - l.OthersShare)
	burst := float64(l.Burst)
	if passed := now.Sub(m.filled).Seconds(); passed > 0 {
		m.tokens += passed * perSecond
	}
	m.filled = now
	m.tokens = min(m.tokens, burst)
	const rounding = 1e-6 // so that who comes back exactly in time is not refused
	v := verdict{admitted: m.tokens >= 1-rounding}
	if v.admitted || l.CountRefused {
		m.tokens = max(m.tokens-1, -burst)
	}
	v.remaining = max(0, int(m.tokens+rounding))
	v.reset = seconds((burst - m.tokens) / perSecond)
	v.wait = seconds((1 - m.tokens) / perSecond)
	return v
}

// seconds makes a duration of seconds, at most a day.
func seconds(s float64) time.Duration {
	return time.Duration(min(max(s, 0), 86400) * float64(time.Second))
}
