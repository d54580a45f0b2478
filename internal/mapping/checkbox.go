package mapping

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// checkboxConverter takes true/false, yes/no, 1/0 and the locale's words, in any
// case.
type checkboxConverter struct {
	words map[string]bool
	hint  string
}

func newCheckboxConverter(l *locale) *checkboxConverter {
	c := &checkboxConverter{
		words: map[string]bool{"true": true, "yes": true, "1": true, "false": false, "no": false, "0": false},
		hint:  "true/false, yes/no or 1/0",
	}
	if l == nil {
		return c
	}
	if len(l.yes) > 0 && len(l.no) > 0 {
		c.hint += ", in locale " + l.tag + " " + l.yes[0] + "/" + l.no[0]
	}
	for _, word := range l.yes {
		c.words[word] = true
	}
	for _, word := range l.no {
		c.words[word] = false
	}
	return c
}

func (c *checkboxConverter) cell(dst []byte, cell string) ([]byte, string) {
	switch cell { // what databases write, and no locale means otherwise
	case "true", "false":
		return append(dst, cell...), ""
	}
	word := strings.TrimSpace(cell)
	value, ok := c.words[word]
	if !ok {
		value, ok = c.words[foldCase(word)]
	}
	switch {
	case !ok:
		return dst, show(cell) + " is neither yes nor no (it takes " + c.hint + languageOf(word) + ")"
	case value:
		return append(dst, "true"...), ""
	}
	return append(dst, "false"...), ""
}

// languageOf names the language whose yes or no a word is, as a hint.
func languageOf(word string) string {
	switch foldCase(word) {
	case "ja", "nein", "wahr", "falsch":
		return "; if it is German, use --locale de"
	case "oui", "non", "vrai", "faux":
		return "; if it is French, use --locale fr"
	case "sí", "si", "verdadero", "falso":
		return "; if it is Spanish, use --locale es"
	case "nee":
		return "; if it is Dutch, use --locale nl"
	}
	return `; a mapping file can say what other words mean, with "values"`
}

func (c *checkboxConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	switch v.Kind() {
	case 't', 'f':
		return append(dst, v...), ""
	case '"':
		return c.cell(dst, jsonText(v))
	case '0':
		return c.cell(dst, string(v))
	}
	return dst, wrongKind(v, "true or false")
}
