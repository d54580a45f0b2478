package mapping

import (
	"fmt"

	"github.com/crmsync/crmsync/internal/client"
)

// target is an attribute that a column can feed, and where it stands in the
// body.
type target struct {
	key     string   // as flags, mapping files and messages name it
	aliases []string // other names, beside key and label
	attr    client.Attribute
	typed   bool // attr.Type comes from a schema, a mapping file or a standard

	body    string       // the key in the body
	group   string       // the object inside the body that holds it; "" is the body itself
	address addressPlace // people only
}

// addressPlace says where a cell's addresses go in a person's e-mail list.
type addressPlace int8

const (
	noAddress    addressPlace = iota
	firstAddress              // the attribute email: the first of the list
	allAddresses              // the attribute emails: the list
)

// catalog holds the attributes of an object and finds them by name.
type catalog struct {
	object string
	open   bool // no schema: every name is an attribute
	nest   bool // custom attributes go in customGroup
	list   []*target
	exact  map[string]*target
	folded map[string][]*target
}

// systemAttribute tells the attributes that the CRM sets itself on every object
// [create-a-crm-object].
func systemAttribute(key string) bool {
	return key == "id" || key == "created_at" || key == "updated_at"
}

func newCatalog(o *Options) *catalog {
	c := &catalog{
		object: o.Object,
		open:   o.Schema == nil,
		nest:   o.NestCustom && (o.Object == objectPeople || o.Object == objectCompanies),
		exact:  map[string]*target{},
		folded: map[string][]*target{},
	}
	if o.Schema != nil {
		for _, a := range o.Schema.Attributes {
			c.add(&target{key: a.Key, attr: a, typed: true, body: a.Key})
		}
	}
	switch o.Object {
	case objectPeople:
		c.standardise(peopleFields())
	case objectCompanies:
		c.standardise(companyFields())
	}
	for _, t := range c.list {
		c.index(t)
	}
	return c
}

func (c *catalog) add(t *target) {
	c.list = append(c.list, t)
	c.exact[t.key] = t
}

func (c *catalog) index(t *target) {
	for _, name := range append([]string{t.key, t.attr.Label}, t.aliases...) {
		form := foldName(name)
		known := form == ""
		for _, other := range c.folded[form] {
			known = known || other == t
		}
		if !known {
			c.folded[form] = append(c.folded[form], t)
		}
	}
}

// find gives the attributes that a name may mean: one where it is clear, several
// where it is ambiguous, none where it is unknown. An exact key wins; then key,
// label and aliases count, folded. An archived attribute stands back behind a
// live one of the same folded name.
func (c *catalog) find(name string) []*target {
	if t := c.exact[name]; t != nil {
		return []*target{t}
	}
	form := foldName(name)
	all := c.folded[form]
	var live []*target
	for _, t := range all {
		if !t.attr.IsArchived {
			live = append(live, t)
		}
	}
	if len(live) > 0 {
		return live
	}
	if len(all) == 0 && c.open && name != "" {
		return []*target{c.openTarget(name)}
	}
	return all
}

// openTarget makes a target for a name that no schema checks.
func (c *catalog) openTarget(name string) *target {
	t := &target{key: name, attr: client.Attribute{Key: name}, body: name}
	if c.nest {
		t.group = customGroup
	}
	return t
}

// suggest names the attribute closest to name, as ` (closest: "price")`, or "".
func (c *catalog) suggest(name string) string {
	if key, ok := c.closest(name); ok {
		return fmt.Sprintf(" (closest: %s)", show(key))
	}
	return ""
}

// meant is suggest for a name that is another word for an attribute's.
func (c *catalog) meant(name string) string {
	words, best, key := newThesaurus(), unlike, ""
	for _, t := range c.list {
		for _, own := range []string{t.key, t.attr.Label} {
			d, same := words.apart(spelledOut(name), spelledOut(own))
			if same && d < best && !t.attr.IsArchived && !systemAttribute(t.key) {
				best, key = d, t.key
			}
		}
	}
	if key == "" {
		return ""
	}
	return fmt.Sprintf(" (closest: %s)", show(key))
}

func (c *catalog) closest(name string) (string, bool) {
	candidates := make([]named, 0, len(c.list))
	for _, t := range c.list {
		if t.attr.IsArchived || systemAttribute(t.key) {
			continue
		}
		forms := []string{foldName(t.key), foldName(t.attr.Label)}
		for _, alias := range t.aliases {
			forms = append(forms, foldName(alias))
		}
		candidates = append(candidates, named{t.key, forms})
	}
	return closest(name, candidates)
}

// refusal says why no column may feed t, or "".
func (t *target) refusal(object string) string {
	switch {
	case systemAttribute(t.key):
		return fmt.Sprintf("%s is a system attribute of %s, which the CRM sets itself", show(t.key), object)
	case t.attr.IsArchived:
		return fmt.Sprintf("attribute %s of %s is archived", show(t.key), object)
	}
	return ""
}
