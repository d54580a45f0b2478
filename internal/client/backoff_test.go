package client

import (
	"testing"
	"time"
)

func TestBackoffHasFullJitterBetweenZeroAndItsCeiling(t *testing.T) {
	for n, ceiling := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 8: time.Minute, 1000: time.Minute,
	} {
		var most, least time.Duration = 0, time.Hour
		for range 2000 {
			d := Backoff(n)
			most, least = max(most, d), min(least, d)
		}
		if most > ceiling || most < ceiling*9/10 || least > ceiling/10 {
			t.Errorf("after failure %d waits lie between %v and %v, want 0 to %v", n, least, most, ceiling)
		}
	}
}
