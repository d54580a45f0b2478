package push

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestARecordOfTwoKeysWaitsForTheRequestOfEachThatMayBeAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(8)
		go s.wait(t.Context())
		first, second, both := &item{}, &item{}, &item{}
		s.add(first, []string{"a"})
		s.add(second, []string{"b"})
		s.add(both, []string{"a", "b"})
		s.next(t.Context())
		s.next(t.Context())
		began := time.Now()
		s.done(first, 30*time.Second)
		time.Sleep(time.Second)
		s.done(second, 0)
		if it := s.next(t.Context()); it != both || time.Since(began) < 30*time.Second {
			t.Errorf("it goes after %s", time.Since(began))
		}
	})
}

func TestARecordThatIsReadLaterWaitsForARequestThatMayBeAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(8)
		go s.wait(t.Context())
		first, later := &item{}, &item{}
		s.add(first, []string{"a"})
		s.next(t.Context())
		began := time.Now()
		s.done(first, 30*time.Second)
		time.Sleep(time.Second)
		s.add(later, []string{"a"})
		if it := s.next(t.Context()); it != later || time.Since(began) < 30*time.Second {
			t.Errorf("it goes after %s", time.Since(began))
		}
	})
}
