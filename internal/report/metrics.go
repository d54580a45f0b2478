package report

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/push"
)

const metricLastSuccess = "crmsync_last_success_timestamp_seconds"

// Metrics writes runs in the text format of Prometheus, for the textfile
// collector of node_exporter. sync is the label that keeps the files of several
// syncs apart. before is what the file held until now, which may be nothing: the
// time of the last success is kept from there where a run was none, and all that
// it says of the pushes named others, which the job has and did not run.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/
func Metrics(w io.Writer, sync string, before []byte, others []string, runs ...Summary) error {
	m := metrics{}
	kept := lastSuccesses(before)
	for _, s := range runs {
		m.add(s, sync, kept)
		others = slices.DeleteFunc(slices.Clone(others), func(name string) bool { return name == s.Push })
	}
	m.keep(before, sync, others)
	var b bytes.Buffer
	for _, f := range families {
		if len(m[f.name]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", f.name, f.help, f.name, f.kind)
		for _, line := range m[f.name] {
			b.WriteString(line + "\n")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// families are the metrics in the order of the file.
var families = []struct{ name, kind, help string }{
	{"crmsync_records_total", "counter", "Records of the last run by what became of them."},
	{"crmsync_requests_total", "counter", "Requests that the last run sent."},
	{"crmsync_request_retries_total", "counter", "Requests of the last run that were not a record's first."},
	{"crmsync_requests_throttled_total", "counter", "Requests of the last run that were answered 429."},
	{"crmsync_request_duration_seconds", "summary", "How long the answers of the last run took."},
	{"crmsync_run_duration_seconds", "gauge", "How long the last run took, with all parts of a resumed run."},
	{"crmsync_run_success", "gauge", "1 if the last run ended with every record accepted, else 0."},
	{"crmsync_run_exit_code", "gauge", "Exit code of the last run."},
	{"crmsync_last_run_timestamp_seconds", "gauge", "When the last run ended."},
	{metricLastSuccess, "gauge", "When a run last ended with every record accepted."},
}

// metrics holds the lines of each family.
type metrics map[string][]string

func (m metrics) add(s Summary, sync string, kept map[string]success) {
	before := kept[identity(sync, s.Push)]
	object := s.Object
	if object == "" { // the run ended before it was known
		object = before.object
	}
	labels := []string{"object", object, "sync", sync}
	if s.Push != "" {
		labels = append(labels, "push", s.Push)
	}
	r := s.Result
	for _, end := range []struct {
		outcome string
		count   int64
	}{
		{"created", r.Created}, {"updated", r.Updated}, {"unchanged", r.Unchanged},
		{"rejected", r.Rejected}, {"not_sent", r.NotSent},
	} {
		m.line("crmsync_records_total", whole(end.count), append(labels, "outcome", end.outcome)...)
	}
	m.line("crmsync_requests_total", whole(r.Requests), labels...)
	m.line("crmsync_request_retries_total", whole(r.Retries), labels...)
	m.line("crmsync_requests_throttled_total", whole(r.Throttled), labels...)
	m.latency(r.Latency, labels)
	m.line("crmsync_run_duration_seconds", decimal(r.Elapsed.Seconds()), labels...)
	success := "0"
	if s.ExitCode == 0 {
		success = "1"
	}
	m.line("crmsync_run_success", success, labels...)
	m.line("crmsync_run_exit_code", whole(int64(s.ExitCode)), labels...)
	m.line("crmsync_last_run_timestamp_seconds", timestamp(s.Finished), labels...)
	switch {
	case s.ExitCode == 0 && !s.DryRun:
		m.line(metricLastSuccess, timestamp(s.Finished), labels...)
	case before.at != "" && before.object == object:
		m.line(metricLastSuccess, before.at, labels...)
	}
}

func (m metrics) latency(l push.Latency, labels []string) {
	const name = "crmsync_request_duration_seconds"
	for _, q := range []struct {
		quantile string
		value    time.Duration
	}{{"0.5", l.P50}, {"0.95", l.P95}, {"0.99", l.P99}} {
		value := "NaN" // nothing was answered
		if l.Count > 0 {
			value = decimal(q.value.Seconds())
		}
		m.line(name, value, append(labels, "quantile", q.quantile)...)
	}
	m[name] = append(m[name], name+"_sum"+labelled(labels)+" "+decimal(l.Sum.Seconds()),
		name+"_count"+labelled(labels)+" "+whole(l.Count))
}

// line adds a sample to a family. Labels are names and values in turn.
func (m metrics) line(name, value string, labels ...string) {
	m[name] = append(m[name], name+labelled(labels)+" "+value)
}

func labelled(labels []string) string {
	var b strings.Builder
	between := "{"
	for i := 0; i < len(labels); i += 2 {
		b.WriteString(between + labels[i] + `="` + escapeLabel(labels[i+1]) + `"`)
		between = ","
	}
	return b.String() + "}"
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func escapeLabel(text string) string {
	return labelEscapes.Replace(strings.ToValidUTF8(text, "�"))
}

// unescapeLabel is what a letter after a backslash stands for.
func unescapeLabel(letter byte) string {
	if letter == 'n' {
		return "\n"
	}
	return string(letter)
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func decimal(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func timestamp(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64)
}

// success is the last success that a file of metrics tells of.
type success struct{ object, at string }

// identity is what a run is known by in such a file.
func identity(sync, push string) string { return sync + "\x00" + push }

// samples are the lines of a file of metrics with their labels and values. What
// was not written here is passed over.
func samples(content []byte) iter.Seq2[string, sampleLine] {
	return func(yield func(string, sampleLine) bool) {
		for line := range strings.Lines(string(content)) {
			line = strings.TrimSpace(line)
			name, rest, ours := strings.Cut(line, "{")
			labels, value, ok := cutLabels(rest)
			if _, err := strconv.ParseFloat(value, 64); !ours || !ok || err != nil {
				continue
			}
			if !yield(name, sampleLine{line, labels, value}) {
				return
			}
		}
	}
}

type sampleLine struct {
	text   string
	labels map[string]string
	value  string
}

// keep takes over what a file says of some pushes.
func (m metrics) keep(content []byte, sync string, pushes []string) {
	for name, line := range samples(content) {
		family := strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count")
		if line.labels["sync"] == sync && slices.Contains(pushes, line.labels["push"]) {
			m[family] = append(m[family], line.text)
		}
	}
}

// lastSuccesses finds when each push last ended well.
func lastSuccesses(content []byte) map[string]success {
	found := map[string]success{}
	for name, line := range samples(content) {
		if name == metricLastSuccess {
			found[identity(line.labels["sync"], line.labels["push"])] = success{line.labels["object"], line.value}
		}
	}
	return found
}

// cutLabels reads name="value",… up to the closing brace, and what follows.
func cutLabels(text string) (labels map[string]string, rest string, ok bool) {
	labels = map[string]string{}
	for {
		name, after, found := strings.Cut(text, `="`)
		if !found {
			return nil, "", false
		}
		var value strings.Builder
		end := -1
		for i := 0; i < len(after) && end < 0; i++ {
			switch c := after[i]; {
			case c == '"':
				end = i
			case c == '\\' && i+1 < len(after):
				i++
				value.WriteString(unescapeLabel(after[i]))
			default:
				value.WriteByte(c)
			}
		}
		if end < 0 {
			return nil, "", false
		}
		labels[name] = value.String()
		text = after[end+1:]
		if rest, done := strings.CutPrefix(text, "}"); done {
			return labels, strings.TrimSpace(rest), true
		}
		if text, found = strings.CutPrefix(text, ","); !found {
			return nil, "", false
		}
	}
}
