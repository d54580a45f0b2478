package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// displayWidth is how many columns of a terminal a text takes up.
func displayWidth(text string) int {
	n := 0
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Shorten cuts a text that takes up more columns of a terminal than limit, and
// says so with an ellipsis.
func Shorten(text string, limit int) string {
	if displayWidth(text) <= limit {
		return text
	}
	n := 1 // the ellipsis
	for i, r := range text {
		if n += runeWidth(r); n > limit {
			return text[:i] + "…"
		}
	}
	return text
}

// padded makes a text exactly so wide.
func padded(text string, limit int) string {
	text = Shorten(text, limit)
	return text + strings.Repeat(" ", limit-displayWidth(text))
}
