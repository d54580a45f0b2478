package pace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// capricious is a server that refuses some requests whatever the rate is.
type capricious struct {
	name string
	behaviour
}

func capriciousServers() []capricious {
	share := func(p float64) func(*rand.Rand, int) bool {
		return func(r *rand.Rand, _ int) bool { return r.Float64() < p }
	}
	each := func(k int) func(*rand.Rand, int) bool {
		return func(_ *rand.Rand, n int) bool { return n%k == 0 }
	}
	var all []capricious
	for _, c := range []struct {
		name    string
		refuses func(*rand.Rand, int) bool
		records int
	}{
		{"1 % of the requests", share(0.01), 2000},
		{"5 % of the requests", share(0.05), 1000},
		{"33 % of the requests", share(0.33), 200},
		{"each 3rd request", each(3), 200},
		{"each 10th request", each(10), 1000},
		{"the first 5 requests", func(_ *rand.Rand, n int) bool { return n <= 5 }, 1000},
	} {
		for _, latency := range []time.Duration{time.Millisecond, 50 * time.Millisecond} {
			for _, wait := range []time.Duration{time.Second, 250 * time.Millisecond, 0} {
				all = append(all, capricious{c.name, behaviour{chance: c.refuses, wait: wait, latency: latency,
					jitter: jitter, records: c.records, time: time.Hour, seed: 21}})
			}
		}
	}
	return all
}

// least is how long it takes at best: the waits that the server named (or the
// first backoff) and the time without a pace.
func (c capricious) least(o outcome) time.Duration {
	b := c.behaviour
	b.chance = nil
	wait := c.wait
	if wait == 0 {
		wait = firstWait
	}
	return time.Duration(o.throttled)*wait + b.run(unpaced).time
}

// TestRefusalsByChance checks that 429s which have nothing to do with the rate
// cost little more than their waits, and don't slow down the rest for good. How
// soon that is known is itself a matter of chance, so that it counts how most of
// several runs end.
func TestRefusalsByChance(t *testing.T) {
	simulates(t)
	for _, c := range capriciousServers() {
		t.Run(fmt.Sprintf("%s, wait %v, %v", c.name, c.wait, c.latency), func(t *testing.T) {
			var times, over []time.Duration
			for seed := range uint64(11) {
				c.seed = seed
				out := c.run(found)
				if out.err != nil || out.accepted < c.records {
					t.Fatalf("seed %d: %d of %d records in %v with %d 429s: %v", seed, out.accepted, c.records, out.time, out.throttled, out.err)
				}
				times = append(times, out.time)
				over = append(over, out.time-c.least(out)*3)
			}
			slices.Sort(times)
			slices.Sort(over)
			t.Logf("%v to %v, most times %v; beyond three times the least: %v to %v, most times %v", times[0], times[10], times[5], over[0], over[10], over[5])
			slack := 45 * time.Second
			if c.wait == 250*time.Millisecond && c.records <= 1000 {
				slack = 3 * time.Minute // it takes as long to find out, and the waits are over soon
			}
			if over[5] > slack {
				t.Errorf("most times %v longer than three times the waits", over[5])
			}
		})
	}
}
