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
	for _, before := range []int64{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			opts, _ := options(newCRM(), distinct(20))
			opts.Resume = &journal.Checkpoint{Done: 10, Created: 10 - before, Rejected: before, Line: 12, Records: 10}
			if res := Run(t.Context(), opts); res.OvertakenUnsure != (before > 0) || res.Overtaken != 0 {
				t.Errorf("after %d rejects: %d, unsure: %v", before, res.Overtaken, res.OvertakenUnsure)
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
