package mapping

import (
	"fmt"

	"github.com/crmsync/crmsync/internal/client"
)

// field is an attribute of the body and where its value comes from.
type field struct {
	target *target
	conv   converter
	prefix []byte // `,"key":`
	group  int    // in Mapper.groups; 0 is the body itself
	match  bool
	asIs   bool // conv sends a cell's text as it stands
	plain  bool // a cell goes straight to conv, unless it is blank or null
	index  int  // of the first part
	parts  []part
	join   string

	required   bool
	fallback   string // for a blank cell, where hasDefault
	hasDefault bool

	seen    int64  // JSON: the record that fed it last
	twin    *field // JSON: the field of the same attribute under another key
	profile *ColumnProfile
}

// part is a column that feeds a field: the only one, or one of those that are
// joined.
type part struct {
	column string
	index  int // -1 for a JSON key
	prep   *prep

	text string // JSON, joined: the key's value in the record that seen names
	seen int64
}

// label names the columns of a field in messages.
func (f *field) label() string {
	if len(f.parts) == 1 {
		return "column " + show(f.parts[0].column)
	}
	var names []string
	for _, p := range f.parts {
		names = append(names, p.column)
	}
	return "columns " + listed(names, "and")
}

// order is where the field's problems stand among a record's.
func (f *field) order() int {
	if len(f.parts) == 0 {
		return 1 << 30
	}
	return f.parts[0].index
}

// feed adds a column to the field of t.
func (p *planner) feed(m *Mapper, column string, index int, t *target, fc FileColumn) {
	if t = p.withType(t, fc); t == nil {
		return
	}
	pt := part{column: column, index: index, prep: newPrep(fc, p.o)}
	if f := m.fieldOf(t.key); f != nil {
		if !f.parts[0].joins(fc, f) {
			p.errs.add(fmt.Sprintf("%s and column %s both feed attribute %s", f.label(), show(column), show(t.key)),
				"--map COLUMN= drops one; a mapping file can join them with a stated separator")
			return
		}
		f.parts = append(f.parts, pt)
		p.agree(f, column, fc)
		return
	}
	s, ok := p.settings(column, t, fc)
	if !ok {
		return
	}
	for _, other := range m.fields {
		if other.target.clashes(t) {
			p.errs.add(fmt.Sprintf("%s and column %s both feed %s", other.label(), show(column), show(other.target.key)), "--map COLUMN= drops one")
			return
		}
	}
	f := p.newField(m, t, s)
	f.parts, f.join = []part{pt}, fc.Join
	f.required, f.fallback, f.hasDefault = fc.Required, fc.Default, fc.HasDefault
	m.addField(f, fc.HasJoin)
	if f.hasDefault {
		if problem := m.try(f, f.fallback); problem != "" {
			p.errs.add(fmt.Sprintf("%s, line %d: the default of column %s can't be sent: %s", p.o.File.Name, fc.Line, show(column), problem), "")
		}
	}
}

// joins tells whether a further column joins the field. Both must state it, with
// the same separator.
func (first part) joins(fc FileColumn, f *field) bool {
	return fc.HasJoin && f.join == fc.Join && f.parts[0].joined()
}

func (first part) joined() bool { return first.prep != nil && first.prep.joins }

// agree refuses settings that only one column of a join can give.
func (p *planner) agree(f *field, column string, fc FileColumn) {
	if fc.Format != "" || fc.Separator != "" || fc.Lookup != nil || fc.Type != "" || fc.HasDefault || fc.Required {
		p.errs.add(fmt.Sprintf("%s, line %d: column %s is joined to %s, which says how the whole is converted", p.o.File.Name, fc.Line, show(column), f.label()),
			"of joined columns the first one takes format, separator, lookup, type, default and required")
	}
}

// withType gives t the type that the mapping file states.
func (p *planner) withType(t *target, fc FileColumn) *target {
	if fc.Type == "" || t.typed && t.attr.Type == fc.Type {
		return t
	}
	where := fmt.Sprintf("%s, line %d", p.o.File.Name, fc.Line)
	if t.typed {
		p.errs.add(fmt.Sprintf("%s: column %s has type %s, but attribute %s is a %s", where, show(fc.Column), show(fc.Type), show(t.key), t.attr.Type),
			"leave type out: the schema knows it")
		return nil
	}
	typed := *t
	typed.attr.Type, typed.typed = fc.Type, true
	return &typed
}

// settings reads what the mapping file says about the conversion of a column.
func (p *planner) settings(column string, t *target, fc FileColumn) (settings, bool) {
	s := settings{separator: fc.Separator, lookup: fc.Lookup}
	where := fmt.Sprintf("column %s", show(column))
	if fc.Line > 0 {
		where = fmt.Sprintf("%s, line %d: column %s", p.o.File.Name, fc.Line, show(column))
	}
	kind := t.attr.Type
	if fc.Format != "" {
		if kind != "date" && kind != "datetime" {
			p.errs.add(fmt.Sprintf("%s has a format, but attribute %s is no date", where, show(t.key)), "leave format out")
			return s, false
		}
		format, err := newLayout(fc.Format, p.run.locale)
		if err != nil {
			p.errs.add(where+": "+err.Error(), "")
			return s, false
		}
		s.format = format
	}
	if fc.Lookup != nil {
		if problem, hint := fc.Lookup.misfit(t); problem != "" {
			p.errs.add(where+" has a lookup"+problem, hint)
			return s, false
		}
	}
	return s, true
}

// misfit says, after "has a lookup", why the ids that the reference leads to are
// none that the attribute takes.
func (r *Reference) misfit(t *target) (problem, hint string) {
	related := t.attr.RelatedObjectSlug
	switch {
	case t.attr.Type == client.TypeUser && r.Object != objectUsers:
		return fmt.Sprintf(" of %s, but attribute %s names members of the workspace", show(r.Object), show(t.key)),
			"leave lookup out: members are found by their e-mail address without it"
	case t.attr.Type == client.TypeUser && r.Match != userMatch:
		return fmt.Sprintf(" by %s, but members of the workspace are found by their e-mail address alone", show(r.Match)), "leave lookup out"
	case t.attr.Type == client.TypeUser && r.Create:
		return " that creates, but members of the workspace are not created here", "leave create out"
	case t.attr.Type == client.TypeUser:
		return "", ""
	case t.attr.Type != client.TypeRelation:
		return fmt.Sprintf(", but attribute %s takes no ids of other records", show(t.key)), "leave lookup out"
	case related != "" && related != r.Object:
		return fmt.Sprintf(" of %s, but attribute %s refers to records of %s", show(r.Object), show(t.key), related),
			"name the object that the attribute refers to"
	}
	return "", ""
}

// newField makes the field of t, without its columns.
func (p *planner) newField(m *Mapper, t *target, s settings) *field {
	f := &field{target: t, group: m.groupOf(t.group)}
	f.match = t.key == p.o.Match || m.matchesAddress(t)
	f.prefix, _ = appendText([]byte{','}, t.body)
	f.prefix = append(f.prefix, ':')
	f.conv = p.run.converterFor(t, s)
	switch f.conv.(type) {
	case asTheyAre, *textConverter, phoneConverter:
		f.asIs = true
	}
	return f
}

// constant adds an attribute with a fixed value, converted once.
func (p *planner) constant(m *Mapper, t *target, value string) {
	f := p.newField(m, t, settings{})
	if problem := m.try(f, value); problem != "" {
		p.errs.add(fmt.Sprintf("constant %s: %s", show(t.key), problem), "")
		return
	}
	m.constants = append(m.constants, constantField{f, value})
	m.plan = append(m.plan, ColumnPlan{Attribute: t.key, Type: t.attr.Type, Constant: value})
}
