package push

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/state"
)

// passing answers with faults that the retries outlast, so that a record ends
// the same way however often it is sent.
func passing(seed uint32) func(key, value string, try int) (client.Result, bool) {
	answer := faults(seed)
	return func(key, value string, try int) (client.Result, bool) {
		res, fault := answer(key, value, try)
		if fault && res.Outcome == client.Retryable && try > 2 {
			return client.Result{}, false
		}
		return res, fault
	}
}

// pushInParts runs a push that is cut off after each of the given times. A part
// goes on at the last checkpoint of the one before; after a kill, at one before
// that, as if the last had never come to disk.
//
// With remembering, a state knows of an earlier push of every other record.
func pushInParts(t *testing.T, cells [][2]string, workers int, seed uint32, cuts []time.Duration, killed, remembering bool) (*Result, *crm, *kept) {
	c := newCRM()
	var remembered *state.Store
	if remembering {
		remembered = openState(t, filepath.Join(t.TempDir(), "state"))
		defer remembered.Close()
		var some [][2]string
		for i := 0; i < len(cells); i += 2 {
			some = append(some, cells[i])
		}
		c.answer = passing(seed)
		opts, _ := options(c, some)
		opts.State, opts.MaxRejects = remembered, MaxRejects{Set: true, Percentage: true, Percent: 100}
		Run(t.Context(), opts)
		c.tries = make(map[string]int)
	}
	c.pause = 20 * time.Millisecond
	c.answer = passing(seed)
	var from *journal.Checkpoint
	var entries []reject.Entry
	for part := 0; ; part++ {
		opts, rejects := options(c, cells)
		rejects.entries = entries
		journal := &notes{}
		opts.Workers, opts.Journal, opts.Resume = workers, journal, from
		opts.Drain = time.Millisecond
		if remembering {
			opts.State = remembered
		}
		opts.MaxRejects = MaxRejects{Set: true, Percentage: true, Percent: 100}
		ctx, cancel := context.WithCancel(t.Context())
		if part < len(cuts) {
			ctx, cancel = context.WithTimeout(t.Context(), cuts[part])
		}
		res := Run(ctx, opts)
		cancel()
		balanced(t, res)
		if res.Outcome != Interrupted {
			return res, c, rejects
		}
		saved := journal.saved
		saysWhatTheSummaryDoes(t, res, saved, from)
		if killed && len(saved) > 0 {
			saved = saved[:len(saved)-1]
		}
		if len(saved) > 0 {
			from = &saved[len(saved)-1]
		}
		entries = nil
		if from != nil && len(from.Rejects) > 0 {
			entries = rejects.entries[:from.Rejects[0].Length:from.Rejects[0].Length]
		}
	}
}

// saysWhatTheSummaryDoes compares the last checkpoint of an interrupted part with
// its summary. A reject beyond the part's end is counted once it is in the file.
func saysWhatTheSummaryDoes(t *testing.T, res *Result, saved []journal.Checkpoint, from *journal.Checkpoint) {
	t.Helper()
	if len(saved) == 0 {
		return
	}
	over, rejected := saved[len(saved)-1].Over()
	told := res.Created + res.Updated + res.Unchanged + res.Rejected
	beyond := int64(0)
	if from != nil {
		for _, s := range from.Beyond {
			if s.Outcome == journal.Rejected {
				beyond++
			}
		}
	}
	if untold := over - told; untold < 0 || untold > beyond || rejected-res.Rejected != untold {
		t.Errorf("the journal has %d records over and %d rejected, the summary %d and %d: %+v", over, rejected, told, res.Rejected, res.Tally)
	}
}

// accepted counts what the CRM has: what one part sent, the next may find
// unchanged.
func accepted(res *Result) int64 { return res.Created + res.Updated + res.Unchanged }

func TestARunInPartsEndsLikeAnUndisturbedOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.IntRange(1, 80).Draw(rt, "keys")
		n := rapid.IntRange(0, 500).Draw(rt, "records")
		seed := rapid.Uint32().Draw(rt, "seed")
		workers := rapid.IntRange(1, 16).Draw(rt, "workers")
		killed := rapid.Bool().Draw(rt, "killed")
		remembering := rapid.Bool().Draw(rt, "remembering")
		cuts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.IntRange(1, 4000).Draw(t, "ms")) * time.Millisecond
		}), 0, 5).Draw(rt, "cuts")
		cells := make([][2]string, n)
		for i := range cells {
			cells[i] = [2]string{fmt.Sprint("k", rapid.IntRange(1, keys).Draw(rt, "key")), fmt.Sprint(i)}
			if rapid.IntRange(0, 20).Draw(rt, "kind") == 0 {
				cells[i][1] = []string{"unmappable", "unreadable"}[i%2]
			}
		}
		synctest.Test(t, func(t *testing.T) {
			whole, wholeCRM, wholeRejects := pushInParts(t, cells, workers, seed, nil, false, remembering)
			parts, partsCRM, partsRejects := pushInParts(t, cells, workers, seed, cuts, killed, remembering)
			if parts.Outcome != whole.Outcome || !parts.Whole {
				t.Errorf("ended as %s (%v), want %s", parts.Outcome, parts.Err, whole.Outcome)
			}
			if parts.Read != whole.Read || parts.Rejected != whole.Rejected || accepted(parts) != accepted(whole) {
				t.Errorf("tally is %+v, undisturbed %+v", parts.Tally, whole.Tally)
			}
			if diff := cmp.Diff(wholeCRM.records, partsCRM.records); diff != "" {
				t.Errorf("the CRM (-undisturbed +in parts):\n%s", diff)
			}
			if diff := cmp.Diff(wholeRejects.entries, partsRejects.entries); diff != "" {
				t.Errorf("the rejects (-undisturbed +in parts):\n%s", diff)
			}
			// The journal keeps no examples.
			if diff := cmp.Diff(whole.Reasons, parts.Reasons, cmpopts.IgnoreFields(Reason{}, "Places", "Examples")); diff != "" {
				t.Errorf("the reasons (-undisturbed +in parts):\n%s", diff)
			}
		})
	})
}

func TestAKillAfterTheLastCheckpointLeavesNothingToSend(t *testing.T) {
	cells := append(distinct(100), [2]string{"x", "unmappable"})
	c := newCRM()
	opts, rejects := options(c, cells)
	saved := &notes{}
	opts.Journal = saved
	whole := Run(t.Context(), opts)
	sent := c.requests

	opts, again := options(c, cells)
	again.entries = rejects.entries
	opts.Journal, opts.Resume = &notes{}, &saved.saved[len(saved.saved)-1]
	res := Run(t.Context(), opts)
	balanced(t, res)
	if res.Outcome != whole.Outcome || !res.Whole || res.Tally != whole.Tally || c.requests != sent || len(again.entries) != 1 {
		t.Errorf("ended as %s with %+v, want %s with %+v", res.Outcome, res.Tally, whole.Outcome, whole.Tally)
	}
}

func TestACheckpointIsSavedEverySecondAlsoWhenTheFirstRecordHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.answer = func(key, _ string, _ int) (client.Result, bool) {
			if key == "k00000" {
				time.Sleep(10 * time.Second)
			}
			time.Sleep(100 * time.Millisecond)
			return client.Result{}, false
		}
		opts, _ := options(c, distinct(200))
		saved := &notes{}
		opts.Journal = saved
		Run(t.Context(), opts)
		if len(saved.saved) < 3 {
			t.Fatalf("%d checkpoints in 10 s", len(saved.saved))
		}
		if first := saved.saved[0]; first.Done != 0 || len(first.Rejects) != 1 {
			t.Errorf("before anything is sent the journal says %+v", first)
		}
		first := saved.saved[1]
		if first.Done != 0 || len(first.Beyond) < 50 {
			t.Errorf("after a second the journal has %d records done and %d beyond the one that hangs", first.Done, len(first.Beyond))
		}
		last := saved.saved[len(saved.saved)-1]
		if last.Done != 200 || last.Created != 200 || last.Line != 202 || last.Records != 200 {
			t.Errorf("the last checkpoint is %+v", last)
		}
	})
}

// creating maps like plain, but creates a related record for each, slowly, and
// stops at the last one, whose own record is there by then.
type creating struct {
	plain
	created *atomic.Int64
	stop    func()
}

func (m creating) MapCells(cells []string) (mapping.Assertion, error) {
	time.Sleep(2 * time.Second)
	m.created.Add(1)
	if cells[1] == "last" {
		m.stop()
	}
	return m.plain.MapCells(cells)
}

func TestTheLastCheckpointCountsWhatWasCreatedForARecordThatWasNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var created atomic.Int64
		opts, _ := options(newCRM(), [][2]string{{"a", "1"}, {"b", "last"}, {"c", "3"}})
		opts.Inputs[0].Mapper = creating{created: &created, stop: stop}
		opts.Related = func() map[string]int64 { return map[string]int64{"companies": created.Load()} }
		saved := &notes{}
		opts.Journal = saved
		res := Run(ctx, opts)
		balanced(t, res)
		last := saved.saved[len(saved.saved)-1]
		if res.NotSent == 0 || res.Related["companies"] < 2 || last.Related["companies"] != res.Related["companies"] {
			t.Errorf("%d records were not sent; the summary counts %v, the journal %v", res.NotSent, res.Related, last.Related)
		}
	})
}

func TestAJournalThatCannotBeWrittenStopsTheRun(t *testing.T) {
	for room, mostSent := range []int{0, 200, 300} {
		t.Run(fmt.Sprintf("when the disk is full after %d checkpoints", room), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCRM()
				c.pause = 100 * time.Millisecond
				opts, _ := options(c, distinct(10_000))
				full := errors.New("no space left on device")
				opts.Journal = &notes{room: room, err: full}
				res := Run(t.Context(), opts)
				balanced(t, res)
				if res.Outcome != Failed || !errors.Is(res.Err, full) {
					t.Errorf("ended as %s, %v", res.Outcome, res.Err)
				}
				if c.requests > mostSent {
					t.Errorf("%d requests were sent, want at most %d", c.requests, mostSent)
				}
			})
		})
	}
}

func TestARunThatStoppedAtNothingButRejectsIsStillDoubted(t *testing.T) {
	answer := func(yes bool) func(context.Context, Question) bool {
		return func(context.Context, Question) bool { return yes }
	}
	for _, test := range []struct {
		name     string
		good     int // records before the first that is refused
		mended   bool
		ask      func(context.Context, Question) bool
		outcome  Outcome
		mostSent int
	}{
		{"the answer is no again", 0, true, answer(false), Stopped, 0},
		{"the answer is yes now", 0, true, answer(true), Rejects, 1000},
		{"nobody is asked, and nothing was mended", 0, false, nil, Stopped, 20},
		{"nobody is asked, and the CRM takes them now", 0, true, nil, Rejects, 1000},
		{"50 in a row later on: the answer is no again", 300, true, answer(false), Stopped, 0},
		{"50 in a row later on: the answer is yes now", 300, true, answer(true), Rejects, 1000},
		{"50 in a row later on: nobody is asked, and nothing was mended", 300, false, nil, Stopped, 20},
		{"50 in a row later on: nobody is asked, and the CRM takes them now", 300, true, nil, Rejects, 1000},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mended := false
				run := func(from *journal.Checkpoint, ask func(context.Context, Question) bool) (*Result, *crm, *notes) {
					c := newCRM()
					c.pause = time.Millisecond
					c.answer = func(key, _ string, _ int) (client.Result, bool) {
						message := "no " + key
						if test.good > 0 {
							message = "no"
						}
						return client.Result{Outcome: client.Rejected, Status: 400, Message: message}, !mended && key >= fmt.Sprintf("k%05d", test.good)
					}
					opts, _ := options(c, distinct(1000))
					saved := &notes{}
					opts.Journal, opts.Resume, opts.Ask = saved, from, ask
					res := Run(t.Context(), opts)
					balanced(t, res)
					return res, c, saved
				}
				first, _, saved := run(nil, nil)
				from := &saved.saved[len(saved.saved)-1]
				var many *TooManyRejectsError
				if !errors.As(first.Err, &many) || many.InARow != (test.good > 0) || from.Rejected < nothingButRejects {
					t.Fatalf("the first part ended as %s, %v, with %d records done", first.Outcome, first.Err, from.Done)
				}
				mended = test.mended
				res, c, _ := run(from, test.ask)
				if res.Outcome != test.outcome || c.requests > test.mostSent {
					t.Errorf("ended as %s (%v) after %d requests", res.Outcome, res.Err, c.requests)
				}
				if res.Outcome == Stopped && (!errors.As(res.Err, &many) || many.InARow != (test.good > 0) || many.Reason == "") {
					t.Errorf("the error is %v", res.Err)
				}
				if want := 1000 - first.Rejected; test.outcome == Rejects && res.Created != want {
					t.Errorf("%d were created, want %d", res.Created, want)
				}
			})
		})
	}
}

// A kill must not let more rejects in a row through than an undisturbed run.
func TestAKilledRunCountsRejectsInARowOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.pause = time.Millisecond
		c.answer = func(key, _ string, _ int) (client.Result, bool) {
			return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, key >= "k00010"
		}
		opts, _ := options(c, distinct(1000))
		opts.Workers = 1
		opts.Resume = &journal.Checkpoint{Done: 40, Created: 10, Rejected: 30, Records: 40, Line: 42, Row: journal.Row{Count: 30, Status: 400, Kind: "no"}}
		res := Run(t.Context(), opts)
		if res.Outcome != Stopped || c.requests > 20+2 {
			t.Errorf("ended as %s (%v) after %d requests", res.Outcome, res.Err, c.requests)
		}
	})
}

// filling is a RejectWriter for which there is room for so many entries.
type filling struct {
	kept
	room int
}

var errFull = errors.New("no space left on device")

func (f *filling) Write(e reject.Entry) error {
	if len(f.entries) == f.room {
		return errFull
	}
	return f.kept.Write(e)
}

func (f *filling) Checkpoint() (reject.Mark, error) {
	if len(f.entries) == f.room {
		return reject.Mark{}, errFull
	}
	return f.kept.Checkpoint()
}

func TestNothingIsSentAgainWhereTheRejectsHadNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.pause = 10 * time.Millisecond
		c.answer = func(_, value string, _ int) (client.Result, bool) {
			return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, value[len(value)-1] == '3'
		}
		cells := distinct(3000)
		var from *journal.Checkpoint
		var entries []reject.Entry
		for _, room := range []int{120, 120, 200, 1000} { // the second has no more than the first
			opts, _ := options(c, cells)
			w := &filling{kept: kept{entries: entries}, room: room}
			saved := &notes{}
			opts.Inputs[0].Rejects, opts.Journal, opts.Resume = w, saved, from
			opts.MaxRejects = MaxRejects{Set: true, Percentage: true, Percent: 100}
			res := Run(t.Context(), opts)
			balanced(t, res)
			from = &saved.saved[len(saved.saved)-1]
			if over, _ := from.Over(); over < res.Created+res.Updated+res.Rejected {
				t.Errorf("the journal has %d over: %+v", over, res.Tally)
			}
			entries = slices.Clone(w.entries[:from.Rejects[0].Length])
			if room == 1000 && (res.Created != 2700 || res.Updated != 0 || res.Rejected != 300 || len(w.entries) != 300) {
				t.Errorf("at the end %d are in the file: %+v", len(w.entries), res.Tally)
			}
		}
		if c.requests != len(cells) {
			t.Errorf("%d requests for %d records", c.requests, len(cells))
		}
	})
}
