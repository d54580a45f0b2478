package report

import (
	"fmt"
	"strconv"

	"github.com/crmsync/crmsync/internal/push"
)

// pageJob is a job at the head of its page.
type pageJob struct {
	Badge, Over, Headline, Error, Hint, Continue string
	Outcome                                      push.Outcome
	Rows                                         []pageJobRow
	More                                         string
}

// pageJobRow is a push of the job with its counts; Anchor leads to its own part
// of the page.
type pageJobRow struct {
	Name, Anchor, Badge string
	Counts              []string
}

func anchor(n int) string { return "push-" + strconv.Itoa(n+1) }

// newPageJob names so many of the pushes.
func newPageJob(j Job, most int) *pageJob {
	p := &pageJob{
		Outcome: j.Outcome, Badge: outcomeWord(j.Outcome),
		Over: clip(j.Name, longestName), Headline: jobSentence(j), Continue: clip(j.Continue, longestAction),
	}
	if j.DryRun {
		p.Badge = "dry run: " + p.Badge
	}
	if finished := clock(j.Finished); finished != "" {
		p.Over += " · " + finished + " · " + durationWords(j.Elapsed)
	}
	if j.Err != nil {
		p.Error, p.Hint = clip("error: "+j.Err.Error(), 4*longestText), clip(hintOf(j.Err), 4*longestText)
	}
	for i, one := range j.Pushes[:min(len(j.Pushes), most)] {
		row := jobPageRow(clip(one.Name, longestName), one.Result)
		row.Anchor, row.Badge = anchor(i), outcomeWord(one.Result.Outcome)
		if one.NotRun {
			row.Badge = one.end()
		}
		p.Rows = append(p.Rows, row)
	}
	if rest := len(j.Pushes) - len(p.Rows); rest > 0 {
		p.More = "and " + strconv.Itoa(rest) + " more: the JSON report has them all."
	}
	if len(j.Pushes) > 1 {
		p.Rows = append(p.Rows, jobPageRow("total", j.Total()))
	}
	return p
}

func jobPageRow(name string, r push.Result) pageJobRow {
	row := pageJobRow{Name: name}
	for _, n := range []int64{r.Read, r.Created, r.Updated, r.Unchanged, r.Rejected, r.NotSent} {
		row.Counts = append(row.Counts, thousands(n))
	}
	return row
}

// jobSentence says in one how the job ended.
func jobSentence(j Job) string {
	well, rejected := 0, int64(0)
	for _, one := range j.Pushes {
		if o := one.Result.Outcome; o == push.Complete || o == push.Rejects {
			well++
		}
		rejected += one.Result.Rejected
	}
	var text string
	switch all := len(j.Pushes); {
	case all == 0:
		return "The job failed before its first push"
	case all == 1 && well == 1:
		text = "The push went through"
	case all == 1:
		text = "The push did not go through"
	case well == all:
		text = fmt.Sprintf("All %d pushes went through", all)
	default:
		text = fmt.Sprintf("%d of %d pushes went through", well, all)
	}
	if rejected > 0 {
		text += ", " + quantity(rejected, "record") + " rejected"
	}
	return text
}
