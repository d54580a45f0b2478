// Package report turns the result of a push into what the user gets: one JSON
// object for scripts, a short text for people, a page to look at and to send on,
// and metrics for Prometheus. It knows push's result alone; where each goes, and
// what is said on the way there, is package cmd's.
//
// A [Summary] is what all of them are made of, a [Job] several of those: text.go and
// job.go write the text, json.go the object for scripts, full.go the report in JSON,
// html.go the page (its parts in files whose names begin with page), metrics.go the
// metrics. What a dry run adds to each is in files whose names begin with dryrun.
package report

import (
	"strings"
	"time"
	"unicode"

	"github.com/crmsync/crmsync/internal/push"
)

// Summary is a run as the report tells it. A run that could not start has a
// Result without tally whose Outcome and Err say so.
type Summary struct {
	Object  string   // slug; "" where the run ended before it was known
	Match   string   // matching attribute
	Sources []string // the inputs as the user named them
	DryRun  bool
	Sandbox bool   // the CRM was a sandbox: nothing real was written
	Push    string // its name in a job file; "" outside of one

	Missing     *Missing // nil where it was not asked for, or can't be told
	MissingNote string   // what must be known of Missing, or why it can't be told
	Dry         *DryRun  // nil but in a dry run

	// Workbooks are those of the reject files whose input was a workbook: they
	// are CSV.
	Workbooks []string

	ExitCode int
	Result   push.Result

	// Pace is the requests a second that --rate auto came to after 429s; 0 where
	// there was none, or where the rate was given.
	Pace float64

	// Width is how many columns the terminal has that the text goes to; 0 has
	// nothing wrapped or cut.
	Width int

	// The rest is told by reports and metrics only.

	Program  string         // which crmsync it was: "1.4.0"
	Finished time.Time      // when the run ended
	Mapping  []InputProfile // what each input's columns became; without counts
	Settings []Setting      // without secrets

	// Again is the command that sends the rejected records once they are mended,
	// Continue the one that sends what was not sent, Look the one that shows before
	// that what was wrong, without sending anything. "" where there is none.
	Again, Continue, Look string
}

// Setting is a flag's value in a run.
type Setting struct {
	Name   string `json:"name"` // the flag's long name
	Value  string `json:"value"`
	Source string `json:"source"` // "command line", "job file", "environment", "config file" or "default"
}

// Clean returns text on one line without control characters, so that nothing
// that a server or a file says can move a terminal's cursor or change its
// colours. Invisible characters that change the direction of text go too.
func Clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), r == unicode.ReplacementChar, unicode.Is(unicode.Bidi_Control, r):
			return -1
		default:
			return r
		}
	}, text))
}
