package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"github.com/crmsync/crmsync/internal/lookup"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/report"
)

// progress draws the lines that show how far a push came: a bar with the counts,
// or why everybody waits; and below it, where records are rejected, why the last
// one was. A nil progress draws nothing.
type progress struct {
	console *console
	width   func() int
	started time.Time
	paused  atomic.Bool // while a question stands there
	// suspended holds from Ctrl-Z on until the process goes on.
	suspended  atomic.Bool
	endSuspend func()
	ending     func() bool // tells whether the run was interrupted
	lookups    func() lookup.Doing

	push  string // which push of a job this is; "" of one by itself
	size  int64  // bytes of all inputs; 0 where unknown
	limit int64  // --limit; 0 for none
	read  func() int64

	spinner *progressbar.ProgressBar // where the size is unknown
	bar     int                      // cells of the bar as it was drawn last, at that width
	barAt   int
	samples []sample // of the last few seconds, for the rate
}

// sample is how many records were done at a time.
type sample struct {
	at   time.Time
	done int64
}

const rateOver = 10 * time.Second

const (
	shortestBar = 10 // cells: with fewer it doesn't move
	roomForBar  = 56 // columns: with fewer the text needs all of them
)

func newProgress(c *console, width func() int) *progress {
	spinner := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(io.Discard), progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionSetSpinnerChangeInterval(0), progressbar.OptionSpinnerType(9))
	return &progress{console: c, width: width, started: time.Now(), spinner: spinner, ending: func() bool { return false },
		endSuspend: func() {}, lookups: func() lookup.Doing { return lookup.Doing{} }}
}

// startProgress returns nil where no progress is to be shown.
func (a *app) startProgress(ctx context.Context, r *pushRun) *progress {
	s := r.settings
	wanted := s.showBar == "always" ||
		s.showBar == "auto" && a.streams.ErrTTY && os.Getenv("TERM") != "dumb"
	if !wanted || s.quiet {
		return nil
	}
	p := newProgress(a.console, a.streams.Width)
	p.limit, p.push = s.limit, r.placeInJob()
	p.ending, p.lookups = func() bool { return ctx.Err() != nil }, r.lookups.waitsFor
	p.endSuspend = onSuspend(func() {
		p.suspended.Store(true)
		p.console.show()
	}, func() { p.suspended.Store(false) })
	for _, in := range r.inputs {
		if in.info.Size < 0 {
			p.size = 0
			break
		}
		p.size += in.info.Size
	}
	p.read = func() (n int64) {
		for _, in := range r.inputs {
			n += in.reader.BytesRead()
		}
		return n
	}
	return p
}

// update draws the lines anew.
func (p *progress) update(now push.Progress) {
	if !p.paused.Load() && !p.suspended.Load() {
		p.console.show(p.lines(now, time.Now())...)
	}
}

// stop takes the lines away.
func (p *progress) stop() {
	if p != nil {
		p.endSuspend()
		p.paused.Store(true)
		p.console.show()
	}
}

// lines are the progress lines for the terminal as it is wide now.
func (p *progress) lines(now push.Progress, at time.Time) []string {
	lines := []string{p.line(now, at)}
	if now.LastReason != "" {
		lines = append(lines, report.Shorten("last rejected: "+report.Clean(now.LastReason), p.columns()))
	}
	return lines
}

// columns is how wide a line may be: the last column makes some terminals wrap.
func (p *progress) columns() int {
	width := p.width()
	if width <= 0 {
		width = 80
	}
	return width - 1
}

// line is the first of them.
func (p *progress) line(now push.Progress, at time.Time) string {
	width := p.columns()
	done := now.Created + now.Updated + now.Unchanged + now.Rejected
	total := p.total(now)
	texts := p.inJob(p.texts(now, done, total, at))
	if total <= 0 {
		return cut(p.spin(longestThatFits(texts, width-3)), width)
	}
	share := min(float64(done)/float64(total), 0.999)
	const percent = 6 // "  42% "
	if width < roomForBar {
		return cut(fmt.Sprintf("%4d%% %s", int(share*100), longestThatFits(texts, width-percent)), width)
	}
	// The bar shows at a glance what the text says in full: where there is room
	// for both at all, it is the text that gets shorter.
	const ends = 4 // "|" before the bar, "|  " behind it
	text := longestThatFits(texts, width-percent-ends-shortestBar)
	bar := min(30, width-percent-ends-utf8.RuneCountInString(text))
	if p.barAt == width { // it gives way to the text, but doesn't breathe with it
		bar = min(bar, p.bar)
	}
	p.bar, p.barAt = bar, width
	return cut(drawBar(share, bar, text), width)
}

// total estimates how many records there are from the share of the bytes that
// is read: the reader is ahead of what is done.
func (p *progress) total(now push.Progress) int64 {
	total := int64(0)
	if read := p.read(); p.size > 0 && read > 0 {
		total = int64(float64(now.Read) * float64(p.size) / float64(min(read, p.size)))
	}
	if p.limit > 0 && (total == 0 || p.limit < total) {
		total = p.limit
	}
	return total
}

// texts says how far the run is, from the longest form to the shortest.
func (p *progress) texts(now push.Progress, done, total int64, at time.Time) []string {
	rate := p.rate(done, at)
	left := ""
	if total > done && rate > 0 {
		if seconds := float64(total-done) / rate; seconds < 360*3600 {
			left = ", " + (time.Duration(seconds+1) * time.Second).String() + " left"
		}
	}
	if p.ending() {
		return []string{
			fmt.Sprintf("stopping: requests in flight end, in 10s at most; Ctrl-C quits at once; %d done", done),
			"stopping: requests in flight end; Ctrl-C quits at once",
			"stopping: requests in flight end",
			"stopping",
		}
	}
	// What is looked up holds up the reading, and with it all that comes later.
	doing := p.lookups()
	if doing.Until.After(now.Pace.Until) {
		now.Pace.Until, now.Pace.Why = doing.Until, doing.What
	}
	if now.Pace.Until.After(at) {
		rest := now.Pace.Until.Sub(at).Truncate(time.Second) + time.Second
		wait := pace.Words(rest)
		if rest >= time.Minute { // long enough to go away and come back
			form := time.TimeOnly
			if now.Pace.Until.Local().YearDay() != at.Local().YearDay() {
				form = time.DateTime
			}
			wait += " until " + now.Pace.Until.Local().Format(form)
		}
		why := report.Clean(now.Pace.Why)
		return []string{
			fmt.Sprintf("waiting %s: %s; %d done: %s%s", wait, why, done, fates(now, false), left),
			fmt.Sprintf("waiting %s: %s; %d done, %d rejected", wait, why, done, now.Rejected),
			fmt.Sprintf("waiting %s: %s", wait, why),
			"waiting " + wait,
		}
	}
	if doing.What != "" && doing.Until.IsZero() {
		what := report.Clean(doing.What)
		return []string{
			fmt.Sprintf("%s; %d done: %s", what, done, fates(now, false)),
			fmt.Sprintf("%s; %d done", what, done),
			what,
			fmt.Sprintf("%d, %d rejected", done, now.Rejected),
		}
	}
	perSecond := fmt.Sprintf("%.0f/s", rate)
	if rate < 9.95 {
		perSecond = fmt.Sprintf("%.1f/s", rate)
	}
	return []string{
		fmt.Sprintf("%d records, %s: %s%s", done, perSecond, fates(now, false), left),
		fmt.Sprintf("%d, %s: %s%s", done, perSecond, fates(now, false), left),
		fmt.Sprintf("%d, %s: %s%s", done, perSecond, fates(now, true), left),
		fmt.Sprintf("%s: %s%s", perSecond, fates(now, true), left),
		fmt.Sprintf("%d, %s, %d rejected%s", done, perSecond, now.Rejected, left),
		fmt.Sprintf("%d, %d rejected%s", done, now.Rejected, left),
		fmt.Sprintf("%d%s", done, left),
	}
}

// fates says how records ended, in short without the counts that are zero.
func fates(now push.Progress, short bool) string {
	var parts []string
	for _, part := range []struct {
		count int64
		name  string
		rare  bool // told only where there are some
	}{{now.Created, "created", false}, {now.Updated, "updated", false}, {now.Unchanged, "unchanged", true}, {now.Rejected, "rejected", false}} {
		if part.count > 0 || !short && !part.rare {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.name))
		}
	}
	if len(parts) == 0 {
		return "nothing yet"
	}
	return strings.Join(parts, ", ")
}

// inJob puts before the texts which push of the job this is. Its name gives way to
// what happens, and that gives way to its number.
func (p *progress) inJob(texts []string) []string {
	if p.push == "" {
		return texts
	}
	number, _, _ := strings.Cut(p.push, ":")
	var all []string
	for _, text := range texts[:(len(texts)+1)/2] {
		all = append(all, p.push+": "+text)
	}
	for _, text := range texts {
		all = append(all, number+": "+text)
	}
	return append(all, texts...)
}

// rate is how many records a second were done lately.
func (p *progress) rate(done int64, at time.Time) float64 {
	if len(p.samples) == 0 {
		p.samples = append(p.samples, sample{p.started, 0})
	}
	p.samples = append(p.samples, sample{at, done})
	for len(p.samples) > 2 && at.Sub(p.samples[1].at) > rateOver {
		p.samples = p.samples[1:]
	}
	first := p.samples[0]
	if seconds := at.Sub(first.at).Seconds(); seconds > 0 {
		return float64(done-first.done) / seconds
	}
	return 0
}

func longestThatFits(texts []string, width int) string {
	for _, text := range texts {
		if utf8.RuneCountInString(text) <= width {
			return text
		}
	}
	return texts[len(texts)-1]
}

func cut(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return string(runes[:max(width, 0)])
	}
	return text
}

// drawBar draws one bar. It is drawn anew each time, since the terminal may
// have another width by then.
func drawBar(share float64, width int, text string) string {
	const fine = 1000
	bar := progressbar.NewOptions64(fine, progressbar.OptionSetWriter(io.Discard), progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetWidth(width), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(), progressbar.OptionSetDescription(text))
	_ = bar.Set64(int64(share * fine))
	_ = bar.RenderBlank()
	return plain(bar.String())
}

func (p *progress) spin(text string) string {
	p.spinner.Describe(text)
	return plain(p.spinner.String())
}

// plain is a rendered bar without what moves the cursor, which is the
// console's.
func plain(rendered string) string {
	return strings.TrimRight(strings.TrimSuffix(strings.TrimPrefix(rendered, "\r"), "\x1b[0K"), " ")
}
