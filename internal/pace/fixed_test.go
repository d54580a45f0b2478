package pace

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestFixedHoldsInEverySecond lets a metronome run with late wake-ups and idle
// times, and counts the departures in every stretch of time.
func TestFixedHoldsInEverySecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{N: float64(rapid.IntRange(1, 300).Draw(t, "n")), Per: rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(t, "per")}
		m := newMetronome(r)
		late := rapid.SliceOfN(rapid.IntRange(0, 40), 50, 50).Draw(t, "late")
		idle := rapid.IntRange(0, 30).Draw(t, "idle")
		var now time.Duration
		var leaves []time.Duration
		for i := range 4 * int(r.N) {
			since := now
			if idle > 0 && i%37 == idle {
				now += time.Duration(idle) * r.Per / 10
				since = now
			}
			if at := m.due(now, since, 0); at > now {
				now = at + time.Duration(late[i%len(late)])*time.Millisecond
			}
			m.depart(now, since)
			leaves = append(leaves, now)
			if k := len(leaves) - 1 - int(r.N); k >= 0 && now-leaves[k] < r.Per {
				t.Fatalf("%v: %d departures within %v", r, int(r.N)+1, now-leaves[k])
			}
		}
	})
}

func TestFixedReachesItsRate(t *testing.T) {
	for _, r := range []Rate{{60, time.Second}, {1000, time.Second}, {20000, time.Second}, {60, time.Minute}, {0.5, time.Second}, {1.5, time.Second}, {100000, time.Minute}} {
		m := newMetronome(r)
		var now time.Duration
		n := 0
		for end := 3*r.Per + 5*time.Second; ; n++ {
			if at := m.due(now, 0, 0); at > now {
				now = at + 100*time.Microsecond // a timer is always late
			}
			if now > end {
				break
			}
			m.depart(now, 0)
		}
		want := r.PerSecond() * (3*r.Per + 5*time.Second).Seconds()
		if float64(n) < 0.99*want-1 || float64(n) > want+1 {
			t.Errorf("%v: %d requests, want %.0f", r, n, want)
		}
	}
}

func TestFixedIsEvenFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewFixed(Rate{60, time.Second}, Options{Workers: 8})
		began := time.Now()
		var mu sync.Mutex
		var leaves []time.Duration
		work(t, p, 8, 10*time.Millisecond, func() (Feedback, bool) {
			mu.Lock()
			defer mu.Unlock()
			leaves = append(leaves, time.Since(began))
			return Feedback{}, len(leaves) < 300
		})
		first := 0
		for _, at := range leaves {
			if at < time.Second {
				first++
			}
		}
		if first < 59 || first > 60 {
			t.Errorf("%d requests in the first second, want 60", first)
		}
		if took := leaves[299]; took < 4900*time.Millisecond || took > 5100*time.Millisecond {
			t.Errorf("300 requests at 60/s took %v", took)
		}
	})
}

// work runs workers that send until send says false, each answer taking latency.
func work(t *testing.T, p Pacer, workers int, latency time.Duration, send func() (Feedback, bool)) {
	t.Helper()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for more := true; more; {
				if err := p.Acquire(context.Background()); err != nil {
					t.Error(err)
					return
				}
				var f Feedback
				started := time.Now()
				f, more = send()
				time.Sleep(latency)
				f.Started, f.Latency = started, time.Since(started)
				p.Done(f)
			}
		})
	}
	all.Wait()
}
