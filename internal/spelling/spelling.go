// Package spelling finds what somebody meant who wrote a name that isn't known: a
// flag, a key of a file, a file. How columns resemble attributes, which are other
// words as often as misspelt ones, is package mapping's.
package spelling

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Closest is the candidate that a misspelt or shortened name most likely means, or
// "" where none is near enough to be worth mentioning.
func Closest(name string, candidates []string) string {
	if best := Nearest(name, candidates); best != "" {
		return best
	}
	for _, candidate := range candidates {
		if len(name) >= 3 && strings.HasPrefix(candidate, strings.ToLower(name)) {
			return candidate
		}
	}
	return ""
}

// Nearest is the candidate of which a name is a misspelling, or "". Fingers slip
// behind the first letter, and where a word has three, another letter is another word.
func Nearest(name string, candidates []string) string {
	name = strings.ToLower(name)
	best, bestDistance := "", 1+max(1, len(name)/3)
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		other := strings.ToLower(candidate)
		d := Distance(name, other)
		if d >= bestDistance || d > 0 && !sameStart(name, other) || d > 0 && len(name) == 3 && len(other) == 3 && !sameLetters(name, other) {
			continue
		}
		best, bestDistance = candidate, d
	}
	return best
}

// sameStart tells whether two words begin alike, be it with two letters swapped or
// the first left out.
func sameStart(name, other string) bool {
	switch {
	case name == "" || other == "":
		return false
	case len(name) > 3 && strings.HasSuffix(other, name), name[0] == other[0]:
		return true
	}
	return len(name) > 1 && len(other) > 1 && name[0] == other[1] && name[1] == other[0]
}

func sameLetters(a, b string) bool {
	return slices.Equal(slices.Sorted(slices.Values([]byte(a))), slices.Sorted(slices.Values([]byte(b))))
}

// ClosestFile is the file that a name most likely means, or "". Names that differ
// in a number are files of other days, and an ending that all have makes nothing
// near.
func ClosestFile(name string, names []string) string {
	stem := strings.ToLower(strings.TrimSuffix(name, filepath.Ext(name)))
	best, bestDistance := "", 1+len(stem)/4
	if len(stem) < 8 {
		bestDistance = 2
	}
	for _, other := range slices.Sorted(slices.Values(names)) {
		d := Distance(strings.ToLower(name), strings.ToLower(other))
		if strings.EqualFold(name, strings.TrimSuffix(other, filepath.Ext(other))) {
			d = 0 // the ending was left out
		}
		if d < min(bestDistance, len(stem)) && digitsOf(name) == digitsOf(other) {
			best, bestDistance = other, d
		}
	}
	return best
}

func digitsOf(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
}

// Distance counts the letters to insert, remove, replace or swap with their
// neighbour to make b of a.
func Distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
