package cmd

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/crmsync/crmsync/internal/job"
	"github.com/crmsync/crmsync/internal/lookup"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/push"
)

var tenSecondsIn = time.Date(2026, 1, 1, 0, 0, 10, 0, time.UTC)

// halfRead is a progress ten seconds into a run, with half of the bytes read.
func halfRead(width int, size int64) *progress {
	p := newProgress(&console{out: &bytes.Buffer{}}, func() int { return width })
	p.started, p.size = tenSecondsIn.Add(-10*time.Second), size
	p.read = func() int64 { return 500 }
	return p
}

func tally() push.Progress {
	return push.Progress{Tally: push.Tally{Read: 1000, Created: 600, Updated: 190, Rejected: 10}}
}

func TestTheProgressLineSaysWhatLookupsWaitFor(t *testing.T) {
	now := tally()
	now.Pace = pace.Status{Until: tenSecondsIn.Add(2 * time.Second), Why: "rate limit (429)"}
	for _, test := range []struct {
		doing lookup.Doing
		want  string
	}{
		{lookup.Doing{}, "waiting 3s: rate limit (429); 800 done"},
		{lookup.Doing{What: "looking up ids: later", Until: tenSecondsIn.Add(time.Second)}, "waiting 3s: rate limit (429)"},
		{lookup.Doing{What: "looking up ids: later", Until: tenSecondsIn.Add(7 * time.Second)}, "waiting 8s: looking up ids: later; 800 done"},
		{lookup.Doing{What: "reading the list"}, "waiting 3s: rate limit (429)"},
	} {
		p := halfRead(120, 1000)
		p.lookups = func() lookup.Doing { return test.doing }
		if line := p.line(now, tenSecondsIn); !strings.Contains(line, test.want) {
			t.Errorf("%+v: the line is %q, want %q in it", test.doing, line, test.want)
		}
	}
	p := halfRead(120, 1000)
	p.lookups = func() lookup.Doing { return lookup.Doing{What: "reading the list"} }
	if line := p.line(tally(), tenSecondsIn); !strings.Contains(line, "reading the list; 800 done: 600 created") {
		t.Errorf("the line is %q", line)
	}
}

func TestProgressLine(t *testing.T) {
	waiting := tally()
	waiting.Pace = pace.Status{Until: tenSecondsIn.Add(12500 * time.Millisecond), Why: "rate limit (429)\x1b[31m"}
	for _, test := range []struct {
		name  string
		width int
		size  int64
		limit int64
		now   push.Progress
		want  []string
		not   []string
	}{
		{"a wide terminal gets everything", 120, 1000, 0, tally(),
			[]string{"  40% |█", "|  800 records, 80/s: 600 created, 190 updated, 10 rejected, 16s left"}, nil},
		{"80 columns get everything with a short bar", 80, 1000, 0, tally(),
			[]string{"40%", "800", "80/s: 600 created, 190 updated, 10 rejected, 16s left"}, nil},
		{"40 columns get what matters most", 40, 1000, 0, tally(),
			[]string{"40%", "800, 80/s, 10 rejected, 16s left"}, []string{"created"}},
		{"20 columns get the count", 20, 1000, 0, tally(), []string{"40%", "800, 16s"}, nil},
		{"an unknown size gives no percentage and no time left", 120, 0, 0, tally(),
			[]string{"800 records, 80/s: 600 created, 190 updated, 10 rejected"}, []string{"%", "left"}},
		{"a limit tells the size of a stream", 120, 0, 1600, tally(), []string{" 50% |", "11s left"}, nil},
		{"a wait says why and how long", 120, 1000, 0, waiting,
			[]string{"waiting 13s: rate limit (429)[31m; 800 done: 600 created"}, []string{"\x1b"}},
		{"a wait is what matters on a narrow terminal", 40, 1000, 0, waiting, []string{"40% waiting 13s: rate limit (429)"}, nil},
		{"nothing read yet", 80, 1000, 0, push.Progress{}, []string{"0 records, 0.0/s"}, []string{"left"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := halfRead(test.width, test.size)
			p.limit = test.limit
			line := p.line(test.now, tenSecondsIn)
			for _, part := range test.want {
				if !strings.Contains(line, part) {
					t.Errorf("no %q in %q", part, line)
				}
			}
			for _, part := range append(test.not, "\r", "\n") {
				if strings.Contains(line, part) {
					t.Errorf("%q in %q", part, line)
				}
			}
			if n := utf8.RuneCountInString(line); n >= test.width {
				t.Errorf("%d columns of %d: %q", n, test.width, line)
			}
		})
	}
}

func TestProgressHasABarThatMovesAt80ColumnsWhateverTheCounts(t *testing.T) {
	small, large, wait := tally(), tally(), tally()
	large.Tally = push.Tally{Read: 2_500_000, Created: 1_234_567, Updated: 765_432, Rejected: 98_765}
	wait.Pace = pace.Status{Until: tenSecondsIn.Add(12500 * time.Millisecond), Why: "rate limit (429)"}
	for name, now := range map[string]push.Progress{"small": small, "large": large, "waiting": wait} {
		line := halfRead(80, 1000).line(now, tenSecondsIn)
		_, line, _ = strings.Cut(line, "|")
		bar, text, _ := strings.Cut(line, "|")
		if n := utf8.RuneCountInString(bar); n < 10 || !strings.Contains(text, "left") && name != "waiting" {
			t.Errorf("%s: %d cells in %q", name, n, line)
		}
	}
}

func TestProgressOfAnInterruptedRunSaysWhatItWaitsFor(t *testing.T) {
	for width, want := range map[int]string{
		140: "stopping: requests in flight end, in 10s at most; Ctrl-C quits at once; 800 done",
		80:  "stopping: requests in flight end; Ctrl-C quits at once",
		40:  "stopping: requests in flight end",
	} {
		p := halfRead(width, 1000)
		p.ending = func() bool { return true }
		if line := p.line(tally(), tenSecondsIn); !strings.Contains(line, want) {
			t.Errorf("%d columns: %q", width, line)
		}
	}
}

func TestProgressSaysWhatStayedUnchangedWhereThatIsSo(t *testing.T) {
	now := tally()
	now.Unchanged = 5
	if line := halfRead(120, 1000).line(now, tenSecondsIn); !strings.Contains(line, "190 updated, 5 unchanged, 10 rejected") {
		t.Error(line)
	}
}

func TestProgressLineFitsAnyWidth(t *testing.T) {
	now := tally()
	now.Pace = pace.Status{Until: tenSecondsIn.Add(time.Hour), Why: strings.Repeat("why ", 40)}
	for width := 1; width < 300; width++ {
		for _, size := range []int64{0, 1000} {
			for _, at := range []time.Time{tenSecondsIn, tenSecondsIn.Add(2 * time.Hour)} {
				if n := utf8.RuneCountInString(halfRead(width, size).line(now, at)); n >= max(width, 1) {
					t.Fatalf("%d columns on a terminal of %d", n, width)
				}
			}
		}
	}
}

func TestProgressTellsTheLastRejectBelowTheBar(t *testing.T) {
	now := tally()
	p := halfRead(60, 1000)
	if lines := p.lines(now, tenSecondsIn); len(lines) != 1 {
		t.Errorf("%q", lines)
	}
	now.LastReason = "column \"price\":\n\x1b[31m\"12 kg\" is not a number (send the number alone, without \"kg\")"
	want := "last rejected: column \"price\": [31m\"12 kg\" is not a number…"
	if lines := p.lines(now, tenSecondsIn); len(lines) != 2 || lines[1] != want {
		t.Errorf("%q, want %q", lines, want)
	}
}

func TestProgressSaysUntilWhenALongWaitLasts(t *testing.T) {
	now := tally()
	noon := time.Date(2026, 3, 5, 12, 0, 0, 0, time.Local)
	for rest, want := range map[time.Duration]string{
		5 * time.Minute: "waiting 5m1s until 12:05:00: rate limit (429)",
		24 * time.Hour:  "waiting 24h0m1s until 2026-03-06 12:00:00: rate limit (429)",
	} {
		now.Pace = pace.Status{Until: noon.Add(rest), Why: "rate limit (429)"}
		if line := halfRead(80, 1000).line(now, noon); !strings.Contains(line, want) {
			t.Errorf("%q, want %q in it", line, want)
		}
	}
}

func TestProgressRateIsThatOfTheLastSeconds(t *testing.T) {
	p := halfRead(80, 0)
	p.rate(1000, p.started.Add(10*time.Second)) // 100/s
	for second := range 30 {
		p.rate(1000+int64(second), p.started.Add(time.Duration(11+second)*time.Second)) // then 1/s
	}
	if rate := p.rate(1030, p.started.Add(41*time.Second)); rate < 0.9 || rate > 1.2 {
		t.Errorf("rate %.2f, want about 1", rate)
	}
}

func TestConsoleWritesAboveTheProgressLineAndLeavesNothingBehind(t *testing.T) {
	var out bytes.Buffer
	c := &console{out: &out}
	c.show("10%")
	c.say("warning", "disk nearly full")
	c.show("20%", "last rejected: why")
	c.show()
	c.show()
	want := "\r10%\x1b[J" + eraseLines + "warning: disk nearly full\n" + "\r10%\x1b[J" +
		"\r20%\x1b[K\r\nlast rejected: why\x1b[J\r\x1b[1A" + eraseLines
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestConsoleKeepsControlCharactersFromTheTerminal(t *testing.T) {
	var out bytes.Buffer
	(&console{out: &out}).say("error", "%s", "a\x1b[2Jb\nhint: c\u202e")
	if want := "error: a[2Jb hint: c\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestMessagesAreBrokenBetweenWordsOnATerminal(t *testing.T) {
	var out bytes.Buffer
	c := &console{out: &out, width: func() int { return 40 }}
	c.say("hint", "run the same command again after the server has come back, or not")
	if want := "hint: run the same command again after\n    the server has come back, or not\n"; out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestACommandInAMessageStaysOnALineOfItsOwn(t *testing.T) {
	var out bytes.Buffer
	c := &console{out: &out, width: func() int { return 40 }}
	c.say("hint", "%s", "take the records out of what is around them: jq -c '.data[]' 'my odd file.json' >'my odd file.records.ndjson'")
	want := "hint: take the records out of what is\n    around them:\n    jq -c '.data[]' 'my odd file.json' >'my odd file.records.ndjson'\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestTheProgressLineOfAJobSaysWhichPushItIsAsLongAsThereIsRoom(t *testing.T) {
	for width, want := range map[int]string{
		120: "push 2 of 5: people: 800 records, 80/s: 600 created, 190 updated, 10 rejected, 16s left",
		60:  "|  push 2 of 5: 800, 10 rejected, 16s left",
		36:  "push 2 of 5: 800, 16s left",
		24:  "  40% 800, 16s left",
	} {
		p := halfRead(width, 1000)
		p.push = (&pushRun{part: &part{Push: &job.Push{Name: "people"}, number: 2, of: 5}}).placeInJob()
		if line := p.line(tally(), tenSecondsIn); !strings.Contains(line, want) {
			t.Errorf("%d columns: no %q in %q", width, want, line)
		}
	}
}

func TestTheProgressBarDoesNotBreatheWithTheText(t *testing.T) {
	p := halfRead(80, 1000)
	bar := func(rejected int64) int {
		now := tally()
		now.Rejected = rejected
		_, line, _ := strings.Cut(p.line(now, tenSecondsIn), "|")
		cells, _, _ := strings.Cut(line, "|")
		return utf8.RuneCountInString(cells)
	}
	first, longer, shorter := bar(10), bar(100), bar(1)
	if longer >= first || shorter != longer {
		t.Errorf("%d cells, then %d, then %d", first, longer, shorter)
	}
}
