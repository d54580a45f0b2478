package mapping

import (
	"slices"
	"strings"
)

// prep is what happens to a cell before it is converted.
type prep struct {
	joins  bool
	trim   TrimMode
	letter CaseMode
	nulls  []string
	values map[string]ValuePair
	folded map[string]ValuePair
}

// newPrep gives nil where a column's cells are taken as they are.
func newPrep(fc FileColumn, o *Options) *prep {
	p := &prep{joins: fc.HasJoin, trim: fc.Trim, letter: fc.Case, nulls: fc.Null}
	if o.File != nil && !o.HasNull {
		p.nulls = append(slices.Clone(p.nulls), o.File.Null...)
	}
	if !p.joins && p.trim == TrimNone && p.letter == CaseKeep && len(p.nulls) == 0 && len(fc.Values) == 0 {
		return nil
	}
	if len(fc.Values) > 0 {
		p.values, p.folded = map[string]ValuePair{}, map[string]ValuePair{}
		for _, v := range fc.Values {
			p.values[v.From] = v
			if form := foldLabel(v.From); p.folded[form].From == "" {
				p.folded[form] = v
			}
		}
	}
	return p
}

// apply changes a cell; null tells that it stands for null. The order is: null,
// trim, null again, case, values.
func (p *prep) apply(cell string) (changed string, null bool) {
	if slices.Contains(p.nulls, cell) {
		return "", true
	}
	switch p.trim {
	case TrimSpace:
		cell = strings.TrimSpace(cell)
	case TrimDomain:
		cell = normalDomain(cell)
	}
	if p.trim != TrimNone && slices.Contains(p.nulls, cell) {
		return "", true
	}
	switch p.letter {
	case CaseLower:
		cell = strings.ToLower(cell)
	case CaseUpper:
		cell = strings.ToUpper(cell)
	}
	if p.values != nil {
		v, ok := p.values[cell]
		if !ok {
			v, ok = p.folded[foldLabel(cell)]
		}
		if ok {
			return v.To, v.ToNull
		}
	}
	return cell, false
}
