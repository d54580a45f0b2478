package mapping

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/client"
)

// converter turns values into the JSON of one attribute. Both methods append to
// dst; a problem other than "" says what is wrong with the value, beginning
// with the value itself, and what was appended is then of no use.
//
// A cell is never blank, a JSON value never null.
type converter interface {
	cell(dst []byte, cell string) ([]byte, string)
	json(dst []byte, v jsontext.Value) ([]byte, string)
}

// conversion is what the converters of one Mapper have in common.
type conversion struct {
	object    string
	locale    *locale
	location  *time.Location
	separator string
	lookup    Lookup
	guesses   localeGuesses
	abort     error // set by a lookup that ends the run

	absent  []*AbsentError // records to create that the record at hand refers to
	failed  string         // the ID of the one that could not be created …
	failure error          // … and why
}

// settings are what a mapping file says about one column's conversion.
type settings struct {
	format    *layout
	separator string
	lookup    *Reference
}

// converterFor gives the converter of an attribute.
func (c *conversion) converterFor(t *target, s settings) converter {
	separator := s.separator
	if separator == "" {
		separator = c.separator
	}
	switch {
	case t.address != noAddress:
		return &addressConverter{list: t.address == allAddresses, separator: separator}
	case c.object == objectCompanies && t.body == "domain":
		return &textConverter{companyDomain: true}
	case !t.typed:
		return asTheyAre{}
	}
	a := &t.attr
	switch a.Type {
	case client.TypeText:
		return &textConverter{validation: a.Validation}
	case client.TypePhoneNumber:
		return phoneConverter{}
	case client.TypeNumber:
		return &numberConverter{locale: c.locale}
	case client.TypeRating:
		return &ratingConverter{numberConverter{locale: c.locale}}
	case client.TypeCurrency:
		return newCurrencyConverter(c.locale, a.Currency)
	case client.TypeCheckbox:
		return newCheckboxConverter(c.locale)
	case client.TypeDate:
		return &dateConverter{locale: c.locale, format: s.format, guesses: &c.guesses}
	case client.TypeDatetime:
		return &datetimeConverter{locale: c.locale, location: c.location, format: s.format, guesses: &c.guesses}
	case client.TypeSelect, client.TypeStatus:
		return &optionConverter{options: newOptions(a)}
	case client.TypeMultiselect:
		return newOptionListConverter(a, separator)
	case client.TypeRelation:
		return newRelationConverter(c, t, s.lookup, separator)
	case client.TypeUser:
		return &userConverter{run: c, separator: separator}
	}
	return unknownType{a.Type}
}

// asTheyAre sends cells as text and JSON values byte for byte: nothing is known
// of their types.
type asTheyAre struct{}

func (asTheyAre) cell(dst []byte, cell string) ([]byte, string) {
	return appendText(dst, cell)
}

func (asTheyAre) json(dst []byte, v jsontext.Value) ([]byte, string) {
	return append(dst, v...), ""
}

// unknownType is an attribute type that the API got after this program was
// written: JSON values may have its shape, of a cell nothing can be said.
type unknownType struct{ name string }

func (u unknownType) cell(dst []byte, cell string) ([]byte, string) {
	if u.name == typeObject {
		return dst, show(cell) + " can't be sent: the API takes an object here, which no cell is (give each of its values a column, such as socials.linkedin, or send it as NDJSON)"
	}
	return dst, show(cell) + " can't be sent: not supported in CSV yet: " + u.name + " (send it as NDJSON in the API's own shape, or drop the column)"
}

func (u unknownType) json(dst []byte, v jsontext.Value) ([]byte, string) {
	return append(dst, v...), ""
}

// appendText appends a JSON string.
func appendText(dst []byte, s string) ([]byte, string) {
	if !plainText(s) {
		for i := range len(s) {
			if c := s[i]; c < ' ' || c == '"' || c == '\\' {
				return appendEscaped(dst, s)
			}
		}
		if !utf8.ValidString(s) {
			return dst, show(s) + " is not valid UTF-8"
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"'), ""
}

// plainText tells whether s is visible ASCII that JSON needs no escape for. It
// looks at eight bytes at a time: in each, the highest bit of a term is set where
// the byte is not ASCII, a control character, a quote or a backslash.
func plainText(s string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for len(s) >= 8 {
		b := s[:8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		quote, backslash := w^ones*'"', w^ones*'\\'
		if (w|(w-ones*' ')|(quote-ones)|(backslash-ones))&tops != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func appendEscaped(dst []byte, s string) ([]byte, string) {
	out, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		return dst, show(s) + " is not valid UTF-8"
	}
	return out, ""
}

// jsonText gives the text of a JSON string.
func jsonText(v jsontext.Value) string {
	// Most strings have no escapes: then the text is what stands between the quotes.
	plain := len(v) >= 2
	for _, c := range v {
		if c == '\\' {
			plain = false
			break
		}
	}
	if plain {
		return string(v[1 : len(v)-1])
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return string(v)
	}
	return string(text)
}

// wrongKind says that a JSON value has a type that an attribute can't take.
func wrongKind(v jsontext.Value, want string) string {
	switch v.Kind() {
	case '"':
		return show(jsonText(v)) + " is not " + want
	case '{':
		return "an object is not " + want
	case '[':
		return "a list is not " + want
	}
	return clean(string(v)) + " is not " + want
}

// elements calls each for the elements of a JSON array; each stops it with a
// problem. The source has checked that the array is valid JSON.
func elements(v jsontext.Value, each func(jsontext.Value) string) string {
	d := jsontext.NewDecoder(bytes.NewReader(v))
	if _, err := d.ReadToken(); err != nil {
		return "the list is not valid JSON"
	}
	for d.PeekKind() != ']' {
		element, err := d.ReadValue()
		if err != nil {
			return "the list is not valid JSON"
		}
		if problem := each(element); problem != "" {
			return problem
		}
	}
	return ""
}
