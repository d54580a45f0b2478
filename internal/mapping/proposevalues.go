package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/crmsync/crmsync/internal/client"
)

// This file finds attributes by the values of columns whose names say nothing.
// Only values that belong to one attribute do for that: its own options, the
// addresses or domains that people and companies are found by, and a code that
// every record has another one of. Numbers, dates and yes or no may be anything.

// byValues maps what the names left over.
func (p *proposal) byValues() {
	for _, t := range p.catalog.list {
		switch {
		case p.fedBy[t.key] != "" || t.refusal(p.o.Object) != "":
		case len(t.attr.Options) > 0:
			p.only(t, "likely: the only column that holds its options", p.holdsOptions)
		case t.address == firstAddress && p.fedBy["emails"] == "":
			p.only(t, "likely: the only column with e-mail addresses", func(*proposedColumn) bool { return true })
		case p.o.Object == objectCompanies && t.body == "domain":
			p.only(t, "likely: the only column with domains", p.holdsDomains)
		}
	}
	if t := p.identifying(); t != nil {
		p.only(t, "likely: the only column with a code of its own in each record", p.holdsCodes)
	}
}

// only maps the one free column whose values fit an attribute and suit it. Where
// there are several, nobody knows which.
func (p *proposal) only(t *target, why string, suits func(*proposedColumn) bool) {
	var found *proposedColumn
	for i := range p.columns {
		c := &p.columns[i]
		if c.target != nil || c.why != "" {
			continue
		}
		trial := proposedColumn{index: c.index, name: c.name, target: t}
		if fits, _ := p.fits(&trial); !fits || !suits(&trial) {
			continue
		}
		if found != nil {
			return
		}
		found = c
	}
	if found != nil {
		found.target, found.why = t, why
		p.fedBy[t.key] = found.name
	}
}

// holdsOptions tells a column whose values are all labels of an attribute's
// options, several of them: a "1" or a "yes" is a label of many.
func (p *proposal) holdsOptions(c *proposedColumn) bool {
	labels := map[string]bool{}
	for _, o := range c.target.attr.Options {
		labels[foldLabel(o.Value)] = true
	}
	yesNo := newCheckboxConverter(p.locale)
	used := map[string]bool{}
	for _, cell := range p.filled(c) {
		for element := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(";"+c.separator, r) }) {
			if _, problem := yesNo.cell(nil, element); problem == "" {
				return false
			}
			if label := foldLabel(element); labels[label] {
				used[label] = true
			}
		}
	}
	return len(used) > 1
}

// holdsDomains tells domains from what has a point, too: 1.5 or a.b.
func (p *proposal) holdsDomains(c *proposedColumn) bool {
	return !slices.ContainsFunc(p.filled(c), func(cell string) bool {
		domain := normalDomain(cell)
		top := domain[strings.LastIndexByte(domain, '.')+1:]
		return len(top) < 2 || strings.IndexFunc(top, unicode.IsDigit) >= 0
	})
}

// identifying is the free attribute that records would be matched by: the one
// that was asked for, or else the only unique one that is required, or the only
// unique one. Nil where something feeds a unique attribute already.
func (p *proposal) identifying() *target {
	var unique, required []*target
	for _, t := range p.catalog.list {
		switch {
		case p.o.Match != "" && t.key != p.o.Match, t.refusal(p.o.Object) != "":
		case p.o.Match == "" && !t.attr.IsUnique:
		case p.fedBy[t.key] != "":
			return nil
		default:
			unique = append(unique, t)
			if t.attr.IsRequired {
				required = append(required, t)
			}
		}
	}
	switch {
	case p.o.Match == "" && (p.o.Object == objectPeople || p.o.Object == objectCompanies):
		return nil
	case len(required) == 1:
		return required[0]
	case len(unique) == 1:
		return unique[0]
	}
	return nil
}

// holdsCodes tells a column that has another code in each record of the sample.
func (p *proposal) holdsCodes(c *proposedColumn) bool {
	if !p.distinct(c) {
		return false
	}
	lengths := map[int]bool{}
	letters := true
	for _, cell := range p.filled(c) {
		if len(cell) > 64 || strings.ContainsAny(cell, " \t\n,;:/@%\x01") || strings.IndexFunc(cell, unicode.IsDigit) < 0 {
			return false
		}
		for _, l := range []*locale{nil, p.locale} {
			if _, problem := (&dateConverter{locale: l, guesses: &localeGuesses{}}).cell(nil, cell); problem == "" {
				return false
			}
		}
		lengths[len(cell)] = true
		letters = letters && strings.IndexFunc(cell, unicode.IsLetter) >= 0
	}
	// Digits alone are a code where all are long and of one length: others may
	// be counts or prices.
	return letters || len(lengths) == 1 && !lengths[1] && !lengths[2] && !lengths[3] && !lengths[4]
}

// distinct tells a column that is filled in each record, with another value.
func (p *proposal) distinct(c *proposedColumn) bool {
	values := p.filled(c)
	return len(values) > 1 && len(values) == len(p.o.Sample) && different(values) == len(values)
}

// repeats tells a column in which more than a few values come again.
func (p *proposal) repeats(c *proposedColumn) bool {
	values := p.filled(c)
	return (len(values)-different(values))*10 > len(values)
}

// different counts the values that the CRM can tell apart.
func different(values []string) int {
	seen := map[string]bool{}
	for _, value := range values {
		seen[laneKey(client.TypeText, value)] = true
	}
	return len(seen)
}

// filled are a column's values in the sample that aren't blank.
func (p *proposal) filled(c *proposedColumn) []string {
	var values []string
	for _, cells := range p.o.Sample {
		if c.index < len(cells) && !isBlank(cells[c.index]) {
			values = append(values, strings.TrimSpace(cells[c.index]))
		}
	}
	return values
}

// patternValues is how many values tell what a column without an attribute holds.
const patternValues = 50

// pattern reads a column that has no attribute as what its values look like:
// numbers, amounts, dates, times, or yes and no. It must be nearly all of them.
func (p *proposal) pattern(c *proposedColumn, l *locale) (good int, bodies, bad []string) {
	values := p.filled(c)
	values = values[:min(len(values), patternValues)]
	for _, conv := range []converter{
		&anyAmount{numberConverter{l}},
		&dateConverter{locale: l, guesses: &localeGuesses{}},
		&datetimeConverter{locale: l, location: time.UTC, guesses: &localeGuesses{}},
		newCheckboxConverter(l),
	} {
		var read []string
		for _, value := range values {
			if out, problem := conv.cell(nil, p.spelled(value, l)); problem == "" {
				read = append(read, string(out))
			}
		}
		if len(read) > good && (len(values)-len(read))*10 <= len(read) {
			good, bodies = len(read), read
		}
	}
	if good == 0 {
		bad = values
	}
	return good, bodies, bad
}

// suited names the free attributes that a column's values would suit, for somebody
// who knows what they mean.
func (p *proposal) suited(c *proposedColumn) string {
	var keys []string
	for _, t := range p.catalog.list {
		if p.fedBy[t.key] != "" || t.refusal(p.o.Object) != "" || !localised(t) && !(len(t.attr.Validation) > 0 && p.addressed(c)) {
			continue
		}
		trial := proposedColumn{index: c.index, name: c.name, target: t}
		if good, bad := p.adjust(&trial); good > 0 && len(bad) == 0 {
			keys = append(keys, t.key)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return "; its values would suit " + listed(firstFew(keys), "or")
}

// addressed tells a column of e-mail addresses or URLs from what a loose check
// takes for one.
func (p *proposal) addressed(c *proposedColumn) bool {
	return !slices.ContainsFunc(p.filled(c), func(cell string) bool {
		return !strings.Contains(cell, "@") && !strings.Contains(cell, "://")
	})
}

// anyAmount reads a number, with or without a mark of some currency.
type anyAmount struct{ numberConverter }

func (c *anyAmount) cell(dst []byte, cell string) ([]byte, string) {
	amount, mark := splitCurrency(strings.TrimSpace(cell))
	if _, known := currencySymbols()[mark]; known || mark == strings.ToUpper(mark) && len(mark) == 3 {
		cell = amount
	}
	return c.numberConverter.cell(dst, cell)
}

// candidates names the columns that might tell records apart, for somebody who
// has to choose.
func (p *proposal) candidates() string {
	var names []string
	for i := range p.columns {
		if p.distinct(&p.columns[i]) {
			names = append(names, p.columns[i].name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; each record of the sample has another value in " + listed(firstFew(names), "and")
}

// notUnique finds the match attribute where the CRM has no unique one: what holds
// a code in each record.
func (p *proposal) notUnique() {
	found := ""
	for i := range p.columns {
		c := &p.columns[i]
		if c.target == nil || c.target.address != noAddress || !p.holdsCodes(c) {
			continue
		}
		switch c.target.attr.Type {
		case client.TypeText, client.TypeNumber, client.TypePhoneNumber:
		default:
			continue
		}
		if found != "" {
			return
		}
		found = c.target.key
	}
	if found != "" {
		p.match, p.matchReason = found, "likely: a code of its own in each record; but the CRM does not keep it unique"
	}
}

// gap says what keeps the proposal from running, and which line would mend it.
func (p *proposal) gap() string {
	if p.match == "" {
		return fmt.Sprintf("no column feeds a unique attribute: write after match: which attribute tells records apart, or name it with --match%s", p.candidates())
	}
	if !slices.ContainsFunc(p.columns, func(c proposedColumn) bool { return c.target != nil && c.target.key == p.match }) {
		return fmt.Sprintf("no column is mapped to the match attribute %s: write to: %s in place of drop: true where the column stands that holds it%s",
			show(p.match), p.match, p.candidates())
	}
	return ""
}
