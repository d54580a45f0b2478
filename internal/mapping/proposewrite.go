package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/client"
)

// openLocale is a line that stops a push until somebody has decided.
const openLocale = "locale: en|de"

// write puts the file together.
func (p *proposal) write() []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", schemaComment)
	line("# Proposed for %s: check what is marked as likely, and what is dropped.", clean(p.o.Input))
	line("object: %s", quoteYAML(p.o.Object))
	switch {
	case p.match == "":
		line("# match: ATTR  # write this line: the attribute that tells records apart")
	case p.matchReason != "":
		line("match: %s  # %s", quoteYAML(p.match), p.matchReason)
	default:
		line("match: %s", quoteYAML(p.match))
	}
	switch {
	case p.undecided != "":
		line("%s  # %s: say which", openLocale, p.undecided)
	case p.localeTag == "":
	case p.locale == nil:
		line("# locale: %s  # or %s: they read the sample differently, so say which", p.localeTag, p.localeReason)
	case p.localeReason == "":
		line("locale: %s", p.localeTag)
	default:
		line("locale: %s  # %s", p.localeTag, p.localeReason)
	}
	if nulls := p.nulls(); len(nulls) > 0 {
		line("# null: [%s]  # some cells hold this; as null it clears the attribute", strings.Join(nulls, ", "))
	}
	line("columns:")
	for i := range p.columns {
		p.writeColumn(line, &p.columns[i])
	}
	if len(p.columns) == 0 {
		line("  {}")
	}
	return []byte(b.String())
}

func (p *proposal) writeColumn(line func(string, ...any), c *proposedColumn) {
	line("  %s:", quoteYAML(c.name))
	if c.target == nil {
		line("    drop: true  # %s", c.why)
		return
	}
	comment := c.target.attr.Type
	if c.why != "" {
		comment = strings.TrimPrefix(comment+"; "+c.why, "; ")
	}
	if comment != "" {
		comment = "  # " + comment
	}
	line("    to: %s%s", quoteYAML(c.target.key), comment)
	if c.format != "" {
		line("    format: %q  # likely: more of the sample's values fit", c.format)
	}
	if c.domain {
		line("    trim: domain")
	}
	if c.separator != "" {
		line("    separator: %s  # likely: more of the sample's values fit", quoteYAML(c.separator))
	}
	if c.target.attr.Type == client.TypeRelation && p.needsLookup(c) {
		object := c.target.attr.RelatedObjectSlug
		if object == objectCompanies {
			line("    # values that are no ids are looked up as domains; this creates missing ones, too:")
			line("    # lookup: {object: companies, match: domain, create: true}")
		} else {
			line("    # lookup: {object: %s, match: ATTR}  # turns values into record ids", quoteYAML(object))
		}
	}
	for _, note := range c.notes {
		line("    # %s", note)
	}
}

// needsLookup tells whether a relation's cells are no ids.
func (p *proposal) needsLookup(c *proposedColumn) bool {
	for _, cells := range p.o.Sample {
		if c.index < len(cells) && !isBlank(cells[c.index]) {
			for _, id := range strings.Split(cells[c.index], ";") {
				if !isUUID(strings.TrimSpace(id)) {
					return true
				}
			}
		}
	}
	return false
}

// nulls lists the words for null that cells of the sample consist of.
func (p *proposal) nulls() []string {
	var found []string
	for _, word := range []string{"NULL", "null", `\N`, "#N/A", "N/A", "n/a"} {
		if slices.ContainsFunc(p.o.Sample, func(cells []string) bool { return slices.Contains(cells, word) }) {
			found = append(found, quoteYAML(word))
		}
	}
	return found
}

// quoteYAML writes a text as a YAML scalar that is read back as that text.
func quoteYAML(s string) string {
	if regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_ .-]*[A-Za-z0-9_]$`).MatchString(s) {
		switch strings.ToLower(s) {
		case "true", "false", "yes", "no", "on", "off", "null":
		default:
			return s
		}
	}
	quoted, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		return `"` + clean(s) + `"`
	}
	return string(quoted)
}

// harmless escapes in YAML what a terminal obeys or what turns the direction of text:
// people look at it there. Names that hold such characters are quoted, so that they
// are read back as they were.
func harmless(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
