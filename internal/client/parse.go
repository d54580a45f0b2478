package client

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// SchemaError says why a stored schema can't be used.
type SchemaError struct {
	Problem string
	Line    int // where, counted from 1; 0 where no place is to blame
	Column  int // in bytes, counted from 1
	hint    string
}

// Error names the place and the problem.
func (e *SchemaError) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Problem)
}

// Hint says how to get a schema that can be used.
func (e *SchemaError) Hint() string { return e.hint }

const hintSchema = "`crmsync schema OBJECT -o json` writes a schema that can be used"

// ParseSchema reads an object's schema from the API's answer for one object,
// the bare object, or a list of objects in either form, of which it takes the
// one with the slug; with no slug the list must hold one object. A file in
// UTF-16, as some shells write, is read too. Fields that aren't known are let
// pass; flags that are absent are false, but for isActive [get-a-crm-object].
// Its errors are of type *SchemaError.
func ParseSchema(data []byte, slug string) (*Object, error) {
	objects, err := ParseSchemas(data)
	if err != nil {
		return nil, err
	}
	return choose(objects, slug)
}

// ParseSchemas reads all objects of what ParseSchema takes. Their attributes may
// be missing.
func ParseSchemas(data []byte) ([]*Object, error) {
	data = toUTF8(data)
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &SchemaError{Problem: "it is empty", hint: hintSchema}
	}
	// One pass that finds broken JSON, so that what follows may trust it.
	dec := jsontext.NewDecoder(bytes.NewReader(data), lenient()...)
	value, err := dec.ReadValue()
	if err != nil {
		return nil, brokenJSON(data, err)
	}
	value = value.Clone()
	if rest := bytes.TrimLeft(data[dec.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, at(data, int64(len(data)-len(rest)), "there is more after the end of the JSON")
	}
	return pickObjects(value, 0)
}

func lenient() []jsontext.Options {
	return []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
}

// pickObjects finds the object or the objects in any of the forms, of which one
// may stand within another.
func pickObjects(v jsontext.Value, depth int) ([]*Object, error) {
	switch v.Kind() {
	case '[':
		return decodeObjects(v)
	case '{':
	default:
		return nil, &SchemaError{Problem: "it is " + kindName(v.Kind()) + ", not an object's schema", hint: hintSchema}
	}
	members := map[string]jsontext.Value{}
	scan(v, func(dec *jsontext.Decoder) {
		eachMember(dec, func(name []byte) bool {
			member, err := dec.ReadValue()
			members[text(name)] = member.Clone()
			return err == nil
		})
	})
	if members["attributes"].Kind() == '[' {
		o, err := decodeObject(v)
		return []*Object{o}, err
	}
	for _, name := range []string{"object", "objects", "collection", "data"} {
		switch m := members[name]; m.Kind() {
		case '{':
			if depth < 2 {
				return pickObjects(m, depth+1)
			}
		case '[':
			return decodeObjects(m)
		}
	}
	if isFalse(members["success"]) {
		return nil, &SchemaError{Problem: "it holds an error of the API, not a schema: " + clip(cleanLine(compose(members)), maxMessage), hint: hintSchema}
	}
	return nil, errNoAttributes()
}

func errNoAttributes() error {
	return &SchemaError{Problem: `it is no object's schema: it has no list "attributes"`, hint: hintSchema}
}

func decodeObjects(v jsontext.Value) (objects []*Object, err error) {
	scan(v, func(dec *jsontext.Decoder) {
		_, _ = dec.ReadToken()
		for dec.PeekKind() != ']' && err == nil {
			var item jsontext.Value
			if item, err = dec.ReadValue(); err != nil {
				return
			}
			var o *Object
			o, err = decodeObject(item.Clone())
			objects = append(objects, o)
		}
	})
	return objects, err
}

func choose(objects []*Object, slug string) (*Object, error) {
	var slugs []string
	for _, o := range objects {
		if o.Slug == slug || (len(objects) == 1 && (slug == "" || o.Slug == "")) {
			if o.Attributes == nil {
				return nil, errNoAttributes()
			}
			return o, nil
		}
		slugs = append(slugs, o.Slug)
	}
	names := clip(cleanLine(strings.Join(slugs, ", ")), maxMessage)
	switch {
	case len(objects) == 0:
		return nil, &SchemaError{Problem: "the list of objects is empty", hint: hintSchema}
	case slug == "":
		return nil, &SchemaError{Problem: "it holds several objects: " + names, hint: "name the one to use"}
	case len(objects) == 1:
		return nil, &SchemaError{Problem: fmt.Sprintf("it is the schema of %q, not of %q", slugs[0], slug), hint: hintSchema}
	}
	return nil, &SchemaError{Problem: fmt.Sprintf("the object %q is not among its objects: %s", slug, names), hint: hintSchema}
}

// toUTF8 takes off a byte order mark and undoes UTF-16.
func toUTF8(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte(byteOrderMark)):
		return data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

// brokenJSON says where the JSON is broken, in our words.
func brokenJSON(data []byte, err error) error {
	var syntax *jsontext.SyntacticError
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return at(data, int64(len(data)), "the JSON ends too early")
	}
	if errors.As(err, &syntax) {
		return at(data, syntax.ByteOffset, "this is not JSON: "+cleanLine(syntax.Err.Error()))
	}
	return &SchemaError{Problem: "this is not JSON", hint: hintSchema}
}

func at(data []byte, offset int64, problem string) *SchemaError {
	offset = min(offset, int64(len(data)))
	before := data[:offset]
	return &SchemaError{
		Problem: problem, hint: hintSchema,
		Line:   1 + bytes.Count(before, []byte("\n")),
		Column: len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1,
	}
}

// wireObject is an object as the API's JSON has it, where a flag may be missing
// or null.
type wireObject struct {
	Slug         string          `json:"slug"`
	SingularName string          `json:"singularName"`
	PluralName   string          `json:"pluralName"`
	IsStandard   jsontext.Value  `json:"isStandard"`
	IsActive     jsontext.Value  `json:"isActive"`
	Attributes   []wireAttribute `json:"attributes"`
}

type wireAttribute struct {
	Key               string         `json:"key"`
	Label             string         `json:"label"`
	Type              string         `json:"type"`
	IsRequired        jsontext.Value `json:"isRequired"`
	IsStandard        jsontext.Value `json:"isStandard"`
	IsUnique          jsontext.Value `json:"isUnique"`
	IsArchived        jsontext.Value `json:"isArchived"`
	Options           []wireOption   `json:"options"`
	RelationType      string         `json:"relationType"`
	RelatedObjectSlug string         `json:"relatedObjectSlug"`
	Currency          jsontext.Value `json:"currency"`
	Validation        jsontext.Value `json:"validation"`
}

type wireOption struct {
	ID    jsontext.Value `json:"id"`
	Value jsontext.Value `json:"value"` // a label such as 2024 may be a number
}

// decodeObject reads the bare object; Attributes stays nil where it has no list
// of them. v is copied.
func decodeObject(v jsontext.Value) (*Object, error) {
	var w wireObject
	if err := json.Unmarshal(v, &w, lenient()...); err != nil {
		return nil, wrongShape(err)
	}
	o := &Object{
		Slug: w.Slug, SingularName: w.SingularName, PluralName: w.PluralName,
		IsStandard: isTrue(w.IsStandard),
		IsActive:   len(w.IsActive) == 0 || w.IsActive.Kind() == 'n' || isTrue(w.IsActive),
		Raw:        v.Clone(),
	}
	if w.Attributes != nil {
		o.Attributes = make([]Attribute, 0, len(w.Attributes))
	}
	for i, a := range w.Attributes {
		if a.Key == "" {
			return nil, &SchemaError{Problem: fmt.Sprintf("attribute %d of %q has no key", i+1, cleanLine(w.Slug)), hint: hintSchema}
		}
		o.Attributes = append(o.Attributes, a.attribute())
	}
	return o, nil
}

func (a *wireAttribute) attribute() Attribute {
	out := Attribute{
		Key: a.Key, Label: a.Label, Type: a.Type,
		IsRequired: isTrue(a.IsRequired), IsStandard: isTrue(a.IsStandard),
		IsUnique: isTrue(a.IsUnique), IsArchived: isTrue(a.IsArchived),
		RelationType: a.RelationType, RelatedObjectSlug: a.RelatedObjectSlug,
		Currency:   text(a.Currency),
		Validation: plain(a.Validation),
	}
	for _, o := range a.Options {
		out.Options = append(out.Options, Option{ID: o.ID, Value: text(o.Value)})
	}
	return out
}

// isTrue reads a flag; some servers have 1 for true.
func isTrue(v jsontext.Value) bool {
	return v.Kind() == 't' || (v.Kind() == '0' && string(v) == "1")
}

// wrongShape says which field has a value of the wrong kind.
func wrongShape(err error) error {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		where := strings.ReplaceAll(strings.TrimPrefix(string(semantic.JSONPointer), "/"), "/", ".")
		return &SchemaError{Problem: fmt.Sprintf("%s is %s, which it can't be", clip(cleanLine(where), 80), kindName(semantic.JSONKind)), hint: hintSchema}
	}
	return &SchemaError{Problem: "it is no object's schema", hint: hintSchema}
}
