package mapping

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/client"
)

// products is a schema with an attribute of every type.
func products() *client.Object {
	option := func(id, label string) client.Option { return client.Option{ID: jsontext.Value(id), Value: label} }
	return &client.Object{Slug: "products", Attributes: []client.Attribute{
		{Key: "id", Label: "ID", Type: "text", IsRequired: true, IsStandard: true},
		{Key: "created_at", Label: "Created At", Type: "datetime", IsRequired: true, IsStandard: true},
		{Key: "updated_at", Label: "Updated At", Type: "datetime", IsStandard: true},
		{Key: "sku", Label: "SKU", Type: "text", IsUnique: true, IsRequired: true},
		{Key: "name", Label: "Product Name", Type: "text", IsRequired: true},
		{Key: "price", Label: "Price", Type: "number"},
		{Key: "stock", Label: "Stock Count", Type: "number"},
		{Key: "active", Label: "Active", Type: "checkbox"},
		{Key: "released", Label: "Release Date", Type: "date"},
		{Key: "checked_at", Label: "Checked At", Type: "datetime"},
		{Key: "phone", Label: "Phone", Type: "phone_number"},
		{Key: "category", Label: "Category", Type: "select", Options: []client.Option{
			option("1", "Books"), option("2", "Home & Living"), option(`"opt_abc123"`, "Toys")}},
		{Key: "tags", Label: "Tags", Type: "multiselect", Options: []client.Option{
			option(`"t1"`, "New"), option(`"t2"`, "Sale"), option(`"t3"`, "A;B")}},
		{Key: "state", Label: "State", Type: "status", Options: []client.Option{option("7", "Open"), option("8", "Closed")}},
		{Key: "stars", Label: "Stars", Type: "rating"},
		{Key: "cost", Label: "Cost", Type: "currency", Currency: "EUR"},
		{Key: "supplier", Label: "Supplier", Type: "relation", RelatedObjectSlug: "companies"},
		{Key: "parts", Label: "Parts", Type: "relation", RelatedObjectSlug: "parts"},
		{Key: "maker", Label: "Maker", Type: "relation", RelationType: "many_to_one", RelatedObjectSlug: "parts"},
		{Key: "owner", Label: "Owner", Type: "user"},
		{Key: "contact", Label: "Contact", Type: "text", Validation: []string{"email"}},
		{Key: "site", Label: "Site", Type: "text", Validation: []string{"url"}},
		{Key: "old_price", Label: "Old Price", Type: "number", IsArchived: true},
	}}
}

func mustNew(t testing.TB, o Options) *Mapper {
	t.Helper()
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// object splits a JSON object into names and values, as the source does.
func object(t testing.TB, text string) ([]string, []jsontext.Value) {
	t.Helper()
	d := jsontext.NewDecoder(strings.NewReader(text))
	if _, err := d.ReadToken(); err != nil {
		t.Fatal(err)
	}
	var names []string
	var values []jsontext.Value
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.String())
		v, err := d.ReadValue()
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v.Clone())
	}
	return names, values
}

// body is what a mapped record sends, or the error's text.
func body(a Assertion, err error) string {
	if err != nil {
		return err.Error()
	}
	return string(a.Body)
}

func TestMapCells(t *testing.T) {
	base := func(columns ...string) Options {
		return Options{Object: "products", Match: "sku", Schema: products(), Columns: columns, Location: time.UTC}
	}
	with := func(o Options, change func(*Options)) Options {
		change(&o)
		return o
	}
	for _, tt := range []struct {
		name    string
		options Options
		cells   []string
		want    string
	}{
		{"columns map by key and by label, in column order", base("SKU", "Price", "product-name"), []string{"A1", "29.90", "Dress"},
			`{"sku":"A1","price":29.90,"name":"Dress"}`},
		{"a blank cell is left out", base("sku", "name", "price"), []string{"A1", "  ", ""}, `{"sku":"A1"}`},
		{"missing cells are blank", base("sku", "name", "price"), []string{"A1"}, `{"sku":"A1"}`},
		{"a blank cell clears with --blank null", with(base("sku", "name", "price"), func(o *Options) { o.Blank = BlankNull }), []string{"A1", "", " "},
			`{"sku":"A1","name":null,"price":null}`},
		{"a blank cell becomes an empty text or list with --blank empty", with(base("sku", "name", "tags"), func(o *Options) { o.Blank = BlankEmpty }), []string{"A1", "", ""},
			`{"sku":"A1","name":"","tags":[]}`},
		{"a blank cell can't be an empty number", with(base("sku", "price"), func(o *Options) { o.Blank = BlankEmpty }), []string{"A1", ""},
			`column "price": a blank can't be sent as "" to a number attribute (--blank null clears it, --blank skip leaves it alone)`},
		{"a cell equal to --null is null", with(base("sku", "name", "price"), func(o *Options) { o.Null, o.HasNull = "NULL", true }), []string{"A1", "NULL", "NULL"},
			`{"sku":"A1","name":null,"price":null}`},
		{"an empty --null makes empty cells null", with(base("sku", "name"), func(o *Options) { o.HasNull = true }), []string{"A1", ""},
			`{"sku":"A1","name":null}`},
		{"text keeps its outer blanks", base("sku", "name"), []string{" A1 ", " x "}, `{"sku":" A1 ","name":" x "}`},
		{"text is escaped", base("sku", "name"), []string{"A\"1", "a\nb\\\x01ü"}, `{"sku":"A\"1","name":"a\nb\\\u0001ü"}`},
		{"invalid UTF-8 is refused", base("sku", "name"), []string{"A1", "a\xff"}, `column "name": "a�" is not valid UTF-8`},
		{"constants follow the columns", with(base("sku"), func(o *Options) { o.Set = []Constant{{"category", "books"}, {"Active", "yes"}} }), []string{"A1"},
			`{"sku":"A1","category":{"id":1},"active":true}`},
		{"a constant may be null", with(base("sku"), func(o *Options) { o.Set, o.Null, o.HasNull = []Constant{{"price", "-"}}, "-", true }), []string{"A1"},
			`{"sku":"A1","price":null}`},
		{"--map feeds and drops", with(base("Nr", "x", "price"), func(o *Options) { o.Map = []Column{{"Nr", "sku"}, {"x", ""}} }), []string{"A1", "y", "1"},
			`{"sku":"A1","price":1}`},
		{"--map finds its column by a folded name", with(base("Artikel-Nr"), func(o *Options) { o.Map = []Column{{"artikel nr", "SKU"}} }), []string{"A1"}, `{"sku":"A1"}`},
		{"unknown columns are dropped on demand", with(base("sku", "foo"), func(o *Options) { o.DropUnknown = true }), []string{"A1", "y"}, `{"sku":"A1"}`},
		{"a blank match value is refused", base("sku", "name"), []string{" ", "x"}, `column "sku": the match value is blank, so the record can't be found again`},
		{"a null match value is refused", with(base("sku"), func(o *Options) { o.Null, o.HasNull = "-", true }), []string{"-"}, `column "sku": the match value is null, so the record can't be found again`},
		{"a blank match value is refused with --blank null too", with(base("sku"), func(o *Options) { o.Blank = BlankNull }), []string{""}, `column "sku": the match value is blank, so the record can't be found again`},
		{"all problems stand in one reason, in column order", base("price", "active", "sku"), []string{"1.234,50", "maybe", ""},
			`column "price": "1.234,50" is not a number (if it is German, use --locale de); column "active": "maybe" is neither yes nor no (it takes true/false, yes/no or 1/0; a mapping file can say what other words mean, with "values"); column "sku": the match value is blank, so the record can't be found again`},
		{"without a schema cells go as text", Options{Object: "x", Match: "sku", Columns: []string{"sku", "Price EUR"}}, []string{"A1", "1"}, `{"sku":"A1","Price EUR":"1"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := mustNew(t, tt.options)
			for range 2 { // the second record must not see the first
				if diff := cmp.Diff(tt.want, body(m.MapCells(tt.cells))); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestMapObject(t *testing.T) {
	base := Options{Object: "products", Match: "sku", Schema: products(), Location: time.UTC}
	with := func(change func(*Options)) Options {
		o := base
		change(&o)
		return o
	}
	off := Options{Object: "products", Match: "sku"}
	for _, tt := range []struct {
		name    string
		options Options
		record  string
		want    string
	}{
		{"values keep their digits", base, `{"sku":"A1","price":0.10,"stock":12345678901234567890}`, `{"sku":"A1","price":0.10,"stock":12345678901234567890}`},
		{"huge exponents are kept", base, `{"sku":"A1","price":1e400}`, `{"sku":"A1","price":1e400}`},
		{"plain values are converted like cells", base, `{"sku":"A1","category":"Books","tags":["sale",{"id":"t1"}],"price":"12.50","active":"yes","stars":4}`,
			`{"sku":"A1","category":{"id":1},"tags":[{"id":"t2"},{"id":"t1"}],"price":12.50,"active":true,"stars":4}`},
		{"values in the API's shape pass", base, `{"sku":"A1","category":{"id":"opt_abc123"},"parts":["0190a3c4-aaaa-bbbb-cccc-0123456789ab"],"owner":["QK566D4X49E8X78"]}`,
			`{"sku":"A1","category":{"id":"opt_abc123"},"parts":["0190a3c4-aaaa-bbbb-cccc-0123456789ab"],"owner":["QK566D4X49E8X78"]}`},
		{"an option's id must have the schema's type", base, `{"sku":"A1","category":{"id":"1"}}`,
			`key "category": {"id":"1"} is the id of none of its options (they are "Books", "Home & Living", "Toys")`},
		{"null clears", base, `{"sku":"A1","price":null}`, `{"sku":"A1","price":null}`},
		{"a number is text where text is meant", base, `{"sku":1.50}`, `{"sku":"1.50"}`},
		{"a missing match value is refused", base, `{"price":1}`, `the match attribute "sku" is missing, so the record can't be found again`},
		{"a null match value is refused", base, `{"sku":null}`, `key "sku": the match value is null, so the record can't be found again`},
		{"a blank match value is refused", base, `{"sku":" "}`, `key "sku": the match value is blank, so the record can't be found again`},
		{"a match value must be a scalar", off, `{"sku":["A1"]}`, `key "sku": a list is not a match value: it must be a text or number`},
		{"an unknown key rejects its record", base, `{"sku":"A1","prise":1}`, `key "prise" is no attribute of products (closest: "price")`},
		{"an unknown key is dropped on demand", with(func(o *Options) { o.DropUnknown = true }), `{"sku":"A1","prise":1}`, `{"sku":"A1"}`},
		{"a dropped key is dropped", with(func(o *Options) { o.Map = []Column{{"prise", ""}} }), `{"sku":"A1","prise":1}`, `{"sku":"A1"}`},
		{"a mapped key feeds its attribute", with(func(o *Options) { o.Map = []Column{{"prise", "price"}} }), `{"sku":"A1","prise":1}`, `{"sku":"A1","price":1}`},
		{"two keys for one attribute are refused", base, `{"sku":"A1","price":1,"Price":2}`, `key "Price": attribute "price" has a value already, from another key or a constant`},
		{"system attributes are refused", base, `{"sku":"A1","id":"x"}`, `key "id" can't be sent: "id" is a system attribute of products, which the CRM sets itself`},
		{"archived attributes are refused", base, `{"sku":"A1","Old Price":1}`, `key "Old Price" can't be sent: attribute "old_price" of products is archived`},
		{"a blank text is a value", base, `{"sku":"A1","name":""}`, `{"sku":"A1","name":""}`},
		{"a blank text is no number", base, `{"sku":"A1","price":""}`,
			`key "price": "" is blank (null clears the attribute, leaving the key out leaves it alone; --blank null takes blanks for null)`},
		{"a blank text is null with --blank null", with(func(o *Options) { o.Blank = BlankNull }), `{"sku":"A1","price":"","name":""}`, `{"sku":"A1","price":null,"name":null}`},
		{"problems stand in the record's order", base, `{"stars":"x","foo":1,"sku":"A1","price":{}}`,
			`key "stars": "x" is not a number (a number looks like 1234.50); key "foo" is no attribute of products; key "price": an object is not a number`},
		{"without a schema values go as they are", off, `{"sku":"A1","x":{"a": [1, 2.0]},"y":null,"z":1e400}`, `{"sku":"A1","x":{"a": [1, 2.0]},"y":null,"z":1e400}`},
		{"escaped text is kept", base, `{"sku":"A\u00311","name":"\u00fc\n"}`, `{"sku":"A\u00311","name":"\u00fc\n"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := mustNew(t, tt.options)
			for range 2 {
				if diff := cmp.Diff(tt.want, body(m.MapObject(object(t, tt.record)))); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	base := Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku"}, Input: "products.csv"}
	with := func(change func(*Options)) Options {
		o := base
		change(&o)
		return o
	}
	columns := func(names ...string) Options { return with(func(o *Options) { o.Columns = names }) }
	twins := products()
	twins.Attributes = append(twins.Attributes, client.Attribute{Key: "price_2", Label: "Price", Type: "number"})
	for _, tt := range []struct {
		name    string
		options Options
		want    string
		hint    string // part of it
	}{
		{"unknown columns, all of them, with the closest attributes", columns("sku", "prise", "quux"),
			`products.csv: column "prise" is no attribute of products (closest: "price"); column "quux" is no attribute of products`, "--map COLUMN=ATTR"},
		{"another word for an attribute", columns("sku", "Item No", "Verkaufspreis"),
			`products.csv: column "Item No" is no attribute of products (closest: "sku"); column "Verkaufspreis" is no attribute of products (closest: "price")`, "--map COLUMN=ATTR"},
		{"two columns for one attribute", columns("sku", "price", "Price"),
			`products.csv: column "price" and column "Price" both feed attribute "price"`, "--map COLUMN="},
		{"a column that may mean two attributes", with(func(o *Options) { o.Schema, o.Columns = twins, []string{"sku", "PRICE"} }),
			`products.csv: column "PRICE" may mean "price" or "price_2" of products`, `--map PRICE=ATTR`},
		{"a match attribute that no column feeds", columns("sku2", "name"),
			`products.csv: column "sku2" is no attribute of products (closest: "sku"); no column is mapped to the match attribute "sku" (closest: "sku2")`, `--map sku2=sku`},
		{"a match attribute that the schema doesn't have", with(func(o *Options) { o.Match = "skv" }),
			`products.csv: match attribute "skv" is no attribute of products (closest: "sku")`, "crmsync schema products"},
		{"an archived match attribute", with(func(o *Options) { o.Match, o.Map = "old_price", nil; o.Columns = []string{"old_price"} }),
			`products.csv: this attribute can't identify records: attribute "old_price" of products is archived; column "old_price" can't be sent: attribute "old_price" of products is archived`, ""},
		{"a list as match attribute", with(func(o *Options) { o.Match, o.Columns = "tags", []string{"tags"} }),
			`products.csv: records can't be matched by "tags": it is a list (multiselect)`, ""},
		{"--map of a column that the file doesn't have", with(func(o *Options) { o.Map = []Column{{"sku1", "name"}} }),
			`products.csv: --map names column "sku1", which the input doesn't have (closest: "sku")`, `the columns are "sku"`},
		{"--map to an attribute that the schema doesn't have", with(func(o *Options) { o.Map = []Column{{"sku", "skuu"}} }),
			`products.csv: --map: "skuu" is no attribute of products (closest: "sku"); no column is mapped to the match attribute "sku": --map gives column "sku" to "skuu"`, "crmsync schema products"},
		{"--map that drops the column to match by", with(func(o *Options) { o.Columns, o.Map = []string{"SKU", "name"}, []Column{{"SKU", ""}} }),
			`products.csv: no column is mapped to the match attribute "sku": --map drops column "SKU"`, `leave that out, or name another column: --map COLUMN=sku`},
		{"--map that gives the column to match by to another attribute", with(func(o *Options) { o.Map = []Column{{"sku", "name"}} }),
			`products.csv: no column is mapped to the match attribute "sku": --map gives column "sku" to "name"`, `--map COLUMN=sku`},
		{"a mapping file that drops the column to match by", with(func(o *Options) { o.File = parse(t, "columns:\n  sku: {drop: true}\n") }),
			`products.csv: no column is mapped to the match attribute "sku": m.yaml, line 2, drops column "sku"`, `--map COLUMN=sku`},
		{"a mapping file that gives the column to match by to others", with(func(o *Options) { o.File = parse(t, "columns:\n  sku: [{to: name}, {to: phone}]\n") }),
			`products.csv: no column is mapped to the match attribute "sku": m.yaml, line 2, gives column "sku" to "name"`, `--map COLUMN=sku`},
		{"a column to match by that can't be read as the mapping file says", with(func(o *Options) {
			o.File = parse(t, "columns:\n  sku: {to: sku, lookup: {object: parts, match: sku}}\n")
		}),
			`products.csv: m.yaml, line 2: column "sku" has a lookup, but attribute "sku" takes no ids of other records`, "leave lookup out"},
		{"--map that drops a person's address", Options{Object: "people", Match: "email", Columns: []string{"E-Mail", "first_name"}, Map: []Column{{"E-Mail", ""}}},
			`no column is mapped to the match attribute "email": --map drops column "E-Mail"`, `--map COLUMN=email`},
		{"--map to a system attribute", with(func(o *Options) { o.Columns = []string{"sku", "x"}; o.Map = []Column{{"x", "created_at"}} }),
			`products.csv: --map: column "x" can't be sent: "created_at" is a system attribute of products, which the CRM sets itself`, `--map x=`},
		{"a system column", columns("sku", "id"),
			`products.csv: column "id" can't be sent: "id" is a system attribute of products, which the CRM sets itself`, `--map id=`},
		{"--set of an unknown attribute", with(func(o *Options) { o.Set = []Constant{{"colour", "red"}} }),
			`products.csv: --set: "colour" is no attribute of products`, ""},
		{"--set of a value that doesn't convert", with(func(o *Options) { o.Set = []Constant{{"price", "12 kg"}} }),
			`products.csv: constant "price": "12 kg" is not a number (send the number alone, without "kg")`, ""},
		{"--set of the match attribute", with(func(o *Options) { o.Set = []Constant{{"sku", "A1"}} }),
			`products.csv: match attribute "sku" can't be a constant: every record would be the same one`, ""},
		{"--set of an attribute that a column feeds", with(func(o *Options) { o.Columns = []string{"sku", "price"}; o.Set = []Constant{{"price", "1"}} }),
			`products.csv: attribute "price" gets both column "price" and the constant "1"`, ""},
		{"a blank constant", with(func(o *Options) { o.Set = []Constant{{"price", ""}} }),
			`products.csv: constant "price" is blank, which says nothing`, "--blank null"},
		{"a column both dropped and mapped", with(func(o *Options) { o.Map = []Column{{"sku", "sku"}, {"sku", ""}} }),
			`products.csv: column "sku" is both dropped and mapped`, ""},
		{"a system column without a schema", Options{Object: "x", Match: "sku", Columns: []string{"sku", "id"}},
			`column "id" can't be sent: "id" is a system attribute of x, which the CRM sets itself`, ""},
		{"an unknown locale", with(func(o *Options) { o.Locale = "tlh" }), `locale "tlh" is not supported`, "de, el, en"},
		{"companies by anything but their domain", Options{Object: "companies", Match: "name", Columns: []string{"name", "domain"}},
			`companies can't be matched by "name", only by their domain`, "--match domain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.options)
			if err == nil {
				t.Fatal("it was accepted")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			var hinted interface{ Hint() string }
			if !errors.As(err, &hinted) {
				t.Fatal("no hint")
			}
			if !strings.Contains(hinted.Hint(), tt.hint) || strings.Contains(hinted.Hint(), "\n") {
				t.Errorf("hint %q lacks %q", hinted.Hint(), tt.hint)
			}
		})
	}
}

func TestLanes(t *testing.T) {
	for _, tt := range []struct {
		kind string
		same []string
	}{
		{"text", []string{"a1", "A1", " a1 ", "a1\u00a0"}},
		{"text", []string{"Café", "CAFÉ", "cafe\u0301", "cafe"}},
		{"text", []string{"straße", "STRASSE", "Strasse"}},
		{"text", []string{"Ꮼ", "ꮼ"}},
		{"text", []string{"a1", "a1\u200b", "\ufeffA1", "a\u00ad1", "a1\u2060", "a1\x00", "\x00a1", "a1\u180e", "a1\u20dd"}},
		{"text", []string{"lodz", "Łódź", "ŁÓDŹ"}},
		{"text", []string{"aeroe", "Ærœ"}},
		{"number", []string{"29", "29.0", "2.9e1", "+29", "029", "29.00"}},
		{"number", []string{"-0.5", "-.5", "-5e-1"}},
		{"number", []string{"0", "0.0", "-0", "0e5"}},
		{"", []string{"100000000000000000000000000000000000000000000000000", "1e50"}},
		{"phone_number", []string{"+49 (30) 1", "49301", "+49301", "0049301", "+４９301"}},
		{"datetime", []string{"2025-06-01T12:00:00+02:00", "2025-06-01T10:00:00Z", "2025-06-01T10:00:00.000+00:00", "2025-06-01T10:00:00.4Z"}},
	} {
		for _, other := range tt.same[1:] {
			if a, b := laneKey(tt.kind, tt.same[0]), laneKey(tt.kind, other); a != b {
				t.Errorf("%s: %q has lane %q, %q has %q", tt.kind, tt.same[0], a, other, b)
			}
		}
	}
	if laneKey("text", "29") == laneKey("text", "29.0") {
		t.Error("texts that differ share a lane")
	}
}

func TestBodiesAreTheCallersToKeep(t *testing.T) {
	m := mustNew(t, Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku", "name"}})
	first, err := m.MapCells([]string{"A1", "one"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.MapCells([]string{"B2", "two"}); err != nil {
		t.Fatal(err)
	}
	if got := string(first.Body); got != `{"sku":"A1","name":"one"}` {
		t.Errorf("the next record changed the body to %s", got)
	}
}

func TestPlanAndFingerprint(t *testing.T) {
	o := Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"x", "SKU", "price"}, Map: []Column{{"x", ""}}, Set: []Constant{{"active", "yes"}}}
	m := mustNew(t, o)
	want := []ColumnPlan{{Column: "x"}, {Column: "SKU", Attribute: "sku", Type: "text"}, {Column: "price", Attribute: "price", Type: "number"}, {Attribute: "active", Type: "checkbox", Constant: "yes"}}
	if diff := cmp.Diff(want, m.Columns()); diff != "" {
		t.Error(diff)
	}
	if again := mustNew(t, o); again.Fingerprint() != m.Fingerprint() {
		t.Error("the same options have two fingerprints")
	}
	changes := map[string]func(*Options){
		"blank":    func(o *Options) { o.Blank = BlankNull },
		"null":     func(o *Options) { o.HasNull = true },
		"locale":   func(o *Options) { o.Locale = "de" },
		"timezone": func(o *Options) { o.Location = time.UTC },
		"constant": func(o *Options) { o.Set = []Constant{{"active", "no"}} },
		"map":      func(o *Options) { o.Map = []Column{{"x", "name"}} },
		"option": func(o *Options) {
			o.Schema = products()
			o.Columns = []string{"SKU", "category", "x"}
			o.Schema.Attributes[11].Options = nil
		},
		"column type": func(o *Options) { o.Schema = products(); o.Schema.Attributes[5].Type = "currency" },
	}
	for name, change := range changes {
		other := o
		change(&other)
		if mustNew(t, other).Fingerprint() == m.Fingerprint() {
			t.Errorf("another %s leaves the fingerprint as it was", name)
		}
	}
	other := o
	other.Schema = products()
	other.Schema.Attributes = append(other.Schema.Attributes, client.Attribute{Key: "new", Type: "text"})
	if mustNew(t, other).Fingerprint() != m.Fingerprint() {
		t.Error("an attribute that no column feeds changes the fingerprint")
	}
	lookup := "columns:\n  supplier: {to: supplier, lookup: {object: companies, match: domain}}\n"
	mapped := Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku", "supplier"}}
	mapped.File = parse(t, lookup)
	before := mustNew(t, mapped).Fingerprint()
	mapped.File = parse(t, "# a comment\n"+strings.Replace(lookup, "{object: companies", "{  object: companies", 1))
	if mustNew(t, mapped).Fingerprint() != before {
		t.Error("a mapping file laid out anew changes the fingerprint")
	}
}

// valid tells whether a body is a JSON object.
func valid(body []byte) bool {
	var m map[string]jsontext.Value
	return json.Unmarshal(body, &m) == nil
}
