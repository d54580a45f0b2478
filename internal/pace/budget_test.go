package pace

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestNoTellingHoldsARunForLongerThanAllowed has a server tell of ten requests a day,
// or of a window that ends after --max-wait: nobody was refused yet, so the next
// request asks, and only a 429 ends the run.
func TestNoTellingHoldsARunForLongerThanAllowed(t *testing.T) {
	for name, said := range map[string]Limits{
		"ten a day":                    {HasLimit: true, Limit: 10, Remaining: 0, Window: 24 * time.Hour, Reset: 80000 * time.Second},
		"the end of a window":          {HasLimit: true, Limit: 60, Remaining: 0, Reset: 50 * time.Second},
		"a window, and nothing of it":  {HasLimit: true, Limit: 10, Remaining: -1, Window: 24 * time.Hour},
		"ten a day, some of them left": {HasLimit: true, Limit: 10, Remaining: 1, Window: 24 * time.Hour, Reset: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const allowed = 6 * time.Second
				p := NewAuto(Options{MaxWait: allowed})
				for range 5 {
					asked := time.Now()
					let(t, p)
					if waited := time.Since(asked); waited > allowed {
						t.Errorf("waited %v, %v are allowed", waited, allowed)
					}
					done(p, OK, said)
				}
			})
		})
	}
}
