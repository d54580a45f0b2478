package push

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// latencies gathers the latency of every answered request, to three digits.
type latencies struct {
	mu   *sync.Mutex
	hist *hdrhistogram.Histogram
}

func newLatencies() latencies {
	return latencies{new(sync.Mutex), hdrhistogram.New(1, time.Hour.Microseconds(), 3)}
}

func (l latencies) record(d time.Duration) {
	us := min(max(d.Microseconds(), 1), time.Hour.Microseconds())
	l.mu.Lock()
	defer l.mu.Unlock()
	// The only error is a value out of range, and it has been brought into it.
	_ = l.hist.RecordValue(us)
}

func (l latencies) percentiles() Latency {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := func(q float64) time.Duration {
		return time.Duration(l.hist.ValueAtQuantile(q)) * time.Microsecond
	}
	return Latency{P50: at(50), P95: at(95), P99: at(99), Max: time.Duration(l.hist.Max()) * time.Microsecond}
}
