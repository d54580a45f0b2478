package pace

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// disturbance is how long an answer takes that would take d on a quiet machine.
type disturbance func(r *rand.Rand, now, d time.Duration) time.Duration

// heavyTail lets one in a few answers take many times as long (Pareto, 1.5).
func heavyTail(share float64) disturbance {
	return func(r *rand.Rand, _, d time.Duration) time.Duration {
		if r.Float64() >= share {
			return d
		}
		return time.Duration(float64(d) * min(10/math.Pow(1-r.Float64(), 1/1.5), 500))
	}
}

// pauses stops the server for a time, as a garbage collection does: no answer
// comes before its end.
func pauses(every, long time.Duration) disturbance {
	return func(_ *rand.Rand, now, d time.Duration) time.Duration {
		if at := (now + d) % every; at < long {
			d += long - at
		}
		return d
	}
}

// busy is a machine that others use too, for some seconds a lot: all takes up
// to so many times as long then, and now and then a turn of the scheduler more.
func busy(times float64) disturbance {
	return func(r *rand.Rand, now, d time.Duration) time.Duration {
		phase := float64(now%(7*time.Second)) / float64(7*time.Second)
		if phase > 0.4 {
			d = time.Duration(float64(d) * (1 + (times-1)*r.Float64()))
		}
		if r.Float64() < 0.1 {
			d += time.Duration(r.Int64N(int64(10 * time.Millisecond)))
		}
		return d
	}
}

// drift is a server whose latency wanders between one and so many times.
func drift(times float64) disturbance {
	return func(_ *rand.Rand, now, d time.Duration) time.Duration {
		return time.Duration(float64(d) * (1 + (times-1)*(0.5-0.5*math.Cos(now.Seconds()/5))))
	}
}

func both2(a, b disturbance) disturbance {
	return func(r *rand.Rand, now, d time.Duration) time.Duration { return b(r, now, a(r, now, d)) }
}

type noisy struct {
	name string
	behaviour
}

func noisyServers() []noisy {
	var all []noisy
	for _, n := range []struct {
		name  string
		noise disturbance
	}{
		{"no noise", nil},
		{"heavy tail, 1 in 100", heavyTail(0.01)},
		{"heavy tail, 1 in 10", heavyTail(0.1)},
		{"pauses of 50 ms each 300 ms", pauses(300*time.Millisecond, 50*time.Millisecond)},
		{"pauses of 1 s each 5 s", pauses(5*time.Second, time.Second)},
		{"a machine busy 10 times", busy(10)},
		{"latency that wanders to 4 times", drift(4)},
		{"all of it", both2(both2(heavyTail(0.05), busy(5)), pauses(400*time.Millisecond, 60*time.Millisecond))},
	} {
		for _, l := range []time.Duration{300 * time.Microsecond, 5 * time.Millisecond, 50 * time.Millisecond, 300 * time.Millisecond} {
			all = append(all, noisy{n.name, behaviour{latency: l, jitter: jitter, noise: n.noise, time: 30 * time.Second, seed: 11}})
		}
		// A machine whose two cores are what limits: 64 requests queue there.
		all = append(all, noisy{n.name + ", two cores", behaviour{slots: 2, latency: 200 * time.Microsecond, jitter: jitter, noise: n.noise, time: 30 * time.Second, seed: 12}})
	}
	for i := range all {
		switch l := all[i].latency; {
		case all[i].slots > 0:
			all[i].time = 8 * time.Second
		case l < time.Millisecond:
			all[i].time = 3 * time.Second
		case l < 10*time.Millisecond:
			all[i].time = 20 * time.Second
		case l > 50*time.Millisecond:
			all[i].time = 2 * time.Minute
		}
	}
	return all
}

func unpaced(Options) policy { return newMetronome(Rate{1e9, time.Second}) }

// TestNoiseIsNoQueue checks that a server without a limit is used by all
// workers, however its latency varies.
func TestNoiseIsNoQueue(t *testing.T) {
	for i, n := range noisyServers() {
		if i%3 != 0 && !*update {
			continue
		}
		most := n.run(unpaced)
		out := n.run(found)
		share := float64(out.accepted) / float64(most.accepted)
		t.Logf("%-45s %6v  %.3f (%d, in flight %.1f)", n.name, n.latency, share, most.accepted, out.meanInFlight)
		if share < 0.9 {
			t.Errorf("%s, %v: %.1f %% of what 64 workers reach", n.name, n.latency, 100*share)
		}
	}
}
