// Package shellwords writes the commands that messages tell people to run, so that a
// POSIX shell reads back the very words that were meant. It runs nothing.
package shellwords

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Quote writes words as a command line that can be shown: what no line of text
// shows, such as a newline, is spelled out for printf.
func Quote(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		switch {
		case strings.ContainsFunc(word, hidden):
			quoted[i] = `"$(printf '` + spelled(word) + `')"`
		case word == "" || strings.ContainsFunc(word, needsQuotes):
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		default:
			quoted[i] = word
		}
	}
	return strings.Join(quoted, " ")
}

func needsQuotes(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./:=,@%+"+string(filepath.Separator), r)
}

// hidden tells a character that is not seen for what it is; bytes that are no
// text count as one.
func hidden(r rune) bool { return !unicode.IsGraphic(r) || r == utf8.RuneError }

// spelled is a word as printf takes it, within single quotes. A dash at its
// beginning would be read as an option.
func spelled(word string) string {
	var b strings.Builder
	for i := 0; i < len(word); {
		r, size := utf8.DecodeRuneInString(word[i:])
		if plain := !hidden(r) && !strings.ContainsRune(`\%'`, r); plain && (i > 0 || r != '-') {
			b.WriteString(word[i : i+size])
		} else {
			for _, c := range []byte(word[i : i+size]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		}
		i += size
	}
	return b.String()
}

// Operand is a file's name as programs take it, not yet quoted: one that begins
// with a dash would be read as an option.
func Operand(path string) string {
	if len(path) > 1 && path[0] == '-' {
		return "./" + path
	}
	return path
}

// File writes a file's name for a command line.
func File(path string) string { return Quote(Operand(path)) }
