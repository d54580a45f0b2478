package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/crmsync/crmsync/internal/push"
)

func metricsOf(t *testing.T, before string, runs ...Summary) string {
	t.Helper()
	var b bytes.Buffer
	if err := Metrics(&b, "nightly", []byte(before), []string{"deals"}, runs...); err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.New(bytes.NewReader(b.Bytes())).Lint()
	if err != nil {
		t.Fatalf("the metrics can't be read: %v\n%s", err, b.String())
	}
	for _, p := range problems {
		t.Errorf("promlint: %s: %s", p.Metric, p.Text)
	}
	return b.String()
}

func linesWith(text, part string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			found = append(found, strings.TrimSuffix(line, "\n"))
		}
	}
	return found
}

func successful(at time.Time) Summary {
	s := sample()
	s.ExitCode, s.Finished = 0, at
	return s
}

func failedRun(at time.Time) Summary {
	return Summary{Object: "products", ExitCode: 1, Finished: at, Result: push.Result{Outcome: push.Failed, Err: errors.New("no network")}}
}

func TestMetricsTellTheRun(t *testing.T) {
	s := successful(time.UnixMilli(1_764_104_400_123))
	s.Result.Latency.Count, s.Result.Latency.Sum = 10050, 500*time.Second
	got := metricsOf(t, "", s)
	want := []string{
		`crmsync_records_total{object="products",sync="nightly",outcome="created"} 9000`,
		`crmsync_records_total{object="products",sync="nightly",outcome="rejected"} 10`,
		`crmsync_requests_throttled_total{object="products",sync="nightly"} 12`,
		`crmsync_request_duration_seconds{object="products",sync="nightly",quantile="0.95"} 0.088`,
		`crmsync_request_duration_seconds_sum{object="products",sync="nightly"} 500`,
		`crmsync_request_duration_seconds_count{object="products",sync="nightly"} 10050`,
		`crmsync_run_duration_seconds{object="products",sync="nightly"} 101.2`,
		`crmsync_run_success{object="products",sync="nightly"} 1`,
		`crmsync_last_success_timestamp_seconds{object="products",sync="nightly"} 1764104400.123`,
	}
	for _, line := range want {
		if len(linesWith(got, line+"\n")) != 1 {
			t.Errorf("no line %s in\n%s", line, got)
		}
	}
}

func TestMetricsKeepTheTimeOfTheLastSuccess(t *testing.T) {
	const kept = `crmsync_last_success_timestamp_seconds{object="products",sync="nightly"} 1000.000`
	first := metricsOf(t, "", successful(time.Unix(1000, 0)))
	failed := failedRun(time.Unix(2000, 0))
	early := failed
	early.Object = "" // it ended before the object was known
	dry := successful(time.Unix(2000, 0))
	dry.DryRun = true
	other := failed
	other.Object = "deals"
	for _, test := range []struct {
		name   string
		before string
		run    Summary
		want   []string
	}{
		{"after a failed run", first, failed, []string{kept}},
		{"after two", metricsOf(t, first, failed), failed, []string{kept}},
		{"after one that never knew its object", first, early, []string{kept}},
		{"after a dry run", first, dry, []string{kept}},
		{"not after a success", first, successful(time.Unix(3000, 0)), []string{strings.Replace(kept, "1000", "3000", 1)}},
		{"not where there was none", "", failed, nil},
		{"not of another object", first, other, nil},
		{"not from a file that is damaged", kept[:40] + "\n" + metricLastSuccess + `{sync="nightly"} soon`, failed, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := linesWith(metricsOf(t, test.before, test.run), metricLastSuccess+"{")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMetricsOfAJobTellItsPushesApart(t *testing.T) {
	people, deals := successful(time.Unix(1000, 0)), successful(time.Unix(1001, 0))
	people.Push, deals.Push, deals.Object = `pe"op\le`+"\n", "deals", "deals"
	first := metricsOf(t, "", people, deals)
	people.ExitCode = 1
	got := linesWith(metricsOf(t, first, people, deals), metricLastSuccess+"{")
	want := []string{
		metricLastSuccess + `{object="products",sync="nightly",push="pe\"op\\le\n"} 1000.000`,
		metricLastSuccess + `{object="deals",sync="nightly",push="deals"} 1001.000`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMetricsOfARunWithoutAnswersHaveNoQuantiles(t *testing.T) {
	got := metricsOf(t, "", failedRun(time.Unix(1, 0)))
	if lines := linesWith(got, `quantile="0.5"`); len(lines) != 1 || !strings.HasSuffix(lines[0], " NaN") {
		t.Errorf("%q", lines)
	}
}

func FuzzLastSuccesses(f *testing.F) {
	f.Add(metricLastSuccess + `{object="a",sync="b\\\"\n"} 1`)
	f.Add(metricLastSuccess + `{object="a`)
	f.Fuzz(func(t *testing.T, text string) {
		for id, s := range lastSuccesses([]byte(text)) {
			sync, name, _ := strings.Cut(id, "\x00")
			line := metricLastSuccess + labelled([]string{"object", s.object, "sync", sync, "push", name}) + " " + s.at
			if again := lastSuccesses([]byte(line)); len(again) != 1 {
				t.Errorf("%q is read as %v", line, again)
			}
		}
	})
}

func TestMetricsOfSomePushesKeepThoseOfTheOthers(t *testing.T) {
	pushNamed := func(name string, at int64) Summary {
		s := successful(time.Unix(at, 0))
		s.Push = name
		return s
	}
	before := metricsOf(t, "", pushNamed("people", 1000), pushNamed("deals", 1000), pushNamed("gone", 1000))
	got := metricsOf(t, before, pushNamed("people", 2000))
	for _, family := range []string{"crmsync_records_total{", "crmsync_request_duration_seconds{", "crmsync_request_duration_seconds_sum{", "crmsync_last_run_timestamp_seconds{"} {
		of := func(text, push string) (lines []string) {
			for _, line := range linesWith(text, family) {
				if strings.Contains(line, `push="`+push+`"`) {
					lines = append(lines, line)
				}
			}
			return lines
		}
		if diff := cmp.Diff(of(before, "deals"), of(got, "deals")); diff != "" {
			t.Errorf("of the push that was not chosen: %s", diff)
		}
		if len(of(got, "people")) != len(of(before, "people")) || len(of(got, "gone")) > 0 {
			t.Errorf("%s of the others:\n%s", family, got)
		}
	}
	if again := metricsOf(t, got, pushNamed("deals", 3000)); len(linesWith(again, `push="people"`)) > 0 {
		t.Errorf("a push that the job no longer has stays:\n%s", again)
	}
}
