package push

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/pace"
)

// sums adds up a timeline, and checks that its spans follow each other.
func sums(t interface {
	Helper()
	Errorf(string, ...any)
}, line Timeline) Span {
	t.Helper()
	var all Span
	for i, s := range line.Spans {
		if i > 0 && s.From != line.Spans[i-1].Until || s.Until < s.From {
			t.Errorf("span %d is from %s until %s", i, s.From, s.Until)
		}
		all.Until = s.Until
		all.Created += s.Created
		all.Updated += s.Updated
		all.Unchanged += s.Unchanged
		all.Rejected += s.Rejected
		all.Checked += s.Checked
		all.Requests += s.Requests
		all.Throttled += s.Throttled
		all.Failed += s.Failed
		all.Waited += s.Waited
		all.Latency.Count += s.Latency.Count
		all.Latency.Sum += s.Latency.Sum
	}
	return all
}

func TestTimelineOfARunAddsUpToItsTally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCRM()
		c.pause = 300 * time.Millisecond
		c.answer = func(_, value string, try int) (client.Result, bool) {
			switch {
			case value == "3" && try == 1:
				return client.Result{Outcome: client.Retryable, Status: 503, Message: "down"}, true
			case value == "4" && try == 1:
				return client.Result{Outcome: client.Retryable, Status: 429, Message: "slow down"}, true
			case value == "5":
				return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, true
			}
			return client.Result{}, false
		}
		opts, _ := options(c, distinct(100))
		res := Run(t.Context(), opts)
		got := sums(t, res.Timeline)
		want := Span{Until: got.Until, Created: 99, Rejected: 1, Requests: 102, Throttled: 1, Failed: 1, Latency: got.Latency}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if len(res.Timeline.Spans) < 10 {
			t.Errorf("%d spans of a run of %s", len(res.Timeline.Spans), res.Elapsed)
		}
	})
}

func TestTimelineOfADryRunCountsWhatWouldBeSent(t *testing.T) {
	opts, _ := options(nil, append(distinct(20), [2]string{"x", "unmappable"}))
	opts.DryRun, opts.Client, opts.Pacer = true, nil, nil
	res := Run(t.Context(), opts)
	if got := sums(t, res.Timeline); got.Checked != 20 || got.Rejected != 1 {
		t.Errorf("%d would be sent, %d rejected, want 20 and 1", got.Checked, got.Rejected)
	}
}

func TestTimelineStaysBoundedAndLosesNothingHoweverLongTheRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &run{latency: newLatencies()}
		rec := newRecorder(r, time.Now())
		steps := rapid.IntRange(0, 3000).Draw(t, "steps")
		now := time.Duration(0)
		var want Span
		for i := range steps {
			now += time.Duration(1+i%3) * sampleEvery
			rec.ended(created, 1)
			r.requests.Add(2)
			r.latency.record(time.Duration(1+i%7) * time.Millisecond)
			want.Created++
			want.Requests += 2
			if now-rec.open.From >= rec.width-sampleEvery/2 {
				rec.close(now)
				if len(rec.spans) == mostSpans {
					rec.halve()
				}
			}
			if len(rec.spans) >= mostSpans {
				t.Fatalf("%d spans", len(rec.spans))
			}
		}
		rec.started = time.Now().Add(-now - sampleEvery)
		got := sums(t, rec.timeline())
		if got.Created != want.Created || got.Requests != want.Requests || got.Latency.Count != want.Created {
			t.Errorf("%d records, %d requests, %d answers, want %d, %d, %d", got.Created, got.Requests, got.Latency.Count, want.Created, want.Requests, want.Created)
		}
	})
}

func TestLatencyOfASpanIsNearTheTruth(t *testing.T) {
	l := newLatencies()
	for i := range 1000 {
		l.record(time.Duration(i+1) * time.Millisecond)
	}
	hist, sum := l.take()
	got := percentiles(hist, sum)
	for _, one := range []struct {
		name      string
		got, want time.Duration
	}{{"p50", got.P50, 500 * time.Millisecond}, {"p95", got.P95, 950 * time.Millisecond}, {"p99", got.P99, 990 * time.Millisecond}, {"sum", got.Sum, 500500 * time.Millisecond}} {
		if off := float64(one.got-one.want) / float64(one.want); off < -0.07 || off > 0.07 {
			t.Errorf("%s is %s, want %s", one.name, one.got, one.want)
		}
	}
	if hist, _ := l.take(); hist != nil {
		t.Error("what was taken came again")
	}
}

func TestTimelineTellsWhyAndHowLongEverybodyWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := newRecorder(&run{latency: newLatencies()}, time.Now())
		wait := func(d time.Duration, why string) {
			until := time.Now().Add(d)
			for time.Until(until) > 0 {
				rec.sample(pace.Status{Until: until, Why: why})
				time.Sleep(sampleEvery) // the bubble's clock
			}
			rec.sample(pace.Status{})
		}
		wait(2*time.Second, "rate limit (429)")
		time.Sleep(time.Second)
		wait(time.Second, "the service fails (503)")
		wait(3*time.Second, "rate limit (429)")
		line := rec.timeline()
		want := []Wait{
			{0, 2 * time.Second, "rate limit (429)"},
			{3 * time.Second, 4 * time.Second, "the service fails (503)"},
			{4 * time.Second, 7 * time.Second, "rate limit (429)"},
		}
		if diff := cmp.Diff(want, line.Waits); diff != "" {
			t.Error(diff)
		}
		sumsOf := []WaitSum{{"rate limit (429)", 2, 5 * time.Second}, {"the service fails (503)", 1, time.Second}}
		if diff := cmp.Diff(sumsOf, line.Waited); diff != "" {
			t.Error(diff)
		}
		if got := sums(t, line).Waited; got != 6*time.Second {
			t.Errorf("the spans waited %s, want 6s", got)
		}
	})
}

func TestTimelineKeepsTheLongestWaitsAndTheSumOfAll(t *testing.T) {
	rec := newRecorder(&run{latency: newLatencies()}, time.Now())
	for i := range 200 {
		rec.waiting, rec.wait = true, Wait{From: time.Duration(i) * time.Minute, Why: fmt.Sprintf("why %d", i%40)}
		rec.endWait(rec.wait.From + time.Duration(i)*time.Second)
	}
	line := rec.timeline()
	if len(line.Waits) != mostWaits || line.Waits[0].From != 150*time.Minute {
		t.Errorf("%d waits, the first at %s", len(line.Waits), line.Waits[0].From)
	}
	var times int64
	var total time.Duration
	for _, s := range line.Waited {
		times += s.Times
		total += s.Total
	}
	if len(line.Waited) != mostWaitSums || times != 200 || total != 19900*time.Second {
		t.Errorf("%d sums of %d waits, %s", len(line.Waited), times, total)
	}
}

func TestReasonsKeepTheFirstPlacesAndExamples(t *testing.T) {
	var r reasons
	for line := range int64(20) {
		it := &item{match: strings.Repeat("ä", 1000), end: ending{fate: rejected, status: 400, kind: "no", reason: fmt.Sprintf("no, line %d", line)}}
		it.rec.Line = line
		r.add(it, "a.csv")
	}
	got := r.most(1)[0]
	if got.Count != 20 || len(got.Places) != mostPlaces || len(got.Examples) != mostExamples {
		t.Fatalf("%d rejects, %d places, %d examples", got.Count, len(got.Places), len(got.Examples))
	}
	if got.Places[9] != (Place{"a.csv", 9}) || got.Examples[2].Error != "no, line 2" {
		t.Errorf("%+v, %+v", got.Places[9], got.Examples[2])
	}
	if match := got.Examples[0].Match; match != strings.Repeat("ä", longestExample/2)+"…" {
		t.Errorf("the match value is %d bytes", len(match))
	}
}

func TestAnswersThatDifferInKeysAndNumbersAloneAreOneReason(t *testing.T) {
	c := newCRM()
	c.answer = func(key, value string, _ int) (client.Result, bool) {
		message := map[string]string{
			"taken": fmt.Sprintf("%s belongs to record %d already", key, len(key)*1003),
			"long":  "the name is too long", "longer": "the note is too long",
		}[value]
		return client.Result{Outcome: client.Rejected, Status: 400, Message: message}, message != ""
	}
	opts, _ := options(c, [][2]string{{"a-1", "taken"}, {"b-27", "taken"}, {"c-333", "taken"}, {"d-4", "long"}, {"e-5", "longer"}})
	res := Run(t.Context(), opts)
	var got []string
	for _, why := range res.Reasons {
		got = append(got, fmt.Sprint(why.Count, " × ", why.Error))
	}
	want := []string{"3 × a-1 belongs to record 3009 already", "1 × the name is too long", "1 × the note is too long"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}
