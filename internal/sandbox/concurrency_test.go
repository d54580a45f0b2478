package sandbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// together runs n calls at once and gives the number of answers by status.
func together(t tester, n int, call func(i int) (method, path, body string)) map[int]int {
	var mu sync.Mutex
	statuses := make(map[int]int)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			method, path, body := call(i)
			a, err := t.try(t.Context(), method, path, body)
			if err != nil {
				t.Errorf("%s %s: %v", method, path, err)
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[a.status]++
		})
	}
	all.Wait()
	return statuses
}

func TestConcurrentAssertsOfOneNewValue(t *testing.T) {
	tests := []struct {
		race     Race
		pause    time.Duration
		statuses map[int]int
		records  int
	}{
		{RaceDuplicates, 0, map[int]int{201: 1, 200: 7}, 1},
		{RaceDuplicates, time.Second, map[int]int{201: 8}, 8},
		{RaceUpdates, time.Second, map[int]int{201: 1, 200: 7}, 1},
		{RaceInvalid, time.Second, map[int]int{201: 1, 400: 7}, 1},
		{RaceConflict, time.Second, map[int]int{201: 1, 409: 7}, 1},
		{RaceError, time.Second, map[int]int{201: 1, 500: 7}, 1},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("race %q with a pause of %v leaves %d", test.race, test.pause, test.records), func(t *testing.T) {
			synctest.Test(t, func(tt *testing.T) {
				t := newTester(tt, Options{AssertPause: test.pause, Quirks: Quirks{Race: test.race}})
				got := together(t, 8, func(i int) (string, string, string) {
					return "PUT", "/crm/products?matchingAttribute=sku", fmt.Sprintf(`{"sku":"A1","price":%d}`, i)
				})
				if fmt.Sprint(got) != fmt.Sprint(test.statuses) || t.crm.Count("products") != test.records {
					t.Errorf("statuses %v, want %v; %d records, want %d", got, test.statuses, t.crm.Count("products"), test.records)
				}
				if twice := t.crm.Duplicates("products", "sku")["A1"]; test.records > 1 && twice != test.records || test.records == 1 && twice != 0 {
					t.Errorf("%d duplicates", twice)
				}
				if s := t.crm.Stats(); test.pause > 0 && (s.PeakInFlight != 8 || s.PeakPerKey != 8) {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestAnotherUniqueValueClashesInARaceToo(t *testing.T) {
	synctest.Test(t, func(tt *testing.T) {
		t := newTester(tt, Options{AssertPause: time.Second})
		got := together(t, 2, func(int) (string, string, string) {
			return "PUT", "/crm/products?matchingAttribute=sku", `{"sku":"A1","ean":"1"}`
		})
		if got[201] != 1 || got[400] != 1 {
			t.Errorf("statuses %v", got)
		}
	})
}

func TestPeakPerKeyTellsLanesThatOverlap(t *testing.T) {
	for name, test := range map[string]struct {
		path, body string // of four asserts, with %d for their number
		want       int64
	}{
		"different keys don't":                 {"/crm/products?matchingAttribute=sku", `{"sku":"A%d"}`, 1},
		"blanks and case don't make two keys":  {"/crm/products?matchingAttribute=sku", `{"sku":"A ","price":%d}`, 4},
		"people overlap by a second address":   {byEmail, `{"firstName":"A","emails":["a%d@x.de","shared@x.de"]}`, 4},
		"a phone number is found in camelCase": {"/crm/people?matchingAttribute=phone_number", `{"firstName":"A%d","phoneNumber":"1"}`, 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(tt *testing.T) {
				t := newTester(tt, Options{Latency: time.Second})
				together(t, 4, func(i int) (string, string, string) { return "PUT", test.path, fmt.Sprintf(test.body, i) })
				if got := t.crm.Stats().PeakPerKey; got != test.want {
					t.Errorf("PeakPerKey is %d, want %d", got, test.want)
				}
			})
		})
	}
}

func TestManyClientsAtOnce(tt *testing.T) {
	t := newTester(tt, Options{})
	company := t.companies()[0]
	var next atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := next.Add(1); i <= 1000; i = next.Add(1) {
				body := fmt.Sprintf(`{"sku":"A%d","price":%d,"supplier":[%q],"tags":[{"id":"opt_new"}]}`, i%150, i, company)
				if a, err := t.try(context.Background(), "PUT", "/crm/products?matchingAttribute=sku", body); err != nil || a.status > 201 {
					t.Errorf("%v %v", a.text, err)
				}
				switch i % 50 {
				case 1:
					t.crm.EnsureAttributes("products", []string{fmt.Sprint("column ", i)}, "")
				case 2:
					_, _ = t.try(context.Background(), "GET", "/crm/products?count=100", "")
				case 3:
					t.crm.SetLimit(Limit{Requests: 1e6, Form: LimitBucket})
					_ = t.crm.SetFaults(Faults{Spike: 0.1, SpikeBy: 1})
				case 4:
					_ = t.crm.Records("products")
				}
			}
		})
	}
	all.Wait()
	s := t.crm.Stats()
	if t.crm.Count("products") != 150 || s.Created != 152 || s.Updated != 850 || len(t.crm.Duplicates("products", "sku")) != 0 {
		t.Errorf("%d products, %+v", t.crm.Count("products"), s)
	}
}

func TestTime(t *testing.T) {
	put := func(t tester, ctx context.Context) (time.Duration, error) {
		start := time.Now()
		_, err := t.try(ctx, "PUT", "/crm/products?matchingAttribute=sku", `{"sku":"A1"}`)
		return time.Since(start), err
	}
	run := func(name string, opts Options, check func(t tester)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(tt *testing.T) { check(newTester(tt, opts)) })
		})
	}
	run("latency is what an answer takes", Options{Latency: 101 * time.Millisecond}, func(t tester) {
		if took, _ := put(t, t.Context()); took != 101*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
	run("jitter is added to latency", Options{Latency: 100 * time.Millisecond, Jitter: 50 * time.Millisecond}, func(t tester) {
		different := make(map[time.Duration]bool)
		for range 20 {
			took, _ := put(t, t.Context())
			different[took] = true
			if took < 100*time.Millisecond || took >= 150*time.Millisecond {
				t.Errorf("took %v", took)
			}
		}
		if len(different) < 10 {
			t.Errorf("only %d different latencies", len(different))
		}
	})
	run("a deadline during the latency is kept, and nothing is written", Options{Latency: time.Minute}, func(t tester) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if took, err := put(t, ctx); took != time.Second || !errors.Is(err, context.DeadlineExceeded) || t.crm.Count("products") != 0 {
			t.Errorf("took %v, %v, %d records", took, err, t.crm.Count("products"))
		}
	})
	run("a deadline during the pause is kept, and nothing is written", Options{AssertPause: time.Minute}, func(t tester) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if took, err := put(t, ctx); took != time.Second || !errors.Is(err, context.DeadlineExceeded) || t.crm.Count("products") != 0 {
			t.Errorf("took %v, %v, %d records", took, err, t.crm.Count("products"))
		}
	})
	run("a CRM of small capacity slows down under load", Options{Capacity: 2, ServiceTime: 100 * time.Millisecond}, func(t tester) {
		start := time.Now()
		together(t, 10, func(i int) (string, string, string) {
			return "PUT", "/crm/products?matchingAttribute=sku", fmt.Sprintf(`{"sku":"A%d"}`, i)
		})
		if took := time.Since(start); took != 500*time.Millisecond {
			t.Errorf("ten requests took %v", took)
		}
		if took, _ := put(t, t.Context()); took != 100*time.Millisecond {
			t.Errorf("one request took %v", took)
		}
	})
	run("the busiest span is found wherever it begins", Options{}, func(t tester) {
		for _, gap := range []time.Duration{900, 50, 50, 500, 399, 1, 2000} {
			_, _ = put(t, t.Context())
			time.Sleep(gap * time.Millisecond)
		}
		if got := t.crm.Busiest(time.Second); got != 5 {
			t.Errorf("the busiest second has %d of %v", got, t.crm.Arrivals())
		}
	})
}
