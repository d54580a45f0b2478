package client

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// limits reads what an answer's headers say about the rate limit. What makes no
// sense counts as absent.
func (c *Client) limits(resp *http.Response) Limits {
	h := resp.Header
	clock := serverClock{header: h, now: c.now}
	l := Limits{Remaining: -1}
	l.readLegacy(h, &clock)
	l.readStandard(h)
	l.readRetryAfter(h, &clock)
	l.HasLimit = l.Limit > 0 || l.Remaining >= 0
	if resp.StatusCode == http.StatusTooManyRequests && !l.HasRetryAfter && l.Reset > 0 {
		l.RetryAfter, l.HasRetryAfter = l.Reset, true
	}
	return l
}

// serverClock is the server's time where it says it, for its times are its
// own, else ours.
type serverClock struct {
	header http.Header
	now    func() time.Time
	read   bool
	told   bool // by the server
	at     time.Time
}

func (c *serverClock) time() time.Time {
	if c.read {
		return c.at
	}
	c.read = true
	if date, err := http.ParseTime(first(c.header, "Date")); err == nil {
		c.at, c.told = date, true
	} else {
		c.at = c.now()
	}
	return c.at
}

func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return strings.TrimSpace(v[0])
	}
	return ""
}

// readRetryAfter takes seconds, seconds with a fraction, or a date.
func (l *Limits) readRetryAfter(h http.Header, clock *serverClock) {
	for _, v := range h["Retry-After"] {
		v = strings.TrimSpace(v)
		if d, ok := parseSeconds(v); ok {
			l.RetryAfter, l.HasRetryAfter = d, true
			return
		}
		at, err := http.ParseTime(v)
		if err != nil {
			continue
		}
		d := at.Sub(clock.time())
		if d < 0 && !clock.told {
			continue // perhaps our clock is wrong: that is no reason to hurry
		}
		l.RetryAfter, l.HasRetryAfter = within(d), true
		return
	}
}

// readLegacy reads X-RateLimit-Limit, -Remaining and -Reset, and the same
// without the X, as the earlier drafts of the standard had them.
func (l *Limits) readLegacy(h http.Header, clock *serverClock) {
	for _, prefix := range [...][3]string{
		{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"},
		{"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"},
		{"Ratelimit-Limit", "Ratelimit-Remaining", "Ratelimit-Reset"},
	} {
		if v := first(h, prefix[0]); v != "" {
			l.readLimit(v)
		}
		if n, ok := parseCount(first(h, prefix[1])); ok {
			l.Remaining = n
		}
		if v := first(h, prefix[2]); v != "" {
			if d, ok := parseReset(v, clock); ok {
				l.Reset = d
			}
		}
	}
}

// readLimit reads "100" and "100, 100;w=60", whose policies tell the window.
func (l *Limits) readLimit(v string) {
	head, policies, _ := strings.Cut(v, ",")
	if limit, window, ok := parsePolicy(head); ok {
		l.Limit, l.Window = limit, window
	}
	for policies != "" && l.Window == 0 {
		var p string
		p, policies, _ = strings.Cut(policies, ",")
		if limit, window, ok := parsePolicy(p); ok && limit == l.Limit {
			l.Window = window
		}
	}
}

// parsePolicy reads "100" and "100;w=60".
func parsePolicy(s string) (limit int, window time.Duration, ok bool) {
	head, params, _ := strings.Cut(s, ";")
	limit, ok = parseCount(strings.TrimSpace(head))
	if !ok || limit == 0 {
		return 0, 0, false
	}
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		if v, found := strings.CutPrefix(strings.TrimSpace(p), "w="); found {
			if d, good := parseSeconds(v); good {
				window = d
			}
		}
	}
	return limit, window, true
}

// parseReset tells seconds from now, seconds or milliseconds since 1970, and
// dates apart: no window is decades long.
func parseReset(v string, clock *serverClock) (time.Duration, bool) {
	if t, err := http.ParseTime(v); err == nil {
		return within(t.Sub(clock.time())), true
	}
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return within(t.Sub(clock.time())), true
	}
	f, ok := parseDecimal(v)
	if !ok {
		return 0, false
	}
	const decades = 20 * 365 * 24 * 60 * 60
	if f < decades {
		return duration(f), true
	}
	now := float64(clock.time().UnixMilli()) / 1000
	if f > 100*now {
		f /= 1000
	}
	return within(duration(f - now).Round(time.Millisecond)), true
}

// parseSeconds reads "5" and "0.5".
func parseSeconds(s string) (time.Duration, bool) {
	if n, ok := parseCount(s); ok {
		return within(time.Duration(n) * time.Second), true
	}
	f, ok := parseDecimal(s)
	return duration(f), ok
}

// longestTime is what a longer one counts as. Nobody waits for it to pass, and to add
// to what a Duration just holds would give a time that has passed.
const longestTime = 365 * 24 * time.Hour

func within(d time.Duration) time.Duration { return min(max(d, 0), longestTime) }

func duration(seconds float64) time.Duration {
	return time.Duration(min(seconds, longestTime.Seconds()) * float64(time.Second))
}

// parseDecimal reads digits with at most one point among them: no sign, no
// exponent, none of the words that ParseFloat takes for numbers.
func parseDecimal(s string) (float64, bool) {
	if len(s) == 0 || len(s) > 64 {
		return 0, false
	}
	points := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && i > 0 && i < len(s)-1:
			points++
		case c < '0' || c > '9':
			return 0, false
		}
	}
	if points > 1 {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// parseCount reads a plain number of requests.
func parseCount(s string) (int, bool) {
	if len(s) == 0 || len(s) > 9 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
