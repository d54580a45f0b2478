package mapping

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/crmsync/crmsync/internal/client"
)

// schemaComment names the JSON Schema by which editors complete and check a
// mapping file.
const schemaComment = "# yaml-language-server: $schema=https://raw.githubusercontent.com/crmsync/crmsync/main/docs/mapping.schema.json"

// ProposeOptions says what to propose a mapping file for.
type ProposeOptions struct {
	Input   string         // the input's name, for comments
	Columns []string       // its columns
	Sample  [][]string     // some of its records
	Decimal string         // stands in the sample for any locale's decimal separator; may be ""
	Object  string         // slug
	Match   string         // the matching attribute; "" finds a unique one
	Schema  *client.Object // nil: columns are taken for attributes, as text
	Locale  string         // "" guesses it from the sample
}

// Proposal is a mapping file for an input.
type Proposal struct {
	Text    []byte
	Gap     string   // which line to write where it doesn't run as it stands; "" where it does
	Dropped []string // the columns that hold values and feed nothing
}

// Propose writes a mapping file for an input, with comments that say what is
// sure, what is likely, and what has no attribute. The file runs as it stands;
// where it can't, because nothing feeds a match attribute, its gap and a comment
// at its top say which line to write.
func Propose(o ProposeOptions) (Proposal, error) {
	if _, err := newLocale(o.Locale); err != nil {
		return Proposal{}, err
	}
	p := &proposal{
		o:       o,
		catalog: newCatalog(&Options{Object: o.Object, Schema: o.Schema}),
		fedBy:   map[string]string{},
		words:   newThesaurus(),
	}
	p.objectWord = p.words.wordFor(o.Object)
	for i, column := range o.Columns {
		p.columns = append(p.columns, p.sure(i, column))
	}
	sure := maps.Clone(p.fedBy)
	p.likely(false)
	p.guessLocale()
	p.forgetLikely(sure)
	p.likely(true)
	p.byValues()
	for i := range p.columns {
		switch c := &p.columns[i]; {
		case c.target != nil:
			p.fit(c)
		case c.why == "":
			p.drop(c)
		}
	}
	p.findMatch()
	text := []byte(harmless(string(p.write())))
	// What the program itself would say of the file belongs in it.
	file, err := ParseFile("mapping", bytes.Replace(text, []byte("\n"+openLocale), []byte("\n#"), 1))
	if err != nil {
		return Proposal{}, fmt.Errorf("proposing a mapping file: %w", err)
	}
	proposed := Proposal{Text: text, Dropped: p.dropped()}
	if _, err = New(Options{Object: o.Object, Schema: o.Schema, Columns: o.Columns, File: file}); err != nil {
		proposed.Gap = cmp.Or(p.gap(), oneLine(err.Error()))
	} else if p.undecided != "" {
		proposed.Gap = p.undecided + ": write the one that is meant after locale:"
	}
	if proposed.Gap != "" {
		proposed.Text = slices.Concat([]byte(schemaComment+"\n# This doesn't run yet: "+harmless(proposed.Gap)+"\n"), text[len(schemaComment)+1:])
	}
	return proposed, nil
}

// proposal is a mapping file in the making.
type proposal struct {
	o       ProposeOptions
	catalog *catalog
	columns []proposedColumn
	fedBy   map[string]string // attribute → column

	words      thesaurus
	objectWord string

	locale       *locale
	likelyLocale *locale // the first of two between which the sample leaves the choice
	localeTag    string
	localeReason string
	undecided    string // what keeps the file from running until somebody writes the locale
	match        string
	matchReason  string
}

type proposedColumn struct {
	index  int
	name   string
	target *target // nil: dropped
	why    string  // of a drop, or what makes it likely
	misfit string  // the closest attribute, and the value that doesn't suit it
	adjustment
	notes []string // comment lines
}

// sure maps a column whose header says where it goes.
func (p *proposal) sure(index int, column string) proposedColumn {
	c := proposedColumn{index: index, name: column}
	found := p.catalog.find(column)
	switch {
	case len(found) > 1:
		c.why = fmt.Sprintf("may mean %s: write which with to:", listed(keys(found), "or"))
	case len(found) == 1 && found[0].refusal(p.o.Object) != "":
		c.why = found[0].refusal(p.o.Object)
	case len(found) == 1 && p.fedBy[found[0].key] != "":
		c.why = fmt.Sprintf("attribute %s is fed by column %s already", show(found[0].key), show(p.fedBy[found[0].key]))
	case len(found) == 1:
		c.target = found[0]
		p.fedBy[c.target.key] = column
	}
	return c
}

// likely maps columns to the attributes with the closest names that are free,
// the closest first. With values, those of the sample must fit, too.
func (p *proposal) likely(withValues bool) {
	type pair struct {
		column, target, distance int
		why                      string
	}
	var pairs []pair
	for i := range p.columns {
		c := &p.columns[i]
		if c.target != nil || c.why != "" {
			continue
		}
		for j, t := range p.catalog.list {
			if p.fedBy[t.key] == "" && t.refusal(p.o.Object) == "" {
				if d, why := p.likeness(c.name, t); d < unlike {
					pairs = append(pairs, pair{i, j, d, why})
				}
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return a.distance - b.distance })
	for _, pair := range pairs {
		c, t := &p.columns[pair.column], p.catalog.list[pair.target]
		if c.target != nil || p.fedBy[t.key] != "" {
			continue
		}
		if withValues {
			trial := proposedColumn{index: c.index, name: c.name, target: t}
			if fits, misfit := p.fits(&trial); !fits {
				if c.misfit == "" {
					c.misfit = misfit
				}
				continue
			}
			c.why = "likely: " + pair.why + ", and the sample's values fit"
		}
		c.target = t
		p.fedBy[t.key] = c.name
	}
}

// forgetLikely takes back what likely did without values.
func (p *proposal) forgetLikely(sure map[string]string) {
	p.fedBy = sure
	for i := range p.columns {
		if c := &p.columns[i]; c.target != nil && sure[c.target.key] != c.name {
			c.target = nil
		}
	}
}

// dropped names the columns that hold values and feed nothing.
func (p *proposal) dropped() (names []string) {
	for i := range p.columns {
		if c := &p.columns[i]; c.target == nil && len(p.filled(c)) > 0 {
			names = append(names, c.name)
		}
	}
	return names
}

// drop says why a column has no attribute.
func (p *proposal) drop(c *proposedColumn) {
	key, ok := p.closest(c.name)
	switch {
	case c.misfit != "":
		c.why = "no attribute like this; closest: " + c.misfit
	case !ok:
		c.why = "no attribute like this" + p.suited(c)
	case p.fedBy[key] != "":
		c.why = fmt.Sprintf("no attribute like this; closest: %s, which column %s feeds", show(key), show(p.fedBy[key]))
	default:
		c.why = fmt.Sprintf("no attribute like this; closest: %s", show(key))
	}
}

// closest is the attribute that a column's name is most like, or resembles at
// least.
func (p *proposal) closest(name string) (key string, ok bool) {
	best := unlike
	for _, t := range p.catalog.list {
		if d, _ := p.likeness(name, t); d < best && t.refusal(p.o.Object) == "" {
			key, best = t.key, d
		}
	}
	if best < unlike {
		return key, true
	}
	return p.catalog.closest(name)
}

// misfits notes which values would be rejected.
func (p *proposal) misfits(c *proposedColumn, bad []string) {
	slices.Sort(bad)
	bad = slices.Compact(bad)
	note := "rejected as they are: "
	for i, value := range bad {
		if i == samples {
			note += fmt.Sprintf(" and %d more", len(bad)-i)
			break
		}
		if i > 0 {
			note += ", "
		}
		note += show(value)
	}
	c.notes = append(c.notes, note)
	switch c.target.attr.Type {
	case client.TypeSelect, client.TypeStatus, client.TypeMultiselect:
		var labels []string
		for _, option := range c.target.attr.Options {
			labels = append(labels, option.Value)
		}
		switch {
		case len(labels) == 0:
		case c.target.attr.Type == client.TypeMultiselect: // the table works on whole cells
			c.notes = append(c.notes, "the options are "+listed(firstFew(labels), "and"))
		default:
			option := "OPTION" // of a word that is like none of them, nobody knows which it means
			if likely := closestName(bad[0], labels); likely != "" {
				option = quoteYAML(likely)
			}
			c.notes = append(c.notes, "values: {"+quoteYAML(bad[0])+": "+option+"}  # the options are "+listed(firstFew(labels), "and"))
		}
	case client.TypeCheckbox:
		c.notes = append(c.notes, "values: {"+quoteYAML(bad[0])+": true}  # or false")
	}
}

// findMatch names the attribute to match by: the one asked for, the one that a
// standard object has, or a unique one that a column feeds.
func (p *proposal) findMatch() {
	switch {
	case p.o.Match != "":
		p.match = p.o.Match
		return
	case p.o.Object == objectCompanies:
		p.match = "domain"
		return
	case p.o.Object == objectPeople && (p.fedBy["email"] != "" || p.fedBy["emails"] != ""):
		p.match = "email"
		return
	}
	for _, c := range p.columns {
		if c.target == nil || !c.target.attr.IsUnique {
			continue
		}
		if p.match == "" || c.why == "" {
			p.match, p.matchReason = c.target.key, "unique"
			if c.why == "" {
				return
			}
		}
	}
	if p.match != "" {
		return
	}
	dropped := slices.ContainsFunc(p.columns, func(c proposedColumn) bool { return c.target == nil })
	if t := p.identifying(); t != nil && dropped {
		p.match, p.matchReason = t.key, "no column feeds it yet"
	} else if t == nil {
		p.notUnique()
	}
}
