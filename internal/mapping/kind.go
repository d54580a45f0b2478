package mapping

import "strings"

// Kind is the error without the record's own values, the same for all records
// with the same fault, so that a report can count them together.
func (e *RowError) Kind() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteString("; ")
		}
		text := p.Text
		switch {
		case strings.HasPrefix(p.Value, "{"): // a JSON object stands there without quotes
			text = strings.ReplaceAll(text, p.Value, "…")
		case p.Value != "":
			text = strings.ReplaceAll(text, `"`+p.Value+`"`, "…")
		}
		// What stands in brackets advises on this one value.
		if i := strings.Index(text, " ("); i > 0 {
			text = text[:i]
		}
		b.WriteString(text)
	}
	return b.String()
}
