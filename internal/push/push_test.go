package push

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
)

func TestEveryRecordEndsInOneCountAndRejectsStandInInputOrder(t *testing.T) {
	c := newCRM()
	c.answer = func(_, value string, _ int) (client.Result, bool) {
		return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, value == "refused"
	}
	opts, rejects := options(c, [][2]string{
		{"a", "1"}, {"b", "unmappable"}, {"A", "2"}, {"c", "refused"}, {"oops", "unreadable"}, {"d", "4"},
	})
	res := Run(t.Context(), opts)
	balanced(t, res)
	want := Tally{Read: 6, Created: 2, Updated: 1, Rejected: 3, Requests: 4}
	if diff := cmp.Diff(want, res.Tally); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
	if res.Outcome != Rejects {
		t.Errorf("outcome is %s, want %s", res.Outcome, Rejects)
	}
	var got []string
	for _, e := range rejects.entries {
		got = append(got, fmt.Sprint(e.Line, e.Status, e.Error, e.Raw, e.Unread))
	}
	wantRejects := []string{"3 0 not a numberfalse", "5 400 nofalse", "6 0 a stray quoteoopstrue"}
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], "  ", " ")
	}
	if len(got) != len(wantRejects) || rejects.entries[0].Line != 3 || rejects.entries[1].Status != 400 || !rejects.entries[2].Unread {
		t.Errorf("reject entries are %q", got)
	}
}

func TestRecordsOfOneKeyNeverOverlapWhileOthersUseEveryWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.pause = 5 * time.Millisecond
		cells := make([][2]string, 3000)
		last := make(map[string]string)
		for i := range cells {
			key := fmt.Sprintf("key-%d", i*7919%150)
			cells[i] = [2]string{[]string{key, strings.ToUpper(key), " " + key + " "}[i%3], fmt.Sprint(i)}
			last[key] = fmt.Sprint(i)
		}
		opts, _ := options(c, cells)
		opts.Workers = 32
		res := Run(t.Context(), opts)
		balanced(t, res)
		for key, values := range c.records {
			if len(values) != 1 {
				t.Errorf("%d records have the key %s", len(values), key)
			}
			if values[0] != last[key] {
				t.Errorf("%s holds %s, want the input's last value %s", key, values[0], last[key])
			}
		}
		if c.peak < 16 {
			t.Errorf("at most %d requests were in flight, want 16 or more", c.peak)
		}
		if c.peak > 32 {
			t.Errorf("%d requests were in flight with 32 workers", c.peak)
		}
	})
}

func TestARecordWhoseRetriesAreUsedUpIsRejectedWithTheLastCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.answer = func(key, _ string, try int) (client.Result, bool) {
			return client.Result{Outcome: client.Retryable, Status: 500 + try, Message: fmt.Sprint("try ", try)}, key == "k00001"
		}
		opts, rejects := options(c, distinct(3))
		opts.Retries = 2
		res := Run(t.Context(), opts)
		balanced(t, res)
		want := Tally{Read: 3, Created: 2, Rejected: 1, Requests: 5, Retries: 2}
		if diff := cmp.Diff(want, res.Tally); diff != "" {
			t.Errorf("tally (-want +got):\n%s", diff)
		}
		if e := rejects.entries[0]; e.Status != 503 || e.Error != "try 3" {
			t.Errorf("rejected with %d %q, want the third try's", e.Status, e.Error)
		}
	})
}

func TestAWaitingRetryHoldsUpNeitherWorkersNorOtherLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.answer = func(_, value string, try int) (client.Result, bool) {
			wait := client.Limits{HasRetryAfter: true, RetryAfter: time.Minute}
			return client.Result{Outcome: client.Retryable, Status: 503, Limits: wait}, value == "0" && try == 1
		}
		opts, _ := options(c, append(distinct(100), [2]string{"K00000", "later"}))
		opts.Workers = 1
		started := time.Now()
		res := Run(t.Context(), opts)
		if res.Created != 100 || res.Updated != 1 {
			t.Errorf("tally is %+v", res.Tally)
		}
		if took := time.Since(started); took < time.Minute || took > time.Minute+time.Second {
			t.Errorf("took %v, want the minute that the server asked for", took)
		}
		if n := len(c.bodies); c.bodies[n-2] != "K00000=0" || c.bodies[n-1] != "K00000=later" {
			t.Errorf("the last two requests are %q, want the retry and then the later record of its key", c.bodies[n-2:])
		}
	})
}

func TestProgressCountsWhatEndedBehindARecordThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.answer = func(_, value string, try int) (client.Result, bool) {
			wait := client.Limits{HasRetryAfter: true, RetryAfter: time.Minute}
			return client.Result{Outcome: client.Retryable, Status: 503, Limits: wait}, value == "0" && try == 1
		}
		opts, _ := options(c, distinct(100))
		var seen, last int64
		started := time.Now()
		opts.Progress = func(now Progress) {
			last = now.Created + now.Updated + now.Rejected
			if time.Since(started) < 50*time.Second {
				seen = max(seen, last)
			}
		}
		Run(t.Context(), opts)
		if seen != 99 || last != 100 {
			t.Errorf("%d records while the first waited, %d in the end; want 99 and 100", seen, last)
		}
	})
}

func TestAProgressThatCountsARejectSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.answer = func(_, value string, _ int) (client.Result, bool) {
			if value == "0" {
				time.Sleep(time.Minute)
			}
			return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, value == "50"
		}
		opts, _ := options(c, distinct(100))
		opts.Progress = func(now Progress) {
			if told := now.LastReason == "no"; told != (now.Rejected > 0) {
				t.Errorf("%d rejected, for the reason %q", now.Rejected, now.LastReason)
			}
		}
		Run(t.Context(), opts)
	})
}

func TestADryRunSendsNothingAndCountsWhatItWouldSend(t *testing.T) {
	c := newCRM()
	opts, rejects := options(c, append(distinct(10_000), [2]string{"x", "unmappable"}))
	opts.DryRun = true
	res := Run(t.Context(), opts)
	balanced(t, res)
	want := Tally{Read: 10_001, Rejected: 1, NotSent: 10_000}
	if diff := cmp.Diff(want, res.Tally); diff != "" || c.requests != 0 || len(rejects.entries) != 1 {
		t.Errorf("%d requests, %d rejects, tally (-want +got):\n%s", c.requests, len(rejects.entries), diff)
	}
}

func TestLimitCountsRecordsOverAllInputs(t *testing.T) {
	c := newCRM()
	opts, _ := options(c, nil)
	opts.Inputs = []Input{
		{Name: "1.csv", Reader: &rows{cells: [][2]string{{"a", "1"}, {"b", "1"}}}, Mapper: plain{}},
		{Name: "2.csv", Reader: &rows{cells: [][2]string{{"a", "2"}, {"c", "2"}, {"d", "2"}}}, Mapper: plain{}},
	}
	opts.Limit = 4
	res := Run(t.Context(), opts)
	want := Tally{Read: 4, Created: 3, Updated: 1, Requests: 4}
	if diff := cmp.Diff(want, res.Tally); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
	if c.records["a"][0] != "2" {
		t.Errorf("a holds %s, want the second file's value", c.records["a"][0])
	}
}

func TestTheReaderIsNeverFurtherAheadThanTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		input := &rows{cells: distinct(3 * windowRecords)}
		ahead := 0
		c.answer = func(key, _ string, try int) (client.Result, bool) {
			if key == "k00000" && try == 1 {
				time.Sleep(time.Minute)
				ahead = int(input.next.Load())
			}
			return client.Result{}, false
		}
		opts, _ := options(c, nil)
		opts.Inputs[0].Reader = input
		res := Run(t.Context(), opts)
		if res.Created != 3*windowRecords {
			t.Errorf("created %d", res.Created)
		}
		if ahead > windowRecords+1 {
			t.Errorf("%d records were read while the first was under way, want at most the window of %d and one", ahead, windowRecords)
		}
	})
}

func TestLargeRecordsNarrowTheWindow(t *testing.T) {
	w := newWindow(windowRecords)
	if err := w.enter(t.Context(), 2*windowBytes); err != nil {
		t.Fatalf("a record larger than the window must fit alone: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.enter(ctx, 1); err == nil {
		t.Error("a second record fits beside one that fills the window")
	}
	w.leave(2 * windowBytes)
	if err := w.enter(t.Context(), windowBytes); err != nil {
		t.Error(err)
	}
	if len(w.slots) != 1 {
		t.Errorf("%d slots are taken, want 1", len(w.slots))
	}
}

func TestAReasonIsBoundedHoweverManyFaultsARecordHas(t *testing.T) {
	faults := &mapping.RowError{}
	for range 1000 {
		faults.Problems = append(faults.Problems, mapping.Problem{Column: "größe", Text: "größe is no number"})
	}
	reason := bounded(faults.Error(), mostReason)
	if !utf8.ValidString(reason) || len(reason) > mostReason+len("…") || !strings.HasSuffix(reason, "…") || !strings.HasPrefix(faults.Error(), strings.TrimSuffix(reason, "…")) {
		t.Errorf("%d bytes: %q", len(reason), reason)
	}
	if short := bounded("größe is no number", mostReason); short != "größe is no number" {
		t.Error(short)
	}
	it := &item{}
	it.weigh()
	light := it.bytes
	it.end.reason, it.end.kind = reason, reason
	if it.weigh(); it.bytes-light != int64(2*len(reason)) {
		t.Errorf("its reason weighs %d", it.bytes-light)
	}
}
