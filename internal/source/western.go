package source

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// fewLetters beyond ASCII say nothing about a text: there are Western words of
// such letters alone.
const fewLetters = 64

// lettersOf counts the bytes beyond ASCII, and those of them that stand in words
// of nothing else. In Western text in Windows-1252 they stand singly among
// others. Words of them are Cyrillic, Greek or East Asian, and read as
// Windows-1252 they would be garbled in silence.
func lettersOf(b []byte) (high, inWords int) {
	run := 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] >= utf8.RuneSelf {
			high++
			run++
			continue
		}
		if run >= 4 {
			inWords += run
		}
		run = 0
	}
	return high, inWords
}

// looksWestern is so where nothing much speaks against it.
func looksWestern(b []byte) bool {
	high, inWords := lettersOf(b)
	return high < fewLetters || inWords*2 < high
}

// surelyWestern is so where there were enough letters to tell by.
func surelyWestern(b []byte) bool {
	high, _ := lettersOf(b)
	return high >= fewLetters && looksWestern(b)
}

// foreignIn finds text that was read as Windows-1252, as a stream began in it, but
// is more likely something else: a record whose bytes beyond ASCII are all UTF-8,
// or stand in words of their own. It gives the first such place, -1 without one.
func foreignIn(text []byte) (at int, what string) {
	at = -1
	var raw []byte
	for i, r := range string(text) {
		b, _ := charmap.Windows1252.EncodeRune(r)
		if r >= utf8.RuneSelf && at < 0 {
			at, raw = i, make([]byte, 0, len(text))
		}
		if at >= 0 {
			raw = append(raw, b)
		}
	}
	if at < 0 {
		return -1, ""
	}
	if utf8.Valid(raw) && !byChance(raw) {
		return at, "this is UTF-8, but the input began in Windows-1252"
	}
	if high, inWords := lettersOf(raw); high >= 8 && inWords*2 > high && !symbols(raw) {
		return at, "these letters are not Western European, but the input began in Windows-1252"
	}
	return -1, ""
}

// byChance tells valid UTF-8 that Windows-1252 more likely came to: a single
// letter of a script beyond Latin, such as ß and a closing quote make.
func byChance(raw []byte) bool {
	letters, script := 0, false
	for _, r := range string(raw) {
		if r >= utf8.RuneSelf {
			letters++
			script = r >= 0x250 && r < 0x2000
		}
	}
	return letters == 1 && script
}

// symbols tells a row of dashes, bullets and the like from words.
func symbols(raw []byte) bool {
	letters, others := 0, 0
	for _, c := range raw {
		switch {
		case c >= 0xC0:
			letters++
		case c >= utf8.RuneSelf:
			others++
		}
	}
	return others > letters
}
