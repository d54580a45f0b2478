package mapping

import (
	"errors"
	"strings"
	"testing"

	"github.com/crmsync/crmsync/internal/client"
)

func TestALookupMustLeadToIDsThatTheAttributeTakes(t *testing.T) {
	for _, tt := range []struct{ name, column, want, hint string }{
		{"of another object", "{to: supplier, lookup: {object: people, match: email}}",
			`has a lookup of "people", but attribute "supplier" refers to records of companies`, "name the object that the attribute refers to"},
		{"of members for records", "{to: supplier, lookup: {object: users, match: email}}",
			`has a lookup of "users", but attribute "supplier" refers to records of companies`, "name the object"},
		{"of records for members", "{to: owner, lookup: {object: people, match: email}}",
			`has a lookup of "people", but attribute "owner" names members of the workspace`, "leave lookup out"},
		{"of members by their names", "{to: owner, lookup: {object: users, match: name}}",
			`has a lookup by "name", but members of the workspace are found by their e-mail address alone`, "leave lookup out"},
		{"that would create members", "{to: owner, lookup: {object: users, match: email, create: true}}",
			`has a lookup that creates, but members of the workspace are not created here`, "leave create out"},
		{"of members", "{to: owner, lookup: {object: users, match: email}}", "", ""},
		{"of the right object", "{to: supplier, lookup: {object: companies, match: domain}}", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku", "x"}, File: parse(t, "columns:\n  x: "+tt.column+"\n")})
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want == "":
			case err == nil || !strings.HasSuffix(err.Error(), tt.want) || !strings.HasPrefix(hintOf(err), tt.hint):
				t.Errorf("%v\nhint: %s", err, hintOf(err))
			}
		})
	}
}

func TestALookupMustNameAnAttributeOfTheOtherObject(t *testing.T) {
	companies := &client.Object{Slug: "companies", Attributes: []client.Attribute{{Key: "vat_id", Label: "VAT", Type: "text"}}}
	for _, tt := range []struct{ name, lookup, want string }{
		{"a misspelt one", "{object: parts, match: vat_di}", `m.yaml:2:45: lookup: "vat_di" is no attribute of parts (closest: "vat_id")`},
		{"a label", "{match: VAT, object: parts}", `m.yaml:2:30: lookup: "VAT" is no attribute of parts (closest: "vat_id")`},
		{"one of its own", "{object: parts, match: vat_id, create: true}", ""},
		{"a standard field that the schema leaves out", "{object: companies, match: domain, create: true}", ""},
		{"one that companies aren't matched by, to find them", "{object: companies, match: vat_id}", ""},
		{"one that companies aren't matched by, to create them", "{object: companies, match: vat_id, create: true}",
			`m.yaml:2:49: lookup: no record can be created: companies can't be matched by "vat_id", only by their domain`},
		{"people, who can be found without a name", "{object: people, match: email}", ""},
		{"people, who can't be created without a name", "{object: people, match: email, create: true}",
			`m.yaml:2:46: lookup: no record can be created: people need a first or a last name, and a lookup knows their email alone`},
		{"people by a name", "{object: people, match: last_name, create: true}", ""},
		{"an object whose schema isn't to be had", "{object: secrets, match: vat}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := parse(t, "columns:\n  x: {to: y, lookup: "+tt.lookup+"}\n").CheckLookups(func(ref Reference) (*client.Object, error) {
				if ref.Object == "secrets" {
					return nil, nil
				}
				return companies, nil
			}, func(object string) string { return "crmsync schema " + object })
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAConstantThatCannotBeLookedUpSaysWhy(t *testing.T) {
	_, err := New(Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku"}, Lookup: phoneBook(nil), Set: []Constant{{"supplier", "*"}}})
	if !errors.Is(err, errEnd) {
		t.Error(err)
	}
}
