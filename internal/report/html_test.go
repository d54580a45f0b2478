package report

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/crmsync/crmsync/internal/push"
)

// harm is what a page must not take for its own.
const harm = `"'><script>harmed = true</script><img src=http://elsewhere.example/x onerror=harmed=1>&amp;</style>` + "\x1b[31m\u202e"

// lengthOf makes a timeline of so many spans.
func timelineOfSpans(n int, width time.Duration) push.Timeline {
	random := rand.New(rand.NewPCG(1, 2))
	line := push.Timeline{}
	for i := range n {
		s := push.Span{
			From: time.Duration(i) * width, Until: time.Duration(i+1) * width,
			Created: random.Int64N(90), Updated: random.Int64N(40), Unchanged: random.Int64N(9), Rejected: random.Int64N(5),
			Requests: 100, Throttled: random.Int64N(3), Failed: random.Int64N(2),
			Latency: push.Latency{
				P50: 40*time.Millisecond + time.Duration(random.Int64N(20))*time.Millisecond, P95: 90*time.Millisecond + time.Duration(random.Int64N(60))*time.Millisecond,
				P99: 150*time.Millisecond + time.Duration(random.Int64N(300))*time.Millisecond, Max: time.Second, Count: 100,
			},
		}
		if i%40 == 17 {
			s = push.Span{From: s.From, Until: s.Until, Throttled: 12, Waited: width}
			line.Waits = append(line.Waits, push.Wait{From: s.From, Until: s.Until, Why: "rate limit (429)"})
		}
		line.Spans = append(line.Spans, s)
	}
	line.Waited = []push.WaitSum{{Why: "rate limit (429)", Times: int64(len(line.Waits)), Total: time.Duration(len(line.Waits)) * width}}
	return line
}

// largest is a run of which there is as much as can be of everything.
func largest() Summary {
	long := strings.Repeat(harm, 10)
	s := sample()
	s.Finished = time.Date(2026, 11, 23, 9, 1, 41, 0, time.UTC)
	s.Program, s.Object, s.Match, s.Push = "1.2.3", long, long, long
	s.Again, s.Continue = strings.Repeat("crmsync push 'x' ", 1000), strings.Repeat("crmsync push 'x' ", 100)
	s.Result.NotSent = 5
	s.Result.Err = errors.New(long)
	s.Result.Timeline = timelineOfSpans(240, time.Minute)
	for i := range 50 {
		s.Result.Timeline.Waits = append(s.Result.Timeline.Waits, push.Wait{From: time.Duration(i), Until: time.Hour, Why: long})
	}
	s.Result.Reasons = nil
	s.Result.Rejected = 1 << 40
	for range 20 {
		why := push.Reason{Status: 400, Error: long, Kind: long, Count: 1 << 30}
		for line := range int64(10) {
			why.Places = append(why.Places, push.Place{Input: long, Line: 1<<40 + line})
		}
		for range 3 {
			why.Examples = append(why.Examples, push.Example{Place: why.Places[0], Match: long, Error: long})
		}
		s.Result.Reasons = append(s.Result.Reasons, why)
	}
	s.Sources, s.Result.Related = nil, map[string]int64{}
	for i := range 40 {
		s.Result.Related[fmt.Sprint(long, i)] = 1 << 40
		name := fmt.Sprint(long, i)
		s.Sources = append(s.Sources, name)
		s.Result.RejectFiles = append(s.Result.RejectFiles, name)
		in := InputProfile{Source: name, NeverFilled: []string{long}}
		for range 5 {
			in.Columns = append(in.Columns, Column{From: []string{long, fmt.Sprint(i)}, Attribute: long, Type: long})
		}
		s.Mapping = append(s.Mapping, in)
	}
	for i := range 60 {
		s.Settings = append(s.Settings, Setting{Name: fmt.Sprint("flag", i), Value: long, Source: []string{"default", "command line"}[i%2]})
	}
	s.Missing = &Missing{Count: 1 << 40}
	s.Dry = &DryRun{Duplicates: Duplicates{Values: 1 << 40, Respelt: 1 << 40, Approximate: true}, OfAll: true}
	for range 100 {
		s.Missing.Values = append(s.Missing.Values, long)
		s.Dry.Duplicates.First = append(s.Dry.Duplicates.First, Duplicate{Value: long, Records: 9, At: []Place{{Source: long, Line: 3}, {Source: long, Line: 4}}})
		s.Dry.Duplicates.FirstRespelt = append(s.Dry.Duplicates.FirstRespelt, Respelt{long, Place{long, 4}, Place{long, 3}})
	}
	return s
}

func pageOf(t *testing.T, s Summary) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// samplePages are a page of each kind of run.
func samplePages(t *testing.T) map[string][]byte {
	t.Helper()
	clean := sample()
	clean.Result.Outcome, clean.Result.Reasons, clean.Result.Rejected, clean.Result.RejectFiles = push.Complete, nil, 0, nil
	clean.Result.Created += 10
	clean.Result.Timeline = timelineOfSpans(120, time.Second)
	clean.Mapping = []InputProfile{{Source: "products.csv", Columns: []Column{{From: []string{"SKU"}, Attribute: "sku", Type: "text", Match: true}, {From: []string{"Notes"}}}}}
	rejects := sample()
	rejects.Result.Timeline = timelineOfSpans(120, time.Second)
	rejects.Result.Reasons[0].Examples = []push.Example{{Place: push.Place{Input: "products.csv", Line: 17}, Match: harm, Error: harm}}
	interrupted := sample()
	interrupted.Result.Outcome, interrupted.Result.Err = push.Interrupted, errors.New("interrupted (SIGINT)")
	interrupted.Result.NotSent, interrupted.Result.Created = 4000, 5000
	interrupted.Continue = "crmsync push products.csv --match sku --mapping " + strings.Repeat("long", 100)
	pages := map[string][]byte{
		"a clean run":              pageOf(t, clean),
		"a run with rejects":       pageOf(t, rejects),
		"an interrupted run":       pageOf(t, interrupted),
		"an empty run":             pageOf(t, Summary{Object: "products", Match: "sku", Sources: []string{"empty.csv"}, Result: push.Result{Outcome: push.Complete}}),
		"a run that never started": pageOf(t, Summary{ExitCode: 1, Result: push.Result{Outcome: push.Failed, Err: errors.New("missing.csv: there is no such file")}}),
		"a run with all there is":  pageOf(t, largest()),
	}
	var job bytes.Buffer
	if err := JobHTML(&job, Job{Name: "nightly.yaml", Outcome: push.Rejects, Pushes: []JobPush{{Name: "companies", Summary: clean}, {Name: harm, Summary: rejects}}}); err != nil {
		t.Fatal(err)
	}
	pages["a job"] = job.Bytes()
	return pages
}

func TestPageStaysSmallWhateverTheRun(t *testing.T) {
	for name, page := range samplePages(t) {
		t.Logf("%s: %d KB", name, len(page)>>10)
		if len(page) >= 300_000 {
			t.Errorf("the page of %s has %d bytes", name, len(page))
		}
	}
	large := largest()
	for _, pushes := range []int{2, 50} {
		j := Job{Name: "nightly.yaml", Outcome: push.Failed}
		for range pushes {
			j.Pushes = append(j.Pushes, JobPush{Name: strings.Repeat(harm, 10), Summary: large})
		}
		var b bytes.Buffer
		if err := JobHTML(&b, j); err != nil {
			t.Fatal(err)
		}
		t.Logf("a job of %d pushes: %d KB", pushes, b.Len()>>10)
		if b.Len() >= 300_000 {
			t.Errorf("the page of a job of %d pushes has %d bytes", pushes, b.Len())
		}
	}
}

// Nothing in the page may load, run, or lead elsewhere, whatever the data says.
func TestPageIsInertWhateverTheData(t *testing.T) {
	allowed := map[string]bool{"class": true, "href": true, "id": true, "lang": true, "charset": true, "content": true, "http-equiv": true, "name": true,
		"viewBox": true, "preserveAspectRatio": true, "role": true, "aria-label": true, "x": true, "y": true, "width": true, "height": true, "d": true}
	for name, page := range samplePages(t) {
		root, err := html.Parse(bytes.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			switch n.Data {
			case "script", "img", "link", "iframe", "object", "embed", "form", "base":
				t.Errorf("%s: there is a <%s>", name, n.Data)
			}
			for _, a := range n.Attr {
				if !allowed[a.Key] || a.Key == "href" && !strings.HasPrefix(a.Val, "#push-") {
					t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
				}
			}
		}
		if bytes.ContainsAny(page, "\x1b\u202e") {
			t.Errorf("%s: control characters stand in the page", name)
		}
	}
}

func TestSentenceSaysHowTheRunEnded(t *testing.T) {
	tally := func(outcome push.Outcome, t push.Tally) Summary {
		return Summary{Sources: []string{"p.csv"}, Result: push.Result{Outcome: outcome, Tally: t}}
	}
	dry := tally(push.Rejects, push.Tally{Read: 1200, Rejected: 1, NotSent: 1199})
	dry.DryRun = true
	right := tally(push.Complete, push.Tally{Read: 4, NotSent: 4})
	right.DryRun = true
	for _, test := range []struct {
		run  Summary
		want string
	}{
		{tally(push.Complete, push.Tally{Read: 12000, Created: 12000}), "The CRM has all 12,000 records of p.csv"},
		{tally(push.Complete, push.Tally{Read: 1, Created: 1}), "The CRM has the one record of p.csv"},
		{tally(push.Complete, push.Tally{}), "p.csv holds no records: there was nothing to send"},
		{tally(push.Rejects, push.Tally{Read: 3, Created: 2, Rejected: 1}), "1 of 3 records of p.csv was rejected"},
		{tally(push.Stopped, push.Tally{Read: 300, Rejected: 50, NotSent: 250}), "Stopped by too many rejects: 50 of 300 records of p.csv"},
		{tally(push.Interrupted, push.Tally{Read: 3, Created: 1, NotSent: 2}), "Interrupted: 2 of 3 records read from p.csv were not sent"},
		{tally(push.Interrupted, push.Tally{}), "Interrupted before anything was sent"},
		{tally(push.Failed, push.Tally{}), "Failed before anything was sent"},
		{tally(push.Failed, push.Tally{Read: 3, Created: 2, NotSent: 1}), "Failed: 1 of 3 records read from p.csv was not sent"},
		{right, "All 4 records of p.csv can be sent"},
		{dry, "1 of 1,200 records of p.csv would be rejected"},
	} {
		if got := sentence(test.run); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestPageTellsOfMatchValuesThatDifferInTheirSpellingAlone(t *testing.T) {
	s := sample()
	s.Dry = &DryRun{Duplicates: Duplicates{Respelt: 1, FirstRespelt: []Respelt{{"a-1", Place{"products.csv", 7}, Place{"products.csv", 2}}}}}
	page := string(pageOf(t, s))
	for _, want := range []string{"1 match value differs from an earlier one in case, blanks or the like alone", "a-1</td>", "lines 2, 7"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	if strings.Contains(page, "more than once") {
		t.Error("the page tells of match values that come twice, and there are none")
	}
}

func TestPageTellsOfRecordsThatLookupsCreated(t *testing.T) {
	s := sample()
	s.Result.Related = map[string]int64{"people": 1, "companies": 1200}
	want := "Not in these counts, created as well, since records refer to them: 1,200 records of companies, 1 record of people."
	if page := string(pageOf(t, s)); !strings.Contains(page, want) {
		t.Errorf("the page doesn't say %q", want)
	}
	s.DryRun = true
	want = strings.Replace(want, "created", "would be created", 1)
	if page := string(pageOf(t, s)); !strings.Contains(page, want) {
		t.Errorf("the page of a dry run doesn't say %q", want)
	}
}

func TestPageTellsNoRateOfABurst(t *testing.T) {
	s := sample()
	for _, tt := range []struct {
		took time.Duration
		says string
		rate bool
	}{{30 * time.Millisecond, "under 0.1 s", false}, {900 * time.Millisecond, "0.9 s", false}, {2 * time.Second, "2.0 s", true}} {
		s.Result.Elapsed = tt.took
		page := string(pageOf(t, s))
		if !strings.Contains(page, "<b>"+tt.says+"</b>") || strings.Contains(page, "records a second</span>") != tt.rate {
			t.Errorf("the page of a run of %s doesn't say %q, or whether it tells a rate is not %v", tt.took, tt.says, tt.rate)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{thousands(0), "0"}, {thousands(999), "999"}, {thousands(1000), "1,000"}, {thousands(-1234567), "-1,234,567"},
		{percent(0), "0 %"}, {percent(0.0001), "< 0.1 %"}, {percent(0.034), "3.4 %"}, {percent(0.9999), "> 99.9 %"}, {percent(0.996), "99 %"}, {percent(0.398), "40 %"}, {percent(1), "100 %"},
		{durationWords(0), "0.0 s"}, {durationWords(59 * time.Second), "59 s"}, {durationWords(61 * time.Second), "1 min 1 s"},
		{durationWords(2 * time.Hour), "2 h"}, {durationWords(25*time.Hour + time.Minute), "1 d 1 h"},
		{axisText(roundUp(0.07)), "0.08"}, {axisText(roundUp(99)), "100"}, {axisText(roundUp(1300)), "2,000"}, {axisText(roundUp(0)), "1"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

func TestCoarserSpansLoseNothing(t *testing.T) {
	spans := timelineOfSpans(239, time.Second).Spans
	few := coarser(spans, barsShown)
	if len(few) > barsShown || few[len(few)-1].Until != 239*time.Second {
		t.Errorf("%d spans until %s", len(few), few[len(few)-1].Until)
	}
	count := func(spans []push.Span) (n int64) {
		for _, s := range spans {
			n += s.Created + s.Updated + s.Unchanged + s.Rejected + s.Checked + s.Throttled + s.Failed
		}
		return n
	}
	if count(few) != count(spans) {
		t.Errorf("%d counted, want %d", count(few), count(spans))
	}
}

func TestLatencyChartHasAGapWhereNothingWasAnswered(t *testing.T) {
	spans := timelineOfSpans(40, time.Second).Spans // nothing is answered in the one at 17
	c := axis{end: 40 * time.Second}.latencyChart(spans, nil)
	if len(c.Curves) != 3 || strings.Count(c.Curves[0].D, "M") != 2 {
		t.Errorf("%d curves, the first is %s", len(c.Curves), c.Curves[0].D)
	}
}

// The hints are found by the words of package mapping.
func TestRejectsHaveAHint(t *testing.T) {
	general := rejectHint(push.Reason{Error: "something else"})
	for _, text := range []string{
		`column "price": "12 kg" is not a number`, `column "d": "x" is not a date (write it as 2025-12-31)`,
		`column "x": "maybe" is neither yes nor no`, "the match value is blank, so the record can't be found again",
	} {
		if hint := rejectHint(push.Reason{Error: text}); hint == general {
			t.Errorf("%s: %s", text, hint)
		}
	}
	seen := map[string]bool{general: true}
	for _, status := range []int{400, 404, 409, 503} {
		hint := rejectHint(push.Reason{Status: status})
		if seen[hint] {
			t.Errorf("%d has no hint of its own", status)
		}
		seen[hint] = true
	}
}

func TestAChartsScaleIsThatOfTheRunAndNotOfItsFirstBurst(t *testing.T) {
	steady := slices.Repeat([]float64{100}, 30)
	for _, test := range []struct {
		name         string
		values       []float64
		top, highest float64
	}{
		{"nothing", nil, 1, 0},
		{"as it is", []float64{80, 100, 120}, 200, 120},
		{"a burst", append([]float64{1950}, steady...), 200, 1950},
		{"twice as much is no burst", append([]float64{200}, steady...), 200, 200},
		{"half of the run is no burst", append(slices.Repeat([]float64{1950}, 30), steady...), 2000, 1950},
	} {
		t.Run(test.name, func(t *testing.T) {
			if top, highest := scale(test.values); top != test.top || highest != test.highest {
				t.Errorf("scale to %v with %v the highest, want %v and %v", top, highest, test.top, test.highest)
			}
		})
	}
	var spans []push.Span
	for i := range 20 {
		at := time.Duration(i) * time.Second
		span := push.Span{From: at, Until: at + time.Second, Created: 90, Rejected: 10}
		if i == 0 {
			span.Created = 4000
		}
		spans = append(spans, span)
	}
	a := axis{end: 20 * time.Second}
	c := a.barChart("Records", spans, []kind{
		{"created", "created", func(s push.Span) int64 { return s.Created }},
		{"rejected", "rejected", func(s push.Span) int64 { return s.Rejected }},
	}, nil)
	if c.Note != "cut off where it is more: up to 4,010" || c.Y[0] != "200" {
		t.Errorf("note %q, scale %q", c.Note, c.Y)
	}
	for _, b := range c.Bars {
		if strings.HasPrefix(b.Y, "-") {
			t.Errorf("a bar leaves the chart: %+v", b)
		}
	}
}

func TestWaitsThatAreAlikeAreARow(t *testing.T) {
	wait := func(from, length time.Duration, why string) push.Wait {
		return push.Wait{From: from, Until: from + length, Why: why}
	}
	rows := alike([]push.Wait{
		wait(time.Second, time.Second, "429"), wait(3*time.Second, time.Second, "429"),
		wait(5*time.Second, 2*time.Second, "429"), wait(8*time.Second, time.Second, "503"), wait(20*time.Second, 1040*time.Millisecond, "429"),
	})
	want := []pageWait{
		{From: "1.0 s", Until: "21 s", For: "1.0 s", Why: "429", Times: "3", times: 3},
		{From: "5.0 s", Until: "7.0 s", For: "2.0 s", Why: "429", Times: "1", times: 1},
		{From: "8.0 s", Until: "9.0 s", For: "1.0 s", Why: "503", Times: "1", times: 1},
	}
	if diff := cmp.Diff(want, rows, cmp.AllowUnexported(pageWait{})); diff != "" {
		t.Error(diff)
	}
}

func TestExamplesThatReadTheSameAreToldOnce(t *testing.T) {
	at := func(line int64, match, text string) push.Example {
		return push.Example{Place: push.Place{Line: line}, Match: match, Error: text}
	}
	why := push.Reason{Error: "no number", Examples: []push.Example{at(2, "", "no number"), at(3, "", "no number"), at(4, "", "no number")}}
	if list := examples(sample(), why); len(list) > 0 {
		t.Errorf("%v", list)
	}
	why.Examples = []push.Example{at(2, "A-1", "no number"), at(3, "A-1", "no number"), at(4, "A-1", "another")}
	if list := examples(sample(), why); len(list) != 2 || list[1].Error != "another" {
		t.Errorf("%v", list)
	}
}
