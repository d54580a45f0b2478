package mapping

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/crmsync/crmsync/internal/spelling"
)

// foldName brings a header, key or label into the form in which they are
// compared: case and outer blanks don't count, and a run of blanks, underscores
// and dashes is like any other.
func foldName(name string) string {
	name = foldCase(name)
	var b strings.Builder
	gap := false
	for _, r := range name {
		if r == '_' || unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// foldLabel is the form in which options and table entries are compared: case
// and surplus blanks don't count.
func foldLabel(label string) string {
	return strings.Join(strings.Fields(foldCase(label)), " ")
}

// foldCase folds case; composed and decomposed accents become one.
func foldCase(s string) string {
	if lower, ok := lowerASCII(s); ok {
		return lower
	}
	return norm.NFC.String(foldUnicode(norm.NFC.String(s)))
}

// foldUnicode folds case. Upper case comes first because folding alone swaps the
// two cases of Cherokee letters instead of making them one.
func foldUnicode(s string) string {
	return cases.Fold().String(strings.ToUpper(s))
}

// lowerASCII gives s in lower case; false where it is not ASCII alone. It
// allocates only where there is an upper-case letter.
func lowerASCII(s string) (string, bool) {
	upper := false
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return "", false
		}
		upper = upper || c-'A' <= 'Z'-'A'
	}
	if !upper {
		return s, true
	}
	var small [64]byte
	if len(s) > len(small) {
		return strings.ToLower(s), true
	}
	for i := range len(s) {
		c := s[i]
		if c-'A' <= 'Z'-'A' {
			c += 'a' - 'A'
		}
		small[i] = c
	}
	return string(small[:len(s)]), true
}

// closest gives the candidate that resembles name most, or false where none
// does. Candidates are compared as foldName leaves them.
func closest(name string, candidates []named) (string, bool) {
	name = foldName(name)
	best, bestAt := "", 1<<30
	for _, c := range candidates {
		for _, form := range c.forms {
			d := resemblance(name, form)
			if d < bestAt {
				best, bestAt = c.key, d
			}
		}
	}
	return best, bestAt < 1<<30
}

// closestName is the one of some names that another is most like, or "".
func closestName(name string, known []string) string {
	candidates := make([]named, 0, len(known))
	for _, k := range known {
		candidates = append(candidates, named{k, []string{foldName(k)}})
	}
	found, _ := closest(name, candidates)
	return found
}

// named is something that closest can suggest.
type named struct {
	key   string
	forms []string // folded
}

// resemblance is a distance between folded names, 1<<30 where they have too
// little in common to suggest one for the other.
func resemblance(a, b string) int {
	if a == "" || b == "" {
		return 1 << 30
	}
	lenA, lenB := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if lenA > 100 || lenB > 100 {
		return 1 << 30
	}
	d, longer := spelling.Distance(a, b), max(lenA, lenB)
	if d <= max(1, longer/3) && d < longer {
		return d
	}
	// "product price" resembles "price": whole words count.
	short, long := a, b
	if lenB < lenA {
		short, long = b, a
	}
	if min(lenA, lenB) >= 3 && strings.Contains(" "+long+" ", " "+short+" ") {
		return 50 + d
	}
	return 1 << 30
}
