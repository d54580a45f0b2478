package push

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/journal"
)

func TestRejectsThatALaterRecordOfTheirKeyOvertookAreCounted(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cells [][2]string
		count int64
		line  int64
	}{
		{"no rejects", [][2]string{{"a", "1"}, {"a", "2"}}, 0, 0},
		{"the later one is accepted", [][2]string{{"a", "unmappable"}, {"b", "1"}, {"a", "2"}}, 1, 2},
		{"the CRM refused the earlier one", [][2]string{{"b", "1"}, {"a", "refused"}, {"A ", "2"}}, 1, 3},
		{"the later one is the reject", [][2]string{{"a", "1"}, {"a", "unmappable"}}, 0, 0},
		{"another key", [][2]string{{"a", "unmappable"}, {"b", "1"}}, 0, 0},
		{"two of one key, and one more", [][2]string{{"b", "unmappable"}, {"a", "unmappable"}, {"a", "refused"}, {"a", "1"}, {"a", "2"}, {"b", "1"}}, 3, 3},
		{"all are rejected", [][2]string{{"a", "unmappable"}, {"a", "refused"}}, 0, 0},
		{"a record that can't be read has no key", [][2]string{{"a", "unreadable"}, {"a", "1"}}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCRM()
				c.answer = func(_, value string, _ int) (client.Result, bool) {
					return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, value == "refused"
				}
				opts, _ := options(c, tt.cells)
				if res := Run(t.Context(), opts); res.Overtaken != tt.count || res.OvertakenAt.Line != tt.line {
					t.Errorf("%d, such as line %d; want %d, %d", res.Overtaken, res.OvertakenAt.Line, tt.count, tt.line)
				}
			})
		})
	}
}

func TestOnlyRejectsOfAnEarlierPartLeaveOpenWhatOvertookThem(t *testing.T) {
	for _, tt := range []struct {
		before int64
		refuse bool // all that follows
		unsure bool
	}{{0, false, false}, {2, false, true}, {10, false, true}, {10, true, false}} {
		synctest.Test(t, func(t *testing.T) {
			c := newCRM()
			c.answer = func(string, string, int) (client.Result, bool) {
				return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, tt.refuse
			}
			opts, _ := options(c, distinct(20))
			opts.Resume = &journal.Checkpoint{Done: 10, Created: 10 - tt.before, Rejected: tt.before, Line: 12, Records: 10}
			opts.MaxRejects = MaxRejects{Set: true, Percentage: true, Percent: 100}
			if res := Run(t.Context(), opts); res.OvertakenUnsure != tt.unsure || res.Overtaken != 0 {
				t.Errorf("%+v: %d, unsure: %v", tt, res.Overtaken, res.OvertakenUnsure)
			}
		})
	}
}

func TestOnlySoManyKeysOfRejectsAreRemembered(t *testing.T) {
	var o overtaken
	it := &item{lanes: make([]string, 1)}
	for n := range mostWaiting + 10 {
		it.lanes[0] = fmt.Sprint(n)
		o.reject(it, "a.csv")
	}
	for n := range mostWaiting + 10 {
		it.lanes[0] = fmt.Sprint(n)
		o.accept(it)
	}
	if o.count != mostWaiting || len(o.waiting) != 0 {
		t.Errorf("%d counted, %d remembered", o.count, len(o.waiting))
	}
}
