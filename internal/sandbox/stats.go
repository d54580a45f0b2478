package sandbox

import (
	"hash/maphash"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Stats is what the CRM saw since it was made. Writes whose answer was lost are
// counted among created and updated.
type Stats struct {
	Requests     int64 // all that arrived
	Created      int64
	Updated      int64
	Deleted      int64
	Rejected     int64 // values, bodies and parameters refused: 400, 409, 413, 422
	NotFound     int64
	Unauthorized int64 // 401
	Forbidden    int64
	Throttled    int64 // refused by the rate limit; not those by a fault
	Faults       int64 // requests that met a fault, latency spikes included

	PeakInFlight int64 // the most requests at once, each from its arrival until its answer is ready
	PeakPerKey   int64 // the most asserts at once of one object and match value (outer blanks and case ignored)
}

// counters collects Stats.
type counters struct {
	requests, created, updated, deleted, rejected, notFound atomic.Int64
	unauthorized, forbidden, throttled, faults              atomic.Int64
	inFlight, peak, keyPeak                                 atomic.Int64

	mu       sync.Mutex
	arrivals []int64 // Unix nanoseconds of the writes
}

// maxArrivals bounds the memory of arrival times: a little over a million.
const maxArrivals = 1 << 20

func (s *counters) enter(now time.Time, write bool) {
	s.requests.Add(1)
	raise(&s.peak, s.inFlight.Add(1))
	if write {
		s.mu.Lock()
		if len(s.arrivals) < maxArrivals {
			s.arrivals = append(s.arrivals, now.UnixNano())
		}
		s.mu.Unlock()
	}
}

func (s *counters) leave()             { s.inFlight.Add(-1) }
func (s *counters) peakPerKey(n int64) { raise(&s.keyPeak, n) }

// raise makes the peak at least n.
func raise(peak *atomic.Int64, n int64) {
	for {
		old := peak.Load()
		if n <= old || peak.CompareAndSwap(old, n) {
			return
		}
	}
}

// refused takes note of a refusal by its status.
func (s *counters) refused(status int) {
	switch {
	case status == http.StatusUnauthorized:
		s.unauthorized.Add(1)
	case status == http.StatusForbidden:
		s.forbidden.Add(1)
	case status == http.StatusNotFound:
		s.notFound.Add(1)
	case status < 500:
		s.rejected.Add(1)
	}
}

// Stats gives the counters as they are now.
func (c *CRM) Stats() Stats {
	s := &c.stats
	return Stats{
		Requests: s.requests.Load(), Created: s.created.Load(), Updated: s.updated.Load(), Deleted: s.deleted.Load(),
		Rejected: s.rejected.Load(), NotFound: s.notFound.Load(), Unauthorized: s.unauthorized.Load(),
		Forbidden: s.forbidden.Load(), Throttled: s.throttled.Load(), Faults: s.faults.Load(),
		PeakInFlight: s.peak.Load(), PeakPerKey: s.keyPeak.Load(),
	}
}

// Arrivals gives the times at which writes arrived, refused ones included, in
// order. Only the first million or so are kept.
func (c *CRM) Arrivals() []time.Time {
	c.stats.mu.Lock()
	nanos := slices.Clone(c.stats.arrivals)
	c.stats.mu.Unlock()
	slices.Sort(nanos)
	times := make([]time.Time, len(nanos))
	for i, n := range nanos {
		times[i] = time.Unix(0, n)
	}
	return times
}

// Busiest is the largest number of writes that arrived within any span of this
// length, wherever it begins: with a second, what a rate of N/s must keep to N.
func (c *CRM) Busiest(span time.Duration) int {
	times, first, most := c.Arrivals(), 0, 0
	for i, at := range times {
		for at.Sub(times[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// keyTracker counts the asserts under way by object and match value.
type keyTracker struct {
	seed   maphash.Seed
	shards [64]struct {
		mu     sync.Mutex
		flying map[uint64]int64
	}
}

// enter counts the keys and gives the highest count among them.
func (k *keyTracker) enter(keys []uint64) (most int64) {
	for _, key := range keys {
		s := &k.shards[key%64]
		s.mu.Lock()
		if s.flying == nil {
			s.flying = make(map[uint64]int64)
		}
		s.flying[key]++
		most = max(most, s.flying[key])
		s.mu.Unlock()
	}
	return most
}

func (k *keyTracker) leave(keys []uint64) {
	for _, key := range keys {
		s := &k.shards[key%64]
		s.mu.Lock()
		if s.flying[key]--; s.flying[key] == 0 {
			delete(s.flying, key)
		}
		s.mu.Unlock()
	}
}

// laneKeys gives what no two asserts under way should share: the match value
// without outer blanks and case, for people every address.
func (k *keyTracker) laneKeys(slug, match string, fields []field) []uint64 {
	name := match
	if slug == "people" {
		if name = camel(match); name == "email" {
			name = "emails"
		}
	}
	value, ok := get(fields, name)
	if !ok {
		return nil
	}
	texts := []string{string(value)}
	switch value.Kind() {
	case '"':
		texts[0] = unquoted(string(value))
	case '[':
		texts = stringsIn(value)
	}
	keys := make([]uint64, 0, 1)
	for _, text := range texts {
		text = strings.ToLower(strings.TrimSpace(text))
		key := mix(maphash.String(k.seed, slug)) ^ maphash.String(k.seed, text)
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}
