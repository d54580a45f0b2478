package pace

import "time"

// Learnt is what a run found out about the service's rate limit, to be kept
// for the next run against the same base URL with the same token.
type Learnt struct {
	Limit  float64       `json:"limit"`            // requests a second that the service took; 0 where no limit was met
	Window time.Duration `json:"window,omitempty"` // length of the window counted in, in nanoseconds; 0 unknown
	At     time.Time     `json:"at"`               // when it was last seen to hold
}

// How long what was learnt is of use. Plans and limits change rarely; whoever
// syncs nightly profits, whoever comes back after a holiday finds out anew.
const mostAge = 7 * 24 * time.Hour

// start is the limit to begin with.
func (l *Learnt) start(now time.Time) (perSecond float64, ok bool) {
	if l == nil || l.Limit <= 0 {
		return 0, false
	}
	if age := now.Sub(l.At); age < 0 || age > mostAge {
		return 0, false
	}
	return l.Limit, true
}
