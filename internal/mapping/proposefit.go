package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/spelling"
)

// adjustment is what a mapping file says of a column to have its values read.
type adjustment struct {
	format    string // of dates
	domain    bool   // trim: domain
	separator string // of lists
}

// unlike is the distance of names that have too little in common.
const unlike = 1 << 30

// likeness is a distance between a column's name and an attribute's. A name is
// close where a few letters differ, where it is another word for the same, also
// in another language, or where it is the attribute's with words around it that
// say nothing new: "Product Price (EUR)" for the price of products. Other words
// make another thing of it ("Cost Price", "Supplier Name"), unless only the
// attribute's own values can fit, as those of a select.
func (p *proposal) likeness(column string, t *target) (best int, why string) {
	a := spelledOut(column)
	if a == "" || len(a) > 200 {
		return unlike, ""
	}
	bare := p.bare(a)
	best = unlike
	try := func(d int, reason string) {
		if d < best {
			best, why = d, reason
		}
	}
	for _, name := range append([]string{t.key, t.attr.Label}, t.aliases...) {
		b := spelledOut(name)
		if b == "" || len(b) > 200 {
			continue
		}
		if d := spelling.Distance(a, b); d <= max(1, min(len(a), len(b))/6) {
			try(d, "the closest name")
		}
		if d, same := p.words.apart(a, b); same {
			try(otherWord+d, "another word for it")
		} else if d, same := p.words.apart(bare, p.bare(b)); same {
			try(otherWord+moreWords+d, "another word for it")
		}
		if len(b) >= 3 && strings.Contains(" "+a+" ", " "+b+" ") && (ownValues(t) || p.saysNothing(strings.Replace(" "+a+" ", " "+b+" ", " ", 1))) {
			try(otherWord+moreWords+spelling.Distance(a, b), "the closest name")
		}
	}
	return best, why
}

// What is added to the distance of names that mean the same but are spelled
// otherwise, and of those with more words than the attribute's.
const (
	otherWord = 50
	moreWords = 100
)

// ownValues tells attributes whose values no other thing has.
func ownValues(t *target) bool {
	switch t.attr.Type {
	case client.TypeSelect, client.TypeStatus, client.TypeMultiselect, client.TypeRelation, client.TypeUser:
		return true
	}
	return false
}

// bare is a name, spelled out, without the words that say nothing. What has the
// object's own name is its name: "Product" of products.
func (p *proposal) bare(name string) string {
	rest, own := p.strip(name)
	if own && rest == "" {
		return "name"
	}
	return rest
}

func (p *proposal) saysNothing(words string) bool {
	rest, _ := p.strip(words)
	return rest == ""
}

// strip leaves out the words that are the object's own name, or what exports add.
func (p *proposal) strip(name string) (rest string, own bool) {
	var words []string
	for word := range strings.FieldsSeq(name) {
		_, same := p.words.apart(word, p.objectWord)
		switch {
		case same || spelling.Distance(word, p.objectWord) <= 1:
			own = true
		case slices.Contains([]string{"url", "link", "src", "html", "text", "value", "field", "quantity", "count", "eur", "usd", "gbp", "chf", "€", "$", "£",
			"kg", "g", "lb", "lbs", "pcs", "stk", "stück", "szt", "1", "primary", "main"}, word):
		default:
			words = append(words, word)
		}
	}
	return strings.Join(words, " "), own
}

// wordFor is what one record of an object is called, as far as its slug says.
func (t thesaurus) wordFor(object string) string {
	object = spelledOut(object)
	for _, ending := range [][2]string{{"ies", "y"}, {"s", ""}} {
		if stem, found := strings.CutSuffix(object, ending[0]); found && len(t[stem+ending[1]]) > 0 {
			return stem + ending[1]
		}
	}
	return object
}

// spelledOut is a folded name without the marks around its words, and with the
// usual abbreviations of exports written out.
func spelledOut(name string) string {
	name = strings.TrimSuffix(name, "__c") // Salesforce marks fields of one's own so
	words := strings.FieldsFunc(foldName(name), func(r rune) bool { return strings.ContainsRune(" .,:;?!()[]#/", r) })
	for i, word := range words {
		switch word {
		case "no", "nr", "num":
			words[i] = "number"
		case "qty":
			words[i] = "quantity"
		}
	}
	return strings.Join(words, " ")
}

// converts tells how many of a column's sample values convert in a locale, what
// they become, and those that don't.
func (p *proposal) converts(c *proposedColumn, l *locale, a adjustment) (good int, bodies, bad []string) {
	s := settings{separator: a.separator}
	if a.format != "" {
		var err error
		if s.format, err = newLayout(a.format, l); err != nil {
			return 0, nil, nil
		}
	}
	run := &conversion{object: p.o.Object, locale: l, location: time.UTC, separator: ";", lookup: likelyIDs{}}
	conv := run.converterFor(c.target, s)
	for _, cells := range p.o.Sample {
		if c.index >= len(cells) || isBlank(cells[c.index]) {
			continue
		}
		cell := p.spelled(cells[c.index], l)
		value := cell
		if a.domain {
			value = normalDomain(cell)
		}
		out, problem := conv.cell(nil, value)
		if problem == "" {
			good++
			bodies = append(bodies, string(out))
			continue
		}
		bodies = append(bodies, "")
		bad = append(bad, cell)
	}
	return good, bodies, bad
}

// spelled is a cell of the sample as an input of the locale has it.
func (p *proposal) spelled(cell string, l *locale) string {
	if p.o.Decimal == "" {
		return cell
	}
	decimal := "."
	if l != nil {
		decimal = l.decimal
	}
	return strings.Replace(cell, p.o.Decimal, decimal, 1)
}

// likelyIDs finds what has the form of the values that are looked for: whether
// there is such a record is not what a sample can tell.
type likelyIDs struct{}

func (likelyIDs) Find(ref Reference, value string) (string, error) {
	if ref.Object == objectCompanies && companyDomainProblem(value) != "" {
		return "", &LookupError{Problem: "it is no domain"}
	}
	return "id", nil
}

// fits tells whether a column's values suit its attribute: four in five of those
// in the sample, and there must be some; of an attribute with options of its own
// half of them. If not, misfit says it for a comment.
func (p *proposal) fits(c *proposedColumn) (ok bool, misfit string) {
	good, bad := p.adjust(c)
	switch {
	case good > 0 && c.target.attr.IsUnique && p.repeats(c):
		return false, fmt.Sprintf("%s, which is unique, but values repeat", show(c.target.key))
	case good > 0 && (len(bad)*4 <= good || len(c.target.attr.Options) > 0 && len(bad) <= good):
		return true, ""
	case len(bad) > 0:
		return false, fmt.Sprintf("%s, which values such as %s don't fit", show(c.target.key), show(bad[0]))
	}
	return false, fmt.Sprintf("%s, but the sample has no value to tell by", show(c.target.key))
}

// adjust finds the adjustment with which most of a column's values convert, and
// those that don't even so.
func (p *proposal) adjust(c *proposedColumn) (good int, bad []string) {
	l := p.locale
	if l == nil {
		l = p.likelyLocale
	}
	good, _, bad = p.converts(c, l, adjustment{})
	for _, a := range p.adjustments(c.target) {
		if len(bad) == 0 {
			break
		}
		if n, _, still := p.converts(c, l, a); n > good {
			c.adjustment, good, bad = a, n, still
		}
	}
	return good, bad
}

// adjustments are those worth a try for an attribute.
func (p *proposal) adjustments(t *target) (list []adjustment) {
	switch {
	case p.o.Object == objectCompanies && t.body == "domain":
		return []adjustment{{domain: true}}
	case t.attr.Type == client.TypeRelation && t.attr.RelatedObjectSlug == objectCompanies:
		return []adjustment{{domain: true}, {separator: ","}, {separator: "|"}}
	case t.address == allAddresses:
	case t.attr.Type == client.TypeDate || t.attr.Type == client.TypeDatetime:
		return []adjustment{{format: "%d.%m.%y"}, {format: "%Y%m%d"}, {format: "%Y/%m/%d"}}
	case t.attr.Type == client.TypeMultiselect, t.attr.Type == client.TypeUser:
	case t.attr.Type == client.TypeRelation && !t.singleReference():
	default:
		return nil
	}
	return []adjustment{{separator: ","}, {separator: "|"}, {separator: "/"}}
}

// fit notes what would make a column's values suit its attribute, and which
// don't suit it.
func (p *proposal) fit(c *proposedColumn) {
	if _, bad := p.adjust(c); len(bad) > 0 {
		p.misfits(c, bad)
	}
}
