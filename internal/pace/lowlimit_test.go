package pace

import (
	"fmt"
	"testing"
	"time"
)

// TestALowLimitCostsFewRefusalsOnceItIsKnown runs an hour against a limit of 60 a
// minute, and counts what is refused after the first ten minutes. Whoever takes a
// minute's window that is used up, or a try at a deep bucket, for the doing of others
// or for a higher limit is refused again and again.
func TestALowLimitCostsFewRefusalsOnceItIsKnown(t *testing.T) {
	simulates(t)
	for _, l := range modelLimits() {
		if l.perSecond != 1 || l.name != "60/min, bucket of 60" && l.window != time.Minute {
			continue
		}
		for _, says := range []headers{saysNothing, saysRetry, saysSeconds} {
			for _, latency := range latencies {
				t.Run(fmt.Sprintf("%s, %v, headers %s", l.name, latency, headersNames[says]), func(t *testing.T) {
					sent, refused := 0, 0
					for seed := range uint64(4) {
						b := behaviour{limit: l.make, says: says, latency: latency, jitter: jitter, seed: seed, time: time.Hour}
						hour := b.run(found)
						b.time = 10 * time.Minute
						begin := b.run(found)
						sent += hour.sent - begin.sent
						refused += hour.throttled - begin.throttled
						if hour.share() < 0.93 {
							t.Errorf("seed %d: %.1f %% of what was allowed", seed, 100*hour.share())
						}
					}
					most := 0.02
					if says == saysNothing {
						most = 0.06
					}
					if got := float64(refused) / float64(sent); got > most {
						t.Errorf("%.1f %% of the requests got a 429, at most %.0f %%", 100*got, 100*most)
					}
				})
			}
		}
	}
}

// TestABucketThatFillsIsNotWaitedFor has a server name as the reset the time until
// its bucket is full again: its 429 tells that the next request may leave long before.
func TestABucketThatFillsIsNotWaitedFor(t *testing.T) {
	simulates(t)
	for _, latency := range latencies {
		b := behaviour{limit: func() limiter { return newBucket(1, 60) }, says: saysReset, latency: latency, jitter: jitter, time: 2 * time.Minute, seed: 5}
		if out := b.run(found); out.share() < 0.95 {
			t.Errorf("%v: %.1f %% of what was allowed", latency, 100*out.share())
		}
	}
}
