package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/push"
)

// sample is the run that the contract's JSON example shows.
func sample() Summary {
	return Summary{
		Object: "products", Match: "sku", Sources: []string{"products.csv"}, ExitCode: 3,
		Result: push.Result{
			Tally: push.Tally{
				Read: 10000, Created: 9000, Updated: 990, Rejected: 10,
				Requests: 10050, Retries: 40, Throttled: 12,
			},
			Outcome:     push.Rejects,
			RejectFiles: []string{"products.rejects.csv"},
			Reasons: []push.Reason{
				{Status: 400, Error: `The value of "price" must be a number.`, Count: 10, FirstLine: 17},
			},
			Latency: push.Latency{
				P50: 41 * time.Millisecond, P95: 88 * time.Millisecond,
				P99: 130 * time.Millisecond, Max: 412 * time.Millisecond,
			},
			Started: time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("", 3600)),
			Elapsed: 101200 * time.Millisecond,
		},
		Again: "crmsync push products.rejects.csv --object products --match sku",
	}
}

func TestJSONIsTheContractsObjectKeyByKey(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, sample()); err != nil {
		t.Fatal(err)
	}
	want := `{"object":"products","match":"sku","sources":["products.csv"],"outcome":"rejects","exit_code":3,"dry_run":false,` +
		`"read":10000,"created":9000,"updated":990,"unchanged":0,"rejected":10,"not_sent":0,` +
		`"requests":10050,"retries":40,"throttled":12,"resumed_at_line":0,` +
		`"started_at":"2026-11-23T08:00:00Z","seconds":101.2,"records_per_second":98.8,` +
		`"latency_ms":{"p50":41.0,"p95":88.0,"p99":130.0,"max":412.0},` +
		`"rejects_files":["products.rejects.csv"],"error":"",` +
		`"reject_reasons":[{"status":400,"error":"The value of \"price\" must be a number.","count":10,"first_line":17}]}` + "\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("JSON summary (-want +got):\n%s", diff)
	}
}

func TestJSONOfARunThatCouldNotStartHasZerosAndEmptyLists(t *testing.T) {
	var b bytes.Buffer
	err := JSON(&b, Summary{ExitCode: 1, Result: push.Result{Outcome: push.Failed, Err: errors.New("no file <x>")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"sources":[]`, `"outcome":"failed"`, `"exit_code":1`, `"read":0`, `"seconds":0.0`, `"records_per_second":0.0`,
		`"latency_ms":{"p50":0.0,"p95":0.0,"p99":0.0,"max":0.0}`, `"rejects_files":[]`, `"error":"no file <x>"`, `"reject_reasons":[]`,
	} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %s in %s", part, b.String())
		}
	}
	if !json.Valid(b.Bytes()) {
		t.Errorf("not JSON: %s", b.String())
	}
}

func TestTextTellsEquationReasonsAndHowToGoOn(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, sample()); err != nil {
		t.Fatal(err)
	}
	want := `push products.csv to products by sku: finished, some records rejected, in 1m41s, 98.8 records/s
    10000 read
  =  9000 created
  +   990 updated
  +     0 unchanged
  +    10 rejected  products.rejects.csv
  +     0 not sent
10050 requests, 40 retries, 12 over the rate limit (429); answers took 41.0 ms (median), 88.0 ms (95%), 412.0 ms at most

why records were rejected:
  10 × 400 The value of "price" must be a number. (first: line 17)

mend products.rejects.csv, then push it again:
  crmsync push products.rejects.csv --object products --match sku
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("text summary (-want +got):\n%s", diff)
	}
}

func TestTextOfOtherRuns(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*Summary)
		want    []string
		without []string
	}{
		{
			name: "a dry run says that what is not sent would be",
			change: func(s *Summary) {
				s.DryRun = true
				s.Result = push.Result{Outcome: push.Complete, Tally: push.Tally{Read: 3, NotSent: 3}}
			},
			want:    []string{"dry run of products.csv for products by sku: complete in under 0.1s\n", "+ 3 not sent  (dry run: these would be sent)"},
			without: []string{"request", "records/s", "rejects.csv", "why records"},
		},
		{
			name:   "a sandbox run says that nothing real was written",
			change: func(s *Summary) { s.Sandbox = true },
			want:   []string{"\nsandbox: nothing real was written\n"},
		},
		{
			name: "a stopped run says what comes first",
			change: func(s *Summary) {
				s.Result.Outcome, s.Result.NotSent = push.Stopped, 7
				s.Continue = "crmsync push products.csv -m sku"
			},
			want: []string{"once what they were rejected for is mended, to send what was not sent:\n  crmsync push products.csv -m sku\n"},
		},
		{
			name: "an interrupted run says how to go on",
			change: func(s *Summary) {
				s.Result.Outcome, s.Result.NotSent = push.Interrupted, 7
				s.Continue = "crmsync push products.csv -m sku"
			},
			want: []string{": interrupted in 1m41s", "to send what was not sent:\n  crmsync push products.csv -m sku\n"},
		},
		{
			name:   "several inputs are counted, not listed",
			change: func(s *Summary) { s.Sources = []string{"a.csv", "b.csv"} },
			want:   []string{"push 2 files to"},
		},
		{
			name:   "stdin is called stdin",
			change: func(s *Summary) { s.Sources = []string{"-"} },
			want:   []string{"push stdin to"},
		},
		{
			name: "one of a thing is in the singular",
			change: func(s *Summary) {
				s.Result.Requests, s.Result.Retries = 1, 1
			},
			want: []string{"\n1 request, 1 retry,"},
		},
		{
			name: "more than five reasons are counted",
			change: func(s *Summary) {
				s.Result.Reasons, s.Result.Rejected = slices.Repeat(s.Result.Reasons, 7), 70
			},
			want: []string{"  20 × other reasons: all are in products.rejects.csv\n"},
		},
		{
			name: "a burst of less than a second has no records a second",
			change: func(s *Summary) {
				s.Result.Elapsed, s.Result.Latency.P50 = 400*time.Millisecond, 20*time.Microsecond
			},
			want:    []string{"rejected, in 0.4s\n", "took under 0.1 ms (median)"},
			without: []string{"records/s"},
		},
		{
			name:   "a pace that 429s taught is told, and how to give another",
			change: func(s *Summary) { s.Pace = 1.04 },
			want:   []string{"at most\nthe rate limit was found by itself: 1.0 requests a second at last; if the CRM allows more, say so with --rate\n"},
		},
		{
			name: "who forgot the locale is told that the rejects alone are not enough",
			change: func(s *Summary) {
				s.Result.Reasons[0].Error = "\"1.234,50\" is not a number (if it is German, use --locale de)"
			},
			want: []string{"\nif a --locale is what is missing, push the whole input again with it: "},
		},
		{
			name:   "on a terminal lines end between words, and commands stay whole",
			change: func(s *Summary) { s.Width = 40 },
			want: []string{"push products.csv to products by sku:\n    finished, some records rejected, in\n    1m41s, 98.8 records/s\n",
				"\n  crmsync push products.rejects.csv --object products --match sku\n"},
		},
		{
			name: "a reason cannot steer the terminal",
			change: func(s *Summary) {
				s.Result.Reasons[0].Error = "red \x1b[31malert\r\nnext\u202e"
			},
			want:    []string{"400 red [31malert  next (first"},
			without: []string{"\x1b", "\r", "\u202e"},
		},
		{
			name:   "a local reason has no status",
			change: func(s *Summary) { s.Result.Reasons[0].Status = 0 },
			want:   []string{"10 × The value"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := sample()
			test.change(&s)
			checkText(t, s, test.want, test.without)
		})
	}
}

// checkText looks for parts that the text of a summary must have, or must not have.
func checkText(t *testing.T, s Summary, want, without []string) {
	t.Helper()
	var b bytes.Buffer
	if err := Text(&b, s); err != nil {
		t.Fatal(err)
	}
	for _, part := range want {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %q in:\n%s", part, b.String())
		}
	}
	for _, part := range without {
		if strings.Contains(b.String(), part) {
			t.Errorf("%q in:\n%s", part, b.String())
		}
	}
}

func TestTheSummarySaysWhatRejectsWouldOverwrite(t *testing.T) {
	for _, tt := range []struct {
		name      string
		overtaken int64
		unsure    bool
		want      string
	}{
		{"one", 1, false, "\nof one of them (line 17) a later record with the same sku was accepted, which it would overwrite: take it out to keep that\n"},
		{"several", 2, false, "\nof 2 of them (such as line 17) a later record with the same sku was accepted, which they would overwrite: take them out to keep that\n"},
		{"none, although it is a resumed run", 0, false, "\n"},
		{"a resumed run whose first part had rejects", 0, true, "\nwhether a later record with the same sku was accepted before the interruption is not known: a reject that is pushed again overwrites it\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sample()
			s.Result.Overtaken, s.Result.OvertakenAt, s.Result.OvertakenUnsure = tt.overtaken, push.Place{Input: "b.csv", Line: 17}, tt.unsure
			s.Result.ResumedAtLine = 9
			var b bytes.Buffer
			if err := Text(&b, s); err != nil || !strings.HasSuffix(b.String(), s.Again+tt.want) {
				t.Errorf("%v:\n%s", err, b.String())
			}
		})
	}
}
