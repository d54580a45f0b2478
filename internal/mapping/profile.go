package mapping

import "slices"

// samples is how many values a profile shows of each kind.
const samples = 3

// ColumnProfile says what an attribute got in the records seen so far.
type ColumnProfile struct {
	Columns   []string // the columns or keys that feed it
	Attribute string
	Type      string // "" without a schema
	Match     bool

	Filled int64 // values that were sent, or would be
	Blank  int64 // blank cells
	Null   int64 // cells and values that stand for null
	Bad    int64 // values that were refused

	Samples   []string // the first converted values, as JSON, each once
	BadValues []string // the first refused values, each once
}

func (p *ColumnProfile) fill(value []byte) {
	p.Filled++
	if len(p.Samples) == samples || len(p.Samples) > 0 && p.Samples[len(p.Samples)-1] == string(value) {
		return
	}
	shown := clean(string(value))
	if !slices.Contains(p.Samples, shown) {
		p.Samples = append(p.Samples, shown)
	}
}

func (p *ColumnProfile) refuse(value string) {
	p.Bad++
	if len(p.BadValues) == samples {
		return
	}
	if shown := clean(value); !slices.Contains(p.BadValues, shown) {
		p.BadValues = append(p.BadValues, shown)
	}
}

// Profile says what each mapped attribute got, in column order, where
// Options.Profile is set.
func (m *Mapper) Profile() []ColumnProfile {
	var list []ColumnProfile
	for _, f := range m.fields {
		if f.profile == nil {
			continue
		}
		p := *f.profile
		p.Match = f.match
		for _, part := range f.parts {
			p.Columns = append(p.Columns, part.column)
		}
		list = append(list, p)
	}
	return list
}

// NeverFilled lists the attributes that the CRM requires (its own standard ones
// apart) and that no record gave a value so far. Where Options.Profile isn't
// set, these are the ones that nothing feeds.
func (m *Mapper) NeverFilled() []string {
	var list []string
	for _, t := range m.catalog.list {
		if !t.attr.IsRequired || t.attr.IsStandard || t.attr.IsArchived || systemAttribute(t.key) {
			continue
		}
		f := m.byKey[t.key]
		filled := f != nil && (f.profile == nil || f.profile.Filled > 0)
		for _, c := range m.constants {
			filled = filled || c.target.key == t.key
		}
		if !filled {
			list = append(list, t.key)
		}
	}
	return list
}

// Columns says what becomes of each column and constant, in the input's order.
// For JSON it holds what is known so far.
func (m *Mapper) Columns() []ColumnPlan {
	var list []ColumnPlan
	for _, f := range m.fields {
		for _, p := range f.parts {
			list = append(list, ColumnPlan{Column: p.column, Attribute: f.target.key, Type: f.target.attr.Type})
		}
	}
	list = append(list, m.plan...)
	place := func(c ColumnPlan) int {
		if i := slices.Index(m.o.Columns, c.Column); i >= 0 && c.Column != "" {
			return i
		}
		return 1 << 30
	}
	slices.SortStableFunc(list, func(a, b ColumnPlan) int { return place(a) - place(b) })
	return list
}
