package report

import (
	"io"
	"strconv"
	"time"

	"github.com/crmsync/crmsync/internal/push"
)

// fullVersion is that of the JSON report. Keys may be added to it; it changes
// when one goes or means something else.
const fullVersion = 1

// fullDocument is the JSON report: the summary with what it leaves out.
// docs/json.md describes it.
type fullDocument struct {
	Version    int    `json:"version"`
	Program    string `json:"crmsync"`
	Push       string `json:"push,omitempty"`
	FinishedAt string `json:"finished_at"`
	document
	Hint     string           `json:"hint"`
	Sandbox  bool             `json:"sandbox"`
	Reasons  []fullReason     `json:"reject_reasons"` // in place of the summary's
	Other    int64            `json:"other_rejects"`
	Timeline timelineDocument `json:"timeline"`
	Mapping  []mapped         `json:"mapping"`
	Settings []Setting        `json:"settings"`
	Again    string           `json:"push_again"`
	Continue string           `json:"go_on"`
}

// fullJobDocument is the JSON report of a job.
type fullJobDocument struct {
	Version    int    `json:"version"`
	Program    string `json:"crmsync"`
	FinishedAt string `json:"finished_at"`
	jobDocument
	Hint     string             `json:"hint"`
	Sandbox  bool               `json:"sandbox"`
	Pushes   []fullPushDocument `json:"pushes"` // in place of the summary's
	Continue string             `json:"go_on"`
}

type fullPushDocument struct {
	Name string `json:"name"`
	Note string `json:"note"`
	fullDocument
}

type fullReason struct {
	reason
	Hint     string    `json:"hint"`
	Lines    []Place   `json:"lines"`
	Examples []example `json:"examples"`
}

type example struct {
	Place
	Match string `json:"match"`
	Error string `json:"error"`
}

type timelineDocument struct {
	Spans  []spanDocument    `json:"spans"`
	Waits  []waitDocument    `json:"waits"`
	Waited []waitSumDocument `json:"waited"`
}

type spanDocument struct {
	From      thousandths `json:"from"`
	Until     thousandths `json:"until"`
	Created   int64       `json:"created"`
	Updated   int64       `json:"updated"`
	Unchanged int64       `json:"unchanged"`
	Rejected  int64       `json:"rejected"`
	Checked   int64       `json:"checked"`
	Requests  int64       `json:"requests"`
	Throttled int64       `json:"throttled"`
	Failed    int64       `json:"failed"`
	Waited    thousandths `json:"waited"`
	Latency   latency     `json:"latency_ms"`
}

type waitDocument struct {
	From  thousandths `json:"from"`
	Until thousandths `json:"until"`
	Why   string      `json:"why"`
}

type waitSumDocument struct {
	Why     string      `json:"why"`
	Times   int64       `json:"times"`
	Seconds thousandths `json:"seconds"`
}

type mapped struct {
	Source    string   `json:"source"`
	From      []string `json:"from"`
	Attribute string   `json:"attribute"`
	Type      string   `json:"type"`
	Match     bool     `json:"match"`
	Constant  *string  `json:"constant,omitempty"`
}

// thousandths is a number of seconds that is written to the millisecond.
type thousandths time.Duration

// MarshalJSON writes the seconds with three decimals.
func (t thousandths) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(t).Seconds(), 'f', 3, 64), nil
}

// Full writes the JSON report: one object that holds all that the page shows.
// Lists are never null.
func Full(w io.Writer, s Summary) error { return EncodeJSON(w, s.full(), " ") }

// JobFull writes the JSON report of a job: its summary, with the report of each
// push.
func JobFull(w io.Writer, j Job) error {
	doc := fullJobDocument{
		Version: fullVersion, Program: j.Program, FinishedAt: j.Finished.UTC().Format(time.RFC3339),
		jobDocument: j.document(), Hint: hintOf(j.Err), Sandbox: j.Sandbox, Continue: j.Continue,
		Pushes: make([]fullPushDocument, 0, len(j.Pushes)),
	}
	for _, p := range j.Pushes {
		doc.Pushes = append(doc.Pushes, fullPushDocument{p.Name, p.Note, p.full()})
	}
	return EncodeJSON(w, doc, " ")
}

func (s Summary) full() fullDocument {
	r := s.Result
	doc := fullDocument{
		Version: fullVersion, Program: s.Program, Push: s.Push,
		FinishedAt: s.Finished.UTC().Format(time.RFC3339),
		document:   s.document(),
		Hint:       hintOf(r.Err), Sandbox: s.Sandbox,
		Reasons: []fullReason{}, Other: otherRejects(r), Timeline: timelineOf(r.Timeline),
		Mapping: []mapped{}, Settings: orEmpty(s.Settings),
		Again: s.Again, Continue: s.Continue,
	}
	for i, why := range r.Reasons {
		doc.Reasons = append(doc.Reasons, s.fullReason(doc.document.Reasons[i], why))
	}
	for _, in := range s.Mapping {
		for _, c := range in.Columns {
			m := mapped{Source: in.Source, From: orEmpty(c.From), Attribute: c.Attribute, Type: c.Type, Match: c.Match}
			if len(c.From) == 0 {
				m.Constant = &c.Constant
			}
			doc.Mapping = append(doc.Mapping, m)
		}
	}
	return doc
}

func (s Summary) fullReason(short reason, why push.Reason) fullReason {
	full := fullReason{reason: short, Hint: rejectHint(why), Lines: []Place{}, Examples: []example{}}
	for _, at := range why.Places {
		full.Lines = append(full.Lines, placeOf(at, s))
	}
	for _, one := range why.Examples {
		full.Examples = append(full.Examples, example{placeOf(one.Place, s), one.Match, one.Error})
	}
	return full
}

func timelineOf(line push.Timeline) timelineDocument {
	doc := timelineDocument{Spans: []spanDocument{}, Waits: []waitDocument{}, Waited: []waitSumDocument{}}
	for _, s := range line.Spans {
		doc.Spans = append(doc.Spans, spanDocument{
			From: thousandths(s.From), Until: thousandths(s.Until),
			Created: s.Created, Updated: s.Updated, Unchanged: s.Unchanged, Rejected: s.Rejected, Checked: s.Checked,
			Requests: s.Requests, Throttled: s.Throttled, Failed: s.Failed,
			Waited: thousandths(s.Waited), Latency: latencyOf(s.Latency),
		})
	}
	for _, w := range line.Waits {
		doc.Waits = append(doc.Waits, waitDocument{thousandths(w.From), thousandths(w.Until), w.Why})
	}
	for _, w := range line.Waited {
		doc.Waited = append(doc.Waited, waitSumDocument{w.Why, w.Times, thousandths(w.Total)})
	}
	return doc
}

func latencyOf(l push.Latency) latency {
	return latency{P50: milliseconds(l.P50), P95: milliseconds(l.P95), P99: milliseconds(l.P99), Max: milliseconds(l.Max)}
}

// otherRejects counts the records that were rejected for none of the reasons
// that are listed.
func otherRejects(r push.Result) int64 {
	rest := r.Rejected
	for _, why := range r.Reasons {
		rest -= why.Count
	}
	return max(rest, 0)
}

// placeOf names the input of a place that an earlier part of the run left
// without one, where there is only one.
func placeOf(at push.Place, s Summary) Place {
	if at.Input == "" && len(s.Sources) == 1 {
		at.Input = s.Sources[0]
	}
	return Place{Source: at.Input, Line: at.Line}
}
