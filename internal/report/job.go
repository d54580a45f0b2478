package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/crmsync/crmsync/internal/push"
)

// Job is a run of a job file as the report tells it.
type Job struct {
	Name     string // the job file as the user named it
	DryRun   bool
	Sandbox  bool
	Outcome  push.Outcome
	ExitCode int
	Err      error // why the job could not start, or what ended it
	Started  time.Time
	Elapsed  time.Duration
	Pushes   []JobPush
	Continue string // the command that goes on; "" where nothing is left
	Width    int    // as that of a Summary

	// Told by reports only.

	Program  string    // which crmsync it was
	Finished time.Time // when the job ended
}

// JobPush is one push of a job.
type JobPush struct {
	Name string
	Summary
	// Note says of a push that did not run now why; "" of one that did.
	Note   string
	NotRun bool // it did not run, neither now nor before
	// Hints are told below the push's own text.
	Hints []string
}

// jobDocument is the JSON summary of a job: the totals with a push's own keys,
// and each push as it would stand alone, with its name.
type jobDocument struct {
	Job string `json:"job"`
	ending
	course
	Error  string            `json:"error"`
	Pushes []jobPushDocument `json:"pushes"`
}

type jobPushDocument struct {
	Name string `json:"name"`
	document
}

// Total is what the pushes came to together: the outcome and the counts.
func (j Job) Total() push.Result {
	all := push.Result{Outcome: j.Outcome, Started: j.Started, Elapsed: j.Elapsed}
	for _, p := range j.Pushes {
		r := p.Result
		all.Read += r.Read
		all.Created += r.Created
		all.Updated += r.Updated
		all.Unchanged += r.Unchanged
		all.Rejected += r.Rejected
		all.NotSent += r.NotSent
		all.Requests += r.Requests
		all.Retries += r.Retries
		all.Throttled += r.Throttled
	}
	return all
}

// JobJSON writes the job's summary as one JSON object on one line.
func JobJSON(w io.Writer, j Job) error { return EncodeJSON(w, j.document(), "") }

func (j Job) document() jobDocument {
	all := j.Total()
	doc := jobDocument{
		Job: j.Name, ending: endingOf(all, j.ExitCode, j.DryRun), course: courseOf(all),
		Pushes: make([]jobPushDocument, 0, len(j.Pushes)),
	}
	if j.Err != nil {
		doc.Error = j.Err.Error()
	}
	for _, p := range j.Pushes {
		doc.Pushes = append(doc.Pushes, jobPushDocument{p.Name, p.Summary.document()})
	}
	return doc
}

// JobPushText writes the block of one push, the number-th of so many.
func JobPushText(w io.Writer, p JobPush, number, of int) error {
	head := fmt.Sprintf("[%d/%d] %s", number, of, Clean(p.Name))
	if p.Note != "" {
		return writeWrapped(w, fmt.Sprintf("%s: %s\n\n", head, Clean(p.Note)), p.Width)
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, head)
	if err := Text(&b, p.Summary); err != nil {
		return err
	}
	for _, hint := range p.Hints {
		fmt.Fprintf(&b, "\n%s\n", Clean(hint))
	}
	fmt.Fprintln(&b)
	return writeWrapped(w, b.String(), p.Width)
}

// JobText writes what the pushes came to together, a line a push and the sum.
func JobText(w io.Writer, j Job) error {
	all := j.Total()
	var b bytes.Buffer
	kind := "job"
	if j.DryRun {
		kind = "dry run of the job"
	}
	fmt.Fprintf(&b, "%s %s: %s in %s\n", kind, Clean(j.Name), outcomeText(j.Outcome), durationText(j.Elapsed))
	if j.Sandbox {
		fmt.Fprintln(&b, "sandbox: nothing real was written")
	}
	rows := [][]string{{"", "read", "created", "updated", "unchanged", "rejected", "not sent", ""}}
	for _, p := range j.Pushes {
		rows = append(rows, jobRow(p.Name, p.Result, p.end()))
	}
	if len(j.Pushes) > 1 {
		rows = append(rows, jobRow("total", all, ""))
	}
	writeTable(&b, fitting(rows, j.Width))
	if j.Continue != "" {
		fmt.Fprintf(&b, "\nto go on:\n  %s\n", Clean(j.Continue))
	}
	return writeWrapped(w, b.String(), j.Width)
}

// end says in a word how the push ended.
func (p JobPush) end() string {
	if p.NotRun {
		return "not run"
	}
	return string(p.Result.Outcome)
}

func jobRow(name string, r push.Result, outcome string) []string {
	row := []string{Clean(name)}
	for _, n := range []int64{r.Read, r.Created, r.Updated, r.Unchanged, r.Rejected, r.NotSent} {
		row = append(row, strconv.FormatInt(n, 10))
	}
	return append(row, outcome)
}

// fitting leaves out columns without any count where a terminal of so many columns
// has no room for all of them, and puts the words at the end of lines below them
// where that doesn't help.
func fitting(rows [][]string, width int) [][]string {
	fits := func() bool {
		wide := 0
		for _, w := range columnWidths(rows) {
			wide += 2 + w
		}
		return wide <= width || width <= 0
	}
	for at := len(rows[0]) - 2; at > 1 && !fits(); at-- {
		if !slices.ContainsFunc(rows[1:], func(row []string) bool { return row[at] != "0" }) {
			for i, row := range rows {
				rows[i] = slices.Delete(row, at, at+1)
			}
		}
	}
	if fits() {
		return rows
	}
	last := len(rows[0]) - 1
	var lines [][]string
	for _, row := range rows {
		word := row[last]
		row[last] = ""
		if lines = append(lines, row); word != "" {
			below := make([]string, len(row))
			below[0] = "  " + word
			lines = append(lines, below)
		}
	}
	return lines
}

func columnWidths(rows [][]string) []int {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	return widths
}

// writeTable aligns names to the left, numbers to the right.
func writeTable(b *bytes.Buffer, rows [][]string) {
	widths := columnWidths(rows)
	for _, row := range rows {
		var line bytes.Buffer
		for i, cell := range row {
			switch {
			case i == 0:
				fmt.Fprintf(&line, "  %-*s", widths[i], cell)
			case i == len(row)-1:
				fmt.Fprintf(&line, "  %s", cell)
			default:
				fmt.Fprintf(&line, "  %*s", widths[i], cell)
			}
		}
		b.Write(bytes.TrimRight(line.Bytes(), " "))
		b.WriteByte('\n')
	}
}
