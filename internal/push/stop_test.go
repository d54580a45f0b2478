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

func TestTooManyRejectsStopTheRun(t *testing.T) {
	refuse := func(share func(i int) bool) (*crm, [][2]string) {
		c := newCRM()
		c.pause = time.Millisecond
		c.answer = func(_, value string, _ int) (client.Result, bool) {
			return client.Result{Outcome: client.Rejected, Status: 400, Message: "bad " + value[:1]}, strings.HasPrefix(value, "r")
		}
		cells := distinct(10_000)
		for i := range cells {
			if share(i) {
				cells[i][1] = "r" + cells[i][1]
			}
		}
		return c, cells
	}
	always := func(int) bool { return true }
	every10th := func(i int) bool { return i%10 == 9 }
	late := func(i int) bool { return i >= 1000 }
	tests := []struct {
		name     string
		refused  func(i int) bool
		max      string
		ask      func(context.Context, Question) bool
		outcome  Outcome
		mostSent int
	}{
		{"the first 50 were all rejected", always, "", nil, Stopped, 100},
		{"the first 50 were all rejected, and the answer is no", always, "", func(context.Context, Question) bool { return false }, Stopped, 100},
		{"the first 50 were all rejected, and the answer is yes", always, "", func(context.Context, Question) bool { return true }, Rejects, 10_000},
		{"50 in a row for one reason later on", late, "", nil, Stopped, 1150},
		{"a tenth is no reason to stop", every10th, "", nil, Rejects, 10_000},
		{"no reject is allowed", every10th, "0", nil, Stopped, 40},
		{"20 are allowed", every10th, "20", nil, Stopped, 260},
		{"1000 are allowed and there are 1000", every10th, "1000", nil, Rejects, 10_000},
		{"9% are allowed", every10th, "9%", nil, Stopped, 150},
		{"10% are allowed", every10th, "10%", nil, Rejects, 10_000},
		{"all may be rejected", always, "100%", nil, Rejects, 10_000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, cells := refuse(test.refused)
				opts, rejects := options(c, cells)
				opts.Ask = test.ask
				if test.max != "" {
					var err error
					if opts.MaxRejects, err = ParseMaxRejects(test.max); err != nil {
						t.Fatal(err)
					}
				}
				res := Run(t.Context(), opts)
				balanced(t, res)
				if res.Outcome != test.outcome {
					t.Errorf("outcome is %s (%v), want %s", res.Outcome, res.Err, test.outcome)
				}
				if c.requests > test.mostSent {
					t.Errorf("%d requests were sent, want at most %d", c.requests, test.mostSent)
				}
				if int64(len(rejects.entries)) != res.Rejected {
					t.Errorf("%d in the reject file, %d in the tally", len(rejects.entries), res.Rejected)
				}
				if res.Read != 10_000 {
					t.Errorf("read %d of 10,000", res.Read)
				}
			})
		})
	}
}

// What is refused before it is sent is read far faster than sent: the rest of it is
// left to the run that goes on, and in no reject file yet.
func TestRecordsThatAreNeverSentDontFollowAStop(t *testing.T) {
	for _, test := range []struct {
		name     string
		good     int // records before the bad ones
		max      string
		rejected int64
		err      string
	}{
		{"from the start", 0, "", 50, "the first 50 records were all rejected: "},
		{"later on", 1000, "", 50, "50 records in a row were rejected for the same reason: "},
		{"beyond --max-rejects", 10, "7", 8, "8 of the first 18 records were rejected, more than --max-rejects 7 allows"},
	} {
		synctest.Test(t, func(t *testing.T) {
			cells := distinct(20_000)
			for i := range cells[test.good:] {
				cells[test.good+i][1] = "unmappable"
			}
			c := newCRM()
			c.pause = time.Millisecond
			opts, rejects := options(c, cells)
			saved := &notes{}
			opts.Journal = saved
			opts.MaxRejects, _ = ParseMaxRejects(test.max)
			res := Run(t.Context(), opts)
			balanced(t, res)
			if res.Outcome != Stopped || res.Rejected != test.rejected || int64(len(rejects.entries)) != test.rejected || !strings.HasPrefix(res.Err.Error(), test.err) {
				t.Errorf("%s: %s with %d rejects, %d of them in the file: %v", test.name, res.Outcome, res.Rejected, len(rejects.entries), res.Err)
			}
			if over, rejected := saved.saved[len(saved.saved)-1].Over(); over != int64(test.good)+test.rejected || rejected != test.rejected {
				t.Errorf("%s: the journal says that %d are over and %d rejected", test.name, over, rejected)
			}
		})
	}
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

func TestTheReasonOfAStopSaysWhyThereAreMoreRejects(t *testing.T) {
	for want, e := range map[string]TooManyRejectsError{
		"50 records in a row were rejected for the same reason: why":                                                                        {Rejected: 50, InAll: 50, InARow: true},
		"50 records in a row were rejected for the same reason (57 rejected in all, with those that were under way): why":                   {Rejected: 50, InAll: 57, InARow: true},
		"50 records in a row were rejected for the same reason (350 rejected in all, with earlier ones): why":                               {Rejected: 350, InAll: 350, InARow: true},
		"50 records in a row were rejected for the same reason (357 rejected in all, with earlier ones and those that were under way): why": {Rejected: 350, InAll: 357, InARow: true},
		"the first 50 records were all rejected (57 with those that were under way): why":                                                   {Rejected: 50, InAll: 57},
	} {
		e.Reason = "why"
		if got := e.Error(); got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}

func TestParseMaxRejects(t *testing.T) {
	for text, want := range map[string]MaxRejects{
		"0":    {Set: true},
		"17":   {Set: true, Count: 17},
		"5%":   {Set: true, Percentage: true, Percent: 5},
		"0.5%": {Set: true, Percentage: true, Percent: 0.5},
	} {
		got, err := ParseMaxRejects(text)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v, want %+v", text, got, err, want)
		}
		if got.String() != text {
			t.Errorf("%q is written %q", text, got.String())
		}
	}
	for _, text := range []string{"", "-1", "1.5", "101%", "-1%", "NaN%", "%", "x", "5 %"} {
		if got, err := ParseMaxRejects(text); err == nil {
			t.Errorf("%q is accepted as %+v", text, got)
		}
	}
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
