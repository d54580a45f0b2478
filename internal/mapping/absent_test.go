package mapping

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/client"
)

// register is a Lookup whose records can all be created, but for those that the
// CRM refuses.
type register struct {
	ids     map[string]string
	created []string
	dry     bool
}

func (r *register) Find(ref Reference, value string) (string, error) {
	switch id := r.ids[strings.ToLower(value)]; {
	case id != "":
		return id, nil
	case value == "unfit":
		return "", &LookupError{Problem: "none can be created"}
	case !ref.Create:
		return "", &LookupError{Problem: "there is none"}
	}
	absent := "absent " + strings.ToLower(value)
	return "", &AbsentError{ID: absent, Create: func() (string, error) {
		switch have := r.ids[strings.ToLower(value)]; {
		case have != "":
			return have, nil
		case value == "refused":
			return "", &LookupError{Problem: "the CRM refused it"}
		case value == "*":
			return "", errEnd
		}
		r.created = append(r.created, value)
		id := "id of " + value
		if r.dry {
			id = absent
		}
		if r.ids == nil {
			r.ids = map[string]string{}
		}
		r.ids[strings.ToLower(value)] = id
		return id, nil
	}}
}

const creatingFirms = `
columns:
  firm: {to: supplier, lookup: {object: companies, match: domain, create: true}}
`

const creating = creatingFirms + `  part: {to: parts, lookup: {object: parts, match: code, create: true}}
  other: {to: variants, lookup: {object: variants, match: code}}
  maker: {to: maker, lookup: {object: parts, match: code, create: true}}
`

func creatingSchema() *client.Object {
	s := products()
	s.Attributes = append(s.Attributes, client.Attribute{Key: "variants", Label: "Variants", Type: client.TypeRelation, RelatedObjectSlug: "variants"})
	return s
}

func TestARelatedRecordIsCreatedOnlyForARecordWithWhichNothingElseIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name    string
		cells   string // sku, firm, part, other, price, maker
		want    string // the body, or what is wrong
		created string
	}{
		{"nothing is wrong", "S|a|||5", `{"sku":"S","supplier":["id of a"],"price":5}`, "a"},
		{"two of one cell, one of another", "S|a;b|p||5", `{"sku":"S","supplier":["id of a","id of b"],"parts":["id of p"],"price":5}`, "a,b,p"},
		{"the same in another spelling", "S|a;A|||5", `{"sku":"S","supplier":["id of a"],"price":5}`, "a"},
		{"a number that is none, in a later column", "S|a|||x", `column "price": "x" is not a number (a number looks like 1234.50)`, ""},
		{"another lookup that finds nothing", "S|a||o|5", `column "other": "o": there is none`, ""},
		{"a second value that can't be created", "S|a;unfit|||5", `column "firm": "unfit": none can be created`, ""},
		{"two of which one alone may be", "S||||5|m;n", `column "maker": there are "m" and "n", but the attribute refers to one record alone`, ""},
		{"a blank match value", "|a|||5", `column "sku": the match value is blank, so the record can't be found again`, ""},
		{"the CRM refuses one: the next is not created for nothing", "S|refused|p||5", `column "firm": "refused": the CRM refused it`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			crm := &register{}
			m := mustNew(t, Options{
				Object: "products", Match: "sku", Schema: creatingSchema(), File: parse(t, creating), Lookup: crm,
				Columns: []string{"sku", "firm", "part", "other", "price", "maker"},
			})
			a, err := m.MapCells(strings.Split(tt.cells, "|"))
			got := string(a.Body)
			if err != nil {
				got = err.Error()
			}
			if got != tt.want || strings.Join(crm.created, ",") != tt.created {
				t.Errorf("%s\ncreates %v\n  got %s\n want %s", tt.cells, crm.created, got, tt.want)
			}
		})
	}
}

func TestWhatCouldNotBeCreatedIsTriedAgainForTheNextRecord(t *testing.T) {
	m := mustNew(t, Options{Object: "products", Match: "sku", Schema: creatingSchema(), File: parse(t, creatingFirms), Lookup: &register{}, Columns: []string{"sku", "firm"}})
	for range 2 {
		if _, err := m.MapCells([]string{"S", "refused"}); err == nil || err.Error() != `column "firm": "refused": the CRM refused it` {
			t.Error(err)
		}
	}
	if _, err := m.MapCells([]string{"S", "*"}); !errors.Is(err, errEnd) {
		t.Error(err)
	}
	if a, err := m.MapCells([]string{"S", "a"}); err != nil || string(a.Body) != `{"sku":"S","supplier":["id of a"]}` {
		t.Errorf("%s, %v", a.Body, err)
	}
}

func TestAKeyThatIsNoAttributeKeepsRelatedRecordsFromBeingCreated(t *testing.T) {
	crm := &register{}
	m := mustNew(t, Options{Object: "products", Match: "sku", Schema: creatingSchema(), File: parse(t, creating), Lookup: crm})
	text := func(s string) jsontext.Value { return jsontext.Value(`"` + s + `"`) }
	if _, err := m.MapObject([]string{"firm", "sku", "colour"}, []jsontext.Value{text("a"), text("S"), text("red")}); err == nil || crm.created != nil {
		t.Errorf("%v, created %v", err, crm.created)
	}
	if a, err := m.MapObject([]string{"firm", "sku"}, []jsontext.Value{text("b"), text("S")}); err != nil || string(a.Body) != `{"supplier":["id of b"],"sku":"S"}` {
		t.Errorf("%s, %v", a.Body, err)
	}
}

func TestADryRunCountsARecordOnceThatRefersToOneToBeCreated(t *testing.T) {
	crm, duplicates := &register{dry: true}, NewDuplicates()
	m := mustNew(t, Options{
		Object: "products", Match: "sku", Schema: creatingSchema(), File: parse(t, creatingFirms), Lookup: crm, Columns: []string{"sku", "firm"},
		Profile: true, Duplicates: duplicates, CheckOnly: true,
	})
	for _, sku := range []string{"S", "", "T"} {
		_, _ = m.MapCells([]string{sku, "firm of " + sku})
	}
	if want := []string{"firm of S", "firm of T"}; !slices.Equal(crm.created, want) {
		t.Errorf("created %v", crm.created)
	}
	for _, p := range m.Profile() {
		if p.Attribute == "supplier" && p.Filled != 3 || p.Attribute == "sku" && (p.Filled != 2 || p.Bad != 1) {
			t.Errorf("%+v", p)
		}
	}
	if n := duplicates.Count().Repeats; n != 0 {
		t.Errorf("%d repeats", n)
	}
}
