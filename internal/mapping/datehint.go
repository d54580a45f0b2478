package mapping

import (
	"strings"
	"unicode"
)

// noSuchDay goes after "is not a date".
const noSuchDay = " of the calendar"

// dateHint says, in brackets, what a cell that is no date looks like.
func dateHint(s string, l *locale, guesses *localeGuesses) string {
	if noDay(s, guesses) {
		return noSuchDay
	}
	const iso = " (write it as 2025-12-31)"
	const isoOrFormat = ` (write it as 2025-12-31; a mapping file can say how to read it: "format")`
	parts, _, numeric := numericParts(s)
	switch {
	case !numeric && (len(s) == 5 && allDigits(s) || looksSerial(s)):
		return " (it looks like a spreadsheet's day number: format the column as a date, or export it as 2025-12-31)"
	case !numeric && unixTime(s):
		return " (it looks like a Unix time: export it as 2025-12-31)"
	case !numeric && len(s) == 8 && allDigits(s):
		return isoOrFormat
	case !numeric:
		if tag, _ := guesses.reads(s); tag != "" {
			return " (it has the month's name in the language of --locale " + tag + ")"
		}
		return localeTail(l, iso)
	case len(parts[0]) == 4:
		return isoOrFormat
	case len(parts[2]) != 4:
		return ` (its year has no four digits; a mapping file can say how to read it: "format")`
	}
	first, second := digits(parts[0]), digits(parts[1])
	dotted := strings.Contains(s[:4], ".")
	switch {
	case l != nil && l.order != noOrder:
		return " of locale " + l.tag + " (there it is " + orderWords(l.order) + ")"
	case l != nil && strings.HasPrefix(l.tag, "en"):
		return " of locale " + l.tag + " alone (use --locale en-US where the month comes first, en-GB where the day does)"
	case l != nil:
		return localeTail(l, iso)
	case dotted && first <= 31 && second <= 12:
		return " (if it is German, use --locale de)"
	case first > 12 && first <= 31 && second <= 12:
		return " (the day comes first: use --locale en-GB, de, fr or the like)"
	case second > 12 && second <= 31 && first <= 12:
		return " (the month comes first: use --locale en-US)"
	case first <= 12 && second <= 12:
		return " (it has two readings: use --locale en-US where the month comes first, en-GB where the day does)"
	}
	return iso
}

// noDay tells what is written like a date, but names a day that there is not in
// whatever order its parts are read.
func noDay(s string, guesses *localeGuesses) bool {
	parts, _, numeric := numericParts(s)
	switch {
	case !numeric && len(s) == 8 && allDigits(s):
		return noDayOf(s[:4], s[4:6], s[6:]) && noDayOf(s[:2], s[2:4], s[4:])
	case !numeric:
		tag, valid := guesses.reads(s)
		return tag != "" && !valid
	}
	return noDayOf(parts[0], parts[1], parts[2])
}

// noDayOf takes three numbers of which the first or the last is the year: the
// one with four digits.
func noDayOf(first, second, third string) bool {
	a, b, c := digits(first), digits(second), digits(third)
	switch {
	case len(first) == 4:
		return !day{a, b, c}.valid()
	case len(third) == 4:
		return !day{c, b, a}.valid() && !day{c, a, b}.valid()
	}
	return false
}

// localeGuesses looks for the language of a month's name, for a hint.
type localeGuesses struct{ locales []*locale }

// reads gives the first of some common locales that reads s as a date, best as
// one that the calendar has; "" where none does.
func (g *localeGuesses) reads(s string) (tag string, valid bool) {
	if g == nil || strings.IndexFunc(s, unicode.IsLetter) < 0 {
		return "", false
	}
	for i, guess := range []string{"de", "en-US", "fr", "es", "it", "nl", "pt", "pl", "sv", "da"} {
		if i == len(g.locales) {
			l, err := newLocale(guess)
			if err != nil {
				return "", false
			}
			g.locales = append(g.locales, l)
		}
		switch d, _, ok := g.locales[i].namedDay(s); {
		case ok && d.valid():
			return guess, true
		case ok:
			tag = guess
		}
	}
	return tag, false
}

// unixTime tells the seconds or milliseconds since 1970 of our days.
func unixTime(s string) bool {
	return (len(s) == 10 || len(s) == 13) && allDigits(s) && s[0] == '1'
}

// looksSerial tells 45292.5 and 45292,5: a spreadsheet's day with its time.
func looksSerial(s string) bool {
	return len(s) > 6 && (s[5] == '.' || s[5] == ',') && allDigits(s[:5]) && allDigits(s[6:])
}

func localeTail(l *locale, iso string) string {
	if l == nil {
		return iso
	}
	return " of locale " + l.tag + iso
}

func orderWords(o dateOrder) string {
	words := map[rune]string{'d': "day", 'm': "month", 'y': "year"}
	var list []string
	for _, r := range o {
		list = append(list, words[r])
	}
	return strings.Join(list, ", ")
}
