package sandbox

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// kind is what a value of an attribute looks like.
type kind int

const (
	kindText kind = iota + 1
	kindNumber
	kindPhone
	kindDate
	kindDatetime
	kindCheckbox
	kindOption  // select, status
	kindOptions // multiselect
	kindRating
	kindCurrency
	kindRelation
	kindUser
	kindSystem  // id, created_at, updated_at: the CRM's own
	kindEmails  // of people: a list of addresses
	kindSocials // of people: an object of links
	kindCompany // of people: the id of one company
)

// kindOf knows the attribute types of the API [add-attribute-to-crm-object].
func kindOf(typ string) kind {
	switch typ {
	case "text":
		return kindText
	case "number":
		return kindNumber
	case "phone_number":
		return kindPhone
	case "date":
		return kindDate
	case "datetime":
		return kindDatetime
	case "checkbox":
		return kindCheckbox
	case "select", "status":
		return kindOption
	case "multiselect":
		return kindOptions
	case "rating":
		return kindRating
	case "currency":
		return kindCurrency
	case "relation":
		return kindRelation
	case "user":
		return kindUser
	}
	return 0
}

// object is an object's schema as the API shows it, and what is derived from it
// [get-a-crm-object]. It doesn't change once it is in use: a changed schema is
// a new object whose first attributes are the old ones, in the same places.
type object struct {
	Slug         string       `json:"slug"`
	SingularName string       `json:"singularName"`
	PluralName   string       `json:"pluralName"`
	IsStandard   bool         `json:"isStandard"`
	IsActive     *bool        `json:"isActive"`
	Attributes   []*attribute `json:"attributes"`
	CreatedAt    string       `json:"createdAt"`
	UpdatedAt    string       `json:"updatedAt"`

	byKey  map[string]int // schema key → place in Attributes
	byBody map[string]int // name in a request's body → place in Attributes
	answer []byte         // the object's JSON
}

// attribute is one attribute as the API shows it, and what is derived from it.
type attribute struct {
	Key                string   `json:"key"`
	Label              string   `json:"label"`
	Type               string   `json:"type"`
	IsRequired         bool     `json:"isRequired"`
	IsStandard         bool     `json:"isStandard"`
	IsUnique           bool     `json:"isUnique"`
	IsArchived         bool     `json:"isArchived"`
	Options            []option `json:"options,omitempty"`
	RelationType       string   `json:"relationType,omitempty"`
	RelatedObjectSlug  string   `json:"relatedObjectSlug,omitempty"`
	RelatedObjectLabel string   `json:"relatedObjectLabel,omitempty"`
	Currency           string   `json:"currency,omitempty"`
	CurrencyDisplay    string   `json:"currencyDisplay,omitempty"`
	CurrencyDecimal    *bool    `json:"currencyDecimal,omitempty"`
	CurrencyGrouping   *bool    `json:"currencyGrouping,omitempty"`
	Validation         []string `json:"validation,omitempty"`

	kind    kind
	body    string         // its name in requests and answers
	opening string         // `"name":` as answers write it
	custom  bool           // stands in customAttributes of a person's or company's answer
	byID    map[string]int // optionKey → place in Options
	forms   [][]byte       // the options as they are stored: {"id":1}
	byForm  map[string]int
}

// option is a choice. Its id is kept as JSON: 1 and "1" are two ids.
type option struct {
	ID    jsontext.Value `json:"id"`
	Value string         `json:"value"`
	Color string         `json:"color,omitempty"`
}

const schemaTime = "2025-06-01T10:00:00+00:00"

// LoadObjects adds the objects of a schema: the API's answer to GET
// /crm/objects/{slug} or /crm/objects, a bare object, or a list of those.
// An object of a slug that is there already replaces it, records included.
func (c *CRM) LoadObjects(schema []byte) error {
	objects, err := decodeObjects(bytes.TrimPrefix(schema, []byte("\xef\xbb\xbf")))
	if err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	if len(objects) == 0 {
		return fmt.Errorf("reading the schema: it holds no object")
	}
	for _, o := range objects {
		if c.quirks.StringOptionIDs {
			o.renameOptions()
		}
		if err := o.compile(); err != nil {
			return fmt.Errorf("reading the schema: %w", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range objects {
		if c.tables[o.Slug] == nil {
			c.order = append(c.order, o.Slug)
		}
		c.tables[o.Slug] = newTable(o, c.quirks, c.opts.Seed)
	}
	return nil
}

// decodeObjects reads any of the shapes an object schema comes in.
func decodeObjects(raw jsontext.Value) ([]*object, error) {
	if raw.Kind() == '[' {
		var list []jsontext.Value
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
		var all []*object
		for _, one := range list {
			objects, err := decodeObjects(one)
			if err != nil {
				return nil, err
			}
			all = append(all, objects...)
		}
		return all, nil
	}
	var envelope map[string]jsontext.Value
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return nil, err
	}
	for _, name := range []string{"object", "objects", "collection", "data"} {
		if inner, ok := envelope[name]; ok && envelope["slug"] == nil {
			return decodeObjects(inner)
		}
	}
	o := new(object)
	if err := json.Unmarshal(raw, o); err != nil {
		return nil, err
	}
	return []*object{o}, nil
}

// renameOptions gives every option a text for its id.
func (o *object) renameOptions() {
	for _, a := range o.Attributes {
		for i := range a.Options {
			if id := a.Options[i].ID; id.Kind() == '0' {
				a.Options[i].ID = jsontext.Value(`"opt_` + string(id) + `"`)
			}
		}
	}
}

// compile checks the schema, adds the attributes that every object of its kind
// has, and derives what requests need.
func (o *object) compile() error {
	if o.Slug == "" {
		return fmt.Errorf("an object has no slug")
	}
	o.SingularName = firstOf(o.SingularName, o.Slug)
	o.PluralName = firstOf(o.PluralName, o.Slug)
	o.CreatedAt = firstOf(o.CreatedAt, schemaTime)
	o.UpdatedAt = firstOf(o.UpdatedAt, schemaTime)
	if o.IsActive == nil {
		active := true
		o.IsActive = &active
	}
	o.addStandard()
	return o.derive(0)
}

// derive fills in what requests need. The attributes before from have theirs
// already; they may be in use and are left alone.
func (o *object) derive(from int) error {
	o.byKey = make(map[string]int, len(o.Attributes))
	o.byBody = make(map[string]int, len(o.Attributes))
	for i, a := range o.Attributes {
		if a == nil || a.Key == "" {
			return fmt.Errorf("object %q: attribute %d has no key", o.Slug, i+1)
		}
		if _, twice := o.byKey[a.Key]; twice {
			return fmt.Errorf("object %q: attribute %q stands there twice", o.Slug, a.Key)
		}
		if i >= from {
			if err := o.compileAttribute(a); err != nil {
				return fmt.Errorf("object %q: attribute %q: %w", o.Slug, a.Key, err)
			}
		}
		o.byKey[a.Key], o.byBody[a.body] = i, i
	}
	answer, err := json.Marshal(o, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("object %q: %w", o.Slug, err)
	}
	o.answer = answer
	return nil
}

func (o *object) compileAttribute(a *attribute) error {
	a.Label = firstOf(a.Label, a.Key)
	if a.kind = kindOf(a.Type); a.kind == 0 {
		return fmt.Errorf("there is no type %q", a.Type)
	}
	a.body, a.custom = a.Key, false
	if o.named() {
		a.custom = !a.IsStandard
		if a.IsStandard {
			a.body = camel(a.Key)
		}
	}
	switch a.Key {
	case "id", "created_at", "updated_at":
		a.kind, a.body, a.custom = kindSystem, a.Key, false
	}
	if o.Slug == "people" && a.IsStandard {
		switch a.Key {
		case "emails":
			a.kind = kindEmails
		case "socials":
			a.kind = kindSocials
		case "company":
			a.kind, a.body = kindCompany, "companyId"
		}
	}
	a.opening = quote(a.body) + ":"
	a.byID, a.byForm = make(map[string]int, len(a.Options)), make(map[string]int, len(a.Options))
	for i, opt := range a.Options {
		id := optionKey(opt.ID)
		if id == "" {
			return fmt.Errorf("option %q has no id that is a number or a text", opt.Value)
		}
		form := `{"id":` + string(opt.ID) + `}`
		a.forms = append(a.forms, []byte(form))
		a.byID[id], a.byForm[form] = i, i
	}
	return nil
}

// named tells whether the object's answers have the standard attributes under
// camelCase names and the custom ones apart: people and companies.
func (o *object) named() bool { return o.Slug == "people" || o.Slug == "companies" }

// addStandard adds the attributes that a schema file may leave out but every
// object of its kind has.
func (o *object) addStandard() {
	have := make(map[string]*attribute, len(o.Attributes))
	for _, a := range o.Attributes {
		if a != nil {
			have[a.Key] = a
		}
	}
	add := func(key, label, typ string) {
		if a := have[key]; a != nil {
			a.IsStandard = true
			return
		}
		a := &attribute{Key: key, Label: label, Type: typ, IsStandard: true}
		a.IsRequired = key == "id" || key == "created_at"
		o.Attributes = append(o.Attributes, a)
		have[key] = a
	}
	switch o.Slug {
	case "people":
		o.IsStandard = true
		for _, key := range []string{"first_name", "last_name", "salutation", "emails", "job_title",
			"description", "primary_location", "avatar_url", "socials"} {
			add(key, title(key), "text")
		}
		add("phone_number", "Phone Number", "phone_number")
		add("company", "Company", "relation")
		have["company"].RelationType = firstOf(have["company"].RelationType, "many_to_one")
		have["company"].RelatedObjectSlug = firstOf(have["company"].RelatedObjectSlug, "companies")
	case "companies":
		o.IsStandard = true
		add("name", "Name", "text")
		add("domain", "Domain", "text")
		have["domain"].IsUnique = true
	}
	add("id", "ID", "text")
	add("created_at", "Created At", "datetime")
	add("updated_at", "Updated At", "datetime")
}

// ObjectJSON is the API's answer to GET /crm/objects/{slug}, nil where there is
// no such object.
func (c *CRM) ObjectJSON(slug string) []byte {
	t := c.table(slug)
	if t == nil {
		return nil
	}
	out := append([]byte(nil), `{"success":true,"status":200,"object":`...)
	out = append(out, t.object.Load().answer...)
	return append(out, '}')
}

// Objects lists the slugs of the objects in the order they were added.
func (c *CRM) Objects() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return append([]string(nil), c.order...)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// title makes a label of a key: "first_name" is "First Name".
func title(key string) string {
	words := strings.Split(key, "_")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// camel makes a body name of a standard key: "job_title" is "jobTitle".
func camel(key string) string {
	words := strings.Split(key, "_")
	for i, w := range words {
		if i > 0 && w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

func quote(s string) string {
	out, _ := jsontext.AppendQuote(nil, s) // its one error, invalid UTF-8, is mended in out
	return string(out)
}
