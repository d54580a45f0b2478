package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/client"
)

// rows makes a sample of lines whose cells stand between bars.
func rows(lines ...string) [][]string {
	var sample [][]string
	for _, line := range lines {
		sample = append(sample, strings.Split(line, "|"))
	}
	return sample
}

func TestAProposalUnderstandsOtherLanguagesAndValues(t *testing.T) {
	people := []client.Attribute{{Key: "first_name", Label: "First Name", Type: "text"}, {Key: "emails", Label: "Emails", Type: "text"}}
	for _, tt := range []struct {
		name    string
		options ProposeOptions
		want    []string // lines
		gap     string
	}{
		{"German headers", ProposeOptions{
			Columns: []string{"Artikelnummer", "Bezeichnung", "Preis (EUR)", "Aktiv", "Kategorie", "Lieferant", "Erschienen am", "Webseite", "Farbe"},
			Sample:  rows("A-1|Dress|1.234,50|ja|Books|https://www.acme.com|31.12.2025|https://x.de|rot", "A-2|Hat|12,5|nein|Toys|acme.com|||blau"),
		}, []string{
			"match: sku  # unique", `locale: de  # guessed from values such as "1.234,50" in column "Preis (EUR)"`,
			"    to: sku  # text; likely: another word for it, and the sample's values fit", "    to: name  # text; likely: another word for it, and the sample's values fit",
			"    to: price  # number; likely: another word for it, and the sample's values fit", "    to: active  # checkbox; likely: another word for it, and the sample's values fit",
			"    to: category  # select; likely: another word for it, and the sample's values fit", "    to: supplier  # relation; likely: another word for it, and the sample's values fit",
			"    trim: domain", "    to: released  # date; likely: another word for it, and the sample's values fit", "    drop: true  # no attribute like this; its values would suit \"site\"",
			"    drop: true  # no attribute like this",
		}, ""},
		{"the object's own name is its name", ProposeOptions{Columns: []string{"SKU", "Produkt"}, Sample: rows("A1|Dress", "A2|Hat")},
			[]string{"    to: name  # text; likely: another word for it, and the sample's values fit"}, ""},
		{"the price before tax is not the price", ProposeOptions{Columns: []string{"SKU", "Nettopreis", "Cost Price"}, Sample: rows("A1|1|2", "A2|2|3")},
			[]string{"    drop: true  # no attribute like this; its values would suit \"price\", \"stock\", \"stars\" or \"cost\""}, ""},
		{"a word for it whose values don't fit", ProposeOptions{Columns: []string{"SKU", "Preis"}, Sample: rows("A1|hoch", "A2|tief")},
			[]string{`    drop: true  # no attribute like this; closest: "price", which values such as "hoch" don't fit`}, ""},
		{"the only column of codes", ProposeOptions{Columns: []string{"Kennung", "Wieviel", "Wann"}, Sample: rows("X-1|12,5|31.12.2025", "X-2|1.234,5|01.02.2025")},
			[]string{"match: sku  # unique", "    to: sku  # text; likely: the only column with a code of its own in each record",
				`locale: de  # guessed from values such as "12,5" in column "Wieviel"`, "    drop: true  # no attribute like this; its values would suit \"released\""}, ""},
		{"two columns of codes", ProposeOptions{Columns: []string{"Kennung", "Code2"}, Sample: rows("X-1|Y-1", "X-2|Y-2")},
			[]string{"match: sku  # no column feeds it yet"}, `no column is mapped to the match attribute "sku": write to: sku in place of drop: true where the column stands that holds it; each record of the sample has another value in "Kennung" and "Code2"`},
		{"numbers that are no codes", ProposeOptions{Columns: []string{"Foo"}, Sample: rows("120", "300")},
			[]string{"match: sku  # no column feeds it yet"}, `no column is mapped to the match attribute "sku": write to: sku in place of drop: true where the column stands that holds it; each record of the sample has another value in "Foo"`},
		{"a code that repeats", ProposeOptions{Columns: []string{"Artikelnummer"}, Sample: rows("X-1", "X-1")},
			[]string{`    drop: true  # no attribute like this; closest: "sku", which is unique, but values repeat`}, `no column is mapped to the match attribute "sku": write to: sku in place of drop: true where the column stands that holds it`},
		{"a column of options", ProposeOptions{Columns: []string{"SKU", "Sorte"}, Sample: rows("A1|Books", "A2|Toys", "A3|")},
			[]string{"    to: category  # select; likely: the only column that holds its options"}, ""},
		{"a value close to an option", ProposeOptions{Columns: []string{"SKU", "Category"}, Sample: rows("A1|Books", "A2|Toy", "A3|Zzz")},
			[]string{`    # rejected as they are: "Toy", "Zzz"`, `    # values: {Toy: Toys}  # the options are "Books", "Home & Living" and "Toys"`}, ""},
		{"one option alone is chance", ProposeOptions{Columns: []string{"SKU", "Sorte"}, Sample: rows("A1|Books", "A2|Books")},
			[]string{"    drop: true  # no attribute like this"}, ""},
		{"ids of options are numbers", ProposeOptions{Columns: []string{"SKU", "Sorte"}, Sample: rows("A1|1", "A2|2")},
			[]string{`    drop: true  # no attribute like this; its values would suit "price", "stock", "stars" or "cost"`}, ""},
		{"a locale that would misread what is mapped", ProposeOptions{Columns: []string{"SKU", "Price", "Foo"}, Sample: rows("A1|29.90|31.12.2025", "A2|1.5|01.02.2025")},
			[]string{`locale: en-GB  # guessed from values such as "31.12.2025" in column "Foo"`}, ""},
		{"addresses", ProposeOptions{Object: "people", Schema: &client.Object{Slug: "people", Attributes: people}, Columns: []string{"Vorname", "Kontakt"}, Sample: rows("Anna|a@x.de", "Bo|b@x.de")},
			[]string{"match: email", "    to: first_name  # text; likely: another word for it, and the sample's values fit", "    to: email  # text; likely: the only column with e-mail addresses"}, ""},
		{"customers", ProposeOptions{Object: "clients", Columns: []string{"Kunden-Nr.", "Kunde seit"}, Sample: rows("1|31.01.2020", "2|13.04.2021"), Schema: &client.Object{Slug: "clients", Attributes: []client.Attribute{
			{Key: "customer_number", Label: "Customer Number", Type: client.TypeText, IsUnique: true}, {Key: "customer_since", Label: "Customer Since", Type: client.TypeDate}}}},
			[]string{"match: customer_number  # unique", `locale: de  # guessed from values such as "31.01.2020" in column "Kunde seit"`, "    to: customer_number  # text; likely: another word for it, and the sample's values fit", "    to: customer_since  # date; likely: another word for it, and the sample's values fit"}, ""},
		{"domains, which numbers are not", ProposeOptions{Object: "companies", Columns: []string{"Firma", "Netz", "Mitarbeiter"}, Sample: rows("Acme|https://www.acme.com/de|1.200", "Beta|beta.de|2.100"), Schema: &client.Object{Slug: "companies"}},
			[]string{"    to: name  # text; likely: another word for it, and the sample's values fit", "    to: domain  # text; likely: the only column with domains", "    trim: domain"}, ""},
		{"words that exports add", ProposeOptions{Columns: []string{"SKU__c", "Product Price 1", "Stock (pcs)"}, Sample: rows("A1|5|7", "A2|1.5|8")},
			[]string{"    to: sku  # text; likely: the closest name, and the sample's values fit", "    to: price  # number; likely: another word for it, and the sample's values fit", "    to: stock  # number; likely: the closest name, and the sample's values fit"}, ""},
		{"numbered addresses, of which the first is the first", ProposeOptions{Object: "people", Schema: &client.Object{Slug: "people", Attributes: people}, Columns: []string{"First name", "E-mail 1 - Value", "E-mail 2 - Value"}, Sample: rows("Anna|a@x.de|aa@x.de", "Bo|b@x.de|")},
			[]string{"match: email", "    to: email  # text; likely: another word for it, and the sample's values fit", `    drop: true  # no attribute like this; closest: "email", which column "E-mail 1 - Value" feeds`}, ""},
		{"Turkish headers", ProposeOptions{Columns: []string{"Ürün Kodu", "Ürün Adı", "Fiyat", "Stok", "Kategori", "Çıkış Tarihi", "Etkin"}, Sample: rows("I-1|Işık|1.234,50|12|Books|31.12.2024|evet", "I-2|İğne|9,90|0|Toys|01.02.2025|hayır")},
			[]string{`locale: tr  # guessed from values such as "1.234,50" in column "Fiyat"`, "    to: sku  # text; likely: another word for it, and the sample's values fit", "    to: name  # text; likely: another word for it, and the sample's values fit", "    to: price  # number; likely: another word for it, and the sample's values fit", "    to: stock  # number; likely: the closest name, and the sample's values fit", "    to: active  # checkbox; likely: another word for it, and the sample's values fit", "    to: released  # date; likely: another word for it, and the sample's values fit"}, ""},
		{"Japanese headers", ProposeOptions{Columns: []string{"商品コード", "商品名", "価格", "在庫数", "発売日", "有効"}, Sample: rows("J-1|本|1,234|5|2024年12月31日|はい", "J-2|服|500|0|2025/01/02|いいえ")},
			[]string{`locale: ja  # guessed from values such as "1,234" in column "価格"`, "    to: sku  # text; likely: another word for it, and the sample's values fit", "    to: price  # number; likely: another word for it, and the sample's values fit", "    to: stock  # number; likely: another word for it, and the sample's values fit", "    to: released  # date; likely: another word for it, and the sample's values fit"}, ""},
		{"SAP's field names", ProposeOptions{Columns: []string{"MATNR", "MAKTX", "LABST", "MATKL", "LVORM"}, Sample: rows("000123|Nut|1.000|Books|", "000124|Bolt|12,5|Toys|X")},
			[]string{`locale: de  # guessed from values such as "12,5" in column "LABST"`, "    to: sku  # text; likely: another word for it, and the sample's values fit", "    to: name  # text; likely: another word for it, and the sample's values fit", "    to: stock  # number; likely: another word for it, and the sample's values fit", "    to: category  # select; likely: another word for it, and the sample's values fit"}, ""},
		{"an object without unique attributes", ProposeOptions{Object: "things", Columns: []string{"Code", "Title"}, Sample: rows("T-1|Lamp", "T-2|Vase"),
			Schema: &client.Object{Slug: "things", Attributes: []client.Attribute{{Key: "code", Label: "Code", Type: "text"}, {Key: "title", Label: "Title", Type: "text"}}}},
			[]string{"match: code  # likely: a code of its own in each record; but the CRM does not keep it unique"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.options.Object == "" {
				tt.options.Object, tt.options.Schema = "products", products()
			}
			got, gap, err := propose(tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.gap, gap); diff != "" {
				t.Error(diff)
			}
			for _, line := range tt.want {
				if !strings.Contains(string(got), "\n"+line+"\n") {
					t.Errorf("%s is not in\n%s", line, got)
				}
			}
			if strings.Contains(string(got), "\nlocale:") != strings.Contains(strings.Join(tt.want, "\n"), "locale:") {
				t.Errorf("the locale in\n%s", got)
			}
			if gap == "" {
				mustNew(t, Options{Schema: tt.options.Schema, File: parse(t, string(got)), Columns: tt.options.Columns})
			}
		})
	}
}

func TestEveryLineOfSynonymsHasSeveralWords(t *testing.T) {
	words := newThesaurus()
	for _, line := range strings.Split(strings.TrimSpace(synonyms), "\n") {
		all := strings.Split(line, "|")
		if len(all) < 3 {
			t.Errorf("%q is too short", line)
		}
		for _, word := range all {
			if _, same := words.apart(spelledOut(word), spelledOut(all[0])); !same || word == "" {
				t.Errorf("%q is not found as %q", word, all[0])
			}
		}
	}
}
