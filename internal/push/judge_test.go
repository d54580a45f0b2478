package push

import (
	"slices"
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
