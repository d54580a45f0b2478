package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		faults  Faults
		status  int   // of the answer, 0 where none comes
		err     error // of the request
		holds   string
		written bool
	}{
		{"a reset before", Faults{ResetBefore: 1}, 0, syscall.ECONNRESET, "", false},
		{"a reset after", Faults{ResetAfter: 1}, 0, syscall.ECONNRESET, "", true},
		{"a hang before", Faults{HangBefore: 1}, 0, context.DeadlineExceeded, "", false},
		{"a hang after", Faults{HangAfter: 1}, 0, context.DeadlineExceeded, "", true},
		{"a hang that ends", Faults{HangBefore: 1, HangFor: time.Second}, 0, syscall.ECONNRESET, "", false},
		{"a cut answer", Faults{Truncate: 1}, 201, io.ErrUnexpectedEOF, `{"success":true`, true},
		{"an empty answer", Faults{Empty: 1}, 201, nil, "", true},
		{"an error", Faults{Error: 1}, 500, nil, "Server Error", false},
		{"an error after the write", Faults{ErrorAfter: 1}, 500, nil, "Server Error", true},
		{"a bad gateway", Faults{BadGateway: 1}, 502, nil, "<html>", false},
		{"an unavailable service", Faults{Unavailable: 1}, 503, nil, "Unavailable", false},
		{"a 429 for no reason", Faults{Throttled: 1}, 429, nil, "Too Many", false},
		{"a spike", Faults{Spike: 1, SpikeBy: time.Second}, 201, nil, "success", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(tt *testing.T) {
				t := newTester(tt, Options{Faults: test.faults})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				a, err := t.try(ctx, "PUT", "/crm/products?matchingAttribute=sku", `{"sku":"A1"}`)
				if a.status != test.status || !errors.Is(err, test.err) || !strings.Contains(a.text, test.holds) {
					t.Errorf("status %d, error %v, answer %q", a.status, err, a.text)
				}
				if written := t.crm.Count("products") == 1; written != test.written {
					t.Errorf("written: %v", written)
				}
				if a.status == 503 && a.header.Get("Retry-After") != "1" {
					t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
				}
				s := t.crm.Stats()
				if s.Faults != 1 || s.PeakInFlight != 1 || test.written != (s.Created == 1) {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestFaultShares(t *testing.T) {
	faults := Faults{Error: 0.2, BadGateway: 0.1, Unavailable: 0.05}
	statuses := func(t tester, order []int) map[int]int {
		got := make(map[int]int)
		for _, i := range order {
			got[i] = t.do("PUT", "/crm/products?matchingAttribute=sku", fmt.Sprintf(`{"sku":"A%d"}`, i)).status
		}
		return got
	}
	order := rand.New(rand.NewPCG(1, 2)).Perm(2000)
	first := statuses(newTester(t, Options{Faults: faults, Seed: 1}), order)
	t.Run("about as many meet a fault as the shares say", func(t *testing.T) {
		counts := make(map[int]float64)
		for _, status := range first {
			counts[status] += 1.0 / 2000
		}
		for status, want := range map[int]float64{500: 0.2, 502: 0.1, 503: 0.05, 201: 0.65} {
			if math.Abs(counts[status]-want) > 0.03 {
				t.Errorf("%d: a share of %.3f, want about %.3f", status, counts[status], want)
			}
		}
	})
	t.Run("the same seed gives the same faults in another order", func(t *testing.T) {
		again := statuses(newTester(t, Options{Faults: faults, Seed: 1}), rand.New(rand.NewPCG(3, 4)).Perm(2000))
		other := statuses(newTester(t, Options{Faults: faults, Seed: 2}), order)
		same, differ := 0, 0
		for i, status := range first {
			if again[i] == status {
				same++
			}
			if other[i] != status {
				differ++
			}
		}
		if same != 2000 || differ < 200 {
			t.Errorf("%d of 2000 the same for the same seed, %d different for another", same, differ)
		}
	})
	t.Run("a request that comes again meets another fate", func(tt *testing.T) {
		t := newTester(tt, Options{Faults: Faults{Error: 0.5}})
		failed := 0
		for range 200 {
			if t.do("PUT", "/crm/products?matchingAttribute=sku", `{"sku":"A1"}`).status == 500 {
				failed++
			}
		}
		if failed < 60 || failed > 140 {
			t.Errorf("%d of 200 failed", failed)
		}
	})
	t.Run("reading can be spared", func(tt *testing.T) {
		t := newTester(tt, Options{Faults: Faults{Error: 1, WritesOnly: true}})
		t.want(200, "GET", "/crm/objects", "")
		t.assert(500, `{"sku":"A1"}`)
	})
	t.Run("senseless shares are an error", func(t *testing.T) {
		for _, f := range []Faults{{Error: -0.1}, {Error: math.NaN()}, {Error: 0.6, Truncate: 0.5}} {
			if _, err := New(Options{Faults: f}); err == nil {
				t.Errorf("%+v: no error", f)
			}
		}
	})
}
