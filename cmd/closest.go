package cmd

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/crmsync/crmsync/internal/shellwords"
)

// closest is the candidate that a misspelt or shortened name most likely means, or
// "" where none is near enough to be worth mentioning.
func closest(name string, candidates []string) string {
	if best := nearest(name, candidates); best != "" {
		return best
	}
	for _, candidate := range candidates {
		if len(name) >= 3 && strings.HasPrefix(candidate, strings.ToLower(name)) {
			return candidate
		}
	}
	return ""
}

// nearest is the candidate of which a name is a misspelling, or "". Fingers slip
// behind the first letter, and where a word has three, another letter is another word.
func nearest(name string, candidates []string) string {
	name = strings.ToLower(name)
	best, bestDistance := "", 1+max(1, len(name)/3)
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		other := strings.ToLower(candidate)
		d := distance(name, other)
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

// distance counts the letters to insert, remove, replace or swap with their
// neighbour to make b of a.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := []int(nil), make([]int, len(t)+1), make([]int, len(t)+1)
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
		before, last, row = last, row, make([]int, len(t)+1)
	}
	return last[len(t)]
}

// didYouMean is a hint that names the closest candidate, or the other hint
// where none is close.
func didYouMean(name string, candidates []string, prefix, otherwise string) string {
	if best := closest(name, candidates); best != "" {
		return "did you mean " + prefix + best + "?"
	}
	return otherwise
}

// withClosestFile adds to the error about a file that isn't there which one was
// likely meant, of those in its directory.
func withClosestFile(err error, path string) error {
	if _, problem := os.Lstat(path); path == "-" || !errors.Is(problem, fs.ErrNotExist) {
		return err
	}
	if strings.ContainsAny(path, "*?[") {
		return &hinted{err, "the shell found no file for this pattern and left it as it is: check the directory, and whether the export ran"}
	}
	dir, name := filepath.Split(path)
	entries, _ := os.ReadDir(cmp.Or(dir, "."))
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if best := closestFile(name, names); best != "" {
		return &hinted{err, "did you mean " + shellwords.File(dir+best) + "?"}
	}
	return err
}

// closestFile is the file that a name most likely means, or "". Names that differ
// in a number are files of other days, and an ending that all have makes nothing
// near.
func closestFile(name string, names []string) string {
	stem := strings.ToLower(strings.TrimSuffix(name, filepath.Ext(name)))
	best, bestDistance := "", 1+len(stem)/4
	if len(stem) < 8 {
		bestDistance = 2
	}
	for _, other := range slices.Sorted(slices.Values(names)) {
		d := distance(strings.ToLower(name), strings.ToLower(other))
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
