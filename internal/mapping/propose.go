package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

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
	Object  string         // slug
	Match   string         // the matching attribute; "" finds a unique one
	Schema  *client.Object // nil: columns are taken for attributes, as text
	Locale  string         // "" guesses it from the sample
}

// Propose writes a mapping file for an input, with comments that say what is
// sure, what is likely, and what has no attribute. The file runs as it stands;
// where it can't, because nothing feeds a match attribute, a comment at its top
// says so.
func Propose(o ProposeOptions) ([]byte, error) {
	if _, err := newLocale(o.Locale); err != nil {
		return nil, err
	}
	p := &proposal{
		o:       o,
		catalog: newCatalog(&Options{Object: o.Object, Schema: o.Schema}),
		fedBy:   map[string]string{},
	}
	for i, column := range o.Columns {
		p.columns = append(p.columns, p.sure(i, column))
	}
	for i := range p.columns {
		if p.columns[i].target == nil && p.columns[i].why == "" {
			p.likely(&p.columns[i])
		}
	}
	p.guessLocale()
	for i := range p.columns {
		p.fit(&p.columns[i])
	}
	p.findMatch()
	text := p.write()
	// What the program itself would say of the file belongs in it.
	file, err := ParseFile("mapping", text)
	if err != nil {
		return nil, fmt.Errorf("proposing a mapping file: %w", err)
	}
	_, err = New(Options{Object: o.Object, Schema: o.Schema, Columns: o.Columns, File: file})
	if err != nil {
		return slices.Concat([]byte(schemaComment+"\n# This doesn't run yet: "+oneLine(err.Error())+"\n"), text[len(schemaComment)+1:]), nil
	}
	return text, nil
}

// proposal is a mapping file in the making.
type proposal struct {
	o       ProposeOptions
	catalog *catalog
	columns []proposedColumn
	fedBy   map[string]string // attribute → column

	locale       *locale
	localeTag    string
	localeReason string
	match        string
	matchReason  string
}

type proposedColumn struct {
	index  int
	name   string
	target *target // nil: dropped
	why    string  // of a drop, or what makes it likely
	format string
	trim   string
	notes  []string // comment lines
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

// likely maps a column to the attribute with the closest name, if that is free.
func (p *proposal) likely(c *proposedColumn) {
	key, ok := p.catalog.closest(c.name)
	switch {
	case !ok:
		c.why = "no attribute like this"
	case p.fedBy[key] != "":
		c.why = fmt.Sprintf("no attribute like this; closest: %s, which column %s feeds", show(key), show(p.fedBy[key]))
	default:
		c.target, c.why = p.catalog.exact[key], "likely: the closest name, and the sample's values fit"
		p.fedBy[key] = c.name
	}
}

// converts tells how many of a column's sample values convert in a locale, what
// they become, and the first that doesn't.
func (p *proposal) converts(c *proposedColumn, l *locale, s settings) (good int, bodies, bad []string) {
	run := &conversion{object: p.o.Object, locale: l, location: time.UTC, separator: ";", lookup: anyID{}}
	conv := run.converterFor(c.target, s)
	for _, cells := range p.o.Sample {
		if c.index >= len(cells) || isBlank(cells[c.index]) {
			continue
		}
		out, problem := conv.cell(nil, cells[c.index])
		if problem == "" {
			good++
			bodies = append(bodies, string(out))
			continue
		}
		bodies = append(bodies, "")
		bad = append(bad, cells[c.index])
	}
	return good, bodies, bad
}

// anyID finds everything: whether a value can be looked up is not what a sample
// can tell.
type anyID struct{}

func (anyID) Find(Reference, string) (string, error) { return "id", nil }

// guessLocale looks for the locale that reads most of the sample. Without need
// there is none, and where two read it differently neither is taken.
func (p *proposal) guessLocale() {
	if p.o.Locale != "" {
		p.localeTag, p.localeReason = p.o.Locale, ""
		p.locale, _ = newLocale(p.o.Locale)
		return
	}
	read := func(l *locale) (good int, all string) {
		for i := range p.columns {
			if c := &p.columns[i]; c.target != nil && localised(c.target) {
				n, bodies, _ := p.converts(c, l, settings{})
				good += n
				all += strings.Join(bodies, "\x00") + "\x01"
			}
		}
		return good, all
	}
	plain, _ := read(nil)
	best, bestGood, bestAll, rival := "", plain, "", ""
	for _, tag := range []string{"de", "en-US", "en-GB", "fr", "de-CH", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs", "hu", "tr", "ja"} {
		l, err := newLocale(tag)
		if err != nil {
			continue
		}
		switch good, all := read(l); {
		case good > bestGood:
			best, bestGood, bestAll, rival = tag, good, all, ""
		case good == bestGood && best != "" && all != bestAll && rival == "":
			rival = tag
		}
	}
	if best == "" {
		return
	}
	p.localeTag = best
	if rival != "" {
		p.localeReason = rival
		return
	}
	p.locale, _ = newLocale(best)
	p.localeReason = p.evidence()
}

// localised tells the types whose cells a locale reads.
func localised(t *target) bool {
	switch t.attr.Type {
	case client.TypeNumber, client.TypeCurrency, client.TypeRating, client.TypeDate, client.TypeDatetime, client.TypeCheckbox:
		return t.address == noAddress
	}
	return false
}

// evidence names a value that only the guessed locale reads.
func (p *proposal) evidence() string {
	for i := range p.columns {
		c := &p.columns[i]
		if c.target == nil || !localised(c.target) {
			continue
		}
		_, _, without := p.converts(c, nil, settings{})
		_, _, with := p.converts(c, p.locale, settings{})
		for _, value := range without {
			if !slices.Contains(with, value) {
				return fmt.Sprintf("guessed from values such as %s in column %s", show(value), show(c.name))
			}
		}
	}
	return "guessed from the sample"
}

// fit looks whether a column's values suit its attribute, and what would make
// them.
func (p *proposal) fit(c *proposedColumn) {
	if c.target == nil {
		return
	}
	good, _, bad := p.converts(c, p.locale, settings{})
	if len(bad) == 0 {
		return
	}
	if c.target.attr.Type == client.TypeDate || c.target.attr.Type == client.TypeDatetime {
		for _, format := range []string{"%d.%m.%y", "%Y%m%d", "%Y/%m/%d"} {
			l, err := newLayout(format, p.locale)
			if err != nil {
				continue
			}
			if _, _, still := p.converts(c, p.locale, settings{format: l}); len(still) == 0 {
				c.format = format
				return
			}
		}
	}
	if p.o.Object == objectCompanies && c.target.body == "domain" {
		if !slices.ContainsFunc(bad, func(s string) bool { return companyDomainProblem(normalDomain(s)) != "" }) {
			c.trim = "domain"
			return
		}
	}
	if good == 0 && strings.HasPrefix(c.why, "likely") {
		c.why = fmt.Sprintf("no attribute like this; closest: %s, which values such as %s don't fit", show(c.target.key), show(bad[0]))
		delete(p.fedBy, c.target.key)
		c.target = nil
		return
	}
	p.misfits(c, bad)
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
		if len(labels) > 0 {
			c.notes = append(c.notes, "values: {"+quoteYAML(bad[0])+": "+quoteYAML(labels[0])+"}  # the options are "+listed(firstFew(labels), "and"))
		}
	case client.TypeCheckbox:
		c.notes = append(c.notes, "values: {"+quoteYAML(bad[0])+": true}")
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
}
