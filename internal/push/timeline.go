package push

import (
	"cmp"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/crmsync/crmsync/internal/pace"
)

// Bounds of a timeline: whatever the length of the run, it takes no more memory.
const (
	mostSpans    = 240
	mostWaits    = 50
	mostWaitSums = 20

	sampleEvery = 100 * time.Millisecond // and the first spans' width
)

// Timeline is how a run went from its beginning to its end; of a resumed run,
// the last part of it.
type Timeline struct {
	// Spans follow each other without a gap, 240 at most: they get wider as the
	// run gets longer.
	Spans []Span
	// Waits are the longest times in which everybody waited, 50 at most, in the
	// order in which they came. Those below a tenth of a second may be missing.
	Waits []Wait
	// Waited adds up all the waits by their reason, the longest first.
	Waited []WaitSum
}

// Span is what happened in a part of the run. Times are since its beginning.
type Span struct {
	From, Until time.Duration

	Created, Updated, Unchanged, Rejected int64 // records that ended so
	Checked                               int64 // in a dry run: records that would be sent

	Requests  int64
	Throttled int64 // answered 429
	Failed    int64 // no connection, no answer in time, 5xx

	Waited  time.Duration // of the span, everybody waited so long
	Latency Latency       // of the answers, to within 7 %
}

// Wait is a time in which nobody could send, since the run's beginning.
type Wait struct {
	From, Until time.Duration
	Why         string
}

// WaitSum adds up the waits for one reason.
type WaitSum struct {
	Why   string
	Times int64
	Total time.Duration
}

// recorder makes the timeline. The committer owns it; what others count it takes
// from them at each sample.
type recorder struct {
	run     *run
	started time.Time
	sampled time.Duration // when the last sample was taken

	spans []span
	open  span // the last one, still growing
	width time.Duration
	taken counters // what of the others' counters stands in spans

	waiting bool
	wait    Wait // the one under way, or the last
	waits   []Wait
	sums    []WaitSum
}

type span struct {
	Span
	latency *hdrhistogram.Histogram
	sum     time.Duration
}

// counters are what reader and workers count.
type counters struct{ checked, requests, throttled, failed int64 }

func newRecorder(r *run, started time.Time) *recorder {
	// The earlier part of a resumed run has its counts from before.
	return &recorder{run: r, started: started, width: sampleEvery}
}

// begin leaves out what an earlier part of the run counted.
func (t *recorder) begin() { t.taken = t.counters() }

func (t *recorder) counters() counters {
	return counters{t.run.passed.Load(), t.run.requests.Load(), t.run.throttled.Load(), t.run.failed.Load()}
}

// ended counts records that have come to their end.
func (t *recorder) ended(f fate, count int64) {
	switch f {
	case created:
		t.open.Created += count
	case updated:
		t.open.Updated += count
	case unchanged:
		t.open.Unchanged += count
	case rejected:
		t.open.Rejected += count
	}
}

// sample looks at the clock and at the pacer.
func (t *recorder) sample(pacer pace.Status) {
	now := time.Since(t.started)
	t.watch(now, pacer)
	if now-t.open.From < t.width-sampleEvery/2 {
		return
	}
	t.close(now)
	if len(t.spans) == mostSpans {
		t.halve()
	}
}

// watch sees whether everybody waits.
func (t *recorder) watch(now time.Duration, pacer pace.Status) {
	if t.waiting {
		t.open.Waited += now - t.sampled
	}
	t.sampled = now
	waits := time.Until(pacer.Until) > 0
	if t.waiting && (!waits || pacer.Why != t.wait.Why) {
		t.endWait(now)
	}
	if waits && !t.waiting {
		t.waiting, t.wait = true, Wait{From: now, Why: pacer.Why}
	}
}

func (t *recorder) endWait(now time.Duration) {
	t.waiting = false
	t.wait.Until = now
	t.addUp(t.wait)
	t.waits = append(t.waits, t.wait)
	if len(t.waits) <= mostWaits {
		return
	}
	shortest := 0
	for i, w := range t.waits {
		if w.Until-w.From < t.waits[shortest].Until-t.waits[shortest].From {
			shortest = i
		}
	}
	t.waits = slices.Delete(t.waits, shortest, shortest+1)
}

func (t *recorder) addUp(w Wait) {
	i := slices.IndexFunc(t.sums, func(s WaitSum) bool { return s.Why == w.Why })
	if i < 0 && len(t.sums) == mostWaitSums {
		i = mostWaitSums - 1 // counted with the last: there are far fewer reasons
	}
	if i < 0 {
		i = len(t.sums)
		t.sums = append(t.sums, WaitSum{Why: w.Why})
	}
	t.sums[i].Times++
	t.sums[i].Total += w.Until - w.From
}

// close ends the open span and begins the next.
func (t *recorder) close(now time.Duration) {
	c := t.counters()
	t.open.Until = now
	t.open.Checked = c.checked - t.taken.checked
	t.open.Requests = c.requests - t.taken.requests
	t.open.Throttled = c.throttled - t.taken.throttled
	t.open.Failed = c.failed - t.taken.failed
	t.taken = c
	t.open.latency, t.open.sum = t.run.latency.take()
	t.spans = append(t.spans, t.open)
	t.open = span{Span: Span{From: now}}
}

// halve makes one span of each two.
func (t *recorder) halve() {
	half := t.spans[:0]
	for i := 0; i+1 < len(t.spans); i += 2 {
		half = append(half, t.spans[i].with(t.spans[i+1]))
	}
	clear(t.spans[len(half):])
	t.spans = half
	t.width *= 2
}

// with is the span with the one that follows it.
func (s span) with(next span) span {
	s.Until = next.Until
	s.Created += next.Created
	s.Updated += next.Updated
	s.Unchanged += next.Unchanged
	s.Rejected += next.Rejected
	s.Checked += next.Checked
	s.Requests += next.Requests
	s.Throttled += next.Throttled
	s.Failed += next.Failed
	s.Waited += next.Waited
	s.sum += next.sum
	switch {
	case s.latency == nil:
		s.latency = next.latency
	case next.latency != nil:
		s.latency.Merge(next.latency) // both have the same bounds: nothing is dropped
	}
	return s
}

// timeline ends the record.
func (t *recorder) timeline() Timeline {
	now := time.Since(t.started)
	t.watch(now, pace.Status{})
	t.close(now)
	// A last span of a moment would show a rate that never was.
	if last := len(t.spans) - 1; last > 0 && t.spans[last].Until-t.spans[last].From < t.width/2 {
		t.spans[last-1] = t.spans[last-1].with(t.spans[last])
		t.spans = t.spans[:last]
	}
	slices.SortStableFunc(t.sums, func(a, b WaitSum) int { return cmp.Compare(b.Total, a.Total) })
	line := Timeline{Waits: t.waits, Waited: t.sums, Spans: make([]Span, 0, len(t.spans))}
	for _, s := range t.spans {
		s.Latency = percentiles(s.latency, s.sum)
		line.Spans = append(line.Spans, s.Span)
	}
	return line
}
