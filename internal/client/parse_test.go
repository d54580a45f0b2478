package client

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

const productsJSON = `{"slug":"products","singularName":"Product","pluralName":"Products","isStandard":false,
 "attributes":[
  {"key":"id","label":"ID","type":"text","isRequired":true,"isStandard":true,"new":{"x":[1]}},
  {"key":"sku","label":"SKU","type":"text","isUnique":1,"isArchived":null,"validation":null},
  {"key":"mail","label":"Mail","type":"text","validation":["email","url"],"isArchived":true},
  {"key":"stage","label":"Stage","type":"select","options":[{"id":1,"value":"Lead","color":"warning"},{"id":"opt_abc","value":2024}]},
  {"key":"price","label":"Price","type":"currency","currency":"EUR","options":null},
  {"key":"owner","label":"Company","type":"relation","relationType":"many_to_one","relatedObjectSlug":"companies","relatedObjectLabel":"C"}
 ],"createdAt":"2025-06-01T10:00:00+00:00"}`

func productsObject() *Object {
	return &Object{Slug: "products", SingularName: "Product", PluralName: "Products", IsActive: true, Raw: jsontext.Value(productsJSON),
		Attributes: []Attribute{
			{Key: "id", Label: "ID", Type: "text", IsRequired: true, IsStandard: true},
			{Key: "sku", Label: "SKU", Type: "text", IsUnique: true},
			{Key: "mail", Label: "Mail", Type: "text", Validation: []string{"email", "url"}, IsArchived: true},
			{Key: "stage", Label: "Stage", Type: "select", Options: []Option{{ID: jsontext.Value("1"), Value: "Lead"}, {ID: jsontext.Value(`"opt_abc"`), Value: "2024"}}},
			{Key: "price", Label: "Price", Type: "currency", Currency: "EUR"},
			{Key: "owner", Label: "Company", Type: "relation", RelationType: "many_to_one", RelatedObjectSlug: "companies"},
		}}
}

func TestAStoredSchemaInEachForm(t *testing.T) {
	little, big := "\xff\xfe", "\xfe\xff"
	for _, u := range utf16.Encode([]rune(productsJSON)) {
		little += string([]byte{byte(u), byte(u >> 8)})
		big += string([]byte{byte(u >> 8), byte(u)})
	}
	other := `{"slug":"deals","attributes":[]}`
	for _, tt := range []struct{ name, in, slug string }{
		{"the API's answer", `{"success":true,"status":200,"object":` + productsJSON + `}`, ""},
		{"the bare object", productsJSON, ""},
		{"the bare object, asked for by name", productsJSON, "products"},
		{"a list of one", `{"objects":[` + productsJSON + `]}`, ""},
		{"a list of several", `{"success":true,"objects":[` + other + `,` + productsJSON + `]}`, "products"},
		{"a bare list", `[` + other + `,` + productsJSON + `]`, "products"},
		{"a collection", `{"collection":[` + productsJSON + `],"pagination":{}}`, "products"},
		{"data", `{"data":` + productsJSON + `}`, "products"},
		{"a byte order mark and blanks", "\ufeff\n " + productsJSON + "\n\n", ""},
		{"UTF-16, little end first", little, ""},
		{"UTF-16, big end first", big, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseSchema([]byte(tt.in), tt.slug)
			if diff := cmp.Diff(productsObject(), got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestAnObjectIsActiveUnlessItSaysOtherwise(t *testing.T) {
	for flag, want := range map[string]bool{``: true, `"isActive":null,`: true, `"isActive":true,`: true, `"isActive":1,`: true, `"isActive":false,`: false, `"isActive":0,`: false} {
		o, err := ParseSchema([]byte(`{`+flag+`"slug":"x","attributes":[]}`), "")
		if err != nil || o.IsActive != want {
			t.Errorf("%s: %v %v", flag, o, err)
		}
	}
}

func TestSchemasThatCannotBeUsed(t *testing.T) {
	for _, tt := range []struct{ name, in, slug, want string }{
		{"empty", " \n", "", "it is empty"},
		{"a comma too many", "{\n  \"slug\": \"x\",\n  \"attributes\": [ {}, ]\n}", "", "line 3, column 23: this is not JSON: "},
		{"cut off", "{\"slug\":\"x\",\n\"attr", "", "line 2, column 6: the JSON ends too early"},
		{"more after the end", "{\"slug\":\"x\",\"attributes\":[]}\n{}", "", "line 2, column 1: there is more after the end of the JSON"},
		{"YAML", "slug: products", "", "line 1, column 1: this is not JSON: "},
		{"a text", `"products"`, "", "it is a text, not an object's schema"},
		{"another object", `{"name":"x"}`, "", `it is no object's schema: it has no list "attributes"`},
		{"an error of the API", `{"success":false,"message":"Unauthenticated."}`, "", "it holds an error of the API, not a schema: Unauthenticated."},
		{"attributes that are no list", `{"object":{"slug":"x","attributes":{}}}`, "", `it is no object's schema: it has no list "attributes"`},
		{"an attribute that is a text", `{"slug":"x","attributes":["sku"]}`, "", "attributes.0 is a text, which it can't be"},
		{"a key that is a number", `{"slug":"x","attributes":[{"key":1}]}`, "", "attributes.0.key is a number, which it can't be"},
		{"an attribute without a key", `{"slug":"x","attributes":[{"key":"a"},{"label":"b"}]}`, "", `attribute 2 of "x" has no key`},
		{"several objects and no name", `[{"slug":"a","attributes":[]},{"slug":"b","attributes":[]}]`, "", "it holds several objects: a, b"},
		{"several objects and another name", `[{"slug":"a","attributes":[]},{"slug":"b","attributes":[]}]`, "c", `the object "c" is not among its objects: a, b`},
		{"the schema of another object", `{"slug":"a","attributes":[]}`, "c", `it is the schema of "a", not of "c"`},
		{"no objects", `{"objects":[]}`, "a", "the list of objects is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseSchema([]byte(tt.in), tt.slug)
			var e *SchemaError
			if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), tt.want) || e.Hint() == "" {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

func FuzzSchema(f *testing.F) {
	f.Add([]byte(productsJSON), "products")
	f.Add([]byte(`{"objects":[{"slug":"a","attributes":[{"key":"k","options":[{"id":1,"value":"x"}]}]}]}`), "a")
	f.Add([]byte("\xff\xfe{\x00}\x00"), "")
	f.Add([]byte(`{"data":{"data":{"object":[]}}}`), "")
	f.Fuzz(func(t *testing.T, in []byte, slug string) {
		o, err := ParseSchema(in, slug)
		if (o == nil) == (err == nil) {
			t.Fatal(o, err)
		}
		var e *SchemaError
		if err != nil {
			if !errors.As(err, &e) || strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("%q", err)
			}
			return
		}
		if slug != "" && o.Slug != slug && o.Slug != "" {
			t.Errorf("asked for %q, got %q", slug, o.Slug)
		}
		again, err := ParseSchema(o.Raw, "")
		if err != nil || !cmp.Equal(o, again) {
			t.Errorf("the raw JSON reads differently: %v %s", err, cmp.Diff(o, again))
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add([]byte(`{"collection":[{"id":"a","attributes":{"sku":["x"]}}],"pagination":{"nextPage":null}}`))
	f.Add([]byte(`{"data":{"data":[{"id":1}]},"meta":{"current_page":1,"last_page":9}}`))
	f.Add([]byte(`[{"id":1},{"id":2}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := clientOf(t, "https://crm.example", Options{Transport: &fixed{status: 200, body: string(body)}})
		err := eachRecord(t.Context(), c, "products", func(r RecordRef) error {
			if r.ID == "" {
				t.Error("a record without an id")
			}
			r.Values("sku")
			return nil
		})
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Message == "") {
			t.Errorf("%v", err)
		}
	})
}
