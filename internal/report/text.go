package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/push"
)

// So many reasons the text tells; the rest is in the reject file and in the
// JSON summary. A dry run is there for the reasons, and may have neither.
const (
	reasonsShown     = 5
	reasonsOfADryRun = 20
)

// Text writes the summary for people: what happened in one sentence, the tally
// as the equation that it is, why records were rejected, and how to go on.
func Text(w io.Writer, s Summary) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, headline(s))
	writeTally(&b, s)
	writeRelated(&b, s)
	writeRequests(&b, s.Result)
	writePace(&b, s.Pace)
	writeDryRun(&b, s.Dry, s.Width)
	writeReasons(&b, s)
	writeMissing(&b, s.Missing, s.MissingNote)
	writeGoOn(&b, s)
	return writeWrapped(w, b.String(), s.Width)
}

func headline(s Summary) string {
	format := "push %s to %s by %s: %s in %s"
	if s.DryRun {
		format = "dry run of %s for %s by %s: %s in %s"
	}
	head := fmt.Sprintf(format, Clean(sourcesText(s.Sources)), Clean(s.Object), Clean(s.Match),
		outcomeText(s.Result.Outcome), durationText(s.Result.Elapsed))
	// A burst of less than a second says nothing of the records of a second.
	if rate := perSecond(s.Result); rate > 0 && !s.DryRun && s.Result.Elapsed >= time.Second {
		head += fmt.Sprintf(", %.1f records/s", rate)
	}
	if s.Sandbox {
		head += "\nsandbox: nothing real was written"
	}
	return head
}

func sourcesText(sources []string) string {
	switch len(sources) {
	case 0:
		return "nothing"
	case 1:
		if sources[0] == "-" {
			return "stdin"
		}
		return sources[0]
	default:
		return fmt.Sprintf("%d files", len(sources))
	}
}

func outcomeText(outcome push.Outcome) string {
	switch outcome {
	case push.Complete:
		return "complete"
	case push.Rejects:
		return "finished, some records rejected,"
	case push.Stopped:
		return "stopped by too many rejects"
	case push.Interrupted:
		return "interrupted"
	default:
		return "failed"
	}
}

// durationText rounds to what somebody who waited for it cares about.
func durationText(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return "under 0.1s"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	default:
		return pace.Words(d.Round(time.Second))
	}
}

// writeTally writes the accounting equation, a term a line.
func writeTally(b *bytes.Buffer, s Summary) {
	r := s.Result
	rejected := "rejected"
	if len(r.RejectFiles) > 0 {
		rejected += "  " + Clean(strings.Join(r.RejectFiles, ", "))
	}
	notSent := "not sent"
	switch {
	case s.DryRun && r.Unread:
		notSent += "  (dry run: these would be sent; the rest of the input was not read)"
	case s.DryRun:
		notSent += "  (dry run: these would be sent)"
	case r.Unread:
		notSent += "  (the rest of the input was not read)"
	}
	terms := []struct {
		sign  string
		count int64
		name  string
	}{
		{" ", r.Read, "read"},
		{"=", r.Created, "created"},
		{"+", r.Updated, "updated"},
		{"+", r.Unchanged, "unchanged"},
		{"+", r.Rejected, rejected},
		{"+", r.NotSent, notSent},
	}
	width := 0
	for _, t := range terms {
		width = max(width, len(strconv.FormatInt(t.count, 10)))
	}
	for _, t := range terms {
		fmt.Fprintf(b, "  %s %*d %s\n", t.sign, width, t.count, t.name)
	}
}

// writeRelated tells of the records that lookups created.
func writeRelated(b *bytes.Buffer, s Summary) {
	for _, object := range slices.Sorted(maps.Keys(s.Result.Related)) {
		fmt.Fprintf(b, "%s: %s of %s\n", relatedWords(s), count(s.Result.Related[object], "record"), Clean(object))
	}
}

func relatedWords(s Summary) string {
	if s.DryRun {
		return "would be created as well, since records refer to them"
	}
	return "created as well, since records refer to them"
}

// writeRequests tells how the CRM behaved, where it was asked at all.
func writeRequests(b *bytes.Buffer, r push.Result) {
	if r.Requests == 0 {
		return
	}
	fmt.Fprintf(b, "%s", count(r.Requests, "request"))
	if r.Retries > 0 {
		fmt.Fprintf(b, ", %s", plural(r.Retries, "retry", "retries"))
	}
	if r.Throttled > 0 {
		fmt.Fprintf(b, ", %d over the rate limit (429)", r.Throttled)
	}
	if r.Latency.Max > 0 {
		fmt.Fprintf(b, "; answers took %s (median), %s (95%%), %s at most",
			latencyText(r.Latency.P50), latencyText(r.Latency.P95), latencyText(r.Latency.Max))
	}
	fmt.Fprintln(b)
}

// writePace says what held the run back where the CRM refused to go faster, and
// how to go faster all the same.
func writePace(b *bytes.Buffer, perSecond float64) {
	if perSecond == 0 {
		return
	}
	digits := 0
	if perSecond < 10 {
		digits = 1
	}
	fmt.Fprintf(b, "the rate limit was found by itself: %s requests a second at last; if the CRM allows more, say so with --rate\n",
		strconv.FormatFloat(perSecond, 'f', digits, 64))
}

func latencyText(d time.Duration) string {
	if d < 100*time.Microsecond {
		return "under 0.1 ms"
	}
	if d < time.Second {
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

func writeReasons(b *bytes.Buffer, s Summary) {
	reasons := s.Result.Reasons
	if len(reasons) == 0 {
		return
	}
	title, most := "why records were rejected:", reasonsShown
	if s.DryRun {
		title, most = "why records would be rejected:", reasonsOfADryRun
	}
	fmt.Fprintln(b, "\n"+title)
	rest := s.Result.Rejected
	for _, why := range reasons[:min(len(reasons), most)] {
		status := ""
		if why.Status != 0 {
			status = strconv.Itoa(why.Status) + " "
		}
		first := push.Place{Line: why.FirstLine}
		if len(why.Places) > 0 {
			first.Input = why.Places[0].Input
		}
		fmt.Fprintf(b, "  %d × %s%s (first: %s)\n", why.Count, status, Clean(why.Error), placeWords(s, first))
		rest -= why.Count
	}
	// There may be more kinds than the result tells: their records are known.
	if rest > 0 {
		where := ""
		if len(s.Result.RejectFiles) > 0 {
			where = ": all are in " + Clean(strings.Join(s.Result.RejectFiles, ", "))
		}
		fmt.Fprintf(b, "  %d × other reasons%s\n", rest, where)
	}
	if s.Dry != nil && s.Dry.NoRejectFile {
		fmt.Fprintln(b, "  (--rejects FILE writes them to a file, each with its reasons)")
	}
}

func writeGoOn(b *bytes.Buffer, s Summary) {
	if len(s.Workbooks) > 0 {
		fmt.Fprintf(b, "\nrejects of a workbook are written as CSV: %s\n", Clean(strings.Join(s.Workbooks, ", ")))
	}
	r := s.Result
	if r.Created+r.Updated > 0 && slices.ContainsFunc(r.Reasons, func(why push.Reason) bool { return strings.Contains(why.Error, " --locale ") }) {
		fmt.Fprintln(b, "\nif a --locale is what is missing, push the whole input again with it: the other numbers and dates were read without it")
	}
	if s.Again != "" && len(s.Result.RejectFiles) > 0 {
		fmt.Fprintf(b, "\nmend %s, then push %s again:\n  %s\n", Clean(strings.Join(s.Result.RejectFiles, ", ")), itOrThem(s), Clean(s.Again))
		if words := overtakenWords(s); words != "" {
			fmt.Fprintln(b, words)
		}
	}
	if s.Continue == "" {
		return
	}
	first := ""
	switch {
	case r.Outcome == push.Stopped && s.Look != "":
		fmt.Fprintf(b, "\nto see all that is wrong, without sending anything:\n  %s\n", Clean(s.Look))
		first = "once that is mended, "
	case r.Outcome == push.Stopped: // else it stops again
		first = "once what they were rejected for is mended, "
	}
	fmt.Fprintf(b, "\n%sto send what was not sent:\n  %s\n", first, Clean(s.Continue))
}

// overtakenWords says of which rejects a later record was accepted, below how to
// push them again.
func overtakenWords(s Summary) string {
	later := "a later record with the same " + Clean(s.Match)
	switch n := s.Result.Overtaken; {
	case s.Result.OvertakenUnsure:
		return "whether " + later + " was accepted before the interruption is not known: a reject that is pushed again overwrites it"
	case n == 1:
		return fmt.Sprintf("of one of them (%s) %s was accepted, which it would overwrite: take it out to keep that", placeWords(s, s.Result.OvertakenAt), later)
	case n > 1:
		return fmt.Sprintf("of %d of them (such as %s) %s was accepted, which they would overwrite: take them out to keep that", n, placeWords(s, s.Result.OvertakenAt), later)
	}
	return ""
}

// placeWords says where a record stands: also in which input, if there are several.
func placeWords(s Summary, at push.Place) string {
	line := fmt.Sprintf("line %d", at.Line)
	if len(s.Sources) > 1 && at.Input != "" {
		return Clean(at.Input) + ", " + line
	}
	return line
}

// itOrThem stands for the reject files.
func itOrThem(s Summary) string {
	if len(s.Result.RejectFiles) > 1 {
		return "them"
	}
	return "it"
}

func count(n int64, noun string) string { return plural(n, noun, noun+"s") }

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}
