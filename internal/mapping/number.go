package mapping

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// numberConverter keeps every digit of a number.
//
// Without a locale a cell must be a decimal number: an optional minus, digits,
// and an optional point with digits; ".5" is 0.5. A plus sign, an exponent,
// leading zeros and group separators are refused: the first two are what
// spreadsheets leave of something else, leading zeros belong to codes, and
// separators have two readings. JSON numbers are sent byte for byte.
type numberConverter struct {
	locale *locale
}

func (c *numberConverter) cell(dst []byte, cell string) ([]byte, string) {
	out, ok := appendNumber(dst, strings.TrimSpace(cell), c.locale)
	if !ok {
		return dst, show(cell) + " is not a number" + numberHint(cell, c.locale)
	}
	return out, ""
}

func (c *numberConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	switch v.Kind() {
	case '0':
		return append(dst, v...), ""
	case '"':
		return c.cell(dst, jsonText(v))
	}
	return dst, wrongKind(v, "a number")
}

// appendNumber appends the JSON number that s stands for.
func appendNumber(dst []byte, s string, l *locale) ([]byte, bool) {
	if plainNumber(s) {
		// In a locale with another decimal separator a point is a group
		// separator, or wrong.
		if l == nil || l.decimal == "." || strings.IndexByte(s, '.') < 0 {
			return appendPlain(dst, s), true
		}
	}
	if l == nil {
		return dst, false
	}
	return l.appendNumber(dst, s)
}

// plainNumber tells decimal numbers: -?(0|[1-9]\d*)(\.\d+)? or -?\.\d+
func plainNumber(s string) bool {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	start := i
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	if whole := i - start; whole > 1 && s[start] == '0' {
		return false
	} else if i == len(s) {
		return whole > 0
	}
	if s[i] != '.' || i+1 == len(s) {
		return false
	}
	return allDigits(s[i+1:])
}

// appendPlain appends a plain number as JSON, which wants a digit before the point.
func appendPlain(dst []byte, s string) []byte {
	if s[0] == '-' {
		dst = append(dst, '-')
		s = s[1:]
	}
	if s[0] == '.' {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

// appendNumber appends a number of the locale as JSON, if its group separators
// stand where they belong.
func (l *locale) appendNumber(dst []byte, s string) ([]byte, bool) {
	start := len(dst)
	for _, minus := range []string{"-", "−"} {
		if rest, found := strings.CutPrefix(s, minus); found {
			dst, s = append(dst, '-'), rest
			break
		}
	}
	whole, fraction, hasFraction := strings.Cut(s, l.decimal)
	if hasFraction && (fraction == "" || !allDigits(fraction)) {
		return dst[:start], false
	}
	separator := ""
	for _, g := range l.groups {
		if strings.Contains(whole, g) {
			separator = g
			break
		}
	}
	out, ok := l.appendGroups(dst, whole, separator, l.others)
	if !ok && l.others != l.primary {
		// Indians also count in thousands: no other number can be meant.
		out, ok = l.appendGroups(dst, whole, separator, l.primary)
	}
	if !ok {
		return dst[:start], false
	}
	dst = out
	if !hasFraction {
		return dst, len(dst) > start && dst[len(dst)-1] != '-'
	}
	if len(dst) == start || dst[len(dst)-1] == '-' {
		dst = append(dst, '0')
	}
	dst = append(dst, '.')
	return append(dst, fraction...), true
}

// appendGroups appends the digits of a whole number, if each group but the last
// has others digits, and the last what the locale wants. A number of one group has
// any length, but no leading zeros.
func (l *locale) appendGroups(dst []byte, whole, separator string, others int) ([]byte, bool) {
	first := true
	for more := true; more; first = false {
		group := whole
		if more = false; separator != "" {
			group, whole, more = strings.Cut(whole, separator)
		}
		if !allDigits(group) || !l.groupFits(group, others, first, more) {
			return dst, false
		}
		dst = append(dst, group...)
	}
	return dst, true
}

// groupFits tells whether a group of digits has the length that its place wants.
func (l *locale) groupFits(group string, others int, first, more bool) bool {
	switch {
	case first && more:
		return group != "" && len(group) <= others && group[0] != '0'
	case first:
		return len(group) < 2 || group[0] != '0'
	case more:
		return len(group) == others
	}
	return len(group) == l.primary
}

// numberHint says, in brackets, what a cell that is no number looks like, and
// what would make it one.
func numberHint(cell string, l *locale) string {
	s := strings.TrimSpace(cell)
	if l != nil {
		_, ok := appendNumber(nil, s, nil)
		if ok && l.decimal != "." {
			return " of locale " + l.tag + " (there the decimal separator is " + show(l.decimal) + ")"
		}
	}
	if hint := shapeHint(s); hint != "" {
		return hint
	}
	if hint := minusHint(s); hint != "" {
		return hint
	}
	if l != nil {
		hint := " of locale " + l.tag + " (decimal separator " + show(l.decimal)
		if len(l.groups) > 0 {
			hint += ", group separator " + show(l.groups[0]) + " between groups of " + string(rune('0'+l.primary)) + " digits"
			if l.others != l.primary {
				hint += " or as in 12,34,567"
			}
		}
		return hint + ")"
	}
	if hint := localeNumberHint(s); hint != "" {
		return hint
	}
	return formHint(s)
}

// shapeHint knows what is no number in any locale.
func shapeHint(s string) string {
	digits := strings.IndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' })
	switch {
	case digits < 0:
		return ""
	case scientific(s):
		return " (it is in scientific notation, as spreadsheets write long numbers: digits may be lost; export it as a plain number)"
	case strings.HasPrefix(s, "+"):
		return " (leave out the plus sign)"
	case strings.HasPrefix(strings.TrimPrefix(s, "-"), "0") && allDigits(strings.TrimPrefix(s, "-")):
		return " (it has leading zeros, as codes have: use a text attribute, or remove them)"
	case strings.HasPrefix(strings.ToLower(s), "0x"):
		return ""
	}
	return surroundingsHint(s)
}

// localeNumberHint names the locale in which s would be a number.
func localeNumberHint(s string) string {
	fits := func(decimal string, groups []string, others int) bool {
		_, ok := appendNumber(nil, s, &locale{decimal: decimal, groups: groups, primary: 3, others: others})
		return ok
	}
	german := fits(",", []string{"."}, 3)
	french := fits(",", alike(" "), 3)
	english := fits(".", []string{","}, 3)
	switch {
	case german && english:
		return " (it has two readings: if the comma is a decimal comma, use --locale de; if it separates thousands, use --locale en)"
	case german && french:
		return " (if the comma is a decimal comma, use --locale de, fr or the like)"
	case german:
		return " (if it is German, use --locale de)"
	case english:
		return " (if it is English, use --locale en)"
	case french:
		return " (if it is French, use --locale fr)"
	case fits(".", alike("'"), 3):
		return " (if it is Swiss, use --locale de-CH)"
	case fits(".", []string{","}, 2):
		return " (if it is Indian, use --locale en-IN)"
	}
	return ""
}

// minusHint is about signs that look like a minus.
func minusHint(s string) string {
	for _, sign := range []string{"−", "–", "—", "- "} {
		if rest, found := strings.CutPrefix(s, sign); found && plainNumber(strings.TrimSpace(rest)) {
			return " (write the minus as -, right before the digits)"
		}
	}
	return ""
}

// formHint is for what is no number in any locale: whether its separators are at
// fault, or all of it.
func formHint(s string) string {
	s = strings.TrimPrefix(s, "-")
	if strings.ContainsAny(s, "0123456789") && strings.Trim(s, "0123456789.,'’ \u00a0\u202f\u2009") == "" {
		return " (its separators stand where no number has them)"
	}
	return " (a number looks like 1234.50)"
}
