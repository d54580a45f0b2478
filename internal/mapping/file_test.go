package mapping

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/strictyaml"
)

func parse(t testing.TB, text string) *File {
	t.Helper()
	f, err := ParseFile("m.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestMappingFile(t *testing.T) {
	const text = `
# a comment
object: products
match: sku
locale: de
timezone: Europe/Berlin
blank: null
null: [NULL, "-"]
list_separator: "|"
set:
  category: Books
columns:
  Artikel-Nr: sku
  Preis: {to: price}
  Alt:
    drop: true
  Zustand:
    - to: active
      values: {neu: true, Gebraucht: false, kaputt: }
    - to: name
      case: upper
  Stadt: {to: contact, trim: true, default: x@y.de}
  Datum:
    to: released
    format: "%d.%m.%y"
    required: true
  Marken: {to: tags, separator: ","}
`
	f := parse(t, text)
	m := mustNew(t, Options{Schema: products(), File: f, Columns: []string{"Artikel-Nr", "Preis", "Alt", "Zustand", "Stadt", "Datum", "Marken", "phone"}})
	for _, tt := range []struct {
		cells []string
		want  string
	}{
		{[]string{"A1", "1.234,50", "?", "neu", " a@b.de ", "31.12.25", "New,Sale", "-"},
			`{"sku":"A1","price":1234.50,"active":true,"name":"NEU","contact":"a@b.de","released":"2025-12-31","tags":[{"id":"t1"},{"id":"t2"}],"phone":null,"category":{"id":1}}`},
		{[]string{"A1", "", "?", "GEBRAUCHT ", " ", "01.02.70", "", "NULL"},
			`{"sku":"A1","price":null,"active":false,"name":"GEBRAUCHT ","contact":"x@y.de","released":"1970-02-01","tags":null,"phone":null,"category":{"id":1}}`},
		{[]string{"A1", "-", "?", "kaputt", "x@y.de", "", "New", "1"},
			`column "Datum": it is blank, but the mapping file requires a value`},
	} {
		if diff := cmp.Diff(tt.want, body(m.MapCells(tt.cells))); diff != "" {
			t.Error(diff)
		}
	}
	m = mustNew(t, Options{Schema: products(), File: f})
	for record, want := range map[string]string{
		`{"Artikel-Nr":"A1","Zustand":"neu","Datum":"31.12.25","Preis":"1,5"}`: `{"sku":"A1","active":true,"name":"NEU","released":"2025-12-31","price":1.5,"contact":"x@y.de","category":{"id":1}}`,
		`{"Artikel-Nr":"A1","Stadt":"","Datum":null}`:                          `key "Datum": it is null, but the mapping file requires a value`,
		`{"Artikel-Nr":"A1"}`: `key "Datum": it is blank, but the mapping file requires a value`,
	} {
		if diff := cmp.Diff(want, body(m.MapObject(object(t, record)))); diff != "" {
			t.Errorf("%s: %s", record, diff)
		}
	}
}

func TestMappingFileJoins(t *testing.T) {
	f := parse(t, "match: sku\ncolumns:\n  Vorname: {to: name, join: ' ', trim: true}\n  Nachname: {to: name, join: ' ', case: upper}\n")
	m := mustNew(t, Options{Object: "products", Schema: products(), File: f, Columns: []string{"Vorname", "sku", "Nachname"}})
	for _, tt := range [][2]string{{"Eva ,A1,Muster", `{"name":"Eva MUSTER","sku":"A1"}`}, {"Eva,A1,", `{"name":"Eva","sku":"A1"}`}, {",A1,", `{"sku":"A1"}`}} {
		if diff := cmp.Diff(tt[1], body(m.MapCells(strings.Split(tt[0], ",")))); diff != "" {
			t.Error(diff)
		}
	}
	m = mustNew(t, Options{Object: "products", Schema: products(), File: f})
	for _, tt := range [][2]string{{`{"sku":"A1","Nachname":"Muster","Vorname":"Eva"}`, `{"sku":"A1","name":"Eva MUSTER"}`}, {`{"sku":"A1","Nachname":"Muster"}`, `{"sku":"A1","name":"MUSTER"}`},
		{`{"sku":"A1","Nachname":[1]}`, `key "Vorname": a list is not text that can be joined`}, {`{"sku":"A1"}`, `{"sku":"A1"}`}} {
		if diff := cmp.Diff(tt[1], body(m.MapObject(object(t, tt[0])))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFlagsWinOverTheMappingFile(t *testing.T) {
	f := parse(t, "object: products\nmatch: name\nlocale: de\nblank: null\nset: {active: ja, stars: 3}\ncolumns:\n  x: {to: price, required: true}\n  y: stock\n")
	m := mustNew(t, Options{Object: "products", Match: "sku", Locale: "en", BlankSet: true, Schema: products(), File: f,
		Columns: []string{"sku", "x", "y"}, Map: []Column{{"x", "name"}}, Set: []Constant{{"active", "no"}}})
	if diff := cmp.Diff(`{"sku":"A1","stock":1234.5,"active":false,"stars":3}`, body(m.MapCells([]string{"A1", "", "1,234.5"}))); diff != "" {
		t.Error(diff)
	}
}

func TestMappingFileWithoutSchema(t *testing.T) {
	f := parse(t, "columns:\n  price: {to: price, type: number}\n  on: {to: released, type: date, format: '%d/%m/%Y'}\n")
	m := mustNew(t, Options{Object: "products", Match: "sku", File: f, Columns: []string{"sku", "price", "on", "rest"}})
	if diff := cmp.Diff(`{"sku":"A1","price":1.50,"released":"2025-02-01","rest":"2"}`, body(m.MapCells([]string{"A1", "1.50", "1/2/2025", "2"}))); diff != "" {
		t.Error(diff)
	}
	f = parse(t, "columns:\n  price: {to: price, type: text}\n")
	_, err := New(Options{Object: "products", Match: "sku", Schema: products(), File: f, Columns: []string{"sku", "price"}})
	if err == nil || err.Error() != `m.yaml, line 2: column "price" has type "text", but attribute "price" is a number` {
		t.Error(err)
	}
}

func TestMappingFileMistakes(t *testing.T) {
	for _, tt := range []struct{ name, text, want, hint string }{
		{"an unknown key", "objekt: x", `m.yaml:1:1: unknown key "objekt"`, "did you mean object?"},
		{"an unknown key of a column", "columns:\n  a: {to: b, formt: x}", `m.yaml:2:14: unknown key "formt" in column "a"`, "did you mean format?"},
		{"a key twice", "match: a\nmatch: b", `m.yaml:2:1: key "match" stands here twice, first in line 1`, ""},
		{"a column twice", "columns:\n  a: b\n  a: c", `m.yaml:3:3: key "a" stands here twice, first in line 2`, ""},
		{"a list for a text", "match: [a]", `m.yaml:1:8: match must be a text, not a list`, ""},
		{"nothing for a text", "match:", `m.yaml:1:1: match must be a text, not nothing`, ""},
		{"a wrong word", "blank: drop", `m.yaml:1:8: blank must be "skip", "null" or "empty", not "drop"`, ""},
		{"a column that says nothing", "columns:\n  a:", `m.yaml:2:3: column "a" says nothing`, "drop: true"},
		{"a column without target", "columns:\n  a: {case: lower}", `m.yaml:2:6: column "a" says nothing of where it goes`, "to: ATTR"},
		{"a dropped column with more to say", "columns:\n  a: {drop: true, to: b}", `m.yaml:2:6: column "a" is dropped, so nothing else can be said of it`, ""},
		{"a text for true", "columns:\n  a: {drop: yup}", `m.yaml:2:13: drop must be true or false`, ""},
		{"a wrong format", "columns:\n  a: {to: b, format: '%d.%m'}", `m.yaml:2:22: format "%d.%m" needs the year, as %Y or %y`, ""},
		{"an unknown timezone", "timezone: Mars/Base", `m.yaml:1:11: timezone "Mars/Base" is not known`, "Europe/Berlin"},
		{"an unknown locale", "locale: tlh", `m.yaml:1:9: locale "tlh" is not supported`, "languages"},
		{"half a lookup", "columns:\n  a: {to: b, lookup: {object: c}}", `m.yaml:2:14: lookup must name object and match`, "domain"},
		{"a list at the top", "- a", `m.yaml:1:1: a mapping file must hold entries like key: value, not a list`, ""},
		{"an empty file", "# nothing\n", `m.yaml: the mapping file is empty`, "crmsync map"},
		{"two documents", "match: a\n---\nmatch: b", `m.yaml:3:6: a mapping file holds one document`, ""},
		{"an anchor", "match: &a b", `m.yaml:1:8: match must be a text, not an anchor or alias`, ""},
		{"a column that feeds an attribute twice", "columns:\n  a: [{to: b}, {to: B}]", `m.yaml:2:16: column "a" feeds attribute "B" twice`, ""},
		{"not UTF-8", "match: \xff", `m.yaml: it is not UTF-8 text`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseFile("m.yaml", []byte(tt.text))
			if err == nil {
				t.Fatal("it was accepted")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			var fe *strictyaml.Error
			if !errors.As(err, &fe) || fe.Hint() == "" || !strings.Contains(fe.Hint(), tt.hint) {
				t.Errorf("hint lacks %q: %#v", tt.hint, err)
			}
		})
	}
	_, err := ParseFile("m.yaml", []byte("match: [a"))
	if err == nil || !strings.HasPrefix(err.Error(), "m.yaml:1:8: it is not valid YAML: ") {
		t.Errorf("a syntax error is %v", err)
	}
}

func TestPeople(t *testing.T) {
	schema := &client.Object{Slug: "people", Attributes: []client.Attribute{
		{Key: "first_name", Label: "First Name", Type: "text", IsStandard: true},
		{Key: "phone_number", Label: "Phone Number", Type: "phone_number", IsStandard: true},
		{Key: "shoe_size", Label: "Shoe Size", Type: "number"},
	}}
	columns := []string{"Email", "emails", "first_name", "lastName", "Phone Number", "company_id", "socials.linkedin", "shoe size", "socials.twitter"}
	cells := []string{"A@x.de", "b@x.de; a@X.de", "Eva", "Muster", "+49", "0190a3c4-aaaa-bbbb-cccc-0123456789ab", "eva", "40", "@eva"}
	want := `{"firstName":"Eva","lastName":"Muster","phoneNumber":"+49","companyId":"0190a3c4-aaaa-bbbb-cccc-0123456789ab","socials":{"linkedin":"eva","twitter":"@eva"},"shoe_size":40,"emails":["A@x.de","b@x.de"]}`
	nested := `{"firstName":"Eva","lastName":"Muster","phoneNumber":"+49","companyId":"0190a3c4-aaaa-bbbb-cccc-0123456789ab","socials":{"linkedin":"eva","twitter":"@eva"},"customAttributes":{"shoe_size":40},"emails":["A@x.de","b@x.de"]}`
	o := Options{Object: "people", Match: "email", Schema: schema, Columns: columns}
	a, err := mustNew(t, o).MapCells(cells)
	if diff := cmp.Diff(want, body(a, err)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a@x.de", "b@x.de"}, a.Lanes); diff != "" {
		t.Error(diff)
	}
	if a.Match != "A@x.de" {
		t.Errorf("matched by %q", a.Match)
	}
	o.NestCustom = true
	if diff := cmp.Diff(nested, body(mustNew(t, o).MapCells(cells))); diff != "" {
		t.Error(diff)
	}
	o.Columns = nil
	m := mustNew(t, o)
	for _, tt := range [][2]string{
		{`{"emails":["a@x.de","b@x.de"],"shoe_size":40,"firstName":"Eva","socials.linkedin":"eva","companyId":null}`, `{"customAttributes":{"shoe_size":40},"firstName":"Eva","socials":{"linkedin":"eva"},"companyId":null,"emails":["a@x.de","b@x.de"]}`},
		{`{"first_name":"Eva"}`, `the match value "email" is blank, null or missing, so the person can't be found again`},
		{`{"email":null,"first_name":"Eva"}`, `the match value "email" is blank, null or missing, so the person can't be found again`},
		{`{"email":"ab"}`, `key "email": "ab" is not an e-mail address (it has no @)`},
	} {
		if diff := cmp.Diff(tt[1], body(m.MapObject(object(t, tt[0])))); diff != "" {
			t.Error(diff)
		}
	}
	m = mustNew(t, Options{Object: "people", Match: "phone_number", Schema: schema, Columns: []string{"phone_number", "email"}, Blank: BlankNull})
	if diff := cmp.Diff(`{"phoneNumber":"+49 30","emails":null}`, body(m.MapCells([]string{"+49 30", ""}))); diff != "" {
		t.Error(diff)
	}
	m = mustNew(t, Options{Object: "people", Match: "email", Columns: []string{"email", "company", "nick"}, Lookup: phoneBook{"companies/domain/acme.com": "c1"}})
	if diff := cmp.Diff(`{"companyId":"c1","nick":"x","emails":["a@x.de"]}`, body(m.MapCells([]string{"a@x.de", "acme.com", "x"}))); diff != "" {
		t.Error(diff)
	}
}

func TestPeopleInJSON(t *testing.T) {
	m := mustNew(t, Options{Object: "people", Match: "email"})
	want := `{"firstName":"Eva","socials":{"linkedin":"eva"},"emails":["a@x.de"]}`
	if diff := cmp.Diff(want, body(m.MapObject(object(t, `{"firstName":"Eva","email":"a@x.de","socials":{"linkedin":"eva"}}`)))); diff != "" {
		t.Error(diff)
	}
	m = mustNew(t, Options{Object: "people", Match: "email", NestCustom: true})
	want = `key "socials.twitter": attribute "socials.twitter" has a value already, from another key or a constant`
	if diff := cmp.Diff(want, body(m.MapObject(object(t, `{"email":"a@x.de","socials":{"linkedin":"eva"},"socials.twitter":"@eva"}`)))); diff != "" {
		t.Error(diff)
	}
}

func TestCompanies(t *testing.T) {
	o := Options{Object: "companies", Match: "domain", Columns: []string{"name", "domain"}, Location: time.UTC}
	m := mustNew(t, o)
	for _, tt := range [][2]string{
		{"acme.com", `{"name":"Acme","domain":"acme.com"}`},
		{"", `column "domain": the match value is blank, so the record can't be found again`},
		{"https://www.Acme.com/x", `column "domain": "https://www.Acme.com/x" is not a bare domain such as "acme.com" (to have it normalised, give the column "trim: domain" in a mapping file)`},
		{"www.acme.com", `column "domain": "www.acme.com" is not a bare domain such as "acme.com" (to have it normalised, give the column "trim: domain" in a mapping file)`},
		{"ACME.com", `column "domain": "ACME.com" is not a bare domain such as "acme.com" (to have it normalised, give the column "trim: domain" in a mapping file)`},
		{"acme", `column "domain": "acme" is not a domain such as acme.com`},
		{"a@acme.com", `column "domain": "a@acme.com" is not a domain such as acme.com`},
	} {
		if diff := cmp.Diff(tt[1], body(m.MapCells([]string{"Acme", tt[0]}))); diff != "" {
			t.Error(diff)
		}
	}
	o.File = parse(t, "columns: {domain: {to: domain, trim: domain}}")
	m = mustNew(t, o)
	for _, domain := range []string{"acme.com", "https://www.Acme.com/x?y", "ACME.COM.", " acme.com:443"} {
		if diff := cmp.Diff(`{"name":"Acme","domain":"acme.com"}`, body(m.MapCells([]string{"Acme", domain}))); diff != "" {
			t.Error(diff)
		}
	}
}
