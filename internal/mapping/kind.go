package mapping

import "strings"

// Kind is the error without the record's own values, the same for all records
// with the same fault that is mended in the same way, so that a report can count
// them together.
func (e *RowError) Kind() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteString("; ")
		}
		text := p.Text[p.label:]
		switch {
		case strings.HasPrefix(p.Value, "{"): // a JSON object stands there without quotes
			text = strings.ReplaceAll(text, p.Value, "…")
		case p.Value != "":
			text = strings.ReplaceAll(text, `"`+p.Value+`"`, "…")
		}
		fault, advice, _ := strings.Cut(text, " (")
		switch {
		case strings.Contains(advice, "--locale"):
			advice = "--locale" // whatever value led to which: one file has one
		case strings.Contains(advice, `"`):
			advice = "" // it is about this one value
		}
		b.WriteString(p.Text[:p.label])
		b.WriteString(fault)
		b.WriteString(advice)
	}
	return b.String()
}
