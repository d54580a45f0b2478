package mapping

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// slot is what becomes of a JSON key.
type slot struct {
	drop    bool
	problem string
	feeds   []feed
}

// feed is a field that a key feeds, and which of its parts.
type feed struct {
	field *field
	part  int
}

// maxSlots bounds what is remembered of keys: an input may have a new one in
// every record.
const maxSlots = 10_000

// MapObject maps a JSON record: values[i] belongs to names[i]. Keys keep the
// record's order. The error is a *RowError, or what a Lookup met that must end
// the run.
func (m *Mapper) MapObject(names []string, values []jsontext.Value) (Assertion, error) {
	return m.run.whole(func() (Assertion, error) { return m.mapObject(names, values) })
}

func (m *Mapper) mapObject(names []string, values []jsontext.Value) (Assertion, error) {
	m.begin()
	for i, name := range names {
		s := m.slot(name)
		switch {
		case s.drop:
		case s.problem != "":
			m.problems = append(m.problems, Problem{Column: name, Text: s.problem, label: len("key " + show(name)), order: i})
		default:
			for _, fd := range s.feeds {
				m.key(fd, name, values[i], i)
			}
		}
	}
	for _, f := range m.late {
		switch {
		case len(f.parts) > 1:
			if f.seen == m.record {
				m.joined(f, nil)
				continue
			}
			fallthrough
		case f.seen != m.record && (f.hasDefault || f.required):
			m.blank(f, "")
		}
	}
	return m.finish()
}

// slot finds what becomes of a key.
func (m *Mapper) slot(name string) *slot {
	if s := m.bySlot[name]; s != nil {
		return s
	}
	s := m.resolve(name)
	if len(m.bySlot) < maxSlots {
		m.bySlot[name] = s
		if _, stated := m.planner.said(name); s.drop && !stated {
			m.plan = append(m.plan, ColumnPlan{Column: name, Unknown: true})
		}
	}
	return s
}

func (m *Mapper) resolve(name string) *slot {
	s := &slot{}
	p := m.planner
	if list, ok := p.said(name); ok {
		for _, fc := range list {
			if fc.Drop {
				s.drop = true
				continue
			}
			s.feeds = append(s.feeds, m.feedsOf(fc.Column, fc.To)...)
		}
		return s
	}
	found := p.catalog.find(name)
	switch {
	case len(found) == 0 && m.o.DropUnknown:
		s.drop = true
	case len(found) == 0:
		s.problem = fmt.Sprintf("key %s is no attribute of %s%s", show(name), m.o.Object, p.catalog.suggest(name))
	case len(found) > 1:
		s.problem = fmt.Sprintf("key %s may mean %s of %s", show(name), listed(keys(found), "or"), m.o.Object)
	case found[0].refusal(m.o.Object) != "":
		s.problem = fmt.Sprintf("key %s can't be sent: %s", show(name), found[0].refusal(m.o.Object))
	default:
		s.feeds = []feed{{m.keyField(name, found[0]), 0}}
	}
	return s
}

// feedsOf finds the parts that a stated key feeds.
func (m *Mapper) feedsOf(column, to string) []feed {
	var feeds []feed
	for _, f := range m.fields {
		for i := range f.parts {
			if found := m.catalog.find(to); f.parts[i].column == column && len(found) == 1 && found[0].key == f.target.key {
				feeds = append(feeds, feed{f, i})
			}
		}
	}
	return feeds
}

// keyField is the field of an attribute that a key feeds by its own name.
// Without a schema there may be as many as keys, so they aren't kept here: the
// slot has them.
func (m *Mapper) keyField(name string, t *target) *field {
	if f := m.byKey[t.key]; f != nil && f.parts[0].column == name {
		return f
	}
	p := m.planner
	f := p.newField(m, t, settings{})
	f.parts = []part{{column: name, index: -1, prep: newPrep(FileColumn{}, m.o)}}
	if m.byKey[t.key] == nil && len(m.fields) < maxSlots {
		m.addField(f, false)
		return f
	}
	if f.twin = m.byKey[t.key]; f.twin != nil {
		f.profile = f.twin.profile
	}
	m.people = m.people || t.address != noAddress
	return f
}

// key adds the value of a JSON key.
func (m *Mapper) key(fd feed, name string, v jsontext.Value, order int) {
	f := fd.field
	p := &f.parts[fd.part]
	p.index = order
	if len(f.parts) > 1 {
		if v.Kind() == '{' || v.Kind() == '[' {
			m.fail(f, "", wrongKind(v, "text that can be joined"))
			return
		}
		p.text, p.seen, f.seen = "", m.record, m.record
		if v.Kind() != 'n' {
			p.text = scalarText(v)
		}
		p.index = -1
		return
	}
	if !m.alone(f, name, order) {
		return
	}
	if v.Kind() == 'n' {
		m.null(f)
		return
	}
	if v.Kind() == '"' || p.prep != nil && v.Kind() != '{' && v.Kind() != '[' {
		if m.text(f, p.prep, v) {
			return
		}
	}
	m.value(f, v)
}

// alone checks that no other key of the record fed the attribute.
func (m *Mapper) alone(f *field, name string, order int) bool {
	owner := f
	if f.twin != nil {
		owner = f.twin
	}
	taken := owner.seen == m.record
	for _, c := range m.constants {
		taken = taken || c.target.key == f.target.key
	}
	if m.grouped {
		for _, other := range m.fields {
			taken = taken || other.seen == m.record && other.target.clashes(f.target)
		}
	}
	if taken {
		m.problems = append(m.problems, Problem{
			Column: name, Attribute: f.target.key, order: order,
			Text: fmt.Sprintf("key %s: attribute %s has a value already, from another key or a constant", show(name), show(f.target.key)),
		})
		return false
	}
	owner.seen, f.seen = m.record, m.record
	return true
}

// text does with a JSON string what is done with cells: null and blank, and what
// a mapping file says. It reports whether nothing is left to do.
func (m *Mapper) text(f *field, p *prep, v jsontext.Value) bool {
	blank := len(v) <= 2 || v[1] <= ' ' || v[1] == '\\' || v[1] >= 0x80
	if p == nil && !m.o.HasNull && !blank {
		return false
	}
	text := scalarText(v)
	if m.o.HasNull && text == m.o.Null {
		m.null(f)
		return true
	}
	if p != nil {
		changed, null := p.apply(text)
		switch {
		case null:
			m.null(f)
			return true
		case changed != text && !isBlank(changed):
			m.convert(f, changed)
			return true
		}
		text = changed
	}
	if v.Kind() != '"' || !isBlank(text) {
		return false
	}
	// A blank text is a value: unlike a blank cell it was put there. Only the
	// types that have no such value need to be told what it means.
	if m.o.Blank == BlankSkip && !f.match && !f.required && !f.hasDefault {
		if f.asIs {
			return false
		}
		m.fail(f, text, show(text)+" is blank (null clears the attribute, leaving the key out leaves it alone; --blank null takes blanks for null)")
		return true
	}
	m.blank(f, text)
	return true
}

// value adds a JSON value that is neither null nor blank text.
func (m *Mapper) value(f *field, v jsontext.Value) {
	if f.match && f.target.address == noAddress {
		switch v.Kind() {
		case '{', '[':
			m.fail(f, "", wrongKind(v, "a match value: it must be a text or number"))
			return
		}
	}
	if f.target.address != noAddress {
		found, problem := f.conv.(*addressConverter).readJSON(v)
		m.addAddresses(f, found, "", problem)
		return
	}
	start := len(m.buf)
	m.buf = append(m.buf, f.prefix...)
	value := len(m.buf)
	out, problem := f.conv.json(m.buf, v)
	if problem != "" {
		m.buf = m.buf[:start]
		m.fail(f, scalarText(v), problem)
		return
	}
	m.buf = out
	if f.profile != nil {
		f.profile.fill(out[value:])
	}
	m.add(f, start, value, "")
}
