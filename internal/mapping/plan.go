package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/shellwords"
)

// New plans how the columns of an input become attributes. Everything that is
// wrong with the plan comes back in one *SetupError, whose Hint says what to do;
// an unknown locale is an error of its own, with a Hint too.
func New(options Options) (*Mapper, error) {
	o := options.withFile()
	loc, err := newLocale(o.Locale)
	if err != nil {
		return nil, err
	}
	p := &planner{
		o:        &o,
		catalog:  newCatalog(&o),
		errs:     &SetupError{Input: o.Input},
		stated:   map[string][]FileColumn{},
		byFolded: map[string][]string{},
		run: &conversion{
			object: o.Object, locale: loc, location: o.Location,
			separator: o.ListSeparator, lookup: o.Lookup,
		},
	}
	p.matchAttribute()
	matchable := len(p.errs.Problems) == 0
	p.errs.Flags = !matchable
	p.statements()
	m := newMapper(p)
	if o.Columns != nil {
		p.columns(m)
	} else {
		p.statedKeys(m)
	}
	p.constants(m)
	if matchable {
		p.matchFed(m)
	}
	if err := p.run.abort; err != nil { // a constant was looked up
		return nil, err
	}
	if err := p.errs.orNil(); err != nil {
		return nil, err
	}
	m.ready()
	return m, nil
}

// withFile gives the options with what the mapping file says where they say
// nothing, and with defaults.
func (o Options) withFile() Options {
	if f := o.File; f != nil {
		if o.Object == "" {
			o.Object = f.Object
		}
		if o.Match == "" {
			o.Match = f.Match
		}
		if o.Locale == "" {
			o.Locale = f.Locale
		}
		if o.Location == nil {
			o.Location = f.Location
		}
		if o.ListSeparator == "" {
			o.ListSeparator = f.ListSeparator
		}
		if !o.BlankSet && o.Blank == BlankSkip && f.HasBlank {
			o.Blank = f.Blank
		}
		if f.HasCustom {
			o.NestCustom = o.NestCustom || f.NestCustom
		}
		set := slices.Clone(o.Set)
		for _, c := range f.Set {
			if !slices.ContainsFunc(o.Set, func(said Constant) bool { return foldName(said.Attribute) == foldName(c.Attribute) }) {
				set = append(set, c)
			}
		}
		o.Set = set
	}
	if o.SchemaCommand == "" {
		o.SchemaCommand = "crmsync schema " + shellwords.Quote(o.Object)
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	if o.ListSeparator == "" {
		o.ListSeparator = ";"
	}
	return o
}

// planner holds what New knows while it plans.
type planner struct {
	o       *Options
	catalog *catalog
	run     *conversion
	errs    *SetupError

	stated   map[string][]FileColumn // by column: what flags and file say of it
	byFolded map[string][]string     // columns of stated by folded name
	order    []string                // columns of stated, flags first
}

const mapHint = "--map COLUMN=ATTR feeds an attribute, --map COLUMN= drops a column, --unknown-columns drop drops all unknown ones"

// matchAttribute checks that there is an attribute to match by.
func (p *planner) matchAttribute() {
	match := p.o.Match
	if match == "" {
		p.errs.add("no match attribute is named", "--match ATTR names the attribute by which records are found again")
		return
	}
	t := p.catalog.exact[match]
	switch {
	case p.o.Object == objectCompanies && match != "domain":
		p.errs.add(fmt.Sprintf("companies can't be matched by %s, only by their domain", show(match)), "--match domain")
	case t == nil && p.catalog.open:
		if systemAttribute(match) {
			p.errs.add((&target{key: match}).refusal(p.o.Object), "--match ATTR names one of the attributes that the records bring along")
		}
	case t == nil:
		p.errs.add(fmt.Sprintf("match attribute %s is no attribute of %s%s", show(match), p.o.Object, p.catalog.suggest(match)),
			p.o.SchemaCommand+" lists its attributes")
	case t.refusal(p.o.Object) != "":
		p.errs.add("this attribute can't identify records: "+t.refusal(p.o.Object), "--match ATTR names a unique attribute")
	case t.typed && t.address == noAddress && (t.attr.Type == client.TypeMultiselect || t.attr.Type == client.TypeRelation || t.attr.Type == client.TypeUser):
		p.errs.add(fmt.Sprintf("records can't be matched by %s: it is a list (%s)", show(match), t.attr.Type), "--match ATTR names an attribute with one value, best a unique one")
	}
}

// statements gathers what --map and the mapping file say of columns. A --map
// replaces all that the file says of its column.
func (p *planner) statements() {
	flagged := map[string]bool{}
	for _, c := range p.o.Map {
		flagged[c.Name] = true
		p.state(FileColumn{Column: c.Name, To: c.Attribute, Drop: c.Attribute == ""})
	}
	if p.o.File == nil {
		return
	}
	for _, fc := range p.o.File.Columns {
		if !flagged[fc.Column] {
			p.state(fc)
		}
	}
}

func (p *planner) state(fc FileColumn) {
	if _, known := p.stated[fc.Column]; !known {
		p.order = append(p.order, fc.Column)
		folded := foldName(fc.Column)
		p.byFolded[folded] = append(p.byFolded[folded], fc.Column)
	}
	for _, other := range p.stated[fc.Column] {
		if other.To == fc.To {
			return
		}
		if other.Drop || fc.Drop {
			p.errs.add(fmt.Sprintf("column %s is both dropped and mapped", show(fc.Column)), "leave one of the two --map out")
			return
		}
	}
	p.stated[fc.Column] = append(p.stated[fc.Column], fc)
}

// said gives what was said of a column: by its exact name, or by a folded one
// that no other column has.
func (p *planner) said(column string) ([]FileColumn, bool) {
	if list, ok := p.stated[column]; ok {
		return list, true
	}
	names := p.byFolded[foldName(column)]
	if len(names) != 1 || slices.Contains(p.o.Columns, names[0]) {
		return nil, false
	}
	return p.stated[names[0]], true
}

// columns plans the columns of an input that has a header.
func (p *planner) columns(m *Mapper) {
	used := map[string]bool{}
	var unknown []string
	for i, column := range p.o.Columns {
		if list, ok := p.said(column); ok {
			for _, fc := range list {
				used[fc.Column] = true
				if fc.Drop {
					m.plan = append(m.plan, ColumnPlan{Column: column})
				} else if t := p.target("--map", column, fc); t != nil {
					p.feed(m, column, i, t, fc)
				}
			}
			continue
		}
		found := p.catalog.find(column)
		switch {
		case len(found) == 1:
			if refusal := found[0].refusal(p.o.Object); refusal != "" {
				p.errs.add(fmt.Sprintf("column %s can't be sent: %s", show(column), refusal), fmt.Sprintf("--map %s drops it", shellwords.Quote(column+"=")))
				continue
			}
			p.feed(m, column, i, found[0], FileColumn{Column: column})
		case len(found) > 1:
			p.errs.add(fmt.Sprintf("column %s may mean %s of %s", show(column), listed(keys(found), "or"), p.o.Object),
				fmt.Sprintf("--map %s says which", shellwords.Quote(column+"=ATTR")))
		case p.o.DropUnknown:
			m.plan = append(m.plan, ColumnPlan{Column: column, Unknown: true})
		default:
			unknown = append(unknown, column)
		}
	}
	p.unknownColumns(unknown)
	for _, name := range p.order {
		if !used[name] {
			p.errs.add(p.missingColumn(name), fmt.Sprintf("the columns are %s", listed(firstFew(p.o.Columns), "and")))
		}
	}
}

func (p *planner) unknownColumns(unknown []string) {
	for _, column := range unknown {
		p.errs.add(fmt.Sprintf("column %s is no attribute of %s%s", show(column), p.o.Object, cmp.Or(p.catalog.suggest(column), p.catalog.meant(column))), mapHint)
	}
}

// missingColumn says that flags or file name a column that the input hasn't.
func (p *planner) missingColumn(name string) string {
	by := "--map"
	if fc := p.stated[name][0]; fc.Line == 0 {
		p.errs.Flags = true
	} else {
		by = fmt.Sprintf("%s, line %d,", p.o.File.Name, fc.Line)
	}
	text := fmt.Sprintf("%s names column %s, which the input doesn't have", by, show(name))
	if column := closestName(name, p.o.Columns); column != "" {
		text += fmt.Sprintf(" (closest: %s)", show(column))
	}
	return text
}

// statedKeys plans what flags and file say of JSON keys, so that a mistake there
// stops the run before the first record.
func (p *planner) statedKeys(m *Mapper) {
	for _, name := range p.order {
		for _, fc := range p.stated[name] {
			if fc.Drop {
				m.plan = append(m.plan, ColumnPlan{Column: name})
			} else if t := p.target("--map", name, fc); t != nil {
				p.feed(m, name, -1, t, fc)
			}
		}
	}
}

// target finds the attribute that a flag or file names, or adds why it can't be.
func (p *planner) target(where, column string, fc FileColumn) *target {
	found := p.catalog.find(fc.To)
	byFlag := fc.Line == 0
	if !byFlag {
		where = fmt.Sprintf("%s, line %d", p.o.File.Name, fc.Line)
	}
	switch {
	case len(found) == 0:
		p.errs.Flags = p.errs.Flags || byFlag
		p.errs.add(fmt.Sprintf("%s: %s is no attribute of %s%s", where, show(fc.To), p.o.Object, p.catalog.suggest(fc.To)),
			p.o.SchemaCommand+" lists its attributes")
		return nil
	case len(found) > 1:
		p.errs.add(fmt.Sprintf("%s: %s may mean %s of %s", where, show(fc.To), listed(keys(found), "or"), p.o.Object), "write the attribute's key")
		return nil
	}
	switch refusal := found[0].refusal(p.o.Object); {
	case refusal == "":
		return found[0]
	case column == "":
		p.errs.add(where+": "+refusal, "leave it out")
	default:
		p.errs.add(fmt.Sprintf("%s: column %s can't be sent: %s", where, show(column), refusal), fmt.Sprintf("--map %s drops it", shellwords.Quote(column+"=")))
	}
	return nil
}

func keys(targets []*target) []string {
	var list []string
	for _, t := range targets {
		list = append(list, t.key)
	}
	return list
}

// constants plans --set.
func (p *planner) constants(m *Mapper) {
	for _, c := range p.o.Set {
		t := p.target("--set", "", FileColumn{To: c.Attribute})
		if t == nil {
			continue
		}
		if t.key == p.o.Match || m.matchesAddress(t) {
			p.errs.add(fmt.Sprintf("match attribute %s can't be a constant: every record would be the same one", show(t.key)), "give it a column")
			continue
		}
		if other := m.fieldOf(t.key); other != nil {
			p.errs.add(fmt.Sprintf("attribute %s gets both %s and the constant %s", show(t.key), other.label(), show(c.Value)),
				"leave the constant out, or drop the column with --map COLUMN=")
			continue
		}
		if isBlank(c.Value) && p.o.Blank == BlankSkip && !(p.o.HasNull && c.Value == p.o.Null) {
			p.errs.add(fmt.Sprintf("constant %s is blank, which says nothing", show(t.key)), "--blank null or --blank empty says what a blank is to mean")
			continue
		}
		p.constant(m, t, c.Value)
	}
}

// matchFed checks that some column brings the match attribute.
func (p *planner) matchFed(m *Mapper) {
	if p.o.Columns == nil || p.o.Match == "" || slices.ContainsFunc(m.fields, func(f *field) bool { return f.match }) {
		return
	}
	means := func(name string) bool {
		return slices.ContainsFunc(p.catalog.find(name), func(t *target) bool { return t.key == p.o.Match || m.matchesAddress(t) })
	}
	for _, column := range p.o.Columns {
		list, _ := p.said(column)
		if slices.ContainsFunc(list, func(fc FileColumn) bool { return means(fc.To) }) {
			return // what is wrong with it was said
		}
	}
	text := fmt.Sprintf("no column is mapped to the match attribute %s", show(p.o.Match))
	if taken := p.takenFromMatch(means); taken != "" {
		p.errs.add(text+": "+taken, fmt.Sprintf("leave that out, or name another column: --map COLUMN=%s", p.o.Match))
		return
	}
	hint := fmt.Sprintf("--map COLUMN=%s names the column that holds it; the columns are %s", p.o.Match, listed(firstFew(p.o.Columns), "and"))
	if column := closestName(p.o.Match, p.o.Columns); column != "" {
		text += fmt.Sprintf(" (closest: %s)", show(column))
		hint = fmt.Sprintf("--map %s maps it", shellwords.Quote(column+"="+p.o.Match))
	}
	p.errs.add(text, hint)
}

// takenFromMatch says which statement has taken the column that would feed the
// match attribute by its name, or "".
func (p *planner) takenFromMatch(means func(name string) bool) string {
	for _, column := range p.o.Columns {
		list, said := p.said(column)
		if !said || !means(column) {
			continue
		}
		by := "--map"
		if fc := list[0]; fc.Line > 0 {
			by = fmt.Sprintf("%s, line %d,", p.o.File.Name, fc.Line)
		} else {
			p.errs.Flags = true
		}
		if list[0].Drop {
			return fmt.Sprintf("%s drops column %s", by, show(column))
		}
		return fmt.Sprintf("%s gives column %s to %s", by, show(column), show(list[0].To))
	}
	return ""
}

// firstFew keeps a list of columns readable.
func firstFew(columns []string) []string {
	if len(columns) <= 12 {
		return columns
	}
	return append(slices.Clone(columns[:12]), fmt.Sprintf("%d more", len(columns)-12))
}

func isBlank(s string) bool {
	return s == "" || (s[0] <= ' ' || s[0] >= 0x80) && strings.TrimSpace(s) == ""
}
