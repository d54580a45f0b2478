package mapping

import (
	"strings"

	"github.com/crmsync/crmsync/internal/client"
)

// The standard objects, whose endpoints have rules of their own: their schema
// and matchingAttribute speak snake_case, their bodies camelCase
// [update-a-crm-person].
const (
	objectPeople    = "people"
	objectCompanies = "companies"
)

// Where custom attributes go when they don't stand beside the standard fields.
const customGroup = "customAttributes"

const socialsGroup = "socials"

// typeObject is no type of the API: it marks the fields of a standard object
// that are JSON objects, and are sent as they are.
const typeObject = "object"

// standardField is a field of a standard object that the API pages name.
type standardField struct {
	key     string
	body    string
	kind    string
	group   string
	aliases []string
	address addressPlace
	related string
}

func peopleFields() []standardField {
	text := client.TypeText
	return []standardField{
		{key: "first_name", body: "firstName", kind: text},
		{key: "last_name", body: "lastName", kind: text},
		{key: "salutation", body: "salutation", kind: text},
		{key: "emails", body: "emails", kind: text, address: allAddresses},
		{key: "email", body: "emails", kind: text, address: firstAddress, aliases: []string{"e-mail", "email address", "e-mail address"}},
		{key: "job_title", body: "jobTitle", kind: text},
		{key: "description", body: "description", kind: text},
		{key: "phone_number", body: "phoneNumber", kind: client.TypePhoneNumber},
		{key: "primary_location", body: "primaryLocation", kind: text},
		{key: "avatar_url", body: "avatarUrl", kind: text},
		{key: "company_id", body: "companyId", kind: client.TypeRelation, related: objectCompanies, aliases: []string{"company"}},
		// As objects these come in JSON only.
		{key: socialsGroup, body: socialsGroup, kind: typeObject},
		{key: customGroup, body: customGroup, kind: typeObject},
		{key: "socials.linkedin", body: "linkedin", kind: text, group: socialsGroup, aliases: []string{"linkedin"}},
		{key: "socials.twitter", body: "twitter", kind: text, group: socialsGroup, aliases: []string{"twitter"}},
		{key: "socials.facebook", body: "facebook", kind: text, group: socialsGroup, aliases: []string{"facebook"}},
		{key: "socials.instagram", body: "instagram", kind: text, group: socialsGroup, aliases: []string{"instagram"}},
	}
}

// companyFields are those that a person's nested company shows; the page on
// companies themselves isn't known.
func companyFields() []standardField {
	return []standardField{
		{key: "name", body: "name", kind: client.TypeText},
		{key: "domain", body: "domain", kind: client.TypeText},
		{key: customGroup, body: customGroup, kind: typeObject},
	}
}

// standardise gives the attributes of a standard object their place in the body
// and adds those that the schema leaves out.
func (c *catalog) standardise(fields []standardField) {
	known := map[string]bool{}
	for _, f := range fields {
		// The schema may call a field by another of its names.
		t := c.exact[f.key]
		for _, alias := range append([]string{f.body}, f.aliases...) {
			if other := c.exact[alias]; t == nil && f.address == noAddress && other != nil && other.attr.IsStandard {
				t = other
			}
		}
		if t == nil {
			t = &target{key: f.key, attr: client.Attribute{Key: f.key, Type: f.kind, IsStandard: true}}
			c.add(t)
		}
		known[t.key] = true
		t.typed, t.body, t.group, t.address = true, f.body, f.group, f.address
		t.aliases = append(t.aliases, f.aliases...)
		if f.address != firstAddress {
			t.aliases = append(t.aliases, f.key, f.body)
		}
		if f.kind == typeObject {
			t.attr.Type = typeObject // whatever the schema calls it
		}
		if f.related != "" {
			// Whatever the schema calls it, the body takes one id.
			t.attr.Type, t.attr.RelatedObjectSlug = client.TypeRelation, f.related
		}
	}
	for _, t := range c.list {
		switch {
		case known[t.key] || systemAttribute(t.key):
		case t.attr.IsStandard:
			t.body = client.CamelCase(t.key)
		case c.nest:
			t.group = customGroup
		}
	}
}

// clashes tells whether two attributes can't both be in a body: one is the object
// that the other goes into.
func (t *target) clashes(other *target) bool {
	return t.group != other.group && (t.body == other.group || other.body == t.group)
}

// singleReference tells the fields whose body value is one id instead of a list.
func (t *target) singleReference() bool { return t.body == "companyId" }

// companyDomainProblem says why a domain isn't in the one form that matching by
// exact equality needs, or "".
func companyDomainProblem(domain string) string {
	if domain == normalDomain(domain) && !strings.ContainsAny(domain, " \t@") && strings.Contains(domain, ".") {
		return ""
	}
	if !strings.Contains(normalDomain(domain), ".") || strings.ContainsAny(strings.TrimSpace(domain), " \t@") {
		return "is not a domain such as acme.com"
	}
	return "is not a bare domain such as " + show(normalDomain(domain)) +
		` (to have it normalised, give the column "trim: domain" in a mapping file)`
}

// normalDomain reduces a URL or host to its domain: lower case, without scheme,
// "www.", port, path and final dot.
func normalDomain(s string) string {
	s = foldCase(strings.TrimSpace(s))
	if _, rest, found := strings.Cut(s, "://"); found {
		s = rest
	}
	s = strings.TrimPrefix(s, "//")
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 && allDigits(s[i+1:]) {
		s = s[:i]
	}
	s = strings.TrimSuffix(s, ".")
	return strings.TrimPrefix(s, "www.")
}
