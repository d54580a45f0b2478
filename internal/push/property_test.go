package push

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/client"
)

// faults answers a request by what its body and try say, so that the same
// record meets the same faults whatever the number of workers.
func faults(seed uint32) func(key, value string, try int) (client.Result, bool) {
	return func(key, value string, try int) (client.Result, bool) {
		h := seed
		for _, b := range []byte(key + "|" + value) {
			h = h*16777619 ^ uint32(b)
		}
		failing := int(h % 6) // tries that fail first; more than the retries for some
		switch {
		case h>>8%16 == 0:
			return client.Result{Outcome: client.Rejected, Status: 400, Message: "refused " + value}, true
		case try <= failing && h>>16%2 == 0:
			status := []int{0, 429, 500, 503}[h>>20%4]
			return client.Result{Outcome: client.Retryable, Status: status, Message: "later"}, true
		}
		return client.Result{}, false
	}
}

func TestTheSameResultForAnyNumberOfWorkersUnderFaults(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.IntRange(1, 60).Draw(t, "keys")
		n := rapid.IntRange(0, 400).Draw(t, "records")
		seed := rapid.Uint32().Draw(t, "seed")
		workers := rapid.IntRange(2, 64).Draw(t, "workers")
		cells := make([][2]string, n)
		for i := range cells {
			key := fmt.Sprint("k", rapid.IntRange(1, keys).Draw(t, "key"))
			value := fmt.Sprint(i)
			switch rapid.IntRange(0, 30).Draw(t, "kind") {
			case 0:
				value = "unmappable"
			case 1:
				value = "unreadable"
			case 2:
				key = strings.ToUpper(key) + " "
			}
			cells[i] = [2]string{key, value}
		}
		one, oneCRM, oneRejects := pushWith(outer, t, cells, 1, seed)
		many, manyCRM, manyRejects := pushWith(outer, t, cells, workers, seed)
		if diff := cmp.Diff(one.Tally, many.Tally); diff != "" {
			t.Errorf("tally with 1 and %d workers:\n%s", workers, diff)
		}
		if diff := cmp.Diff(oneCRM.records, manyCRM.records); diff != "" {
			t.Errorf("the CRM with 1 and %d workers:\n%s", workers, diff)
		}
		if diff := cmp.Diff(oneRejects.entries, manyRejects.entries); diff != "" {
			t.Errorf("rejects with 1 and %d workers:\n%s", workers, diff)
		}
		if diff := cmp.Diff(one.Reasons, many.Reasons); diff != "" {
			t.Errorf("reasons with 1 and %d workers:\n%s", workers, diff)
		}
		for key, values := range manyCRM.records {
			if len(values) > 1 {
				t.Errorf("%d records have the key %s", len(values), key)
			}
		}
		if int64(len(manyRejects.entries)) != many.Rejected {
			t.Errorf("%d in the reject file, %d in the tally", len(manyRejects.entries), many.Rejected)
		}
		for i := 1; i < len(manyRejects.entries); i++ {
			if manyRejects.entries[i-1].Line >= manyRejects.entries[i].Line {
				t.Errorf("line %d is rejected after line %d", manyRejects.entries[i].Line, manyRejects.entries[i-1].Line)
			}
		}
	})
}

func pushWith(outer *testing.T, t *rapid.T, cells [][2]string, workers int, seed uint32) (*Result, *crm, *kept) {
	c := newCRM()
	c.pause = time.Millisecond
	c.answer = faults(seed)
	opts, rejects := options(c, cells)
	opts.Workers = workers
	opts.Retries = 3
	opts.MaxRejects = MaxRejects{Set: true, Percentage: true, Percent: 100}
	var res *Result
	synctest.Test(outer, func(bubble *testing.T) { res = Run(bubble.Context(), opts) })
	balanced(t, res)
	res.Started, res.Elapsed, res.Latency, res.Timeline = time.Time{}, 0, Latency{}, Timeline{}
	if res.Read != int64(len(cells)) || res.NotSent != 0 {
		t.Errorf("read %d of %d, %d not sent", res.Read, len(cells), res.NotSent)
	}
	return res, c, rejects
}
