package client

import (
	"context"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// RecordPages reads the records of an object page by page. No page of the API's
// documentation shows this list, so every likely form is understood; for any
// other, Next says that it can't be.
type RecordPages struct{ p pager }

// RecordPages begins a list of an object's records, 100 a page.
func (c *Client) RecordPages(object string) *RecordPages {
	names := []string{"collection", "records", "data", "people", "companies"}
	if !slices.Contains(names, object) {
		names = append(names, object)
	}
	return &RecordPages{pager{
		c:     c,
		call:  call{op: "reading the records of " + c.line(object), scope: scopeRead, max: maxList},
		path:  []string{"crm", object},
		query: url.Values{"per_page": {"100"}, "count": {"100"}},
		names: names,
	}}
}

// Next makes one attempt to read the next page and hands each record to fn, a
// RecordRef being valid only during the call. The time that fn takes counts
// against the request's timeout. It tells whether there may be more pages.
// Errors are an *Error or what fn returned; the next call then reads the same
// page again, from its beginning.
func (r *RecordPages) Next(ctx context.Context, fn func(RecordRef) error) (more bool, err error) {
	return r.p.next(ctx, func(v jsontext.Value) error {
		if v.Kind() != '{' {
			return shapeError("a record is " + kindName(v.Kind()) + ", not an object")
		}
		ref := RecordRef{raw: v}
		if ref.ID = ref.findID(); ref.ID == "" {
			return shapeError("a record has no id")
		}
		if err := fn(ref); err != nil {
			return callbackError{err}
		}
		return nil
	})
}

// RecordRef is a record of a list: its id, and its values by attribute.
type RecordRef struct {
	ID  string
	raw jsontext.Value
}

func (r RecordRef) findID() (id string) {
	scan(r.raw, func(dec *jsontext.Decoder) {
		eachMember(dec, func(name []byte) bool {
			if string(name) == `"id"` {
				v, err := dec.ReadValue()
				id = text(v)
				return err == nil && id == ""
			}
			return dec.SkipValue() == nil
		})
	})
	return id
}

// Values are the record's values of an attribute as text: none where it is
// unset, several for a list. The attribute is looked for under its slug, its
// camelCase name, among "attributes" and "customAttributes", as the answers for
// custom records, people and companies have it [assert-a-crm-record,
// update-a-crm-person]; "email" means every address.
func (r RecordRef) Values(attribute string) []string {
	names := []string{attribute, CamelCase(attribute)}
	if attribute == "email" || attribute == "emails" {
		names = append(names, "emails", "email")
	}
	return find(r.raw, names, true)
}

func find(v jsontext.Value, names []string, outer bool) (values []string) {
	scan(v, func(dec *jsontext.Decoder) {
		eachMember(dec, func(quoted []byte) bool {
			name := text(quoted)
			nested := outer && (name == "attributes" || name == "customAttributes" || name == "custom_attributes")
			wanted := false
			for _, n := range names {
				wanted = wanted || n == name
			}
			if !nested && !wanted {
				return dec.SkipValue() == nil
			}
			member, err := dec.ReadValue()
			if err != nil {
				return false
			}
			if nested && member.Kind() == '{' {
				values = appendNew(values, find(member, names, false))
			} else if wanted {
				values = appendNew(values, plain(member))
			}
			return true
		})
	})
	return values
}

// appendNew adds what isn't there: one value may stand under two names.
func appendNew(list, more []string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// plain spells a value: an option by its label, a list by its elements.
func plain(v jsontext.Value) (values []string) {
	switch v.Kind() {
	case '[':
		scan(v, func(dec *jsontext.Decoder) {
			_, _ = dec.ReadToken()
			for dec.PeekKind() != ']' {
				item, err := dec.ReadValue()
				if err != nil {
					return
				}
				values = append(values, plain(item)...)
			}
		})
		return values
	case '{':
		for _, name := range []string{"value", "id"} {
			if values = find(v, []string{name}, false); len(values) > 0 {
				return values
			}
		}
		return nil
	}
	if t := text(v); t != "" {
		return []string{t}
	}
	return nil
}
