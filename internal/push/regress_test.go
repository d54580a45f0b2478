package push

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/source"
	"github.com/crmsync/crmsync/internal/state"
)

// pausing is a Reader that waits before one record.
type pausing struct {
	rows
	before int64
	wait   time.Duration
}

func (p *pausing) Read() (source.Record, error) {
	if p.next.Load() == p.before {
		time.Sleep(p.wait)
	}
	return p.rows.Read()
}

// What ended beyond the checkpoint of a run that was killed must not be forgotten
// when the next part is killed before it has read so far.
func TestASecondKillEarlyInAResumedRunForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		opts, _ := options(c, nil)
		cells := distinct(10)
		reader := &pausing{rows: rows{cells: cells}, before: 5, wait: 10 * time.Second}
		opts.Inputs[0].Reader = reader
		beyond := []journal.Settled{
			{Seq: 4, Outcome: journal.Created},
			{Seq: 8, Outcome: journal.Rejected, Status: 400, Error: "no", Kind: "no"},
			{Seq: 9, Outcome: journal.Updated},
		}
		opts.Resume = &journal.Checkpoint{Done: 2, Line: 4, Records: 2, Created: 2, Beyond: beyond}
		saved := &notes{}
		opts.Journal = saved
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		Run(ctx, opts)
		if len(saved.saved) < 2 {
			t.Fatalf("only %d checkpoints were saved", len(saved.saved))
		}
		for i, checkpoint := range saved.saved {
			want := beyond
			if checkpoint.Done >= 4 {
				want = beyond[1:]
			}
			for _, s := range want {
				if !slices.Contains(checkpoint.Beyond, s) {
					t.Errorf("checkpoint %d, with %d done, no longer knows of %+v: %+v", i, checkpoint.Done, s, checkpoint.Beyond)
				}
			}
		}
	})
}

// A reject beyond the checkpoint stays one in the resumed run, whatever the state
// makes of the record, and is sent again by the run after that, unless the state
// has it from elsewhere.
func TestARejectBeyondTheCheckpointStaysOneWithAState(t *testing.T) {
	for _, remembered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state")
			c := newCRM()
			cells := distinct(4)
			push := func(from *journal.Checkpoint) (*Result, *kept) {
				store := openState(t, path)
				defer store.Close()
				opts, rejects := options(c, cells)
				opts.State, opts.Resume = store, from
				res := Run(t.Context(), opts)
				balanced(t, res)
				return res, rejects
			}
			if remembered {
				push(nil)
			}
			sent := c.requests
			res, rejects := push(&journal.Checkpoint{Done: 1, Line: 3, Records: 1, Created: 1,
				Beyond: []journal.Settled{{Seq: 3, Outcome: journal.Rejected, Status: 422, Error: "too dear"}}})
			if res.Rejected != 1 || len(rejects.entries) != 1 || rejects.entries[0].Line != 4 || rejects.entries[0].Status != 422 {
				t.Errorf("remembered %t: %+v, rejects %+v", remembered, res.Tally, rejects.entries)
			}
			if again := c.requests - sent; !remembered && again != 2 {
				t.Errorf("%d requests, want those of the two records that were not over", again)
			}
			sent = c.requests
			if push(nil); !remembered && c.requests == sent {
				t.Error("what was rejected is not sent again")
			}
		})
	}
}

// forgetful is a State that can't be written any more after some answers.
type forgetful struct {
	settled atomic.Int64
	room    int64
	err     error
}

func (*forgetful) Check([]string, state.Fingerprint) (bool, state.Ticket) { return false, 1 }
func (f *forgetful) Ready(state.Ticket) error                             { return f.Flush() }
func (f *forgetful) See([]string)                                         {}

func (f *forgetful) Settle([]string, *state.Accepted) error {
	f.settled.Add(1)
	return nil
}

func (f *forgetful) Flush() error {
	if f.settled.Load() > f.room {
		return f.err
	}
	return nil
}

func TestAStateThatCannotBeWrittenStopsTheRunAndTheJournalKnowsHowFarItCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.pause = 10 * time.Millisecond
		opts, _ := options(c, distinct(5000))
		full := errors.New("no space left on device")
		saved := &notes{}
		opts.State, opts.Journal = &forgetful{room: 700, err: full}, saved
		res := Run(t.Context(), opts)
		balanced(t, res)
		if res.Outcome != Failed || !errors.Is(res.Err, full) || res.NotSent == 0 {
			t.Errorf("ended as %s, %v: %+v", res.Outcome, res.Err, res.Tally)
		}
		last := saved.saved[len(saved.saved)-1]
		if over := last.Done + int64(len(last.Beyond)); over != res.Created {
			t.Errorf("%d records were created, but the journal knows of %d", res.Created, over)
		}
	})
}

// holding is a pacer that has everybody wait from one request on, and notices
// the run's end no earlier than that wait's.
type holding struct {
	unpaced
	free int64
	wait time.Duration
	seen atomic.Int64
}

func (h *holding) Acquire(context.Context) error {
	if h.seen.Add(1) > h.free {
		time.Sleep(h.wait)
	}
	return nil
}

func TestNoRequestLeavesAfterANoWhileWorkersWaitInThePacer(t *testing.T) {
	for _, yes := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newCRM()
			c.answer = func(string, string, int) (client.Result, bool) {
				return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, true
			}
			opts, _ := options(c, distinct(200))
			opts.Workers = 1 // else some of the first fifty records may be among those who wait
			opts.Pacer = &holding{free: nothingButRejects, wait: 5 * time.Second}
			opts.Ask = func(context.Context, Question) bool {
				time.Sleep(20 * time.Second) // whoever is asked thinks
				if c.requests != nothingButRejects {
					t.Errorf("%d requests had left when the answer came", c.requests)
				}
				return yes
			}
			res := Run(t.Context(), opts)
			balanced(t, res)
			if want := map[bool]int{false: nothingButRejects, true: 200}[yes]; c.requests != want {
				t.Errorf("answer yes %t: %d requests, want %d", yes, c.requests, want)
			}
		})
	}
}

func TestAWaitOf503LongerThanAllowedEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.answer = func(key, _ string, _ int) (client.Result, bool) {
			return client.Result{Outcome: client.Retryable, Status: 503, Message: "503 Service Unavailable",
				Limits: client.Limits{RetryAfter: 2 * time.Hour, HasRetryAfter: true}}, key == "k00100"
		}
		c.pause = 10 * time.Millisecond
		opts, rejects := options(c, distinct(1000))
		opts.MaxWait = 15 * time.Minute
		began := time.Now()
		res := Run(t.Context(), opts)
		balanced(t, res)
		var long *pace.TooLongError
		if res.Outcome != Failed || !errors.As(res.Err, &long) || long.Wait != 2*time.Hour || !long.Until.After(began.Add(2*time.Hour)) {
			t.Errorf("ended as %s with %v", res.Outcome, res.Err)
		}
		if want := "the service fails (503): the server asks to wait 2h, longer than the 15m allowed"; res.Err.Error() != want {
			t.Errorf("it says %v", res.Err)
		}
		if res.NotSent == 0 || res.Rejected != 0 || len(rejects.entries) != 0 || c.requests > 150 {
			t.Errorf("%d requests, %+v", c.requests, res.Tally)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it waited %v", took)
		}
	})
}

func TestWhatStandsBehindUnchangedRecordsThatTheStopLeftOutIsLeftOutToo(t *testing.T) {
	unchangedRow := func() *item {
		return &item{end: ending{fate: unchanged}, bytes: 5000, rec: source.Record{}}
	}
	r := &run{
		opts:   Options{Inputs: []Input{{Name: "a"}}}.withDefaults(),
		window: newWindow(windowRecords), finished: make(chan *item, windowRecords), latency: newLatencies(),
	}
	r.going, r.stopGoing = context.WithCancel(t.Context())
	r.window.bytes.Add(windowBytes - 1000) // of others: the group has no room, a small record has
	r.skip(unchangedRow())
	r.skip(unchangedRow())
	r.stopGoing()
	r.pass(&item{end: ending{fate: rejected, reason: "x", kind: "x"}, bytes: 600})
	if len(r.finished) > 0 || r.read.Load() != 3 {
		t.Errorf("%d records reached the committer, %d were read; want none of 3", len(r.finished), r.read.Load())
	}
}

func TestAnswersThatDifferInANumberAreNotTheOneReasonThatStopsARun(t *testing.T) {
	for _, test := range []struct {
		name    string
		message func(key string) string
		want    Outcome
	}{
		{"the same words stop it", func(string) string { return "price must be a number" }, Stopped},
		{"a number that differs may be the data's", func(key string) string { return "no company " + key[1:] }, Rejects},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCRM()
			c.answer = func(key, value string, _ int) (client.Result, bool) {
				return client.Result{Outcome: client.Rejected, Status: 400, Message: test.message(key)}, value == "refused"
			}
			cells := distinct(400)
			for i := 200; i < len(cells); i++ {
				cells[i][1] = "refused"
			}
			opts, _ := options(c, cells)
			if res := Run(t.Context(), opts); res.Outcome != test.want {
				t.Errorf("the outcome is %s, want %s", res.Outcome, test.want)
			}
		})
	}
}

// slow is a CRM that goes on with a request after nobody waits for its answer any
// more, as services do behind a gateway.
type slow struct {
	timeout, takes time.Duration // of a client, and what the first request takes
	created        atomic.Int64
	requests       atomic.Int64
	work           sync.WaitGroup
}

func (s *slow) Assert(_ context.Context, _, _ string, _ []byte) client.Result {
	takes := time.Duration(0)
	if s.requests.Add(1) == 1 {
		takes = s.takes
	}
	exists := s.created.Load() > 0
	done := make(chan struct{})
	s.work.Go(func() {
		time.Sleep(takes)
		if !exists {
			s.created.Add(1)
		}
		close(done)
	})
	select {
	case <-done:
		return client.Result{Outcome: client.Updated, Status: 200, Latency: takes}
	case <-time.After(s.timeout):
		return client.Result{Outcome: client.Retryable, Message: "no answer", Latency: s.timeout}
	}
}

func TestARequestWithoutAnAnswerGetsAsLongAgainBeforeTheNext(t *testing.T) {
	for _, blames := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c := &slow{timeout: 30 * time.Second, takes: 59 * time.Second}
			opts, _ := options(c, distinct(1))
			opts.Pacer = blaming(blames)
			res := Run(t.Context(), opts)
			balanced(t, res)
			c.work.Wait()
			if n := c.created.Load(); n != 1 || res.Updated != 1 || res.Requests != 2 {
				t.Errorf("blamed %t: %d records were created: %+v", blames, n, res.Tally)
			}
		})
	}
}

func TestTheNextOfItsKeyWaitsForARequestThatMayStillBeAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &slow{timeout: 30 * time.Second, takes: 59 * time.Second}
		opts, _ := options(c, [][2]string{{"A", "1"}, {"a", "2"}})
		opts.Retries = 0
		res := Run(t.Context(), opts)
		balanced(t, res)
		c.work.Wait()
		if n := c.created.Load(); n != 1 || res.Rejected != 1 || res.Updated != 1 {
			t.Errorf("%d records were created: %+v", n, res.Tally)
		}
	})
}

// blaming is unpaced, and says of each failure whether it counts.
type blaming bool

func (blaming) Acquire(ctx context.Context) error { return ctx.Err() }
func (b blaming) Done(pace.Feedback) bool         { return bool(b) }
func (blaming) Status() pace.Status               { return pace.Status{} }
