package push

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// latencies gathers the latency of every answered request, to three digits, and
// to one of those since the timeline last took them.
type latencies struct {
	mu   sync.Mutex
	hist *hdrhistogram.Histogram
	sum  time.Duration

	recent    *hdrhistogram.Histogram // nil: no answer
	recentSum time.Duration
}

func newLatencies() *latencies { return &latencies{hist: newHistogram(3)} }

func newHistogram(digits int) *hdrhistogram.Histogram {
	return hdrhistogram.New(1, time.Hour.Microseconds(), digits)
}

func (l *latencies) record(d time.Duration) {
	us := min(max(d.Microseconds(), 1), time.Hour.Microseconds())
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.recent == nil {
		l.recent = newHistogram(1)
	}
	// The only error is a value out of range, and it has been brought into it.
	_ = l.hist.RecordValue(us)
	_ = l.recent.RecordValue(us)
	l.sum += d
	l.recentSum += d
}

// take gives what came since the last call.
func (l *latencies) take() (*hdrhistogram.Histogram, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent, sum := l.recent, l.recentSum
	l.recent, l.recentSum = nil, 0
	return recent, sum
}

func (l *latencies) percentiles() Latency {
	l.mu.Lock()
	defer l.mu.Unlock()
	return percentiles(l.hist, l.sum)
}

func percentiles(h *hdrhistogram.Histogram, sum time.Duration) Latency {
	if h == nil {
		return Latency{}
	}
	at := func(q float64) time.Duration {
		return time.Duration(h.ValueAtQuantile(q)) * time.Microsecond
	}
	return Latency{
		P50: at(50), P95: at(95), P99: at(99), Max: time.Duration(h.Max()) * time.Microsecond,
		Sum: sum, Count: h.TotalCount(),
	}
}
