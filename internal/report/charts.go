package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/push"
)

// barsShown is how many bars a chart has at most: on a phone each is still some
// pixels wide.
const barsShown = 80

// chart is drawn in a box of 1000 by 100, which the page stretches; its texts
// stand outside of it, so that they keep their size.
type chart struct {
	Title, Alt string
	Note       string // what can't be seen; "" where all can
	Low        bool   // drawn with less height
	Legend     []box
	X, Y       []string // labels, from left to right, from top to bottom
	Shades     []box
	Bars       []box
	Curves     []curve
	Hovers     []box
}

// box is a rectangle, or an entry of a legend.
type box struct{ Class, Name, Title, X, Y, W, H string }

type curve struct{ Class, D string }

func coordinate(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// coarser puts spans together until there are no more than most. What is counted
// is added up; latencies are left out.
func coarser(spans []push.Span, most int) []push.Span {
	each := (len(spans) + most - 1) / most
	var list []push.Span
	for i, s := range spans {
		if i%each == 0 {
			s.Latency = push.Latency{}
			list = append(list, s)
			continue
		}
		sum := &list[len(list)-1]
		sum.Until = s.Until
		sum.Created += s.Created
		sum.Updated += s.Updated
		sum.Unchanged += s.Unchanged
		sum.Rejected += s.Rejected
		sum.Checked += s.Checked
		sum.Throttled += s.Throttled
		sum.Failed += s.Failed
	}
	return list
}

// axis is the time from left to right.
type axis struct{ end time.Duration }

func (a axis) at(t time.Duration) float64 { return float64(t) / float64(max(a.end, 1)) * 1000 }

// span is a box from one time to another.
func (a axis) span(from, until time.Duration) box {
	x := a.at(from)
	return box{X: coordinate(x), W: coordinate(max(a.at(until)-x, 1))}
}

func (a axis) labels() []string {
	return []string{"0", durationWords(a.end / 2), durationWords(a.end)}
}

// shades marks when nobody could send.
func (a axis) shades(line push.Timeline) []box {
	var list []box
	for _, w := range line.Waits {
		list = append(list, a.span(w.From, min(w.Until, a.end)))
	}
	return list
}

// kind is something that bars count.
type kind struct {
	class, name string
	of          func(push.Span) int64
}

// barChart stacks the kinds as rates.
func (a axis) barChart(title string, spans []push.Span, kinds []kind, shades []box) chart {
	c := chart{Title: title, Alt: title + " over time", X: a.labels(), Shades: shades}
	var rates []float64
	for _, s := range spans {
		all := int64(0)
		for _, k := range kinds {
			all += k.of(s)
		}
		if all > 0 {
			rates = append(rates, rate(all, s))
		}
	}
	top, highest := scale(rates)
	if top < highest {
		c.Note = "cut off where it is more: up to " + rateText(highest)
	}
	c.Y = []string{axisText(top), axisText(top / 2), "0"}
	for _, k := range kinds {
		used := false
		for _, s := range spans {
			used = used || k.of(s) > 0
		}
		if used {
			c.Legend = append(c.Legend, box{Class: k.class, Name: k.name})
		}
	}
	for _, s := range spans {
		c.stack(a, s, kinds, top)
	}
	c.waitLegend()
	return c
}

// stack draws one span.
func (c *chart) stack(a axis, s push.Span, kinds []kind, top float64) {
	base := 100.0
	told := durationWords(s.From) + " to " + durationWords(s.Until)
	for _, k := range kinds {
		n := k.of(s)
		if n == 0 {
			continue
		}
		b := a.span(s.From, s.Until)
		height := min(rate(n, s)/top*100, base) // what is beyond the scale is cut off
		base -= height
		b.Class, b.Y, b.H = k.class, coordinate(base), coordinate(max(height, 0.5))
		c.Bars = append(c.Bars, b)
		told += ": " + thousands(n) + " " + k.name
	}
	hover := a.span(s.From, s.Until)
	hover.Title = told
	c.Hovers = append(c.Hovers, hover)
}

func (c *chart) waitLegend() {
	if len(c.Shades) > 0 {
		c.Legend = append(c.Legend, box{Class: "wait", Name: "nobody could send"})
	}
}

func rate(n int64, s push.Span) float64 {
	seconds := (s.Until - s.From).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(n) / seconds
}

// latencyChart draws the percentiles; where there was no answer there is a gap.
func (a axis) latencyChart(spans []push.Span, shades []box) chart {
	c := chart{Title: "Latency of the answers", Alt: "percentiles of the latency over time", X: a.labels(), Shades: shades}
	var slow []float64
	for _, s := range spans {
		if s.Latency.P99 > 0 {
			slow = append(slow, float64(s.Latency.P99))
		}
	}
	if len(slow) == 0 {
		return c
	}
	limit, highest := scale(slow)
	top := time.Duration(limit)
	if limit < highest {
		c.Note = "cut off where it is more: up to " + latencyText(time.Duration(highest))
	}
	unit, name := time.Millisecond, " ms"
	if top >= 2*time.Second {
		unit, name = time.Second, " s"
	}
	high := roundUp(float64(top) / float64(unit))
	c.Y = []string{axisText(high) + name, axisText(high/2) + name, "0"}
	for _, q := range []struct {
		class, name string
		of          func(push.Latency) time.Duration
	}{
		{"p99", "99 % within", func(l push.Latency) time.Duration { return l.P99 }},
		{"p95", "95 % within", func(l push.Latency) time.Duration { return l.P95 }},
		{"p50", "half within", func(l push.Latency) time.Duration { return l.P50 }},
	} {
		c.Legend = append(c.Legend, box{Class: q.class, Name: q.name})
		var d strings.Builder
		drawing := false
		for _, s := range spans {
			if s.Latency.Count == 0 {
				drawing = false
				continue
			}
			letter := "L"
			if !drawing {
				letter = "M"
			}
			drawing = true
			y := coordinate(max(100-float64(q.of(s.Latency))/float64(unit)/high*100, 0))
			d.WriteString(letter + coordinate(a.at(s.From)) + " " + y + "L" + coordinate(a.at(s.Until)) + " " + y)
		}
		c.Curves = append(c.Curves, curve{q.class, d.String()})
	}
	c.waitLegend()
	return c
}

// scale is how high an axis goes for values, and the highest of them. A few that
// tower above the others, as those of a first burst do, would make the rest flat:
// they are cut off.
func scale(values []float64) (top, highest float64) {
	if len(values) == 0 {
		return 1, 0
	}
	sorted := slices.Sorted(slices.Values(values))
	highest = sorted[len(sorted)-1]
	if usual := sorted[(len(sorted)-1)*9/10]; highest > 4*usual {
		return roundUp(2 * usual), highest
	}
	return roundUp(highest), highest
}

// roundUp is the next number that people like to read at an axis.
func roundUp(f float64) float64 {
	if f <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(f)))
	for _, step := range []float64{1, 2, 3, 4, 5, 6, 8} {
		if f <= step*power {
			return step * power
		}
	}
	return 10 * power
}

func axisText(f float64) string {
	if f >= 1000 {
		return thousands(int64(math.Round(f)))
	}
	return strconv.FormatFloat(f, 'g', 3, 64)
}
