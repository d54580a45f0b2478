package mapping

import "slices"

// samples is how many values a profile shows of each kind; of a longer one than
// sampleBytes only the beginning, as a JSON string.
const (
	samples     = 3
	sampleBytes = 1 << 10
)

// ColumnProfile says what an attribute got in the records seen so far.
type ColumnProfile struct {
	Columns   []string // the columns or keys that feed it
	Attribute string
	Type      string // "" without a schema
	Match     bool
	Required  bool // by the schema

	Filled int64 // values that were sent, or would be
	Blank  int64 // blank cells
	Null   int64 // cells and values that stand for null, but those that were refused
	Bad    int64 // values that were refused

	Samples   []string   // the first converted values, as JSON, each once
	BadValues []BadValue // the first refused values, each once
}

// BadValue is a value that an attribute can't take.
type BadValue struct {
	Value   string // as in the input, shortened and clean; "" where there is none
	Problem string // begins with the value, where there is one
	Line    int64  // where it stands first, 0 where [Mapper.At] was not told
}

func (p *ColumnProfile) fill(value []byte) {
	p.Filled++
	if len(p.Samples) < samples {
		p.sample(value)
	}
}

func (p *ColumnProfile) sample(value []byte) {
	for _, known := range p.Samples {
		if known == string(value) {
			return
		}
	}
	kept := string(value)
	if len(kept) > sampleBytes {
		short, _ := appendText(nil, clean(kept))
		kept = string(short)
		if slices.Contains(p.Samples, kept) {
			return
		}
	}
	p.Samples = append(p.Samples, kept)
}

func (p *ColumnProfile) refuse(value, problem string, line int64) {
	p.Bad++
	if len(p.BadValues) == samples {
		return
	}
	shown := clean(value)
	if !slices.ContainsFunc(p.BadValues, func(known BadValue) bool { return known.Value == shown }) {
		p.BadValues = append(p.BadValues, BadValue{shown, problem, line})
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
