package pace

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAnOutageIsNotBlamedOnRecords(t *testing.T) {
	eachPacer(t, Options{Workers: 16, MaxWait: 15 * time.Minute}, func(t *testing.T, p Pacer) {
		var mu sync.Mutex
		var all sync.WaitGroup
		blamed, failed, good := 0, 0, 0
		began := time.Now()
		for range 16 {
			all.Go(func() {
				for {
					if err := p.Acquire(t.Context()); err != nil {
						t.Error(err)
						return
					}
					f := Feedback{Started: time.Now()}
					if down := time.Since(began); down > time.Second && down < 5*time.Minute {
						f.Kind, f.Status = Failed, 503
					}
					time.Sleep(20 * time.Millisecond)
					f.Latency = time.Since(f.Started)
					blame := p.Done(f)
					mu.Lock()
					if f.Kind == Failed {
						failed++
						if blame {
							blamed++
						}
					} else if time.Since(began) > 5*time.Minute {
						good++
					}
					stop := good > 1000
					mu.Unlock()
					if stop {
						return
					}
				}
			})
		}
		all.Wait()
		if blamed > 60 || failed > 100 {
			t.Errorf("%d failures, %d of them blamed on records", failed, blamed)
		}
		if took := time.Since(began); took > 7*time.Minute {
			t.Errorf("an outage of 5 minutes took %v", took)
		}
	})
}

func TestAFewFailuresCountAgainstTheirRecords(t *testing.T) {
	eachPacer(t, Options{}, func(t *testing.T, p Pacer) {
		for range breakerFailures - 1 {
			let(t, p)
			if !done(p, Failed, Limits{}) {
				t.Fatal("not blamed")
			}
		}
	})
}

func TestAServiceThatNeverComesBackEndsTheRun(t *testing.T) {
	eachPacer(t, Options{MaxWait: 15 * time.Minute}, func(t *testing.T, p Pacer) {
		began := time.Now()
		for {
			err := p.Acquire(t.Context())
			if err == nil {
				p.Done(Feedback{Kind: Failed, Status: 502, Started: time.Now()})
				continue
			}
			var e *TooLongError
			if !errors.As(err, &e) || !strings.Contains(e.Error(), "502") {
				t.Errorf("ended by %v", err)
			}
			if took := time.Since(began); took < 15*time.Minute || took > 16*time.Minute {
				t.Errorf("given up after %v, want 15 m", took)
			}
			return
		}
	})
}

func TestAServiceThatHangsFromTheStartEndsTheRun(t *testing.T) {
	const timeout, allowed = 30 * time.Second, 2 * time.Minute
	eachPacer(t, Options{MaxWait: allowed}, func(t *testing.T, p Pacer) {
		began := time.Now()
		for {
			err := p.Acquire(t.Context())
			if err == nil {
				left := time.Now()
				time.Sleep(timeout)
				p.Done(Feedback{Kind: Failed, Started: left, Latency: timeout})
				continue
			}
			var e *TooLongError
			if !errors.As(err, &e) {
				t.Fatalf("ended by %v", err)
			}
			if took := time.Since(began); took != allowed || e.Wait != took {
				t.Errorf("given up after %v, as after %v, want %v", took, e.Wait, allowed)
			}
			return
		}
	})
}

func TestASlowRecordDoesNotEndTheRun(t *testing.T) {
	eachPacer(t, Options{MaxWait: 10 * time.Second}, func(t *testing.T, p Pacer) {
		for range 5 {
			let(t, p)
			left := time.Now()
			time.Sleep(30 * time.Second)
			if !p.Done(Feedback{Kind: Failed, Started: left, Latency: 30 * time.Second}) {
				t.Error("not blamed on its record")
			}
			let(t, p)
			done(p, OK, Limits{})
		}
	})
}
