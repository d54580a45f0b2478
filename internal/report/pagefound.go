package report

import (
	"fmt"
	"slices"
	"strings"
)

// pageDuplicates are match values of which there are several, in one spelling or in
// more.
type pageDuplicates struct {
	Title, Text string
	First       []pageDuplicate
}

type pageDuplicate struct{ Value, Records, At string }

type pageMissing struct {
	Text   string
	Values []string
}

type pageMapping struct {
	Source      string
	Counted     bool
	Rows        []pageColumn
	NeverFilled string
}

type pageColumn struct {
	From, Attribute, Type string
	Match                 bool
	Filled, Blank, Bad    string
}

// found tells what a dry run and --report-missing found out.
func (p *page) found(s Summary) {
	if m := s.Missing; m != nil {
		p.Missing = &pageMissing{Text: quantity(m.Count, "match value") + ". Nothing is deleted."}
		for _, value := range m.Values[:min(len(m.Values), p.room(pageValues))] {
			p.Missing.Values = append(p.Missing.Values, clip(value, longestName))
		}
	}
	if s.Dry == nil {
		return
	}
	dup := s.Dry.Duplicates
	least := ""
	if dup.Approximate {
		least = "at least "
	}
	if dup.Values > 0 {
		p.duplicates(s, "Records with the same match value", fmt.Sprintf("%s%s more than once, in %s records. The last record wins.",
			least, plural(dup.Values, "match value comes", "match values come"), thousands(dup.Values+dup.Repeats)), dup.First)
	}
	if dup.Respelt > 0 {
		p.duplicates(s, "Match values that differ in case or blanks alone", fmt.Sprintf("%s%s from an earlier one in case, blanks or the like alone. The CRM may take them for one record.",
			least, plural(dup.Respelt, "match value differs", "match values differ")), respeltPairs(dup.FirstRespelt))
	}
}

func (p *page) duplicates(s Summary, title, text string, first []Duplicate) {
	found := pageDuplicates{Title: title, Text: text}
	for _, one := range first[:min(len(first), p.room(2*duplicatesShown))] {
		found.First = append(found.First, pageDuplicate{
			Value: clip(one.Value, longestName), Records: thousands(one.Records), At: clip(placesText(one, len(s.Sources) > 1), longestText),
		})
	}
	p.Duplicates = append(p.Duplicates, found)
}

// mapping shows each form of mapping once: a thousand files of one form are one
// table.
func (p *page) mapping(s Summary) {
	inputs, counted := s.Mapping, false
	if s.Dry != nil && len(s.Dry.Inputs) > 0 {
		inputs, counted = s.Dry.Inputs, true
	}
	rows, left := 0, 0
	var forms []string
	var names [][]string
	for _, in := range inputs {
		form := fmt.Sprint(in.Columns, in.NeverFilled)
		if i := slices.Index(forms, form); i >= 0 {
			names[i] = append(names[i], in.Source)
			continue
		}
		if rows >= p.room(pageColumns) {
			left += len(in.Columns)
			continue
		}
		shown := in.Columns[:min(len(in.Columns), p.room(pageColumns)-rows)]
		left += len(in.Columns) - len(shown)
		rows += len(shown)
		m := pageMapping{Counted: counted, NeverFilled: clip(strings.Join(in.NeverFilled, ", "), longestText)}
		for _, c := range shown {
			m.Rows = append(m.Rows, pageColumnOf(c))
		}
		forms, names = append(forms, form), append(names, []string{in.Source})
		p.Mappings = append(p.Mappings, m)
	}
	for i := range p.Mappings {
		p.Mappings[i].Source = namesText(names[i])
	}
	if left > 0 {
		p.MoreMappings = "and " + quantity(int64(left), "more column") + ": the JSON report has them all."
	}
}

func pageColumnOf(c Column) pageColumn {
	row := pageColumn{
		From: clip(strings.Join(c.From, " + "), longestName), Attribute: clip(c.Attribute, longestName), Type: clip(c.Type, longestName), Match: c.Match,
		Filled: thousands(c.Filled), Blank: thousands(c.Blank + c.Null), Bad: thousands(c.Bad),
	}
	if len(c.From) == 0 {
		row.From = "constant “" + clip(c.Constant, longestName) + "”"
	}
	if len(c.From) == 0 || c.Attribute == "" {
		row.Filled, row.Blank, row.Bad = "", "", ""
	}
	return row
}
