package cmd

import (
	"bytes"
	"testing"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/source"
)

func TestWhereARunGoesOnIsSaidOfItsRecords(t *testing.T) {
	done := []journal.Settled{{Seq: 2, Outcome: journal.Created}, {Seq: 3, Outcome: journal.Created}}
	for want, from := range map[string]journal.Checkpoint{
		"": {},
		"note: an earlier run was interrupted after 7 records, which are not sent again: going on at line 9 of a.csv\n":                                                         {Done: 7, Line: 9, Records: 7},
		"note: an earlier run was interrupted after 2 records, which are not sent again: going on at the first record of a.csv, the first that was not done (2 after it are)\n": {Beyond: done},
	} {
		var err bytes.Buffer
		r := &pushRun{
			app:    &app{console: &console{out: &err}},
			resume: &from, inputs: []*input{{info: source.Info{Name: "a.csv"}}},
		}
		r.tellOfEarlierRun(nil)
		if err.String() != want {
			t.Errorf("said %q, want %q", err.String(), want)
		}
	}
}
