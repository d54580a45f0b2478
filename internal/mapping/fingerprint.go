package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// conversionVersion changes when the same cell and schema would give another
// body than before.
const conversionVersion = 2

// Fingerprint identifies everything that decides which body a record gets:
// options, mapping file, and the schema of the attributes that can be fed. Two
// mappers with the same fingerprint give the same bodies, as far as lookups do.
func (m *Mapper) Fingerprint() string { return m.fingerprint }

func (m *Mapper) hash() string {
	h := sha256.New()
	o := m.o
	fmt.Fprintf(h, "%d\n%q %q %q\n", conversionVersion, o.Object, o.Match, o.Columns)
	fmt.Fprintf(h, "%t %d %t %q %q %q %q %t\n", o.DropUnknown, o.Blank, o.HasNull, o.Null, o.Locale, o.Location, o.ListSeparator, o.NestCustom)
	fmt.Fprintf(h, "map %q set %q lookup %t\n", o.Map, o.Set, o.Lookup != nil)
	if o.File != nil {
		fmt.Fprintf(h, "null %q\n", o.File.Null)
		for _, c := range o.File.Columns {
			lookup := Reference{}
			if c.Lookup != nil {
				lookup = *c.Lookup
			}
			c.Lookup, c.Line, c.matchAt = nil, 0, place{}
			fmt.Fprintf(h, "column %+v %+v\n", c, lookup)
		}
	}
	// With columns only their attributes count: an attribute that somebody adds
	// to the CRM changes nothing. JSON may name any.
	for _, t := range m.catalog.list {
		if o.Columns != nil && m.byKey[t.key] == nil && !m.isConstant(t.key) {
			continue
		}
		a := t.attr
		fmt.Fprintf(h, "attribute %q %q %q %q %t %q %q %q\n", t.key, t.body, t.group, a.Type, a.IsArchived, a.RelatedObjectSlug, a.Currency, a.Validation)
		for _, option := range a.Options {
			fmt.Fprintf(h, "option %q %q\n", option.ID, option.Value)
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func (m *Mapper) isConstant(key string) bool {
	for _, c := range m.constants {
		if c.target.key == key {
			return true
		}
	}
	return false
}
