package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/crmsync/crmsync/internal/push"
)

func TestTheTableOfAJobFitsTheTerminalAsFarAsItCan(t *testing.T) {
	j := Job{Name: "nightly.yaml", Outcome: push.Stopped, Pushes: []JobPush{
		{Name: "companies", Summary: Summary{Result: push.Result{Outcome: push.Complete, Tally: push.Tally{Read: 2, Updated: 2}}}},
		{Name: "deals", Summary: Summary{Result: push.Result{Outcome: push.Stopped, Tally: push.Tally{Read: 2, NotSent: 2}}}, NotRun: true},
	}}
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "             read  created  updated  unchanged  rejected  not sent\n" +
			"  companies     2        0        2          0         0         0  complete\n" +
			"  deals         2        0        0          0         0         2  not run\n" +
			"  total         4        0        2          0         0         2\n"},
		{60, "             read  created  updated  not sent\n" +
			"  companies     2        0        2         0  complete\n" +
			"  deals         2        0        0         2  not run\n" +
			"  total         4        0        2         2\n"},
		{50, "             read  updated  not sent\n" +
			"  companies     2        2         0  complete\n" +
			"  deals         2        0         2  not run\n" +
			"  total         4        2         2\n"},
		{40, "              read  updated  not sent\n" +
			"  companies      2        2         0\n" +
			"    complete\n" +
			"  deals          2        0         2\n" +
			"    not run\n" +
			"  total          4        2         2\n"},
	} {
		j.Width = c.width
		var b bytes.Buffer
		if err := JobText(&b, j); err != nil {
			t.Fatal(err)
		}
		if _, table, _ := strings.Cut(b.String(), "0.1s\n"); table != c.want {
			t.Errorf("%d columns:\n%swant\n%s", c.width, table, c.want)
		}
	}
}
