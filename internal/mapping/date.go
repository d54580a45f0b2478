package mapping

import (
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// day is a date of the calendar.
type day struct{ year, month, day int }

func (d day) valid() bool {
	return d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= daysIn(d.year, d.month)
}

func (d day) before(other day) bool {
	return d.year < other.year || d.year == other.year &&
		(d.month < other.month || d.month == other.month && d.day < other.day)
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func appendDay(dst []byte, d day) []byte {
	dst = append(appendTwo(appendTwo(dst, d.year/100), d.year%100), '-')
	dst = append(appendTwo(dst, d.month), '-')
	return appendTwo(dst, d.day)
}

// appendTwo appends a number below 100 with two digits.
func appendTwo(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// dateConverter takes ISO dates, and the locale's where there is one. A time of
// day is refused, except a midnight without an offset, as spreadsheets and
// databases write dates.
type dateConverter struct {
	locale  *locale
	format  *layout
	guesses *localeGuesses
}

func (c *dateConverter) cell(dst []byte, cell string) ([]byte, string) {
	s := strings.TrimSpace(cell)
	if c.format != nil {
		m, problem := c.format.parse(s)
		if problem != "" {
			return dst, show(cell) + " is not a date" + problem
		}
		return append(appendDay(append(dst, '"'), m.day), '"'), ""
	}
	d, rest, ok := isoDay(s)
	if ok && rest == "" && d.valid() {
		return append(append(append(dst, '"'), s...), '"'), ""
	}
	if !ok {
		d, rest, ok = c.locale.day(s)
	}
	switch {
	case !ok:
		return dst, show(cell) + " is not a date" + dateHint(s, c.locale, c.guesses)
	case !d.valid():
		return dst, show(cell) + notInCalendar(s, d, c.locale)
	case rest != "":
		if clock, offset, ok := clockOf(rest); !ok || !clock.midnight() {
			return dst, show(cell) + " is not a date alone (it has a time of day)"
		} else if offset != "" {
			return dst, show(cell) + " is not a date alone (it has an offset, so the day depends on the place)"
		}
	}
	return append(appendDay(append(dst, '"'), d), '"'), ""
}

func (c *dateConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	if v.Kind() == '"' {
		return c.cell(dst, jsonText(v))
	}
	return dst, wrongKind(v, "a date such as 2025-12-31")
}

// notInCalendar says that there is no such day, and in which order its parts
// were read where others read them in another.
func notInCalendar(s string, d day, l *locale) string {
	switch _, _, iso := isoDay(s); {
	case d == (day{}):
		return " is not a date of the calendar (it is a database's zero date; --null takes a text for null)"
	case !iso && d.month > 12 && d.month <= 31 && d.day <= 12:
		return " is not a date of the calendar (locale " + l.tag + " reads " + orderWords(l.order) + "; one file has one order)"
	}
	return " is not a date of the calendar"
}

// isoDay reads 2006-01-02 and gives what follows it.
func isoDay(s string) (day, string, bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return day{}, "", false
	}
	century, year, month, d := twoDigits(s), twoDigits(s[2:]), twoDigits(s[5:]), twoDigits(s[8:])
	if century|year|month|d < 0 {
		return day{}, "", false
	}
	rest := s[10:]
	if rest != "" && rest[0] != 'T' && rest[0] != 't' && rest[0] != ' ' {
		return day{}, "", false
	}
	return day{century*100 + year, month, d}, rest, true
}

// twoDigits is the number that s begins with, negative where it doesn't begin
// with two digits.
func twoDigits(s string) int {
	tens, ones := s[0]-'0', s[1]-'0'
	if tens > 9 || ones > 9 {
		return -1
	}
	return int(tens)*10 + int(ones)
}

// digits is the number that a few digits stand for.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// day reads a date in the locale's order or with a month's name, and gives what
// follows it. The year must have four digits.
func (l *locale) day(s string) (day, string, bool) {
	if l == nil {
		return day{}, "", false
	}
	parts, rest, ok := numericParts(s)
	if !ok {
		if d, rest, ok := l.namedDay(s); ok {
			return d, rest, ok
		}
		return eastAsianDay(s)
	}
	order := l.order
	if len(parts[0]) == 4 {
		order = yearFirst // nobody writes the year first and the day second
	}
	d := day{}
	for i, what := range order {
		n := digits(parts[i])
		switch what {
		case 'y':
			if len(parts[i]) != 4 {
				return day{}, "", false
			}
			d.year = n
		case 'm':
			d.month = n
		case 'd':
			d.day = n
		}
	}
	return d, rest, order != noOrder
}

// numericParts splits 31.12.2025, 12/31/2025 or 2025. 12. 31. into its three
// numbers; both separators must be alike.
func numericParts(s string) (parts [3]string, rest string, ok bool) {
	separator := byte(0)
	for i := range 3 {
		n := 0
		for n < len(s) && s[n]-'0' <= 9 {
			n++
		}
		if n == 0 || n > 4 || n == 3 {
			return parts, "", false
		}
		parts[i], s = s[:n], s[n:]
		if i == 2 {
			break
		}
		if s == "" || s[0] != '.' && s[0] != '/' && s[0] != '-' || i == 1 && s[0] != separator {
			return parts, "", false
		}
		separator, s = s[0], s[1:]
		if separator == '.' {
			s = strings.TrimLeft(s, " \u00a0")
		}
	}
	if separator == '.' && len(parts[0]) == 4 {
		s = strings.TrimPrefix(s, ".") // Hungarian and Korean end a date so
	}
	if s != "" && s[0] != ' ' && s[0] != ',' && s[0] != 'T' {
		return parts, "", false
	}
	return parts, s, true
}

// eastAsianDay reads 2025年12月31日 and 2025년 12월 31일.
func eastAsianDay(s string) (day, string, bool) {
	var n [3]int
	for i, marks := range []string{"年년", "月월", "日일"} {
		at := strings.IndexAny(s, marks)
		if at <= 0 || at > 5 {
			return day{}, "", false
		}
		number := strings.TrimSpace(s[:at])
		if number == "" || !allDigits(number) {
			return day{}, "", false
		}
		n[i] = digits(number)
		s = s[at+len("年"):]
	}
	return day{n[0], n[1], n[2]}, s, true
}

// namedDay reads 31. Dezember 2025, 31-Dec-2025 and Dec 31st, 2025.
func (l *locale) namedDay(s string) (day, string, bool) {
	d := day{}
	for d.year == 0 || d.month == 0 || d.day == 0 {
		s = strings.TrimLeft(s, " \u00a0.,-/")
		n := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })
		if n < 0 {
			n = len(s)
		}
		switch {
		case n == 4 && d.year == 0 && allDigits(s[:4]):
			d.year = digits(s[:4])
		case (n == 1 || n == 2) && d.day == 0 && allDigits(s[:n]):
			d.day = digits(s[:n])
			for _, ordinal := range []string{"st", "nd", "rd", "th", "er", "º"} {
				if rest, found := strings.CutPrefix(s[n:], ordinal); found {
					s = s[:n] + rest
					break
				}
			}
		case n == 0:
			n = strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) })
			if n < 0 {
				n = len(s)
			}
			word := foldCase(s[:n])
			switch month := l.months[word]; {
			case n == 0:
				return day{}, "", false
			case month != 0 && d.month == 0:
				d.month = month
			case word != "de" && word != "of":
				return day{}, "", false
			}
		default:
			return day{}, "", false
		}
		s = s[n:]
	}
	if s == "." {
		s = "" // Hungarian ends a date so
	}
	return d, s, true
}

// moment is a date, a time of day and perhaps an offset.
type moment struct {
	day    day
	clock  clock
	offset string // as ISO 8601 has it; "" where there is none
}

// clock is a time of day.
type clock struct {
	hour, minute, second int
	fraction             string // digits after the point
}

func (c clock) midnight() bool {
	return c.hour == 0 && c.minute == 0 && c.second == 0 && strings.Trim(c.fraction, "0") == ""
}

func (c clock) valid() bool { return c.hour < 24 && c.minute < 60 && c.second < 60 }

// in gives the offset, in seconds, that loc has at m, or why it has none or two.
func (m moment) in(loc *time.Location) (offset int, problem string) {
	at := time.Date(m.day.year, time.Month(m.day.month), m.day.day, m.clock.hour, m.clock.minute, m.clock.second, 0, time.UTC)
	before, okBefore := inForce(at, loc, -24*time.Hour)
	after, okAfter := inForce(at, loc, 24*time.Hour)
	switch {
	case okBefore && okAfter && before != after:
		return 0, " comes twice in " + loc.String() + ", when the clocks go back: as " + offsetText(before) + " and as " + offsetText(after) + " (write the offset)"
	case okBefore:
		return before, ""
	case okAfter:
		return after, ""
	}
	return 0, " does not exist in " + loc.String() + ": the clocks go forward over it (write the offset)"
}

// inForce gives the offset that loc has shift away from a wall clock's reading,
// and whether the clock reads so where that offset is in force.
func inForce(at time.Time, loc *time.Location, shift time.Duration) (int, bool) {
	_, offset := at.Add(shift).In(loc).Zone()
	_, there := at.Add(-time.Duration(offset) * time.Second).In(loc).Zone()
	return offset, there == offset
}

// offsetText writes an offset in seconds as ISO 8601 does, to the minute.
func offsetText(seconds int) string {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := append(appendTwo([]byte{sign}, seconds/3600), ':')
	return string(appendTwo(text, seconds/60%60))
}
