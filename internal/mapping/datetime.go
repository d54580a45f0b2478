package mapping

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// datetimeConverter takes ISO 8601, and the locale's dates with a time of day
// where there is one. An offset is kept; without one the time is the location's.
type datetimeConverter struct {
	locale   *locale
	location *time.Location
	format   *layout
	guesses  *localeGuesses

	offsetText string // what location has from day first to day last, well away from any change
	first      day
	last       day
}

func (c *datetimeConverter) cell(dst []byte, cell string) ([]byte, string) {
	s := strings.TrimSpace(cell)
	m, problem := c.read(s)
	if problem != "" {
		return dst, show(cell) + problem
	}
	if m.offset == "" {
		if m.offset, problem = c.offsetOf(m); problem != "" {
			return dst, show(cell) + problem
		}
	}
	dst = append(dst, '"')
	dst = append(appendDay(dst, m.day), 'T')
	dst = append(appendTwo(dst, m.clock.hour), ':')
	dst = append(appendTwo(dst, m.clock.minute), ':')
	dst = appendTwo(dst, m.clock.second)
	if m.clock.fraction != "" {
		dst = append(append(dst, '.'), m.clock.fraction...)
	}
	dst = append(dst, m.offset...)
	return append(dst, '"'), ""
}

// offsetOf gives the offset that the location has at m, or why it has none or
// two. Most times of an input lie between the same two changes of the clocks.
func (c *datetimeConverter) offsetOf(m moment) (string, string) {
	if c.offsetText != "" && !m.day.before(c.first) && !c.last.before(m.day) {
		return c.offsetText, ""
	}
	offset, problem := m.in(c.location)
	if problem != "" {
		return "", problem
	}
	text := offsetText(offset)
	c.offsetText = ""
	noon := time.Date(m.day.year, time.Month(m.day.month), m.day.day, 12, 0, 0, 0, c.location)
	if _, there := noon.Zone(); there != offset {
		return text, ""
	}
	// Offsets are less than a day, and the time of day may be any.
	const margin = 3 * 24 * time.Hour
	start, end := noon.ZoneBounds()
	c.offsetText, c.first, c.last = text, day{1, 1, 1}, day{9999, 12, 31}
	if !start.IsZero() {
		c.first = dayOf(start.Add(margin))
	}
	if !end.IsZero() {
		c.last = dayOf(end.Add(-margin))
	}
	return text, ""
}

func dayOf(t time.Time) day {
	year, month, d := t.UTC().Date()
	return day{year, int(month), d}
}

// read finds the moment that s means; a problem goes after the value.
func (c *datetimeConverter) read(s string) (moment, string) {
	if c.format != nil {
		m, problem := c.format.parse(s)
		if problem != "" {
			return moment{}, " is not a date and time" + problem
		}
		return m, ""
	}
	d, rest, ok := isoDay(s)
	if !ok {
		d, rest, ok = c.locale.day(s)
	}
	switch {
	case !ok:
		hint := c.dateTimeHint(s)
		if hint == noSuchDay {
			return moment{}, " is not a date" + hint
		}
		return moment{}, " is not a date and time" + hint
	case !d.valid():
		return moment{}, notInCalendar(s, d, c.locale)
	case rest == "":
		return moment{}, ` has no time of day (a mapping file can read it as midnight: "format: '` + layoutOf(s, c.locale) + `'")`
	}
	m := moment{day: d}
	m.clock, m.offset, ok = clockOf(rest)
	if !ok {
		return moment{}, " is not a date and time (write it as 2025-12-31T23:59:00+01:00)"
	}
	return m, ""
}

func (c *datetimeConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	if v.Kind() == '"' {
		return c.cell(dst, jsonText(v))
	}
	return dst, wrongKind(v, "a date and time such as 2025-12-31T23:59:00+01:00")
}

// layoutOf is the format of a numeric date without a time of day.
func layoutOf(s string, l *locale) string {
	parts, _, numeric := numericParts(s)
	if !numeric || l == nil {
		return "%Y-%m-%d"
	}
	order := l.order
	if len(parts[0]) == 4 {
		order = yearFirst
	}
	words := map[rune]string{'d': "%d", 'm': "%m", 'y': "%Y"}
	var list []string
	for _, r := range order {
		list = append(list, words[r])
	}
	return strings.Join(list, s[len(parts[0]):len(parts[0])+1])
}

func (c *datetimeConverter) dateTimeHint(s string) string {
	before, _, _ := strings.Cut(s, " ")
	if _, _, numeric := numericParts(before); !numeric {
		before = s // a month's name may stand behind a blank
	}
	hint := dateHint(before, c.locale, c.guesses)
	return strings.Replace(hint, "as 2025-12-31", "as 2025-12-31T23:59:00+01:00", 1)
}

// clockOf reads what stands behind a date: "T14:30", " 14:30 Uhr", ", 2:30 PM", with
// or without seconds, a fraction and an offset, which comes back as RFC 3339 spells it.
func clockOf(s string) (clock, string, bool) {
	c, rest, ok := readClock(strings.TrimLeft(s, " \u00a0\u202f,Tt"))
	if !ok {
		return clock{}, "", false
	}
	rest = strings.TrimLeft(rest, " \u00a0\u202f")
	if len(rest) >= 2 {
		switch half := strings.ToLower(strings.ReplaceAll(rest, ".", "")); half {
		case "am", "pm":
			if c.hour < 1 || c.hour > 12 {
				return clock{}, "", false
			}
			c.hour %= 12
			if half == "pm" {
				c.hour += 12
			}
			rest = ""
		case "uhr":
			rest = ""
		}
	}
	if !c.valid() {
		return clock{}, "", false
	}
	offset, ok := readOffset(rest)
	return c, offset, ok
}

// readClock reads 14:30, 14:30:05 and 14:30:05.123 and gives what follows.
func readClock(s string) (clock, string, bool) {
	var c clock
	hour, rest, found := strings.Cut(s, ":")
	if !found || len(hour) < 1 || len(hour) > 2 || !allDigits(hour) || len(rest) < 2 || !allDigits(rest[:2]) {
		return c, "", false
	}
	c.hour, c.minute, s = digits(hour), digits(rest[:2]), rest[2:]
	if len(s) >= 3 && s[0] == ':' && allDigits(s[1:3]) {
		c.second, s = digits(s[1:3]), s[3:]
		if s != "" && (s[0] == '.' || s[0] == ',') {
			n := 1
			for n < len(s) && s[n]-'0' <= 9 {
				n++
			}
			if n == 1 {
				return c, "", false
			}
			c.fraction, s = s[1:n], s[n:]
		}
	}
	return c, s, true
}

// readOffset reads Z, +01:00, +0100 and +01; "" is no offset.
func readOffset(s string) (string, bool) {
	switch {
	case s == "":
		return "", true
	case s == "Z" || s == "z" || s == "UTC":
		return "Z", true
	case s[0] != '+' && s[0] != '-':
		return "", false
	}
	hours, minutes := s[1:], "00"
	switch {
	case len(hours) == 5 && hours[2] == ':':
		hours, minutes = hours[:2], hours[3:]
	case len(hours) == 4:
		hours, minutes = hours[:2], hours[2:]
	case len(hours) != 2:
		return "", false
	}
	if !allDigits(hours) || !allDigits(minutes) || digits(hours) > 15 || digits(minutes) > 59 {
		return "", false
	}
	if len(s) == 6 {
		return s, true // no allocation in the usual case
	}
	return s[:1] + hours + ":" + minutes, true
}
