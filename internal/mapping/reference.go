package mapping

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The members of the workspace, as a Lookup knows them.
const (
	objectUsers = "users"
	userMatch   = "email"
)

// idForm is how the body has the ids of an attribute.
type idForm int

const (
	manyIDs idForm = iota // a list
	oneID                 // a list of one
	bareID                // one id, no list
)

// relationConverter takes record ids, or values that a lookup turns into ids.
type relationConverter struct {
	run       *conversion
	form      idForm
	lookup    *Reference
	related   string
	separator string
}

func newRelationConverter(run *conversion, t *target, lookup *Reference, separator string) *relationConverter {
	c := &relationConverter{run: run, lookup: lookup, related: t.attr.RelatedObjectSlug, separator: separator}
	switch t.attr.RelationType {
	case "many_to_one", "one_to_one":
		c.form = oneID
	}
	if t.group == "" && run.object == objectPeople && t.singleReference() {
		c.form = bareID
	}
	if c.lookup == nil && c.related == objectCompanies && run.lookup != nil {
		// The domain is the only attribute that companies match by.
		c.lookup = &Reference{Object: objectCompanies, Match: "domain"}
	}
	return c
}

func (c *relationConverter) cell(dst []byte, cell string) ([]byte, string) {
	return c.run.references(dst, c.form, inCell(cell, c.separator), c.id)
}

func (c *relationConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	switch v.Kind() {
	case '"':
		return c.cell(dst, jsonText(v))
	case '[':
		return c.run.references(dst, c.form, inArray(v, "a record id", c.object), c.id)
	case '{':
		return c.run.references(dst, c.form, oneObject(v, c.object), c.id)
	}
	return dst, wrongKind(v, "a list of record ids")
}

func (c *relationConverter) id(value string) (string, string) {
	switch {
	case isUUID(value):
		return value, ""
	case c.lookup != nil:
		return c.run.find(*c.lookup, value)
	}
	of, object := "", c.related
	if object == "" {
		object = "OBJECT"
	} else {
		of = " of " + object
	}
	return "", show(value) + " is not a record id" + of + ` (a mapping file can look it up: "lookup: {object: ` + object + `, match: ATTR}")`
}

// userConverter takes member ids, whose form nobody promises, and e-mail
// addresses of members.
type userConverter struct {
	run       *conversion
	separator string
}

func (c *userConverter) cell(dst []byte, cell string) ([]byte, string) {
	return c.run.references(dst, manyIDs, inCell(cell, c.separator), c.id)
}

func (c *userConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	switch v.Kind() {
	case '"', '0':
		return c.cell(dst, scalarText(v))
	case '[':
		return c.run.references(dst, manyIDs, inArray(v, "a member id", memberObject), c.id)
	case '{':
		return c.run.references(dst, manyIDs, oneObject(v, memberObject), c.id)
	}
	return dst, wrongKind(v, "a list of member ids")
}

func (c *userConverter) id(value string) (string, string) {
	switch {
	case strings.Contains(value, "@"):
		if c.run.lookup == nil {
			return "", show(value) + " is an e-mail address, and the member list isn't at hand (write the member's id)"
		}
		return c.run.find(Reference{Object: objectUsers, Match: userMatch}, value)
	case strings.ContainsAny(value, " \t\r\n"):
		return "", show(value) + " is not a member id (write the id or the e-mail address)"
	}
	return value, ""
}

// references appends the ids of the values that walk hands out. A value that comes
// twice is sent once.
func (c *conversion) references(dst []byte, form idForm, walk func(func(string) string) string, id func(string) (string, string)) ([]byte, string) {
	var ids, values []string
	problem := walk(func(value string) string {
		found, problem := id(value)
		if problem != "" {
			return problem
		}
		for _, other := range ids {
			if other == found {
				return ""
			}
		}
		ids, values = append(ids, found), append(values, value)
		return ""
	})
	if problem != "" {
		return dst, problem
	}
	switch {
	case form != manyIDs && len(ids) > 1:
		// Nobody says what the CRM does with the others; it may drop them in silence.
		return dst, "there are " + listed(values, "and") + ", but the attribute refers to one record alone"
	case form == bareID && len(ids) == 0:
		return append(dst, "null"...), ""
	case form == bareID:
		return appendText(dst, ids[0])
	}
	dst = append(dst, '[')
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, problem = appendText(dst, id); problem != "" {
			return dst, problem
		}
	}
	return append(dst, ']'), ""
}

// inCell walks over the values of a cell.
func inCell(cell, separator string) func(func(string) string) string {
	return func(each func(string) string) string {
		some := false
		problem := eachElement(cell, separator, func(s string) string {
			some = true
			return each(s)
		})
		if !some {
			return noElements(cell)
		}
		return problem
	}
}

// inArray walks over the texts, numbers and objects of a JSON array.
func inArray(v jsontext.Value, want string, object func(jsontext.Value) (string, string)) func(func(string) string) string {
	return func(each func(string) string) string {
		return elements(v, func(element jsontext.Value) string {
			if element.Kind() == '{' {
				return oneObject(element, object)(each)
			}
			if kind := element.Kind(); kind != '"' && kind != '0' {
				return wrongKind(element, want)
			}
			text := scalarText(element)
			if strings.TrimSpace(text) == "" {
				return show(text) + " is not " + want
			}
			return each(text)
		})
	}
}

// oneObject hands out the id of what stands there as an object.
func oneObject(v jsontext.Value, object func(jsontext.Value) (string, string)) func(func(string) string) string {
	return func(each func(string) string) string {
		id, problem := object(v)
		if problem != "" {
			return problem
		}
		return each(id)
	}
}

// scalarText is the text of a JSON string, number or boolean.
func scalarText(v jsontext.Value) string {
	if v.Kind() == '"' {
		return jsonText(v)
	}
	return string(v)
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return false
			}
		}
	}
	return true
}
