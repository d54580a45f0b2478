package pace

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"time"
)

// The waits where the server names none: growing, with jitter
// [rate-limits], from the first to the longest.
const (
	firstWait   = time.Second
	longestWait = time.Minute

	backoffTimes = 1.6
)

// The breaker opens when among the recent answers at least this many are
// failures, and they are this share. Fewer failures are left to the records'
// own retries, so that a small file still ends with its rejects.
const (
	recentAnswers   = 40
	breakerFailures = 20
	fewFailures     = 3
	breakerShare    = 0.75
)

// hold keeps everybody from sending: after a 429, when the service asks for
// it, or when the service itself is failing (the breaker).
type hold struct {
	maxWait time.Duration
	rand    *rand.Rand
	log     *slog.Logger
	clock   func() time.Time // for the error only: when to come back

	closed  bool          // a pause, or the search for its end
	since   time.Duration // requests that left earlier say nothing new
	until   time.Duration // nobody leaves before
	probing bool          // after it one request at a time, until a good answer
	probes  int           // requests that left since
	outage  bool          // the service failed, rather than refused
	began   time.Duration // since when there is no good answer
	lastOK  time.Duration // the last good answer
	failing int           // failures since
	silent  time.Duration // when the first of them left
	strikes int           // pauses in a row without a good answer
	why     string
	tooLong *TooLongError

	recent recent
}

// recent is the failures among the last answers.
type recent struct {
	bad   [recentAnswers]bool
	next  int
	count int
	fails int
}

func (r *recent) add(bad bool) {
	if r.count == recentAnswers && r.bad[r.next] {
		r.fails--
	}
	r.count = min(r.count+1, recentAnswers)
	if bad {
		r.fails++
	}
	r.bad[r.next] = bad
	r.next = (r.next + 1) % recentAnswers
}

func (r *recent) outage() bool {
	return r.fails >= breakerFailures && float64(r.fails) >= breakerShare*float64(r.count)
}

func (h *hold) depart() {
	if h.closed {
		h.probes++
	}
}

// answered takes back a request that left after the pause began.
func (h *hold) answered() {
	if h.closed && h.probes > 0 {
		h.probes--
	}
}

// good takes a good answer that is news. It tells whether it ended a pause,
// and whether that was an outage.
func (h *hold) good(now time.Duration) (wasClosed, outage bool) {
	h.recent.add(false)
	h.lastOK, h.failing = now, 0
	wasClosed, outage = h.closed, h.outage
	if wasClosed {
		h.log.Debug("going on", "after", h.why)
		h.closed, h.probing, h.outage = false, false, false
		h.strikes, h.probes, h.why = 0, 0, ""
		if outage {
			h.recent = recent{}
		}
	}
	return wasClosed, outage
}

// throttled takes a 429. A late one, of a request that left before the pause,
// lengthens it only if the server names a clearly later end.
func (h *hold) throttled(now time.Duration, late bool, f *Feedback) {
	wait := f.wait()
	if late {
		if h.closed && wait > 0 && now+wait > h.until+time.Second {
			h.pause(now, wait, false, f)
		}
		return
	}
	h.strike(now, wait, false, f)
}

// failed takes a failure of the service: alone it is the record's matter; many
// of them, or a named wait (503 with Retry-After), are everybody's. So are a few that
// take longer than is allowed without a good answer: where a service hangs from the
// start, one request after the other must time out to make many.
func (h *hold) failed(now, left time.Duration, late bool, f *Feedback) {
	if late {
		return
	}
	h.recent.add(true)
	if h.failing++; h.failing == 1 {
		h.silent = max(left, h.lastOK)
	}
	wait := f.wait()
	silence := h.maxWait > 0 && h.failing >= fewFailures && now-h.silent >= h.maxWait
	if wait > 0 || h.closed || silence || h.recent.outage() {
		h.strike(now, wait, true, f)
	}
}

// strike begins a pause, or the next one where the last brought nothing.
func (h *hold) strike(now, wait time.Duration, outage bool, f *Feedback) {
	if !h.closed {
		h.began = now
		if outage && wait <= 0 {
			h.began = h.silent
		}
	}
	h.strikes++
	h.probing = h.strikes > 1 || outage || wait <= 0
	switch {
	case wait <= 0:
		wait = h.backoff(h.strikes)
	case h.strikes > 2:
		// A server whose word was wrong twice in a row names only the least.
		wait = max(wait, h.backoff(h.strikes-2))
	}
	h.pause(now, wait, outage, f)
}

// pause holds everybody from now for wait.
func (h *hold) pause(now, wait time.Duration, outage bool, f *Feedback) {
	h.why = reason(f)
	h.closed, h.outage = true, outage
	h.since, h.until, h.probes = now, now+wait, 0
	h.log.Debug("everybody waits", "for", wait, "because", h.why, "in_a_row", h.strikes)
	if h.maxWait <= 0 {
		return
	}
	if f.wait() > h.maxWait {
		h.tooLong = &TooLongError{Until: h.clock().Add(wait), Wait: wait, Max: h.maxWait,
			Why: fmt.Sprintf("%s: the server asks to wait %s", h.why, Words(wait))}
		return
	}
	if without := now - h.began; without >= h.maxWait {
		h.tooLong = &TooLongError{Until: h.clock().Add(wait), Wait: without, Max: h.maxWait,
			Why: fmt.Sprintf("%s: no good answer for %s", whyExactly(f), Words(without))}
		return
	}
	// The last try is worth making before the time allowed is over.
	if last := h.began + h.maxWait; h.until > last && f.wait() <= 0 {
		h.until = last
	}
}

// backoff is the wait before try n, from 1: exponential, up to half of it random.
// It grows by less than doubling, since the end of a window of a minute that
// nobody names would be found by doubled waits half a minute late.
func (h *hold) backoff(n int) time.Duration {
	most := min(float64(longestWait), float64(firstWait)*math.Pow(backoffTimes, float64(n-1)))
	return time.Duration(most/2 + h.rand.Float64()*most/2)
}

// wait is for how long the server asks everybody to wait; 0 where it doesn't
// say, or says something that can't be.
func (f *Feedback) wait() time.Duration {
	switch l := &f.Limits; {
	case l.HasRetryAfter && l.RetryAfter > 0:
		return l.RetryAfter
	case f.Kind == Throttled && l.Reset > 0:
		return l.Reset
	}
	return 0
}

// whyExactly is the reason with what only an ended run has room for.
func whyExactly(f *Feedback) string {
	if f.Kind == Failed && f.Status == 0 && f.Message != "" {
		return reason(f) + " (" + f.Message + ")"
	}
	return reason(f)
}

func reason(f *Feedback) string {
	switch {
	case f.Kind == Throttled:
		return "rate limit (429)"
	case f.Status > 0:
		return fmt.Sprintf("the service fails (%d)", f.Status)
	}
	return "the service can't be reached"
}
