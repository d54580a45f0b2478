package mapping

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPropose(t *testing.T) {
	columns := []string{"SKU", "Product name", "Prise", "Release Date", "Category", "Supplier", "Foo: bar", "id", "Active", "price eur"}
	sample := [][]string{
		{"A1", "Dress", "1.234,50", "31.12.2025", "Books", "acme.com", "x", "1", "ja", "1,5"},
		{"A2", "Hat", "12,5", "01.02.2025", "Bücher", "", "y", "2", "nein", "2"},
	}
	got, _, err := propose(ProposeOptions{Input: "products.csv", Object: "products", Schema: products(), Columns: columns, Sample: sample})
	if err != nil {
		t.Fatal(err)
	}
	want := schemaComment + `
# Proposed for products.csv: check what is marked as likely, and what is dropped.
object: products
match: sku  # unique
locale: de  # guessed from values such as "1.234,50" in column "Prise"
columns:
  SKU:
    to: sku  # text
  Product name:
    to: name  # text
  Prise:
    to: price  # number; likely: the closest name, and the sample's values fit
  Release Date:
    to: released  # date
  Category:
    to: category  # select
    # rejected as they are: "Bücher"
    # values: {"Bücher": OPTION}  # the options are "Books", "Home & Living" and "Toys"
  Supplier:
    to: supplier  # relation
    # values that are no ids are looked up as domains; this creates missing ones, too:
    # lookup: {object: companies, match: domain, create: true}
  "Foo: bar":
    drop: true  # no attribute like this
  id:
    drop: true  # "id" is a system attribute of products, which the CRM sets itself
  Active:
    to: active  # checkbox
  price eur:
    drop: true  # no attribute like this; closest: "price", which column "Prise" feeds
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	m := mustNew(t, Options{Schema: products(), File: parse(t, string(got)), Columns: columns})
	if diff := cmp.Diff(`{"sku":"A1","name":"Dress","price":1234.50,"released":"2025-12-31","category":{"id":1},"active":true}`,
		body(m.MapCells([]string{"A1", "Dress", "1.234,50", "31.12.2025", "Books", "", "x", "1", "ja", ""}))); diff != "" {
		t.Error(diff)
	}
}

func TestProposeDoesNotGuess(t *testing.T) {
	propose := func(o ProposeOptions) string {
		t.Helper()
		if o.Object == "" {
			o.Object, o.Schema = "products", products()
		}
		got, _, err := propose(o)
		if err != nil {
			t.Fatal(err)
		}
		parse(t, strings.Replace(string(got), openLocale, "locale: de", 1))
		return string(got)
	}
	for _, tt := range []struct {
		name    string
		options ProposeOptions
		want    string
	}{
		{"between two locales", ProposeOptions{Columns: []string{"sku", "price"}, Sample: [][]string{{"A1", "1,234"}}}, "# locale: de  # or en-US: they read the sample differently, so say which\n"},
		{"a day of two readings", ProposeOptions{Columns: []string{"sku", "released"}, Sample: [][]string{{"A1", "03/04/2025"}}}, "# locale: de  # or en-US: they read"},
		{"a likely column whose values don't fit", ProposeOptions{Columns: []string{"sku", "prices"}, Sample: [][]string{{"A1", "high"}}},
			`    drop: true  # no attribute like this; closest: "price", which values such as "high" don't fit` + "\n"},
		{"whether a point divides thousands", ProposeOptions{Columns: []string{"sku", "price"}, Sample: [][]string{{"A1", "1.200"}, {"A2", "15"}, {"A3", "2.500"}}},
			`locale: en|de  # "1.200" in column "price" is 1.2 with locale: en, and 1200 with locale: de: say which` + "\n"},
		{"a word for null", ProposeOptions{Columns: []string{"sku", "name"}, Sample: [][]string{{"A1", "NULL"}}}, `# null: ["NULL"]`},
		{"a match attribute that isn't there", ProposeOptions{Columns: []string{"name"}}, "# This doesn't run yet: no column feeds a unique attribute: write after match: which attribute tells records apart, or name it with --match\n"},
		{"a year of two digits, but marks it", ProposeOptions{Columns: []string{"sku", "released"}, Sample: [][]string{{"A1", "31.12.25"}}}, `    format: "%d.%m.%y"  # likely: more of the sample's values fit` + "\n"},
		{"a company's domain, but marks it", ProposeOptions{Object: "companies", Columns: []string{"Domain"}, Sample: [][]string{{"https://www.acme.com/"}}}, "match: domain\ncolumns:\n  Domain:\n    to: domain  # text\n    trim: domain\n"},
	} {
		t.Run("it doesn't guess "+tt.name, func(t *testing.T) {
			if got := propose(tt.options); !strings.Contains(got, tt.want) {
				t.Errorf("%q is not in\n%s", tt.want, got)
			}
		})
	}
}

func TestAPointWithOtherDigitsAfterItOrYesAndNoDecideOnThousands(t *testing.T) {
	for _, tt := range []struct {
		name   string
		sample [][]string
		want   string
	}{
		{"German yes and no", [][]string{{"A1", "1.200", "ja"}, {"A2", "15", "nein"}, {"A3", "2.500", "ja"}}, "\nlocale: de  # guessed from values such as \"ja\" in column \"active\"\n"},
		{"two decimals", [][]string{{"A1", "1.200", "yes"}, {"A2", "15.25", "no"}}, "\nmatch: sku  # unique\ncolumns:\n"},
		{"a value below one", [][]string{{"A1", "1.200", "yes"}, {"A2", "0.500", "no"}}, "\nmatch: sku  # unique\ncolumns:\n"},
		{"a JSON number", [][]string{{"A1", "1\x01200", "yes"}}, "\nmatch: sku  # unique\ncolumns:\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, gap, err := propose(ProposeOptions{Object: "products", Schema: products(), Columns: []string{"sku", "price", "active"}, Sample: tt.sample, Decimal: "\x01"})
			if err != nil || gap != "" || !strings.Contains(string(got), tt.want) {
				t.Errorf("%v, %q, %q is not in\n%s", err, gap, tt.want, got)
			}
		})
	}
}

func TestALikelyColumnNeedsACloseNameAndFittingValues(t *testing.T) {
	columns := []string{"sku", "Price Group", "Cost Price", "Product Price (EUR)", "Stock Qty", "Stock Status", "Tags (comma)", "Supplier Name", "Supplier Domain", "Product No.", "Product Stars", "Active field"}
	sample := [][]string{
		{"A1", "wholesale", "1,1", "1,5", "7", "low", "New, Sale", "Acme Ltd", "acme.com", "12", "", "maybe"},
		{"A2", "retail", "11,25", "12,25", "8", "high", "Sale", "Muster AG", "muster.example", "13", "", ""},
	}
	got, _, err := propose(ProposeOptions{Object: "products", Schema: products(), Columns: columns, Sample: sample})
	if err != nil {
		t.Fatal(err)
	}
	to := map[string]string{}
	for _, c := range parse(t, string(got)).Columns {
		to[c.Column] = c.To
	}
	want := map[string]string{
		"sku": "sku", "Price Group": "", "Cost Price": "", "Product Price (EUR)": "price", "Stock Qty": "stock", "Stock Status": "", "Tags (comma)": "tags",
		"Supplier Name": "", "Supplier Domain": "supplier", "Product No.": "", "Product Stars": "", "Active field": "",
	}
	if diff := cmp.Diff(want, to); diff != "" {
		t.Errorf("%s\n%s", diff, got)
	}
	for _, line := range []string{
		`    separator: ","  # likely: more of the sample's values fit`, `    drop: true  # no attribute like this; closest: "active", which values such as "maybe" don't fit`,
		`    drop: true  # no attribute like this; closest: "stars", but the sample has no value to tell by`, `locale: de  # guessed from values such as "1,5" in column "Product Price (EUR)"`,
	} {
		if !strings.Contains(string(got), line+"\n") {
			t.Errorf("%s is not in\n%s", line, got)
		}
	}
}

func TestAProposalForAWorkbookReadsItsNumbersInEveryLocale(t *testing.T) {
	// "\x01" is where the number cells 1.5 and 1.234 have their fraction.
	got, _, err := propose(ProposeOptions{
		Object: "products", Schema: products(), Columns: []string{"sku", "price", "released", "active"}, Decimal: "\x01",
		Sample: [][]string{{"A1", "1\x015", "31.12.2025", "ja"}, {"A2", "1\x01234", "01.02.2025", "nein"}, {"A3", "cheap", "", ""}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`locale: de  # guessed from values such as "31.12.2025" in column "released"`, `    # rejected as they are: "cheap"`} {
		if !strings.Contains(string(got), line+"\n") {
			t.Errorf("%s is not in\n%s", line, got)
		}
	}
}

func TestProposalsOfOddHeadersAreReadBack(t *testing.T) {
	columns := []string{"sku", "yes", "null", "~", "a: b # c", "- x", "\"q\"", "12", "ä\tö", "{x}", "?", "!tag", "&a", "*b", "%d", "@", "`", "a\nb", "trailing ", "0x1F", "1e3", ".inf"}
	got, _, err := propose(ProposeOptions{Object: "products", Schema: products(), Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range parse(t, string(got)).Columns {
		names = append(names, c.Column)
	}
	if diff := cmp.Diff(columns, names); diff != "" {
		t.Error(diff)
	}
	mustNew(t, Options{Schema: products(), File: parse(t, string(got)), Columns: columns})
	got, _, err = propose(ProposeOptions{Object: "things", Match: "yes", Columns: columns[:3], Schema: nil})
	if err != nil {
		t.Fatal(err)
	}
	mustNew(t, Options{File: parse(t, string(got)), Columns: columns[:3]})
}

func TestAProposalHoldsNothingThatATerminalObeys(t *testing.T) {
	columns := []string{"SKU", "a\u009b31m\x7f\u202eü"}
	got, _, err := propose(ProposeOptions{Object: "products", Schema: products(), Columns: columns, Sample: [][]string{{"a", "\u009b2J"}}})
	if err != nil || strings.ContainsAny(string(got), "\u009b\x7f\u202e") || !strings.Contains(string(got), `"a\u009b31m\u007f\u202eü"`) {
		t.Fatalf("%v: %q", err, got)
	}
	mustNew(t, Options{Object: "products", Schema: products(), File: parse(t, string(got)), Columns: columns})
}

func propose(o ProposeOptions) (text []byte, gap string, err error) {
	p, err := Propose(o)
	return p.Text, p.Gap, err
}

func TestAProposalNamesWhatItDropsAndBearsAnOddValue(t *testing.T) {
	p, err := Propose(ProposeOptions{Object: "products", Schema: products(), Columns: []string{"SKU", "Prise", "Foo", "Blank"},
		Sample: [][]string{{"a", "1.5", "x", ""}, {"b", "2.5", "y", ""}, {"c", "k.A.", "z", ""}, {"d", "3.5", "y", ""}, {"e", "4", "y", ""}}})
	if err != nil || !slices.Equal(p.Dropped, []string{"Foo"}) {
		t.Errorf("dropped %q, %v, of\n%s", p.Dropped, err, p.Text)
	}
	if !strings.Contains(string(p.Text), `rejected as they are: "k.A."`) {
		t.Errorf("nothing of the odd value in\n%s", p.Text)
	}
}
