package pace

import (
	"testing"
	"time"
)

// TestTheRateClimbsWithoutAJump watches a rate that is used and never refused.
func TestTheRateClimbsWithoutAJump(t *testing.T) {
	c := climb{on: true, verdict: verdict{top: 1, base: 0.93, back: 82 * time.Second}, beyond: 5 * time.Second}
	const step = 100 * time.Millisecond
	last := c.at(0)
	for at := step; at < 5*time.Minute; at += step {
		now := c.at(at)
		if now < last || now > 1.1*last {
			t.Fatalf("from %.3f to %.3f a second at %v", last, now, at)
		}
		last = now
	}
	if last < 2 {
		t.Errorf("only %.3f a second after five minutes without a 429", last)
	}
}
