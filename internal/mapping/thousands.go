package mapping

import (
	"fmt"
	"strings"

	"github.com/crmsync/crmsync/internal/client"
)

// Thousands tells a number that has two readings: 1.200 has a decimal point
// unless a locale groups digits with it, and is 1200 then, which is given.
func Thousands(cell string) (grouped string, ok bool) {
	cell = strings.TrimSpace(cell)
	before, after, found := strings.Cut(cell, ".")
	digits := strings.TrimPrefix(before, "-")
	if !found || len(digits) < 1 || len(digits) > 3 || digits[0] == '0' || len(after) != 3 || !allDigits(digits+after) {
		return "", false
	}
	return before + after, true
}

// mayGroup tells the types whose values may be written with thousands.
func mayGroup(kind string) bool { return kind == client.TypeNumber || kind == client.TypeCurrency }

// doubt names a number that has two readings where nothing in the sample tells
// which is meant: no number has a point that must be a decimal one. A file that
// left it open would be pushed with values that are a thousandth of what was
// meant.
func (p *proposal) doubt() string {
	found := ""
	for i := range p.columns {
		c := &p.columns[i]
		if c.target == nil || !mayGroup(c.target.attr.Type) {
			continue
		}
		for _, value := range p.filled(c) {
			grouped, ok := Thousands(value)
			switch {
			case !ok && strings.Contains(value, "."):
				return ""
			case ok && found == "":
				found = fmt.Sprintf("%s in column %s is %s with locale: en, and %s with locale: de",
					show(value), show(c.name), strings.TrimRight(strings.TrimRight(value, "0"), "."), grouped)
			}
		}
	}
	return found
}
