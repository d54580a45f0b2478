package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/client"
)

// guessLocale looks for the locale that reads most of the sample. Without need
// there is none, and where two read it differently neither is taken.
func (p *proposal) guessLocale() {
	if p.o.Locale != "" {
		p.localeTag, p.localeReason = p.o.Locale, ""
		p.locale, _ = newLocale(p.o.Locale)
		return
	}
	best, rival := p.bestLocale(p.reads)
	if best == "" {
		best, rival = p.bestLocale(p.readsAny)
	}
	if best == "" {
		p.undecided = p.doubt()
		return
	}
	if rival == "de-CH" && p.doubt() != "" {
		rival = "" // a Swiss file in which all points have three digits after them is none
	}
	p.localeTag = best
	if rival != "" {
		p.likelyLocale, _ = newLocale(best)
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

// bestLocale gives the locale with which read counts the most values, if that is
// more than without one; and a rival that reads as many, but differently.
func (p *proposal) bestLocale(read func(*locale) (good int, all string)) (best, rival string) {
	bestGood, _ := read(nil)
	bestAll := ""
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
	return best, rival
}

// reads counts the values that a locale reads in the columns that have an
// attribute, and says how.
func (p *proposal) reads(l *locale) (good int, all string) {
	for i := range p.columns {
		if c := &p.columns[i]; c.target != nil && localised(c.target) {
			n, bodies, _ := p.converts(c, l, adjustment{})
			good += n
			all += strings.Join(bodies, "\x00") + "\x01"
		}
	}
	return good, all
}

// readsAny counts those of the other columns as well. A locale that reads less of
// what has an attribute is out of the question.
func (p *proposal) readsAny(l *locale) (good int, all string) {
	good, all = p.reads(l)
	if plain, _ := p.reads(nil); good < plain {
		return 0, ""
	}
	for i := range p.columns {
		if c := &p.columns[i]; c.target == nil {
			n, bodies, _ := p.pattern(c, l)
			good += n
			all += strings.Join(bodies, "\x00") + "\x01"
		}
	}
	return good, all
}

// evidence names a value that only the guessed locale reads.
func (p *proposal) evidence() string {
	for _, mapped := range []bool{true, false} {
		for i := range p.columns {
			c := &p.columns[i]
			if (c.target != nil) != mapped || mapped && !localised(c.target) {
				continue
			}
			read := func(l *locale) (bad []string) {
				if mapped {
					_, _, bad = p.converts(c, l, adjustment{})
				} else {
					_, _, bad = p.pattern(c, l)
				}
				return bad
			}
			with := read(p.locale)
			for _, value := range read(nil) {
				if !slices.Contains(with, value) {
					return fmt.Sprintf("guessed from values such as %s in column %s", show(value), show(c.name))
				}
			}
		}
	}
	return "guessed from the sample"
}
