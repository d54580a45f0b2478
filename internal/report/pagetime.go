package report

import (
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/push"
)

// mostCharted is the last level of detail that has charts.
const mostCharted = 2

// fewestSpans is how many spans make a chart worth looking at.
const fewestSpans = 4

// pageWait is a wait, or several that are alike: from the first to the last.
type pageWait struct {
	From, Until, For, Why, Times string
	times                        int64
}

type pageWaitSum struct{ Why, Times, Total string }

// overTime draws the charts.
func (p *page) overTime(s Summary) {
	line := s.Result.Timeline
	switch {
	case p.level > mostCharted:
		p.TimeNote = "The charts are left out: there is too much else to tell. The JSON report has the numbers."
	case len(line.Spans) < fewestSpans:
		p.TimeNote = "The run was too short for a chart."
	default:
		if s.Result.ResumedAtLine > 0 {
			p.TimeNote = "Of the last part of the run, which went on where an earlier one was interrupted."
		}
		p.draw(line, s.DryRun)
	}
	p.Waits = alike(line.Waits)
	if most := p.room(pageWaits); len(p.Waits) > most {
		p.Waits = alike(longest(line.Waits, most))
	}
	for _, w := range line.Waited {
		p.Waited = append(p.Waited, pageWaitSum{Why: clip(w.Why, longestText), Times: thousands(w.Times), Total: durationWords(w.Total)})
	}
}

func (p *page) draw(line push.Timeline, dryRun bool) {
	a := axis{end: line.Spans[len(line.Spans)-1].Until}
	shades := a.shades(line)
	bars := coarser(line.Spans, barsShown)
	kinds := []kind{
		{"created", "created", func(s push.Span) int64 { return s.Created }},
		{"updated", "updated", func(s push.Span) int64 { return s.Updated }},
		{"unchanged", "unchanged", func(s push.Span) int64 { return s.Unchanged }},
		{"rejected", "rejected", func(s push.Span) int64 { return s.Rejected }},
		{"checked", "would be sent", func(s push.Span) int64 { return s.Checked }},
	}
	p.Charts = append(p.Charts, a.barChart("Records a second", bars, kinds, shades))
	if dryRun {
		return
	}
	refused := []kind{
		{"throttled", "over the rate limit (429)", func(s push.Span) int64 { return s.Throttled }},
		{"failed", "failed (no answer, 5xx)", func(s push.Span) int64 { return s.Failed }},
	}
	if c := a.barChart("429s and failures a second", bars, refused, shades); len(c.Bars) > 0 {
		c.Low = true
		p.Charts = append(p.Charts, c)
	} else {
		p.TimeNote = strings.TrimSpace(p.TimeNote + " No request was refused for its rate (429), and none failed.")
	}
	if c := a.latencyChart(line.Spans, shades); len(c.Curves) > 0 {
		p.Charts = append(p.Charts, c)
	}
}

// alike puts waits of one length and reason into a row: a fixed limit makes
// hundreds of them.
func alike(waits []push.Wait) []pageWait {
	var rows []pageWait
	for _, w := range waits {
		row := pageWait{
			From: durationWords(w.From), Until: durationWords(w.Until), For: durationWords(w.Until - w.From), Why: clip(w.Why, longestText), times: 1,
		}
		i := slices.IndexFunc(rows, func(other pageWait) bool { return other.For == row.For && other.Why == row.Why })
		if i < 0 {
			rows = append(rows, row)
			continue
		}
		rows[i].Until = row.Until
		rows[i].times++
	}
	for i := range rows {
		rows[i].Times = thousands(rows[i].times)
	}
	return rows
}

// longest are the n longest waits, in the order in which they came.
func longest(waits []push.Wait, n int) []push.Wait {
	shown := append([]push.Wait(nil), waits...)
	for len(shown) > n {
		shortest := 0
		for i, w := range shown {
			if w.Until-w.From < shown[shortest].Until-shown[shortest].From {
				shortest = i
			}
		}
		shown = append(shown[:shortest], shown[shortest+1:]...)
	}
	return shown
}
