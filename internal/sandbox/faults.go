package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Faults are shares of requests, 0 to 1, that meet trouble; no request meets
// more than one kind, so together they are at most 1. Which request meets what
// follows from Options.Seed, the request's method, address and body, and how
// often the same one came before: the same for the same work, in whatever order
// the requests arrive.
type Faults struct {
	ResetBefore float64 // the connection is reset, nothing was written
	ResetAfter  float64 // the record is written, then the connection is reset
	HangBefore  float64 // no answer comes, nothing was written
	HangAfter   float64 // the record is written, no answer comes
	Truncate    float64 // the record is written, the answer's body is cut off
	Empty       float64 // the record is written, the answer has no body
	Error       float64 // 500, nothing was written
	ErrorAfter  float64 // the record is written, the answer is 500
	BadGateway  float64 // 502 with HTML
	Unavailable float64 // 503 with Retry-After
	Throttled   float64 // 429 with Retry-After, for no reason
	Spike       float64 // the answer takes SpikeBy longer

	SpikeBy    time.Duration // 0: 2 seconds
	RetryAfter time.Duration // of 503 and 429, in whole seconds; 0: 1 second
	HangFor    time.Duration // until the connection is reset, if the client didn't give up; 0: 5 minutes
	WritesOnly bool          // reading meets no faults
}

// fault is what one request meets.
type fault int

const (
	faultNone fault = iota
	faultResetBefore
	faultResetAfter
	faultHangBefore
	faultHangAfter
	faultTruncate
	faultEmpty
	faultError
	faultErrorAfter
	faultBadGateway
	faultUnavailable
	faultThrottled
	faultSpike
	faultKinds
)

// faultBook decides which request meets what.
type faultBook struct {
	mu     sync.Mutex
	faults Faults
	upTo   [faultKinds]float64 // shares added up
	active bool
	seed   uint64
	seen   map[uint64]uint64 // how often each request came
}

// SetFaults changes the faults while the CRM runs. Shares below 0 or more than
// 1 together are an error.
func (c *CRM) SetFaults(f Faults) error {
	shares := [faultKinds]float64{
		faultResetBefore: f.ResetBefore, faultResetAfter: f.ResetAfter,
		faultHangBefore: f.HangBefore, faultHangAfter: f.HangAfter,
		faultTruncate: f.Truncate, faultEmpty: f.Empty,
		faultError: f.Error, faultErrorAfter: f.ErrorAfter,
		faultBadGateway: f.BadGateway, faultUnavailable: f.Unavailable,
		faultThrottled: f.Throttled, faultSpike: f.Spike,
	}
	sum := 0.0
	for kind, share := range shares {
		if !(share >= 0) {
			return fmt.Errorf("the share of a fault must not be less than 0, but one is %v", share)
		}
		sum += share
		shares[kind] = sum
	}
	if sum > 1+1e-9 {
		return fmt.Errorf("the shares of all faults together must be at most 1, but are %v", sum)
	}
	b := &c.faults
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults, b.upTo, b.active, b.seed = f, shares, sum > 0, c.opts.Seed
	if b.seen == nil {
		b.seen = make(map[uint64]uint64)
	}
	return nil
}

// draw decides what a request meets.
func (b *faultBook) draw(r *http.Request, body []byte, write bool) fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.active || b.faults.WritesOnly && !write {
		return faultNone
	}
	h := mix(b.seed)
	h = fold(h, r.Method)
	h = fold(h, r.URL.Path)
	h = fold(h, r.URL.RawQuery)
	h = fold(h, body)
	b.seen[h]++
	u := float64(mix(h+b.seen[h]*0x9e3779b97f4a7c15)>>11) / (1 << 53)
	for kind := faultNone + 1; kind < faultKinds; kind++ {
		if u < b.upTo[kind] {
			return kind
		}
	}
	return faultNone
}

// fold mixes the bytes of s into h (FNV-1a), with an end mark.
func fold[T string | []byte](h uint64, s T) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return mix(h + uint64(len(s)))
}

// before is the answer of a fault that keeps the request from the CRM.
func (b *faultBook) before(f fault, now time.Time) (reply, bool) {
	switch f {
	case faultResetBefore:
		return reply{ending: endReset}, true
	case faultHangBefore:
		return reply{ending: endHang}, true
	case faultBadGateway:
		return reply{status: http.StatusBadGateway, kind: "text/html",
			body: []byte("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n")}, true
	case faultUnavailable:
		return b.comeBack(http.StatusServiceUnavailable, "Service Unavailable", now), true
	case faultThrottled:
		return b.comeBack(http.StatusTooManyRequests, "Too Many Attempts.", now), true
	}
	return reply{}, false
}

// comeBack is an answer with Retry-After.
func (b *faultBook) comeBack(status int, message string, now time.Time) reply {
	b.mu.Lock()
	after := b.faults.RetryAfter
	b.mu.Unlock()
	if after == 0 {
		after = time.Second
	}
	answer := reply{status: status, body: fmt.Appendf(nil, `{"message":%q}`, message)}
	answer.set("Retry-After", wholeSeconds(after))
	answer.set("Date", now.UTC().Format(http.TimeFormat))
	return answer
}

// after does to an answer what the fault asks for.
func (b *faultBook) after(f fault, answer reply) reply {
	switch f {
	case faultResetAfter:
		answer.ending = endReset
	case faultHangAfter:
		answer.ending = endHang
	case faultTruncate:
		answer.ending = endTruncated
	case faultEmpty:
		answer.body = nil
	case faultErrorAfter:
		return reply{status: http.StatusInternalServerError, body: []byte(`{"message":"Server Error"}`)}
	}
	return answer
}

func (b *faultBook) spike() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.faults.SpikeBy > 0 {
		return b.faults.SpikeBy
	}
	return 2 * time.Second
}

func (b *faultBook) hangFor() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.faults.HangFor > 0 {
		return b.faults.HangFor
	}
	return 5 * time.Minute
}

// line is the queue of a CRM that works on a few requests at once.
type line struct {
	capacity int
	service  time.Duration

	mu   sync.Mutex
	free []time.Time // when each place is free again
}

// wait takes the place that is free first, and passes when the work is done.
// Who gives up while waiting keeps the place busy, as with a real server.
func (l *line) wait(ctx context.Context, now time.Time) error {
	if l.capacity <= 0 || l.service <= 0 {
		return nil
	}
	l.mu.Lock()
	if l.free == nil {
		l.free = make([]time.Time, l.capacity)
	}
	first := 0
	for i, at := range l.free {
		if at.Before(l.free[first]) {
			first = i
		}
	}
	if l.free[first].Before(now) {
		l.free[first] = now
	}
	l.free[first] = l.free[first].Add(l.service)
	done := l.free[first]
	l.mu.Unlock()
	return sleep(ctx, done.Sub(now))
}
