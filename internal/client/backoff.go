package client

import (
	"math/rand/v2"
	"time"
)

const (
	firstBackoff = time.Second
	mostBackoff  = time.Minute
)

// Backoff is how long to wait after the n-th failure of a request, from 1, before it
// is tried again, where the server says nothing: exponential from 1 s to 60 s with
// full jitter, so that the retries of many records spread instead of coming back
// together [rate-limits].
func Backoff(n int) time.Duration {
	ceiling := mostBackoff
	if n < 7 { // 1 s << 6 is past the minute
		ceiling = min(mostBackoff, firstBackoff<<(n-1))
	}
	return rand.N(ceiling + 1)
}
