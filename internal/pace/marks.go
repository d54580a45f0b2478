package pace

import (
	"math"
	"time"
)

// mark is a moment and the answers accepted until then.
type mark struct {
	is    bool
	at    time.Duration
	count int
}

// marks are the last moments of a kind, the newest first.
type marks [4]mark

func (m *marks) add(at time.Duration, count int) {
	copy(m[1:], m[:len(m)-1])
	m[0] = mark{true, at, count}
}

// measure is the rate of good answers between a mark and now (at, count): the
// newest of so many marks with enough answers and at least some time after it,
// which makes it exact; or else the oldest; +Inf where there is none. Answers
// lag behind by a latency, so that too short a time would count too few.
func (m *marks) measure(most, enough int, least, at time.Duration, count int) (perSecond float64, exact bool) {
	perSecond = math.Inf(1)
	for _, k := range m[:most] {
		if !k.is || at <= k.at {
			break
		}
		got := count - k.count
		perSecond = float64(max(got, 1)) / (at - k.at).Seconds()
		if got >= enough && at-k.at >= least {
			return perSecond, true
		}
	}
	return perSecond, false
}
