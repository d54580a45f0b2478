package source

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// notWestern says what in a text that isn't UTF-8 shows that it surely isn't
// Windows-1252 either, and which encodings it may be in; "" where nothing does.
// Read as Windows-1252 it would be garbled in silence.
func notWestern(b []byte) (problem, advice string) {
	const orIts = "; if it is right as it stands, --encoding windows-1252"
	words := highWords(b)
	high, inWords := lettersOf(b)
	east, old, oddest := oddLetters(b)
	switch {
	case words.letters*2 > high && words.letters >= 6 && words.cyrillic*10 >= words.letters*7:
		return fmt.Sprintf("%q in it looks like Cyrillic", asWestern(words.first)),
			"name its encoding: --encoding windows-1251, koi8-r or iso-8859-5" + orIts
	case high >= fewLetters && inWords*2 >= high, words.letters*2 > high && words.distinct >= 3:
		return "most of its letters are others",
			"name its encoding: --encoding windows-1251 (Cyrillic), windows-1253 (Greek), shift_jis, gb18030, big5, …"
	case (east+old)*20 < high || east+old < 3:
		return "", ""
	case east >= old:
		return fmt.Sprintf("it has words like %q", oddest),
			"name its encoding: --encoding windows-1250 or iso-8859-2 (Polish, Czech, Hungarian, …)" + orIts
	}
	return fmt.Sprintf("it has words like %q", oddest),
		"name its encoding: --encoding macintosh (an old Mac), ibm850 or ibm437 (DOS)" + orIts
}

// wordsBeyond is what is known of words of nothing but letters beyond ASCII.
type wordsBeyond struct {
	letters, distinct int // of all of them, and of how many different ones
	cyrillic          int // letters that Russian has most, in Windows-1251 or in KOI8-R, whichever are more
	first             []byte
}

// Common Russian letters in small ones: оеаинтсрвлкмдпу. Great ones differ by a bit.
const (
	common1251 = "\xEE\xE5\xE0\xE8\xED\xF2\xF1\xF0\xE2\xEB\xEA\xEC\xE4\xEF\xF3"
	commonKOI8 = "\xCF\xC5\xC1\xC9\xCE\xD4\xD3\xD2\xD7\xCC\xCB\xCD\xC4\xD0\xD5"
)

// highWords finds words of four letters or more, all of which are beyond ASCII: of
// those no Western language has one.
func highWords(b []byte) wordsBeyond {
	var w wordsBeyond
	seen := map[string]bool{}
	win, koi := 0, 0
	from := 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] >= 0xC0 {
			continue
		}
		if word := b[from:i]; len(word) >= 4 {
			w.letters += len(word)
			if len(seen) < 3 {
				seen[string(word)] = true
			}
			if w.first == nil {
				w.first = word
			}
			for _, c := range word {
				if strings.IndexByte(common1251, c|0x20) >= 0 {
					win++
				}
				if strings.IndexByte(commonKOI8, c&^0x20) >= 0 {
					koi++
				}
			}
		}
		from = i + 1
	}
	w.distinct, w.cyrillic = len(seen), max(win, koi)
	return w
}

// oddLetters counts what in Windows-1252 is no letter, or a great one, and stands
// between letters: where it is a letter of Central Europe, and where it is one of
// an old Mac or of DOS. It gives the first such word.
func oddLetters(b []byte) (east, old int, first string) {
	const (
		ofEast  = "\xA3\xA5\xAF\xB1\xB3\xB6\xB9\xBA\xBC\xBE\xBF"
		ofOld   = "\x82\x84\x86\x87\x88\x89\x8B\x94\x95\x98\x99\x9B\xA7"
		greatOf = "\x8A\x8E\x9F" // Š Ž Ÿ
	)
	for i := 1; i < len(b); i++ {
		c := b[i]
		if c < 0x80 || c >= 0xC0 || !asciiLetter(b[i-1]) {
			continue
		}
		var next byte
		if i+1 < len(b) {
			next = b[i+1]
		}
		inside := asciiLetter(next) || next >= 0xC0
		switch {
		case inside && strings.IndexByte(ofEast, c) >= 0:
			east++
		case inside && strings.IndexByte(ofOld, c) >= 0:
			old++
		case strings.IndexByte(greatOf, c) >= 0 && (b[i-1] >= 'a' || next >= 'a' && next <= 'z'):
			old++
		default:
			continue
		}
		if first == "" {
			first = wordAround(b, i)
		}
	}
	return east, old, first
}

func asciiLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// wordAround is the word in which place i of b is, as Windows-1252.
func wordAround(b []byte, i int) string {
	const most = 40
	from, to := max(0, i-most), min(len(b), i+most)
	ends := func(r byte) bool { return r < 0x80 && !asciiLetter(r) }
	for k := i; k > from; k-- {
		if ends(b[k-1]) {
			from = k
		}
	}
	for k := i; k < to; k++ {
		if ends(b[k]) {
			to = k
		}
	}
	return asWestern(b[from:to])
}

// asWestern is what is made of text that is taken for Windows-1252.
func asWestern(b []byte) string {
	const most = 40
	text, _ := charmap.Windows1252.NewDecoder().Bytes(bytes.TrimSpace(b[:min(len(b), most)]))
	return string(text)
}
