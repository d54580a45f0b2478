package mapping

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// surroundingsHint is about what stands before or after the digits of s: a sign,
// a unit, a currency symbol. What may be a sign is never just left out.
func surroundingsHint(s string) string {
	const minusBefore = " (write a negative number with a minus before it)"
	isDigit := func(r rune) bool { return r >= '0' && r <= '9' }
	before := s[:strings.IndexFunc(s, isDigit)]
	after := s[strings.LastIndexFunc(s, isDigit)+1:]
	if dashForCents(after) {
		return " (write digits instead of the dash behind the separator)"
	}
	if signBehind(after) || strings.Contains(before, "(") {
		return minusBefore
	}
	before = strings.TrimSpace(strings.TrimRight(before, "-−., "))
	after = strings.TrimSpace(after)
	for _, text := range []string{after, before} {
		for _, word := range strings.Fields(text) {
			if maySign(word) {
				return " (send the number alone, with a minus before it if " + show(word) + " makes it negative)"
			}
		}
	}
	for _, text := range []string{after, before} {
		if r, size := utf8.DecodeRuneInString(text); size > 0 && (unicode.IsLetter(r) || unicode.IsSymbol(r) || r == '%' || r == '°') {
			return " (send the number alone, without " + show(text) + ")"
		}
	}
	return ""
}

const dashes = "-−–—"

// dashForCents tells the dash of 12,— and 12.-, which is no minus.
func dashForCents(after string) bool {
	rest := strings.TrimLeft(after, ".,")
	return rest != after && strings.TrimLeft(rest, dashes) != rest
}

// signBehind tells a minus behind the digits, as accounting systems write it, with
// or without a currency: 12.50-, 12.50- EUR, 12.50 EUR -.
func signBehind(after string) bool {
	after = strings.TrimSpace(after)
	return strings.TrimLeft(after, dashes) != after || strings.TrimRight(after, dashes) != after
}

// maySign tells words by which bookkeepers say that an amount is negative, such as
// Soll and Haben, debit and credit; most systems write the first letter alone. Small
// letters are units: hours, seconds, days.
func maySign(word string) bool {
	switch word = strings.Trim(word, "./()"); word {
	case "S", "H", "D", "C":
		return true
	}
	switch foldCase(word) {
	case "cr", "dr", "db", "cred", "deb", "credit", "debit", "crédit", "débit", "kredit", "debet", "haben", "soll",
		"haber", "debe", "avere", "dare", "minus", "moins", "neg", "negative", "negativ":
		return true
	}
	return false
}
