package pace

import (
	"fmt"
	"math/rand/v2"
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

// most is how long it may take: 2.2 times the waits that the server named (or the
// first backoff) and the time without a pace, and a little for the first ones.
func (c capricious) most(o outcome) time.Duration {
	b := c.behaviour
	b.chance = nil
	wait := c.wait
	if wait == 0 {
		wait = firstWait
	}
	least := time.Duration(o.throttled)*wait + b.run(unpaced).time
	return least*22/10 + 30*time.Second
}

// TestRefusalsByChance checks that 429s which have nothing to do with the rate
// cost what their waits do, and don't slow down the rest for good.
func TestRefusalsByChance(t *testing.T) {
	for _, c := range capriciousServers() {
		t.Run(fmt.Sprintf("%s, wait %v, %v", c.name, c.wait, c.latency), func(t *testing.T) {
			out := c.run(found)
			t.Logf("%v, at most %v, %d 429s", out.time, c.most(out), out.throttled)
			if out.err != nil || out.accepted < c.records || out.time > c.most(out) {
				t.Errorf("%d of %d records in %v with %d 429s, at most %v: %v", out.accepted, c.records, out.time, out.throttled, c.most(out), out.err)
			}
		})
	}
}
