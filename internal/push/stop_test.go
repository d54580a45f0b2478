package push

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/journal"
)

func TestAFatalAnswerStopsTheRunAndTheRestIsCountedAsNotSent(t *testing.T) {
	for _, uncounted := range []bool{false, true} {
		t.Run(fmt.Sprintf("with uncounted=%v", uncounted), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCRM()
				c.pause = time.Millisecond
				c.answer = func(key, _ string, _ int) (client.Result, bool) {
					return client.Result{Outcome: client.Fatal, Status: 401, Message: "who are you?", Hint: "get a token"}, key >= "k00100"
				}
				opts, _ := options(c, distinct(20_000))
				opts.Inputs[0].Uncounted = uncounted
				res := Run(t.Context(), opts)
				balanced(t, res)
				if res.Outcome != Failed {
					t.Errorf("outcome is %s, want %s", res.Outcome, Failed)
				}
				var fatal *FatalError
				if !errors.As(res.Err, &fatal) || fatal.Status != 401 || fatal.Hint() != "get a token" {
					t.Errorf("the error is %v", res.Err)
				}
				if c.requests > 100+2*opts.Workers {
					t.Errorf("%d requests were sent: the run went on after the first 401", c.requests)
				}
				if res.Unread != uncounted {
					t.Errorf("unread is %v with uncounted=%v", res.Unread, uncounted)
				}
				if all := res.Read == 20_000; all == uncounted {
					t.Errorf("read %d records with uncounted=%v", res.Read, uncounted)
				}
			})
		})
	}
}

// What is in flight when the service first refuses everything can't be taken back.
// Nothing follows it, and at the start of a run it isn't much.
func TestFewRequestsFollowTheFirstFatalAnswer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		good := rapid.SampledFrom([]int{0, 0, 1, 50, 1000}).Draw(rt, "good answers")
		workers := rapid.IntRange(1, 200).Draw(rt, "workers")
		pause := rapid.IntRange(0, 20).Draw(rt, "pause")
		synctest.Test(t, func(t *testing.T) {
			c := newCRM()
			c.pause = time.Duration(pause) * time.Millisecond
			var answers, refused atomic.Int64
			c.answer = func(string, string, int) (client.Result, bool) {
				if answers.Add(1) <= int64(good) {
					return client.Result{}, false
				}
				refused.Add(1)
				return client.Result{Outcome: client.Fatal, Status: 401, Message: "who are you?"}, true
			}
			opts, _ := options(c, distinct(3000))
			opts.Workers = workers
			res := Run(t.Context(), opts)
			balanced(t, res)
			most := int64(workers)
			if good == 0 {
				most = min(most, firstTries)
			}
			if res.Outcome != Failed || refused.Load() > most {
				rt.Errorf("ended as %s with %d refused requests, want %d at most", res.Outcome, refused.Load(), most)
			}
		})
	})
}

// expiring is a CRM whose token expires. No two answers come at one time, so that it
// is certain what followed what.
type expiring struct {
	*crm
	good int64

	sent, answered, refused, late atomic.Int64

	first atomic.Pointer[time.Time] // when it refused the first request
}

func (e *expiring) Assert(ctx context.Context, object, match string, body []byte) client.Result {
	if first := e.first.Load(); first != nil && time.Now().After(*first) {
		e.late.Add(1)
	}
	time.Sleep(10*time.Millisecond + time.Duration(e.sent.Add(1))*time.Nanosecond)
	if e.answered.Add(1) <= e.good {
		return e.crm.Assert(ctx, object, match, body)
	}
	now := time.Now()
	e.first.CompareAndSwap(nil, &now)
	e.refused.Add(1)
	return client.Result{Outcome: client.Fatal, Status: 401, Message: "who are you?"}
}

// heedless lets everything go, whether or not the run has stopped.
type heedless struct{ unpaced }

func (heedless) Acquire(context.Context) error { return nil }

func TestNoRequestStartsAfterTheFirstFatalAnswer(t *testing.T) {
	for _, good := range []int64{1, 64, 65, 500} {
		synctest.Test(t, func(t *testing.T) {
			e := &expiring{crm: newCRM(), good: good}
			opts, _ := options(e, distinct(3000))
			opts.Workers, opts.Pacer = 64, heedless{}
			res := Run(t.Context(), opts)
			balanced(t, res)
			if e.late.Load() > 0 || res.Created != good || res.Requests != e.sent.Load() || res.NotSent != 3000-good {
				t.Errorf("after %d good answers %d requests began that could know better, of %d: %+v", good, e.late.Load(), e.sent.Load(), res.Tally)
			}
			if in := e.refused.Load(); in > 64 {
				t.Errorf("%d requests were refused, more than were in flight", in)
			}
		})
	}
}

// The workers that wait for the first answer go on with it, and end with the
// records where it never comes.
func TestEveryWorkerGoesOnAfterTheFirstAnswer(t *testing.T) {
	for _, records := range []int{0, 1, 20, 1000} {
		synctest.Test(t, func(t *testing.T) {
			c := newCRM()
			c.pause = time.Second
			opts, _ := options(c, distinct(records))
			opts.Workers = 3 * firstTries
			if res := Run(t.Context(), opts); res.Outcome != Complete || c.peak != min(records, opts.Workers) {
				t.Errorf("%d records: %s, with %d at once", records, res.Outcome, c.peak)
			}
		})
	}
}

// What an earlier part sent is counted also where this one ends before it comes
// there, as the journal counts it.
func TestARunThatEndsAtOnceCountsWhatWasSentBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		opts, _ := options(c, distinct(100))
		saved := &notes{}
		opts.Journal = saved
		opts.Resume = &journal.Checkpoint{Done: 10, Created: 8, Rejected: 2, Line: 12, Records: 10, Beyond: []journal.Settled{
			{Seq: 12, Outcome: journal.Created}, {Seq: 13, Outcome: journal.Updated}, {Seq: 15, Outcome: journal.Unchanged},
		}}
		opts.Inputs[0].Reader = &rows{err: errors.New("it is gone")}
		res := Run(t.Context(), opts)
		balanced(t, res)
		want := Tally{Read: 13, Created: 9, Updated: 1, Unchanged: 1, Rejected: 2}
		if over, _ := saved.saved[len(saved.saved)-1].Over(); res.Tally != want || over != want.Read || res.ResumedAtLine != 12 {
			t.Errorf("the summary has %+v from line %d, the journal %d", res.Tally, res.ResumedAtLine, over)
		}
	})
}

func TestAnInterruptedRunLetsRequestsInFlightEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.pause = 4 * time.Second
		opts, _ := options(c, distinct(1000))
		ctx, cancel := context.WithTimeoutCause(t.Context(), 2*time.Second, errors.New("SIGINT"))
		defer cancel()
		res := Run(ctx, opts)
		balanced(t, res)
		if res.Outcome != Interrupted || res.Err.Error() != "SIGINT" {
			t.Errorf("ended as %s, %v", res.Outcome, res.Err)
		}
		if res.Created != 8 || len(c.records) != 8 {
			t.Errorf("created %d, the CRM has %d, want the 8 in flight", res.Created, len(c.records))
		}
		if res.Elapsed != 4*time.Second {
			t.Errorf("took %v, want the 4 s of the requests in flight", res.Elapsed)
		}
	})
}

func TestARequestThatHangsIsCutOffTenSecondsAfterTheInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.pause = time.Hour
		opts, _ := options(c, distinct(10))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		res := Run(ctx, opts)
		balanced(t, res)
		if res.NotSent != 10 || res.Elapsed != 11*time.Second {
			t.Errorf("%d not sent after %v, want 10 after 11s", res.NotSent, res.Elapsed)
		}
	})
}

func TestASignalDuringTheLastAnswerLeavesACompleteRunComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		ctx, cancel := context.WithCancel(t.Context())
		c.answer = func(string, string, int) (client.Result, bool) {
			time.Sleep(time.Second) // meanwhile the reader comes to the input's end
			cancel()
			synctest.Wait()
			return client.Result{}, false
		}
		opts, _ := options(c, distinct(1))
		res := Run(ctx, opts)
		if res.Outcome != Complete || res.Created != 1 || res.Err != nil {
			t.Errorf("ended as %s, %v with %+v", res.Outcome, res.Err, res.Tally)
		}
	})
}

func TestASignalAtTheQuestionInterruptsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cells := distinct(1000)
		for i := range cells {
			cells[i][1] = "unmappable"
		}
		opts, _ := options(newCRM(), cells)
		ctx, signal := context.WithCancel(t.Context())
		opts.Ask = func(context.Context, Question) bool {
			synctest.Wait() // all is read by then
			signal()
			synctest.Wait()
			return false
		}
		res := Run(ctx, opts)
		balanced(t, res)
		if res.Outcome != Interrupted || res.Rejected != 50 || res.NotSent != 950 {
			t.Errorf("ended as %s: %+v", res.Outcome, res.Tally)
		}
	})
}

func TestRejectsThatCannotBeWrittenCountAsNotSentAndStopTheRun(t *testing.T) {
	opts, rejects := options(newCRM(), [][2]string{{"a", "1"}, {"b", "unmappable"}, {"c", "3"}})
	rejects.err = errors.New("writing products.rejects.csv: no space left on device")
	res := Run(t.Context(), opts)
	balanced(t, res)
	if res.Outcome != Failed || !errors.Is(res.Err, rejects.err) {
		t.Errorf("ended as %s, %v", res.Outcome, res.Err)
	}
	if res.Rejected != 0 || res.NotSent < 1 {
		t.Errorf("tally is %+v", res.Tally)
	}
}

func TestAnInputThatFailsHalfWayIsPushedUpToThere(t *testing.T) {
	c := newCRM()
	opts, _ := options(c, nil)
	broken := errors.New("unexpected end of the gzip data")
	opts.Inputs[0].Reader = &rows{cells: distinct(100), err: broken}
	res := Run(t.Context(), opts)
	balanced(t, res)
	if res.Outcome != Failed || !errors.Is(res.Err, broken) || !strings.Contains(res.Err.Error(), "products.csv") {
		t.Errorf("ended as %s, %v", res.Outcome, res.Err)
	}
	if res.Created != 100 {
		t.Errorf("created %d of the 100 that could be read", res.Created)
	}
}

func TestAnErrorThatIsNotTheRecordsEndsTheRun(t *testing.T) {
	cells := distinct(1000)
	cells[500][1] = "the end"
	opts, rejects := options(newCRM(), cells)
	res := Run(t.Context(), opts)
	balanced(t, res)
	if res.Outcome != Failed || !strings.Contains(res.Err.Error(), "line 502 of products.csv: the list of companies can't be read") {
		t.Errorf("ended as %s, %v", res.Outcome, res.Err)
	}
	if len(rejects.entries) > 0 || res.Read != 1000 {
		t.Errorf("%d records are blamed for it; %d were read", len(rejects.entries), res.Read)
	}
}
