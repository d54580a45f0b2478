package pace

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "simulate everything and write the table of docs/pace.md")

// TestTable simulates model servers and compares with the goals. A short
// choice of them by default; all, and the table of docs/pace.md, with -update.
func TestTable(t *testing.T) {
	simulates(t)
	var table table
	for _, trial := range trials() {
		if !trial.brief && !*update {
			continue
		}
		name := fmt.Sprintf("%s/%s, %v, headers %s", trial.group, trial.name, trial.latency, headersNames[trial.says])
		t.Run(name, func(t *testing.T) {
			out := trial.run(found)
			table.add(trial, out)
			if out.err != nil {
				t.Fatal(out.err)
			}
			need, most, _ := trial.floor(trial.model)
			if out.share() < need {
				t.Errorf("%.1f %% of what was allowed, need %.1f %%", 100*out.share(), 100*need)
			}
			if out.refused() > most {
				t.Errorf("%.1f %% of the requests got a 429, at most %.1f %%", 100*out.refused(), 100*most)
			}
		})
	}
	if *update {
		const file = "../../docs/pace.md"
		if err := table.write(file); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSlowingServer checks that the climb stops at the knee: all the server can
// do, without a queue of its own making.
func TestSlowingServer(t *testing.T) {
	for _, slots := range []int{4, 8, 16} {
		b := behaviour{slots: slots, latency: 100 * time.Millisecond, jitter: jitter, time: 2 * time.Minute, seed: 1}
		out := b.run(found)
		if out.share() < 0.95 || out.meanInFlight > 3*float64(slots) {
			t.Errorf("%d at a time: %.1f %% of what it can do with %.1f requests in flight",
				slots, 100*out.share(), out.meanInFlight)
		}
	}
}

// TestSmallFile checks that the gentle start isn't a timid one.
func TestSmallFile(t *testing.T) {
	for _, latency := range []time.Duration{1, 5, 20, 50, 100, 200, 500, 1000} {
		b := smallFile(latency * time.Millisecond)
		out := b.run(found)
		if out.time > smallFileLimit(b.latency) {
			t.Errorf("300 records at %v took %v, at most %v", b.latency, out.time, smallFileLimit(b.latency))
		}
	}
}

func smallFile(latency time.Duration) behaviour {
	return behaviour{latency: latency, jitter: jitter, records: 300, seed: 7}
}

// smallFileLimit is 1.5 × the time without any pacing, plus a second.
func smallFileLimit(latency time.Duration) time.Duration {
	unpaced := smallFile(latency).run(func(Options) policy { return newMetronome(Rate{1e9, time.Second}) })
	return unpaced.time*3/2 + time.Second
}

// TestFullSpeed checks that the gentle start costs a long run next to nothing.
func TestFullSpeed(t *testing.T) {
	for _, latency := range []time.Duration{200 * time.Microsecond, 2 * time.Millisecond, 10 * time.Millisecond} {
		b := behaviour{latency: latency, jitter: jitter, records: 30000, seed: 3}
		ideal := b.latency * 30000 / 64
		if out := b.run(found); out.time > ideal+time.Second {
			t.Errorf("30,000 records at %v took %v, %v would be possible", latency, out.time, ideal)
		}
	}
}

// TestLearntIsVerified starts from what an earlier run learnt, which is wrong.
func TestLearntIsVerified(t *testing.T) {
	for _, factor := range []float64{0.1, 1, 10} {
		b := behaviour{limit: func() limiter { return newBucket(80, 80) }, latency: 50 * time.Millisecond, jitter: jitter,
			time: 5 * time.Minute, learnt: &Learnt{Limit: 80 * factor, At: time.Now()}, seed: 4}
		out := b.run(found)
		if out.share() < 0.85 || out.refused() > 0.08 {
			t.Errorf("learnt %g × the limit: %.1f %% of what was allowed, %.1f %% of 429s", factor, 100*out.share(), 100*out.refused())
		}
	}
}

// TestLearntWrongly starts a small file from a limit that isn't there: a bad night
// must not make the next ones slow.
func TestLearntWrongly(t *testing.T) {
	for _, limit := range []float64{1, 7, 50} {
		b := behaviour{latency: 5 * time.Millisecond, jitter: jitter, records: 400, learnt: &Learnt{Limit: limit, At: time.Now()}, seed: 4}
		if out := b.run(found); out.time > 8*time.Second {
			t.Errorf("400 records, learnt %g a second, took %v", limit, out.time)
		}
	}
}

// TestTheSchemaCounts lets one request leave before, as for the schema. Of a limit
// of two a second that is half of what the first refusal tells of.
func TestTheSchemaCounts(t *testing.T) {
	for _, l := range modelLimits() {
		if l.perSecond != 2 || l.window > time.Second {
			continue
		}
		for _, latency := range latencies {
			b := behaviour{limit: l.make, says: saysSeconds, latency: latency, jitter: jitter, asked: 1, time: 2 * time.Minute, seed: 6}
			if out := b.run(found); out.share() < 0.85 {
				t.Errorf("%s, %v: %.1f %% of what was allowed", l.name, latency, 100*out.share())
			}
		}
	}
}

// table is the results in Markdown.
type table struct {
	groups []string
	rows   map[string][]string
	met    int
	all    int
}

func (t *table) add(tr trial, o outcome) {
	if t.rows == nil {
		t.rows = map[string][]string{}
	}
	if t.rows[tr.group] == nil {
		t.groups = append(t.groups, tr.group)
	}
	missed := o.share() < tr.need || o.refused() > tr.most
	t.all++
	note := ""
	if !missed {
		t.met++
	} else {
		_, _, note = tr.floor(tr.model)
	}
	t.rows[tr.group] = append(t.rows[tr.group], fmt.Sprintf("| %s | %v | %s | %s | %s | %s |",
		tr.name, tr.latency, headersNames[tr.says], percent(o.share(), o.share() < tr.need), percent(o.refused(), o.refused() > tr.most), note))
}

func percent(v float64, missed bool) string {
	s := fmt.Sprintf("%.1f %%", 100*v)
	if missed {
		s = "**" + s + "**"
	}
	return s
}

const (
	begins = "<!-- begin of the table: go test ./internal/pace -run TestTable -update -timeout 30m -->"
	ends   = "<!-- end of the table -->"
)

// tally is where the document's first lines say how many goals are met.
var tally = regexp.MustCompile(`In simulation \d+ of \d+ behaviours of a server meet their goal`)

// write replaces the table in the document, and the tally in its first lines.
func (t *table) write(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(text), begins)
	_, tail, ok2 := strings.Cut(rest, ends)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the table", file)
	}
	if !tally.MatchString(head) {
		return fmt.Errorf("%s has no place for the tally", file)
	}
	head = tally.ReplaceAllString(head, fmt.Sprintf("In simulation %d of %d behaviours of a server meet their goal", t.met, t.all))
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s\n\nWhat misses its goal is bold.\n", head, begins)
	for _, group := range t.groups {
		fmt.Fprintf(&b, "\n### %s\n\n| limit | latency | headers | of the allowed | 429s | |\n|---|---|---|---|---|---|\n", group)
		b.WriteString(strings.Join(t.rows[group], "\n") + "\n")
	}
	t.unlimited(&b)
	writeFamilies(&b)
	fmt.Fprintf(&b, "\n%s%s", ends, tail)
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

func (t *table) unlimited(b *strings.Builder) {
	b.WriteString("\n### 300 records, no limit, 64 workers\n\n| latency | time | at most (1.5 × unpaced + 1 s) |\n|---|---|---|\n")
	for _, latency := range []time.Duration{1, 5, 20, 50, 100, 200, 500, 1000} {
		f := smallFile(latency * time.Millisecond)
		fmt.Fprintf(b, "| %v | %v | %v |\n", f.latency, f.run(found).time.Round(time.Millisecond), smallFileLimit(f.latency).Round(time.Millisecond))
	}
}
