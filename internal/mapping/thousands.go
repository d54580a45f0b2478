package mapping

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/client"
)

// TwoReadings looks in a column for a number that has two readings: 1.200 has a
// decimal point unless a locale groups digits with it, and is 1200 then. It gives
// the first, and what that is if grouped; "" where there is none. Where a point of
// the column can't be but a decimal one, decimal says so, and none is given.
func TwoReadings(cells iter.Seq[string]) (value, grouped string, decimal bool) {
	for cell := range cells {
		cell = strings.TrimSpace(cell)
		if !strings.Contains(cell, ".") {
			continue
		}
		as, ok := thousands(cell)
		if !ok {
			return "", "", true
		}
		if value == "" {
			value, grouped = cell, as
		}
	}
	return value, grouped, false
}

// thousands is what a number is whose point stands before thousands; false where
// it can't.
func thousands(cell string) (grouped string, ok bool) {
	before, after, _ := strings.Cut(cell, ".")
	digits := strings.TrimPrefix(before, "-")
	if len(digits) < 1 || len(digits) > 3 || digits[0] == '0' || len(after) != 3 || !allDigits(digits+after) {
		return "", false
	}
	return before + after, true
}

// MayGroup tells the types whose values may be written with thousands.
func MayGroup(kind string) bool { return kind == client.TypeNumber || kind == client.TypeCurrency }

// doubt names a number that has two readings where nothing in the sample tells
// which is meant: no number has a point that must be a decimal one. A file that
// left it open would be pushed with values that are a thousandth of what was
// meant.
func (p *proposal) doubt() string {
	found := ""
	for i := range p.columns {
		c := &p.columns[i]
		if c.target == nil || !MayGroup(c.target.attr.Type) {
			continue
		}
		value, grouped, decimal := TwoReadings(slices.Values(p.filled(c)))
		switch {
		case decimal:
			return ""
		case value != "" && found == "":
			found = fmt.Sprintf("%s in column %s is %s with locale: en, and %s with locale: de",
				show(value), show(c.name), strings.TrimRight(strings.TrimRight(value, "0"), "."), grouped)
		}
	}
	return found
}
