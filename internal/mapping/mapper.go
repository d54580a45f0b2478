package mapping

import (
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/client"
)

// Mapper turns the records of one input into assertions. It is used by one
// goroutine at a time; what it returns is the caller's to keep, but for an
// Assertion's lanes.
type Mapper struct {
	o       *Options
	catalog *catalog
	planner *planner // resolves JSON keys, which are known only when they come
	run     *conversion

	fields    []*field
	byKey     map[string]*field
	constants []constantField
	tail      []byte // the constants of the body itself, as ,"key":value
	groups    []string
	grouped   bool         // some values go in a group
	late      []*field     // JSON: fields that want a look when no key fed them
	plan      []ColumnPlan // dropped columns and constants
	bySlot    map[string]*slot
	people    bool // some field holds addresses
	matchMail bool // records are matched by address

	fingerprint string

	// What follows belongs to the record at hand.
	record    int64
	line      int64
	buf       []byte // values as ,"key":value
	out       []byte // the body, where it has groups
	pieces    []piece
	problems  []Problem
	match     string
	matchLane string
	matched   bool
	addresses addresses
	lane      [1]string
}

type constantField struct {
	*field
	value string
}

func newMapper(p *planner) *Mapper {
	return &Mapper{
		o: p.o, catalog: p.catalog, planner: p, run: p.run,
		byKey: map[string]*field{}, bySlot: map[string]*slot{}, groups: []string{""},
		matchMail: p.o.Object == objectPeople && (p.o.Match == "email" || p.o.Match == "emails"),
	}
}

func (m *Mapper) fieldOf(key string) *field { return m.byKey[key] }

func (m *Mapper) matchesAddress(t *target) bool { return m.matchMail && t.address != noAddress }

func (m *Mapper) groupOf(name string) int {
	if i := slices.Index(m.groups, name); i >= 0 {
		return i
	}
	m.groups = append(m.groups, name)
	return len(m.groups) - 1
}

func (m *Mapper) addField(f *field, joins bool) {
	if joins && f.parts[0].prep == nil {
		f.parts[0].prep = &prep{joins: true}
	}
	if m.o.Profile {
		f.profile = &ColumnProfile{Attribute: f.target.key, Type: f.target.attr.Type, Required: f.target.attr.IsRequired, Match: f.match}
	}
	m.people = m.people || f.target.address != noAddress
	m.fields = append(m.fields, f)
	m.byKey[f.target.key] = f
}

// try converts a value and throws the result away.
func (m *Mapper) try(f *field, value string) string {
	if isBlank(value) || m.o.HasNull && value == m.o.Null {
		return ""
	}
	_, problem := f.conv.cell(nil, value)
	return problem
}

// ready finishes what depends on the whole plan.
func (m *Mapper) ready() {
	// A JSON record may bring a key of a group at any time.
	standard := m.o.Object == objectPeople || m.o.Object == objectCompanies
	m.grouped = len(m.groups) > 1 || standard && m.o.Columns == nil
	for _, f := range m.fields {
		if f.required || f.hasDefault || len(f.parts) > 1 {
			m.late = append(m.late, f)
		}
		f.index = f.parts[0].index
		f.plain = len(f.parts) == 1 && f.parts[0].prep == nil && f.target.address == noAddress && f.index >= 0
	}
	for _, c := range m.constants {
		if c.group == 0 && c.target.address == noAddress {
			m.buf = m.buf[:0]
			m.constant(c)
			m.tail = append(m.tail, m.buf...)
		}
		m.people = m.people || c.target.address != noAddress
	}
	m.fingerprint = m.hash()
}

// constant adds a constant to the record at hand.
func (m *Mapper) constant(c constantField) {
	switch {
	case m.o.HasNull && c.value == m.o.Null:
		m.null(c.field)
	case isBlank(c.value):
		m.blank(c.field, c.value)
	default:
		m.convert(c.field, c.value)
	}
}

// At says in which line the next record stands, for the profile and for the
// duplicates.
func (m *Mapper) At(line int64) { m.line = line }

// MapCells maps a record whose cells stand in the order of Options.Columns;
// missing cells are blank. The error is a *RowError, or what a Lookup met that
// must end the run.
func (m *Mapper) MapCells(cells []string) (Assertion, error) {
	return m.run.whole(func() (Assertion, error) { return m.mapCells(cells) })
}

func (m *Mapper) mapCells(cells []string) (Assertion, error) {
	m.begin()
	for _, f := range m.fields {
		cell := ""
		if f.index < len(cells) {
			cell = cells[f.index]
		}
		switch {
		// Most cells begin with a visible character, so they are neither blank
		// nor in need of anything but their conversion.
		case f.plain && cell != "" && cell[0]-'!' <= '~'-'!' && !(m.o.HasNull && cell == m.o.Null):
			m.convertPlain(f, cell)
		case len(f.parts) > 1:
			m.joined(f, cells)
		default:
			m.cell(f, f.parts[0].prep, cell)
		}
	}
	return m.finish()
}

func (m *Mapper) begin() {
	m.record++
	m.buf, m.pieces, m.problems = m.buf[:0], m.pieces[:0], m.problems[:0]
	m.matched, m.match, m.matchLane = false, "", ""
	m.run.absent = nil
	if m.people {
		m.addresses = addresses{first: m.addresses.first[:0], rest: m.addresses.rest[:0]}
	}
}

// cell adds the value of a cell.
func (m *Mapper) cell(f *field, p *prep, cell string) {
	if m.o.HasNull && cell == m.o.Null {
		m.null(f)
		return
	}
	if p != nil {
		changed, null := p.apply(cell)
		if null {
			m.null(f)
			return
		}
		cell = changed
	}
	if isBlank(cell) {
		m.blank(f, cell)
		return
	}
	m.convert(f, cell)
}

// joined adds the value of several cells; blank and null ones are left out with
// their separator.
func (m *Mapper) joined(f *field, cells []string) {
	var texts []string
	for i := range f.parts {
		p := &f.parts[i]
		text := p.text
		switch {
		case p.index >= 0 && p.index < len(cells):
			text = cells[p.index]
		case p.index >= 0 || p.seen != m.record:
			continue
		}
		if m.o.HasNull && text == m.o.Null {
			continue
		}
		if text, null := p.prep.apply(text); !null && !isBlank(text) {
			texts = append(texts, text)
		}
	}
	if text := strings.Join(texts, f.join); !isBlank(text) {
		m.convert(f, text)
	} else {
		m.blank(f, "")
	}
}

// null clears an attribute.
func (m *Mapper) null(f *field) {
	switch {
	case f.match && f.target.address == noAddress:
		m.fail(f, "", "the match value is null, so the record can't be found again")
		return
	case f.required:
		m.fail(f, "", "it is null, but the mapping file requires a value")
		return
	case f.target.address != noAddress:
		m.addresses.null = true
	default:
		m.raw(f, "null")
	}
	if f.profile != nil {
		f.profile.Null++
	}
}

// blank does with a blank cell what the options say.
func (m *Mapper) blank(f *field, cell string) {
	if f.hasDefault && !isBlank(f.fallback) {
		m.convert(f, f.fallback)
		return
	}
	switch {
	case f.match && f.target.address == noAddress:
		m.fail(f, "", "the match value is blank, so the record can't be found again")
		return
	case f.required:
		m.fail(f, "", "it is blank, but the mapping file requires a value")
		return
	case m.o.Blank == BlankSkip:
	case f.target.address != noAddress:
		m.addresses.null = m.addresses.null || m.o.Blank == BlankNull
		m.addresses.empty = m.addresses.empty || m.o.Blank == BlankEmpty
	case m.o.Blank == BlankNull:
		m.raw(f, "null")
	case f.asIs:
		m.raw(f, `""`)
	case f.emptyList():
		m.raw(f, "[]")
	default:
		m.fail(f, "", `a blank can't be sent as "" to a `+f.target.attr.Type+" attribute (--blank null clears it, --blank skip leaves it alone)")
		return
	}
	if f.profile != nil {
		f.profile.Blank++
	}
}

// emptyList tells whether the attribute's empty value is a list.
func (f *field) emptyList() bool {
	switch f.target.attr.Type {
	case client.TypeMultiselect, client.TypeRelation, client.TypeUser:
		return !f.target.singleReference()
	}
	return false
}

// raw adds a value that is JSON already.
func (m *Mapper) raw(f *field, value string) {
	start := len(m.buf)
	m.buf = append(append(m.buf, f.prefix...), value...)
	if m.grouped {
		m.pieces = append(m.pieces, piece{f.group, start, len(m.buf)})
	}
}

// convert adds a cell that isn't blank.
func (m *Mapper) convert(f *field, cell string) {
	if f.target.address != noAddress {
		m.address(f, cell)
		return
	}
	m.convertPlain(f, cell)
}

func (m *Mapper) convertPlain(f *field, cell string) {
	start := len(m.buf)
	value := start + len(f.prefix)
	out, problem := f.conv.cell(append(m.buf, f.prefix...), cell)
	if problem != "" {
		m.fail(f, cell, problem)
		return
	}
	m.buf = out
	if f.profile != nil {
		f.profile.fill(out[value:])
	}
	if f.match || m.grouped {
		m.add(f, start, value, cell)
	}
}

// add takes note of the value that was appended to buf.
func (m *Mapper) add(f *field, start, value int, text string) {
	if m.grouped {
		m.pieces = append(m.pieces, piece{f.group, start, len(m.buf)})
	}
	if !f.match {
		return
	}
	if !f.asIs || text == "" {
		text = matchText(m.buf[value:])
	}
	m.matched, m.match, m.matchLane = true, text, laneKey(f.target.attr.Type, text)
}

// fail notes what is wrong with a field; value is what the column holds.
func (m *Mapper) fail(f *field, value, problem string) {
	if spreadsheetError(strings.TrimSpace(value)) { // whatever was wanted
		problem = errorProblem(value)
	}
	label, column := "attribute "+show(f.target.key), ""
	if len(f.parts) > 0 {
		column = f.parts[0].column
		label = f.label()
		if m.o.Columns == nil {
			label = "key " + show(column)
		}
	}
	if f.profile != nil {
		f.profile.refuse(value, problem, m.line)
	}
	m.problems = append(m.problems, Problem{
		Column: column, Attribute: f.target.key, Value: clean(value),
		Text: label + ": " + problem, label: len(label), order: f.order(),
	})
}

// finish puts the record together.
func (m *Mapper) finish() (Assertion, error) {
	if m.run.abort != nil {
		err := m.run.abort
		m.run.abort = nil
		return Assertion{}, err
	}
	var lanes []string
	if m.grouped || m.people {
		for _, c := range m.constants {
			if c.group != 0 || c.target.address != noAddress {
				m.constant(c)
			}
		}
	}
	if m.people {
		lanes = m.finishAddresses()
	}
	if !m.matched && len(m.problems) == 0 {
		m.problems = append(m.problems, Problem{
			Attribute: m.o.Match, Text: "the match attribute " + show(m.o.Match) + " is missing, so the record can't be found again",
		})
	}
	lanes = m.lanes(lanes)
	if len(m.problems) > 0 {
		problems := slices.Clone(m.problems)
		slices.SortStableFunc(problems, func(a, b Problem) int { return a.order - b.order })
		if m.o.CheckOnly {
			lanes = nil
		}
		// Where the key is known it stays so: which shard rejects a record must
		// not depend on what else is wrong with it.
		return Assertion{Lanes: lanes}, &RowError{Problems: problems}
	}
	if m.o.Duplicates != nil {
		m.o.Duplicates.add(m.match, lanes[0], m.o.Input, m.line)
	}
	if m.o.CheckOnly {
		return Assertion{Match: m.match}, nil
	}
	return Assertion{Match: m.match, Lanes: lanes, Body: m.body()}, nil
}

// lanes are those of the match value where a person's addresses give none.
func (m *Mapper) lanes(ofAddresses []string) []string {
	if len(ofAddresses) > 0 || !m.matched {
		return ofAddresses
	}
	m.lane[0] = m.matchLane
	return m.lane[:]
}
