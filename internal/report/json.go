package report

import (
	"io"
	"strconv"
	"time"

	"github.com/crmsync/crmsync/internal/push"
)

// document is the JSON summary. Its keys, their order and their types are what
// scripts depend on.
type document struct {
	Object  string   `json:"object"`
	Match   string   `json:"match"`
	Sources []string `json:"sources"`
	ending
	ResumedAtLine int64 `json:"resumed_at_line"`
	course
	Latency         latency          `json:"latency_ms"`
	RejectsFiles    []string         `json:"rejects_files"`
	Error           string           `json:"error"`
	Reasons         []reason         `json:"reject_reasons"`
	Missing         *Missing         `json:"missing,omitempty"`         // with --report-missing
	Related         map[string]int64 `json:"related_created,omitempty"` // by lookups
	*dryRunDocument                  // nil but in a dry run
}

// ending is how a push or a job ended, and what it came to.
type ending struct {
	Outcome   push.Outcome `json:"outcome"`
	ExitCode  int          `json:"exit_code"`
	DryRun    bool         `json:"dry_run"`
	Read      int64        `json:"read"`
	Created   int64        `json:"created"`
	Updated   int64        `json:"updated"`
	Unchanged int64        `json:"unchanged"`
	Rejected  int64        `json:"rejected"`
	NotSent   int64        `json:"not_sent"`
	Requests  int64        `json:"requests"`
	Retries   int64        `json:"retries"`
	Throttled int64        `json:"throttled"`
}

// course is when a push or a job ran, and how fast.
type course struct {
	StartedAt        string `json:"started_at"`
	Seconds          tenths `json:"seconds"`
	RecordsPerSecond tenths `json:"records_per_second"`
}

func endingOf(r push.Result, exitCode int, dryRun bool) ending {
	return ending{
		Outcome: r.Outcome, ExitCode: exitCode, DryRun: dryRun,
		Read: r.Read, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged,
		Rejected: r.Rejected, NotSent: r.NotSent,
		Requests: r.Requests, Retries: r.Retries, Throttled: r.Throttled,
	}
}

func courseOf(r push.Result) course {
	return course{r.Started.UTC().Format(time.RFC3339), tenths(r.Elapsed.Seconds()), tenths(perSecond(r))}
}

type latency struct {
	P50 tenths `json:"p50"`
	P95 tenths `json:"p95"`
	P99 tenths `json:"p99"`
	Max tenths `json:"max"`
}

type reason struct {
	Status    int    `json:"status"`
	Error     string `json:"error"`
	Count     int64  `json:"count"`
	FirstLine int64  `json:"first_line"`
}

// tenths is a number that is written with exactly one decimal.
type tenths float64

// MarshalJSON writes the number with one decimal.
func (t tenths) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(t), 'f', 1, 64), nil
}

// JSON writes the summary as one JSON object on one line. Lists are never null.
func JSON(w io.Writer, s Summary) error { return EncodeJSON(w, s.document(), "") }

func (s Summary) document() document {
	r := s.Result
	doc := document{
		Object: s.Object, Match: s.Match, Sources: orEmpty(s.Sources),
		ending:        endingOf(r, s.ExitCode, s.DryRun),
		ResumedAtLine: r.ResumedAtLine,
		course:        courseOf(r),
		Latency: latency{
			P50: milliseconds(r.Latency.P50), P95: milliseconds(r.Latency.P95),
			P99: milliseconds(r.Latency.P99), Max: milliseconds(r.Latency.Max),
		},
		RejectsFiles: orEmpty(r.RejectFiles),
		Reasons:      make([]reason, 0, len(r.Reasons)),
		Missing:      s.Missing,
		Related:      s.Result.Related,

		dryRunDocument: s.Dry.document(),
	}
	if r.Err != nil {
		doc.Error = r.Err.Error()
	}
	for _, why := range r.Reasons {
		doc.Reasons = append(doc.Reasons, reason{why.Status, why.Error, why.Count, why.FirstLine})
	}
	return doc
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func milliseconds(d time.Duration) tenths { return tenths(float64(d) / float64(time.Millisecond)) }

// perSecond is the rate at which records came to an end other than "not sent".
func perSecond(r push.Result) float64 {
	seconds := r.Elapsed.Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(r.Read-r.NotSent) / seconds
}
