package client

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The attribute types of the CRM [add-attribute-to-crm-object].
const (
	TypeText        = "text"
	TypeNumber      = "number"
	TypePhoneNumber = "phone_number"
	TypeDate        = "date"
	TypeDatetime    = "datetime"
	TypeCheckbox    = "checkbox"
	TypeSelect      = "select"
	TypeStatus      = "status"
	TypeMultiselect = "multiselect"
	TypeRating      = "rating"
	TypeCurrency    = "currency"
	TypeRelation    = "relation"
	TypeUser        = "user"
)

// Object is a CRM object with its attributes [get-a-crm-object].
type Object struct {
	Slug         string      `json:"slug"`
	SingularName string      `json:"singularName"`
	PluralName   string      `json:"pluralName"`
	IsStandard   bool        `json:"isStandard"`
	IsActive     bool        `json:"isActive"`
	Attributes   []Attribute `json:"attributes"`

	// Raw is the API's own JSON of the object, for `crmsync schema -o json`.
	Raw jsontext.Value `json:"-"`
}

// Attribute is one attribute of an object. Flags that the answer leaves out
// mean false [get-a-crm-object].
type Attribute struct {
	Key               string   `json:"key"` // the slug
	Label             string   `json:"label"`
	Type              string   `json:"type"`
	IsRequired        bool     `json:"isRequired"`
	IsStandard        bool     `json:"isStandard"`
	IsUnique          bool     `json:"isUnique"`
	IsArchived        bool     `json:"isArchived"`
	Options           []Option `json:"options"`
	RelationType      string   `json:"relationType"`
	RelatedObjectSlug string   `json:"relatedObjectSlug"`
	Currency          string   `json:"currency"`
	Validation        []string `json:"validation"` // text only: "email", "url"
}

// Option is a choice of a select, status or multiselect attribute. Its id is
// kept as the schema's JSON has it, number or string, and sent back unchanged.
type Option struct {
	ID    jsontext.Value `json:"id"`
	Value string         `json:"value"`
}

// CamelCase is how the API spells the schema key of a standard field of people in
// bodies and answers [update-a-crm-person].
func CamelCase(slug string) string {
	head, rest, found := strings.Cut(slug, "_")
	if !found || head == "" {
		return slug
	}
	var b strings.Builder
	b.WriteString(head)
	for part := range strings.SplitSeq(rest, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]))
			b.WriteString(part[1:])
		}
	}
	return b.String()
}
