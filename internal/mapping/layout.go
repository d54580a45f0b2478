package mapping

import (
	"fmt"
	"strings"
	"unicode"
)

// layout is a date format in strftime's words, as a mapping file gives it:
// layoutWords lists those that are known. For a date attribute the time of day
// that a layout names is read and left out, because the layout says so.
type layout struct {
	text   string
	steps  []step
	months map[string]int // folded names of the months
}

// step is one word of a layout, or literal text.
type step struct {
	word    byte // 0 for a literal
	literal string
	least   int // digits, of a number
}

// layoutWords explains the words that a format may hold.
const layoutWords = "%Y year, %y its last two digits (69–99 are 1969–1999), %m month, %d day, %b or %B the month's name, " +
	"%H hour, %I hour of 12 with %p AM or PM, %M minute, %S second, %f fraction, %z offset, %F for %Y-%m-%d, %T for %H:%M:%S, %% a percent sign"

// newLayout reads a format, which must name a whole date. Months have the names
// of the locale, English ones without one.
func newLayout(text string, loc *locale) (*layout, error) {
	l := &layout{text: text}
	if loc == nil || len(loc.months) == 0 {
		english, err := newLocale("en")
		if err != nil {
			return nil, err
		}
		loc = english
	}
	l.months = loc.months
	expanded := strings.NewReplacer("%%", "%%", "%F", "%Y-%m-%d", "%T", "%H:%M:%S", "%R", "%H:%M", "%e", "%d", "%h", "%b", "%B", "%b", "%-d", "%d", "%-m", "%m", "%-H", "%H", "%-I", "%I").Replace(text)
	seen := map[byte]bool{}
	for expanded != "" {
		if expanded[0] != '%' {
			n := strings.IndexByte(expanded, '%')
			if n < 0 {
				n = len(expanded)
			}
			l.steps = append(l.steps, step{literal: expanded[:n]})
			expanded = expanded[n:]
			continue
		}
		if len(expanded) < 2 || !strings.ContainsRune("YymdbHIpMSfz%", rune(expanded[1])) {
			return nil, fmt.Errorf("format %s has an unknown word %s; known are %s", show(text), show(expanded[:min(2, len(expanded))]), layoutWords)
		}
		word := expanded[1]
		if word == '%' {
			l.steps = append(l.steps, step{literal: "%"})
		} else {
			if seen[word] {
				return nil, fmt.Errorf("format %s has %%%c twice", show(text), word)
			}
			seen[word] = true
			l.steps = append(l.steps, step{word: word})
		}
		expanded = expanded[2:]
	}
	l.widen()
	switch {
	case seen['Y'] == seen['y']:
		return nil, fmt.Errorf("format %s needs the year, as %%Y or %%y", show(text))
	case seen['m'] == seen['b']:
		return nil, fmt.Errorf("format %s needs the month, as %%m or %%b", show(text))
	case !seen['d']:
		return nil, fmt.Errorf("format %s needs the day, %%d", show(text))
	case seen['H'] && seen['I'], seen['I'] != seen['p']:
		return nil, fmt.Errorf("format %s needs %%H, or %%I with %%p", show(text))
	case (seen['M'] || seen['S'] || seen['f'] || seen['z']) && !seen['H'] && !seen['I']:
		return nil, fmt.Errorf("format %s has a time without its hour", show(text))
	}
	return l, nil
}

// widen demands both digits of numbers that stand side by side: 2025113 is two
// days as %Y%m%d.
func (l *layout) widen() {
	number := func(i int) bool {
		return i >= 0 && i < len(l.steps) && l.steps[i].word != 0 && strings.IndexByte("YymdHIMS", l.steps[i].word) >= 0
	}
	for i := range l.steps {
		l.steps[i].least = 1
		if number(i-1) || number(i+1) {
			l.steps[i].least = 2
		}
	}
}

// parse reads a value. A problem says, in brackets, where it differs.
func (l *layout) parse(s string) (moment, string) {
	problem := " (its format is " + show(l.text) + ")"
	var m moment
	afternoon, half := false, false
	for _, st := range l.steps {
		ok := true
		switch st.word {
		case 0:
			s, ok = strings.CutPrefix(s, st.literal)
		case 'Y':
			m.day.year, s, ok = takeDigits(s, 4, 4)
		case 'y':
			m.day.year, s, ok = takeDigits(s, 2, 2)
			if m.day.year += 1900; m.day.year < 1969 {
				m.day.year += 100
			}
		case 'm':
			m.day.month, s, ok = takeDigits(s, st.least, 2)
		case 'd':
			m.day.day, s, ok = takeDigits(s, st.least, 2)
		case 'b':
			m.day.month, s, ok = l.takeMonth(s)
		case 'H', 'I':
			m.clock.hour, s, ok = takeDigits(s, st.least, 2)
			ok = ok && (st.word == 'H' || m.clock.hour >= 1 && m.clock.hour <= 12)
		case 'M':
			m.clock.minute, s, ok = takeDigits(s, 2, 2)
		case 'S':
			m.clock.second, s, ok = takeDigits(s, 2, 2)
		case 'f':
			n := len(s) - len(strings.TrimLeft(s, "0123456789"))
			m.clock.fraction, s, ok = s[:n], s[n:], n > 0
		case 'p':
			half = true
			afternoon, s, ok = takeHalf(s)
		case 'z':
			n := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("Zz+-:0123456789", r) })
			if n < 0 {
				n = len(s)
			}
			m.offset, ok = readOffset(s[:n])
			ok, s = ok && n > 0, s[n:]
		}
		if !ok {
			return m, problem
		}
	}
	if half {
		m.clock.hour %= 12
		if afternoon {
			m.clock.hour += 12
		}
	}
	switch {
	case s != "":
		return m, problem
	case !m.day.valid() || !m.clock.valid():
		return m, " of the calendar" + problem
	}
	return m, ""
}

func takeDigits(s string, least, most int) (int, string, bool) {
	n := 0
	for n < len(s) && n < most && s[n]-'0' <= 9 {
		n++
	}
	return digits(s[:n]), s[n:], n >= least
}

func takeHalf(s string) (afternoon bool, rest string, ok bool) {
	for _, half := range []string{"am", "pm", "a.m.", "p.m."} {
		if len(s) >= len(half) && strings.EqualFold(s[:len(half)], half) {
			return half[0] == 'p', s[len(half):], true
		}
	}
	return false, s, false
}

func (l *layout) takeMonth(s string) (int, string, bool) {
	n := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) })
	if n < 0 {
		n = len(s)
	}
	month := l.months[foldCase(s[:n])]
	return month, s[n:], month != 0
}
