// Package shellwords writes the commands that messages tell people to run, so that a
// POSIX shell reads back the very words that were meant. It runs nothing.
package shellwords

import (
	"path/filepath"
	"strings"
	"unicode"
)

// Quote writes words as a command line.
func Quote(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if word == "" || strings.ContainsFunc(word, needsQuotes) {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

func needsQuotes(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./:=,@%+"+string(filepath.Separator), r)
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
