package pace

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func both() map[string]func(Options) Pacer {
	return map[string]func(Options) Pacer{
		"fixed": func(o Options) Pacer { return NewFixed(Rate{1000, time.Second}, o) },
		"auto":  func(o Options) Pacer { return NewAuto(o) },
	}
}

// eachPacer runs a test for both pacers under a fake clock.
func eachPacer(t *testing.T, o Options, test func(t *testing.T, p Pacer)) {
	t.Helper()
	for name, makePacer := range both() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, makePacer(o)) })
		})
	}
}

// let acquires or fails the test; it returns how long that took.
func let(t *testing.T, p Pacer) time.Duration {
	t.Helper()
	began := time.Now()
	if err := p.Acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

func done(p Pacer, k Kind, limits Limits) bool {
	return p.Done(Feedback{Kind: k, Started: time.Now(), Limits: limits})
}

// ramped lets some slow requests end well, so that several may be in flight.
func ramped(t *testing.T, p Pacer) {
	t.Helper()
	for range 3 {
		let(t, p)
		time.Sleep(time.Second)
		p.Done(Feedback{Started: time.Now().Add(-time.Second), Latency: time.Second})
	}
}

func retryAfter(d time.Duration) Limits { return Limits{HasRetryAfter: true, RetryAfter: d} }

func TestA429HoldsEverybodyAsLongAsTheServerSays(t *testing.T) {
	eachPacer(t, Options{}, func(t *testing.T, p Pacer) {
		ramped(t, p)
		let(t, p)
		let(t, p)
		if !done(p, Throttled, retryAfter(7*time.Second)) {
			t.Error("the first 429 must count against its record")
		}
		s := p.Status()
		if s.Why != "rate limit (429)" || time.Until(s.Until) != 7*time.Second || s.InFlight != 1 {
			t.Errorf("status %+v", s)
		}
		if took := let(t, p); took < 7*time.Second || took > 8*time.Second {
			t.Errorf("waited %v, the server said 7 s", took)
		}
		done(p, OK, Limits{})
		if s := p.Status(); s.Why != "" || !s.Until.IsZero() {
			t.Errorf("still held: %+v", s)
		}
	})
}

func TestALate429IsNotASecondPenalty(t *testing.T) {
	eachPacer(t, Options{}, func(t *testing.T, p Pacer) {
		ramped(t, p)
		let(t, p)
		let(t, p)
		left := time.Now()
		time.Sleep(time.Millisecond)
		done(p, Throttled, retryAfter(5*time.Second))
		time.Sleep(2 * time.Second)
		if p.Done(Feedback{Kind: Throttled, Started: left, Latency: 2 * time.Second, Limits: retryAfter(3 * time.Second)}) {
			t.Error("a late 429 must not count against its record")
		}
		rate := p.Status().Rate
		if took := let(t, p); took < 3*time.Second || took > 3500*time.Millisecond {
			t.Errorf("waited another %v, want 3 s", took)
		}
		done(p, OK, Limits{})
		let(t, p)
		p.Done(Feedback{Kind: Throttled, Started: left, Latency: 5 * time.Second, Limits: retryAfter(time.Minute)})
		if s := p.Status(); s.Why != "" || s.Rate < rate*0.9 {
			t.Errorf("a 429 from before the pause began another: %+v, rate before %v", s, rate)
		}
	})
}

func TestALate429WithAClearlyLaterEndLengthensThePause(t *testing.T) {
	eachPacer(t, Options{}, func(t *testing.T, p Pacer) {
		ramped(t, p)
		let(t, p)
		let(t, p)
		left := time.Now()
		time.Sleep(time.Millisecond)
		done(p, Throttled, retryAfter(2*time.Second))
		p.Done(Feedback{Kind: Throttled, Started: left, Limits: retryAfter(30 * time.Second)})
		if took := let(t, p); took < 30*time.Second || took > 31*time.Second {
			t.Errorf("waited %v, want 30 s", took)
		}
	})
}

func TestWithoutANamedWaitOneProbeGoesFirst(t *testing.T) {
	for name, limits := range map[string]Limits{"absent": {}, "zero": retryAfter(0)} {
		t.Run(name, func(t *testing.T) {
			eachPacer(t, Options{Workers: 8}, func(t *testing.T, p Pacer) {
				let(t, p)
				done(p, Throttled, limits)
				var sent int
				var mu sync.Mutex
				began := time.Now()
				work(t, p, 8, 50*time.Millisecond, func() (Feedback, bool) {
					mu.Lock()
					defer mu.Unlock()
					sent++
					if sent <= 4 {
						if n := p.Status().InFlight; n != 1 {
							t.Errorf("probe %d goes together with %d others", sent, n-1)
						}
						return Feedback{Kind: Throttled, Limits: limits}, true
					}
					return Feedback{}, sent < 100
				})
				if took := time.Since(began); took < 100*time.Millisecond {
					t.Errorf("five tries within %v", took)
				}
			})
		})
	}
}

func TestThereIsNoStampedeAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewAuto(Options{Workers: 32})
		var mu sync.Mutex
		var sent int
		var held time.Time
		var after []time.Duration
		work(t, p, 32, 20*time.Millisecond, func() (Feedback, bool) {
			mu.Lock()
			defer mu.Unlock()
			sent++
			if sent == 400 {
				held = time.Now()
				return Feedback{Kind: Throttled, Limits: retryAfter(3 * time.Second)}, true
			}
			if since := time.Since(held); sent > 400 && since > 2*time.Second {
				after = append(after, since)
			}
			return Feedback{}, sent < 600
		})
		if len(after) < 100 {
			t.Fatalf("%d requests after the pause", len(after))
		}
		for i := 1; i < 30; i++ {
			if after[i]-after[i-1] < time.Millisecond {
				t.Errorf("departures %v and %v after the pause began come in one instant", after[i-1], after[i])
			}
		}
	})
}

func TestTooLongAWaitEndsTheRun(t *testing.T) {
	for name, kind := range map[string]Kind{"429": Throttled, "503": Failed} {
		t.Run(name, func(t *testing.T) {
			eachPacer(t, Options{MaxWait: time.Minute, Workers: 4}, func(t *testing.T, p Pacer) {
				ramped(t, p)
				let(t, p)
				let(t, p)
				errs := make(chan error, 8)
				var all sync.WaitGroup
				done(p, Throttled, retryAfter(10*time.Second))
				for range 8 {
					all.Go(func() { errs <- p.Acquire(context.Background()) })
				}
				synctest.Wait()
				time.Sleep(time.Millisecond)
				p.Done(Feedback{Kind: Abandoned, Started: time.Now()})
				time.Sleep(10 * time.Second)
				synctest.Wait()
				<-errs
				p.Done(Feedback{Kind: kind, Status: 503, Started: time.Now(), Limits: retryAfter(time.Hour)})
				all.Wait()
				close(errs)
				tooLong := 0
				for err := range errs {
					var e *TooLongError
					if errors.As(err, &e) {
						tooLong++
						if e.Wait != time.Hour || time.Until(e.Until) != time.Hour || e.Hint() == "" || !strings.Contains(e.Error(), name) {
							t.Errorf("%v, %+v", err, e)
						}
					}
				}
				if tooLong == 0 {
					t.Error("no waiter was told")
				}
				if err := p.Acquire(t.Context()); err == nil {
					t.Error("a request left after the end")
				}
			})
		})
	}
}

func TestAWaiterLeavesWithItsContext(t *testing.T) {
	eachPacer(t, Options{Workers: 1}, func(t *testing.T, p Pacer) {
		let(t, p)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := p.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an ended context gave %v", err)
		}
		done(p, OK, Limits{})
		let(t, p)
		done(p, Abandoned, Limits{})
		if n := p.Status().InFlight; n != 0 {
			t.Errorf("%d in flight", n)
		}
	})
}

func TestNeverMoreInFlightThanWorkers(t *testing.T) {
	for name, makePacer := range both() {
		t.Run(name, func(t *testing.T) {
			p := makePacer(Options{Workers: 5})
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					for range 50 {
						ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
						if p.Acquire(ctx) == nil {
							if n := p.Status().InFlight; n > 5 {
								t.Errorf("%d in flight", n)
							}
							p.Done(Feedback{Started: time.Now()})
						}
						cancel()
					}
				})
			}
			all.Wait()
			if n := p.Status().InFlight; n != 0 {
				t.Errorf("%d left in flight", n)
			}
		})
	}
}

func TestWhatWasLearnt(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		l  *Learnt
		ok bool
	}{
		"nothing":               {nil, false},
		"no limit":              {&Learnt{At: now}, false},
		"yesterday":             {&Learnt{Limit: 10, At: now.Add(-24 * time.Hour)}, true},
		"too old":               {&Learnt{Limit: 10, At: now.Add(-8 * 24 * time.Hour)}, false},
		"from the future":       {&Learnt{Limit: 10, At: now.Add(time.Hour)}, false},
		"a limit that can't be": {&Learnt{Limit: -1, At: now}, false},
	} {
		if _, ok := c.l.start(now); ok != c.ok {
			t.Errorf("%s: %v", name, ok)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		p := NewAuto(Options{})
		if p.Learnt() != nil {
			t.Error("learnt before the first request")
		}
		let(t, p)
		done(p, OK, Limits{HasLimit: true, Limit: 60, Remaining: 59, Window: time.Minute})
		if l := p.Learnt(); l == nil || l.Limit < 0.9 || l.Limit > 1 || l.Window != time.Minute || !l.At.Equal(time.Now()) {
			t.Errorf("learnt %+v", l)
		}
	})
}
