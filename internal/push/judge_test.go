package push

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/journal"
)

// All but the first record have ended when the run stops.
func TestARejectOfAnEarlierPartIsNotForgottenAtAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cells := distinct(100)
		for i := range cells[1:] {
			cells[1+i][1] = "unmappable"
		}
		cells[70][1] = "70"
		c := newCRM()
		c.pause = time.Second
		c.answer = func(string, string, int) (client.Result, bool) {
			return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, true
		}
		opts, _ := options(c, cells)
		saved := &notes{}
		opts.Journal = saved
		before := journal.Settled{Seq: 71, Outcome: journal.Rejected, Status: 400, Error: "no", Kind: "no"}
		opts.Resume = &journal.Checkpoint{Beyond: []journal.Settled{before}}
		res := Run(t.Context(), opts)
		balanced(t, res)
		last := saved.saved[len(saved.saved)-1]
		if res.Outcome != Stopped || c.requests != 1 || !slices.Equal(last.Beyond, []journal.Settled{before}) {
			t.Errorf("%s after %d requests, and the journal knows of %+v", res.Outcome, c.requests, last.Beyond)
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
