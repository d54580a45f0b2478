package mapping

import (
	"cmp"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/client"
)

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-0.10", ".5", "1e5", "007", "1.234,50", "12,34,567.5", "1'234", "−5", "1\u202f234,5", "-", "-,5", "0,0", "00,1", "-.5", "1.234.", ",", "0.000"} {
		f.Add(s)
	}
	locales := []*locale{nil}
	for _, tag := range []string{"de", "en", "fr", "de-CH", "en-IN", "de-AT", "hu"} {
		l, err := newLocale(tag)
		if err != nil {
			f.Fatal(err)
		}
		locales = append(locales, l)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range locales {
			out, ok := appendNumber(nil, s, l)
			if !ok {
				numberHint(s, l)
				continue
			}
			if v := jsontext.Value(out); !v.IsValid() || v.Kind() != '0' {
				t.Fatalf("%q became %s", s, out)
			}
			// No digit is lost or made up, but for a zero before the point.
			if got, want := onlyDigits(string(out)), onlyDigits(s); got != want && got != "0"+want {
				t.Fatalf("%q became %s", s, out)
			}
			if l == nil {
				want, _ := new(big.Rat).SetString(s)
				if got, _ := new(big.Rat).SetString(string(out)); want == nil || want.Cmp(got) != 0 {
					t.Fatalf("%q became %s", s, out)
				}
			}
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"2025-06-01", "31.12.2025", "12/31/2025 2:30 PM", "31. Dezember 2025", "2025年12月31日", "2025-06-01T12:00:00.5+01", "1er août 2025", "2025. 12. 31.", "Dec 31st, 2025", "2025-03-30 02:30", "年月日", "5.5.5555 1:11:11."} {
		f.Add(s)
	}
	var converters []converter
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	for _, tag := range []string{"", "de", "en-US", "en", "ja", "hu", "fr"} {
		l, err := newLocale(tag)
		if err != nil {
			f.Fatal(err)
		}
		format, err := newLayout("%d.%m.%y %I:%M %p%z", l)
		if err != nil {
			f.Fatal(err)
		}
		converters = append(converters, &dateConverter{locale: l}, &datetimeConverter{locale: l, location: berlin}, &datetimeConverter{locale: l, location: berlin, format: format})
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range converters {
			out, problem := c.cell(nil, s)
			if problem != "" {
				if strings.ContainsAny(problem, "\n\r\x00") {
					t.Fatalf("the problem of %q has control characters: %q", s, problem)
				}
				continue
			}
			layout := time.RFC3339Nano
			if _, ok := c.(*dateConverter); ok {
				layout = time.DateOnly
			}
			if _, err := time.Parse(layout, strings.Trim(string(out), `"`)); err != nil {
				t.Fatalf("%q became %s: %v", s, out, err)
			}
		}
	})
}

func FuzzMappingFile(f *testing.F) {
	for _, s := range []string{"object: a\nmatch: b\ncolumns: {a: b}", "columns:\n  a:\n    to: b\n    values: {x: y}\n", "null: [NULL]", "? a\n: b", "a: &x [*x]", "<<: {a: b}", "columns: {a: [{to: b}, {to: c}]}", "- a", "!!str a: b", "a: |\n  b", "\"a\": 'b'", "---\n...\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := ParseFile("m.yaml", text)
		switch {
		case err != nil:
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("the error has several lines: %q", err)
			}
		default:
			for _, c := range file.Columns {
				if c.Line < 1 || c.Drop == (c.To != "") {
					t.Fatalf("%+v", c)
				}
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	for _, s := range []string{"sku", "Product Name", " product-NAME_", "prise", "İ", "ﬃ", "\ufeffsku", "a\u0301"} {
		f.Add(s)
	}
	c := newCatalog(&Options{Object: "products", Schema: products()})
	f.Fuzz(func(t *testing.T, header string) {
		form := foldName(header)
		if again := foldName(form); again != form {
			t.Fatalf("%q folds to %q, that to %q", header, form, again)
		}
		c.suggest(header)
		found := c.find(header)
		for _, other := range []string{" " + header + "\t", header + "_"} {
			if exact := c.exact[header] != nil; !exact && len(c.find(other)) != len(found) {
				t.Fatalf("%q and %q differ", header, other)
			}
		}
		m, err := New(Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku", header}})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x00") || !utf8.ValidString(err.Error()) {
				t.Fatalf("the error is not one clean line: %q", err)
			}
			return
		}
		if len(m.Columns()) != 2 {
			t.Fatalf("%v", m.Columns())
		}
	})
}

// What is accepted is a JSON object whose values have the types of the
// attributes, and everything is either accepted or refused in one clean line.
func TestWhatIsAcceptedHasTheRightType(t *testing.T) {
	schema := products()
	var allColumns []string
	kinds := map[string]string{}
	for _, a := range schema.Attributes {
		if !systemAttribute(a.Key) && !a.IsArchived {
			allColumns = append(allColumns, a.Key)
			kinds[a.Key] = a.Type
		}
	}
	fitting := map[string]string{
		client.TypeText: "a", client.TypeNumber: "1", client.TypeRating: "1", client.TypeCurrency: "1", client.TypeCheckbox: "yes",
		client.TypeDate: "2025-06-01", client.TypeDatetime: "2025-06-01T12:00:00Z", client.TypePhoneNumber: "+49",
		client.TypeSelect: "Books", client.TypeMultiselect: "New;Sale", client.TypeStatus: "Open",
		client.TypeRelation: "0190a3c4-aaaa-bbbb-cccc-0123456789ab", client.TypeUser: "QK566D4X49E8X78",
		"contact": "a@b.de", "site": "https://a.de",
	}
	rapid.Check(t, func(t *rapid.T) {
		columns := append([]string{"sku"}, rapid.SampledFrom(allColumns[1:]).Draw(t, "first"))
		if second := rapid.SampledFrom(allColumns[1:]).Draw(t, "second"); second != columns[1] {
			columns = append(columns, second)
		}
		o := Options{
			Object: "products", Match: "sku", Schema: schema, Location: time.UTC,
			Locale: rapid.SampledFrom([]string{"", "de", "en-US", "fr"}).Draw(t, "locale"),
			Blank:  rapid.SampledFrom([]BlankMode{BlankSkip, BlankNull}).Draw(t, "blank"),
		}
		cell := rapid.OneOf(
			rapid.String(),
			rapid.SampledFrom([]string{"", " ", "1", "1.234,5", "1,234.5", "2025-06-01", "31.12.2025", "12/31/2025", "2025-06-01T12:00:00Z", "yes", "ja", "Books", "New;Sale", "5 €", "0190a3c4-aaaa-bbbb-cccc-0123456789ab", "a@b.de", "+49"}),
			rapid.StringMatching(`-?[0-9]{1,4}([.,][0-9]{1,3}){0,3}`),
		)
		cells, fits := rapid.SliceOfN(cell, len(columns), len(columns)).Draw(t, "cells"), rapid.Bool().Draw(t, "fits")
		for i, key := range columns {
			if fits {
				cells[i] = cmp.Or(fitting[key], fitting[kinds[key]])
			}
		}
		asJSON := rapid.Bool().Draw(t, "json")
		if !asJSON {
			o.Columns = columns
		}
		m, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		var a Assertion
		if asJSON {
			var values []jsontext.Value
			for _, c := range cells {
				v, _ := jsontext.AppendQuote(nil, c)
				values = append(values, v)
			}
			a, err = m.MapObject(columns, values)
		} else {
			a, err = m.MapCells(cells)
		}
		if err != nil {
			if fits || strings.ContainsAny(err.Error(), "\n\r\x00") || !utf8.ValidString(err.Error()) {
				t.Fatalf("what fits is refused, or not in one clean line: %q", err)
			}
			return
		}
		if !valid(a.Body) || len(a.Lanes) != 1 || a.Lanes[0] == "" {
			t.Fatalf("%s in lanes %q", a.Body, a.Lanes)
		}
		d := jsontext.NewDecoder(strings.NewReader(string(a.Body)))
		_, _ = d.ReadToken()
		for d.PeekKind() == '"' {
			key, _ := d.ReadToken()
			name := key.String()
			v, _ := d.ReadValue()
			if want := kindsOf(kinds[name]); v.Kind() != 'n' && !strings.ContainsRune(want, rune(v.Kind())) {
				t.Fatalf("%s is sent as %s", name, v)
			}
		}
	})
}

func kindsOf(attributeType string) string {
	switch attributeType {
	case client.TypeNumber, client.TypeRating, client.TypeCurrency:
		return "0"
	case client.TypeCheckbox:
		return "tf"
	case client.TypeSelect, client.TypeStatus:
		return "{"
	case client.TypeMultiselect, client.TypeRelation, client.TypeUser:
		return "["
	}
	return `"`
}
