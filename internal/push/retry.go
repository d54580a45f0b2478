package push

import (
	"math/rand/v2"
	"time"
)

const (
	firstBackoff = time.Second
	mostBackoff  = time.Minute
)

// backoff is how long a record waits after its n-th failure (from 1) before it
// is tried again: exponential from 1 s to 60 s with full jitter, so that the
// retries of many records spread instead of coming back together [rate-limits].
func backoff(n int) time.Duration {
	ceiling := mostBackoff
	if n < 7 { // 1 s << 6 is past the minute
		ceiling = min(mostBackoff, firstBackoff<<(n-1))
	}
	return rand.N(ceiling + 1)
}
