package mapping

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/runes"
	"golang.org/x/text/unicode/norm"

	"github.com/crmsync/crmsync/internal/client"
)

// laneKey is the lane of a match value of an attribute type ("" is unknown).
//
// Two values that the CRM may take for the same must share a lane, or two
// requests could both create; sharing one needlessly costs a little time only.
// So case, outer spaces, accents and what shows as nothing go (databases' usual
// collations ignore them), and numbers, instants and phone numbers are brought
// into one form; fractions of a second many a database doesn't keep.
func laneKey(attributeType, match string) string {
	s := strings.TrimSpace(match)
	switch attributeType {
	case client.TypePhoneNumber:
		if digits := strings.TrimPrefix(onlyDigits(norm.NFKC.String(s)), "00"); digits != "" {
			return digits
		}
	case client.TypeDatetime:
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	case client.TypeText, client.TypeSelect, client.TypeStatus:
	default:
		s = canonicalNumber(s)
	}
	if lower, ok := lowerASCII(s); ok && !hasControl(s) {
		return lower
	}
	s = runes.Remove(runes.Predicate(ignored)).String(norm.NFKD.String(s))
	if key := strings.TrimSpace(strokes.Replace(foldUnicode(s))); key != "" {
		return key
	}
	return "\u25cc" // accents alone, shown on a dotted circle
}

// ignored tells the characters that don't count in a comparison: accents, control
// characters, and those that show as nothing, such as zero-width spaces.
func ignored(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Cc, unicode.Other_Default_Ignorable_Code_Point) && !unicode.IsSpace(r)
}

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// strokes takes apart the letters that collations take apart, but Unicode doesn't.
var strokes = strings.NewReplacer("ł", "l", "ø", "o", "đ", "d", "æ", "ae", "œ", "oe")

// LaneForm names the way in which the mapper's match values become lane keys.
// Keys that two mappers made in different ways can't be compared.
func (m *Mapper) LaneForm() string {
	for _, t := range m.catalog.list {
		if t.key == m.o.Match && !m.matchMail {
			return laneForm(t.attr.Type)
		}
	}
	if m.matchMail {
		return laneForm(client.TypeText)
	}
	return laneForm("")
}

// LaneKey is the lane key of a match value in a form that [Mapper.LaneForm] named;
// false where there is no such form.
func LaneKey(form, match string) (key string, known bool) {
	if form == "" || form != laneForm(form) {
		return "", false
	}
	return laneKey(form, match), true
}

// laneForm names the cases of laneKey.
func laneForm(attributeType string) string {
	switch attributeType {
	case client.TypePhoneNumber, client.TypeDatetime:
		return attributeType
	case client.TypeText, client.TypeSelect, client.TypeStatus:
		return client.TypeText
	default:
		return client.TypeNumber
	}
}

// canonicalNumber gives equal decimal numbers one spelling: 29, 29.0, 029 and
// 2.9e1 become "29". What isn't a number is returned as it is.
func canonicalNumber(s string) string {
	rest, negative := s, false
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative = rest[0] == '-'
		rest = rest[1:]
	}
	mantissa, exponent := rest, 0
	if e := strings.IndexAny(rest, "eE"); e >= 0 {
		n, ok := smallInt(rest[e+1:])
		if !ok {
			return s
		}
		mantissa, exponent = rest[:e], n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return s
	}
	if fraction == "" && exponent == 0 && whole[0] != '0' && len(whole) <= 40 {
		if s[0] == '+' {
			return whole
		}
		return s // the usual case: no allocation
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	point := len(digits) - len(fraction) + exponent
	digits = strings.TrimRight(digits, "0")
	switch {
	case digits == "":
		return "0"
	case point >= len(digits) && point <= 40:
		digits += strings.Repeat("0", point-len(digits))
	default: // 0.digits × 10^point: no longer readable, but one spelling
		digits = "." + digits + "e" + strconv.Itoa(point)
	}
	if negative {
		return "-" + digits
	}
	return digits
}

func smallInt(s string) (int, bool) {
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if s == "" || len(s) > 6 || !allDigits(s) {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func onlyDigits(s string) string {
	if allDigits(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// matchText is a value that was converted to JSON, as text.
func matchText(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		return jsonText(v)
	case '{': // an option, as this package has written it
		return optionID(v[len(`{"id":`) : len(v)-1])
	}
	return string(v)
}
