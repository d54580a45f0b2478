package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/client"
)

// sent maps a record with one cell for an attribute of the sample, and gives
// what is sent for it, or the problem.
func sent(t *testing.T, o Options, attribute, cell string) string {
	t.Helper()
	o.Object, o.Match, o.Columns = "products", "sku", []string{"sku", attribute}
	if o.Schema == nil {
		o.Schema = products()
	}
	m := mustNew(t, o)
	return stripBody(attribute, body(m.MapCells([]string{"A1", cell})))
}

func sentJSON(t *testing.T, o Options, attribute, value string) string {
	t.Helper()
	o.Object, o.Match = "products", "sku"
	if o.Schema == nil {
		o.Schema = products()
	}
	m := mustNew(t, o)
	return stripBody(attribute, body(m.MapObject(object(t, `{"sku":"A1","`+attribute+`":`+value+`}`))))
}

func stripBody(attribute, got string) string {
	if rest, ok := strings.CutPrefix(got, `{"sku":"A1","`+attribute+`":`); ok {
		return strings.TrimSuffix(rest, "}")
	}
	for _, kind := range []string{"column", "key"} {
		if rest, ok := strings.CutPrefix(got, kind+` "`+attribute+`": `); ok {
			return rest
		}
	}
	return got
}

type conversionTest struct{ locale, cell, want string }

func run(t *testing.T, attribute string, tests []conversionTest) {
	t.Helper()
	for _, tt := range tests {
		name := tt.cell
		if tt.locale != "" {
			name += " in " + tt.locale
		}
		t.Run(name, func(t *testing.T) {
			got := sent(t, Options{Locale: tt.locale, Location: time.UTC}, attribute, tt.cell)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	run(t, "price", []conversionTest{
		{"", "0", "0"}, {"", "-0", "-0"}, {"", "29", "29"}, {"", "0.10", "0.10"}, {"", " 12 ", "12"}, {"", "\u00a012\t", "12"},
		{"", "12345678901234567890.123456789", "12345678901234567890.123456789"},
		{"", ".5", "0.5"}, {"", "-.5", "-0.5"}, {"", "-12.50", "-12.50"},
		{"", "5.", `"5." is not a number (its separators stand where no number has them)`},
		{"", "1.23,4", `"1.23,4" is not a number (its separators stand where no number has them)`}, {"", "1,2,3", `"1,2,3" is not a number (its separators stand where no number has them)`},
		{"", "−5", `"−5" is not a number (write the minus as -, right before the digits)`}, {"", "–5", `"–5" is not a number (write the minus as -, right before the digits)`}, {"de", "- 5", `"- 5" is not a number (write the minus as -, right before the digits)`},
		{"", "1e5", `"1e5" is not a number (it is in scientific notation, as spreadsheets write long numbers: digits may be lost; export it as a plain number)`},
		{"", "4,93E+11", `"4,93E+11" is not a number (it is in scientific notation, as spreadsheets write long numbers: digits may be lost; export it as a plain number)`},
		{"", "+5", `"+5" is not a number (leave out the plus sign)`},
		{"", "007", `"007" is not a number (it has leading zeros, as codes have: use a text attribute, or remove them)`},
		{"", "-01", `"-01" is not a number (it has leading zeros, as codes have: use a text attribute, or remove them)`},
		{"", "NaN", `"NaN" is not a number (a number looks like 1234.50)`}, {"", "Inf", `"Inf" is not a number (a number looks like 1234.50)`}, {"", "-", `"-" is not a number (a number looks like 1234.50)`}, {"", ".", `"." is not a number (a number looks like 1234.50)`}, {"", "--1", `"--1" is not a number (a number looks like 1234.50)`},
		{"", "0x10", `"0x10" is not a number (a number looks like 1234.50)`}, {"", "1_000", `"1_000" is not a number (a number looks like 1234.50)`}, {"", "١٢", `"١٢" is not a number (a number looks like 1234.50)`}, {"", "１２", `"１２" is not a number (a number looks like 1234.50)`},
		{"", "12 kg", `"12 kg" is not a number (send the number alone, without "kg")`},
		{"", "12%", `"12%" is not a number (send the number alone, without "%")`},
		{"", "€ 12", `"€ 12" is not a number (send the number alone, without "€")`},
		{"", "(12)", `"(12)" is not a number (write a negative number with a minus before it)`},
		{"", "12-", `"12-" is not a number (write a negative number with a minus before it)`},
		{"", "1.234,50", `"1.234,50" is not a number (if it is German, use --locale de)`},
		{"", "1,234.50", `"1,234.50" is not a number (if it is English, use --locale en)`},
		{"", "1'234.50", `"1'234.50" is not a number (if it is Swiss, use --locale de-CH)`},
		{"", "1 234,50", `"1 234,50" is not a number (if it is French, use --locale fr)`},
		{"", "12,34,567.5", `"12,34,567.5" is not a number (if it is Indian, use --locale en-IN)`},
		{"", "12,5", `"12,5" is not a number (if the comma is a decimal comma, use --locale de, fr or the like)`},
		{"", "1,234", `"1,234" is not a number (it has two readings: if the comma is a decimal comma, use --locale de; if it separates thousands, use --locale en)`},
		{"de", "1.234,50", "1234.50"}, {"de", "1234,5", "1234.5"}, {"de", "-1.234.567", "-1234567"}, {"de", "1.234", "1234"}, {"de", "12", "12"}, {"de", "−5", "-5"}, {"de", ",5", "0.5"},
		{"de", "1.23,4", `"1.23,4" is not a number of locale de (decimal separator ",", group separator "." between groups of 3 digits)`},
		{"de", "12.5", `"12.5" is not a number of locale de (there the decimal separator is ",")`},
		{"de", "0.123", `"0.123" is not a number of locale de (there the decimal separator is ",")`},
		{"de", "1,234.50", `"1,234.50" is not a number of locale de (decimal separator ",", group separator "." between groups of 3 digits)`},
		{"de", "1..234", `"1..234" is not a number of locale de (decimal separator ",", group separator "." between groups of 3 digits)`},
		{"de", "1.234.", `"1.234." is not a number of locale de (decimal separator ",", group separator "." between groups of 3 digits)`},
		{"de", "1,2,3", `"1,2,3" is not a number of locale de (decimal separator ",", group separator "." between groups of 3 digits)`},
		{"de", "1e5", `"1e5" is not a number (it is in scientific notation, as spreadsheets write long numbers: digits may be lost; export it as a plain number)`},
		{"en", "1,234.50", "1234.50"}, {"en-US", "1,234,567", "1234567"}, {"en", "1.5", "1.5"},
		{"en", "1,5", `"1,5" is not a number of locale en (decimal separator ".", group separator "," between groups of 3 digits)`},
		{"fr", "1\u202f234,50", "1234.50"}, {"fr", "1\u00a0234,50", "1234.50"}, {"fr", "1 234,50", "1234.50"},
		{"de-CH", "1’234.50", "1234.50"}, {"de-CH", "1'234.50", "1234.50"}, {"en-IN", "12,34,567.5", "1234567.5"}, {"en-IN", "1,234,567.5", "1234567.5"}, {"en-IN", "123,456", "123456"}, {"en-IN", "-12,345,678", "-12345678"},
		{"en-IN", "1,23,4567", `"1,23,4567" is not a number of locale en-IN (decimal separator ".", group separator "," between groups of 3 digits or as in 12,34,567)`},
		{"en-IN", "12,34,567,890", `"12,34,567,890" is not a number of locale en-IN (decimal separator ".", group separator "," between groups of 3 digits or as in 12,34,567)`},
		{"de-AT", "1.234,5", "1234.5"}, {"no", "1 234,5", "1234.5"},
	})
	if got := sentJSON(t, Options{}, "price", "true"); got != "true is not a number" {
		t.Error(got)
	}
}

func TestWhatASpreadsheetLeavesOfAFailedFormulaIsNoValue(t *testing.T) {
	for _, attribute := range []string{"name", "price", "phone", "released", "active", "category", "cost"} {
		for _, cell := range []string{"#N/A", "#DIV/0!", "#NV", "#######"} {
			if got := sent(t, Options{}, attribute, cell); got != errorProblem(cell) {
				t.Errorf("%s: %s is sent as %s", attribute, cell, got)
			}
			if got := sent(t, Options{Null: cell, HasNull: true}, attribute, cell); got != "null" {
				t.Errorf("%s: %s, said to be null, is sent as %s", attribute, cell, got)
			}
		}
	}
	run(t, "name", []conversionTest{
		{"", "#N/A", `"#N/A" is what a spreadsheet shows where a cell has no value (mend it there; --null '#N/A' has such cells clear the attribute)`},
		{"", "#1", `"#1"`}, {"", "#new", `"#new"`}, {"", "N/A", `"N/A"`}, {"", "###", `"###"`},
	})
}

func TestALongNumberThatASpreadsheetRoundedIsNoText(t *testing.T) {
	rounded := func(s string) string {
		return show(s) + ` is a long number that a spreadsheet rounded: its digits are lost (export it again with the column as text)`
	}
	run(t, "name", []conversionTest{
		{"", "4,93E+11", rounded("4,93E+11")}, {"", "4.93123E+17", rounded("4.93123E+17")}, {"", "5E+11", rounded("5E+11")},
		{"", "1E5", `"1E5"`}, {"", "1E+5", `"1E+5"`}, {"", "4.93e11", `"4.93e11"`}, {"", "4.93E+1x", `"4.93E+1x"`}, {"", "3.E+10", `"3.E+10"`}, {"", "9.10", `"9.10"`},
	})
}

func TestEmailAddressesAreCheckedLoosely(t *testing.T) {
	schema := products()
	for i := range schema.Attributes {
		if a := &schema.Attributes[i]; a.Key == "name" {
			a.Validation = []string{"email"}
		}
	}
	for cell, want := range map[string]string{
		"a@b.co": `"a@b.co"`, "a@localhost": `"a@localhost"`, "ä@ö.de": `"ä@ö.de"`, `"a b"@c.de`: `"\"a b\"@c.de"`, "a+b'c@d.de": `"a+b'c@d.de"`, "a@[1.2.3.4]": `"a@[1.2.3.4]"`,
		"mailto:a@b.co": `"mailto:a@b.co" is not an e-mail address (leave out mailto:)`,
		"a:b@c.de":      `"a:b@c.de" is not an e-mail address (it holds a character that no address has)`,
		"(a)b@c.de":     `"(a)b@c.de" is not an e-mail address (it holds a character that no address has)`,
	} {
		if got := sent(t, Options{Schema: schema}, "name", cell); got != want {
			t.Errorf("%s is sent as %s, want %s", cell, got, want)
		}
	}
}

func TestDatetimesSayHowADateAloneIsRead(t *testing.T) {
	for _, tt := range []conversionTest{{"", "2025-12-31", "%Y-%m-%d"}, {"de", "31.12.2025", "%d.%m.%Y"}, {"en-US", "12/31/2025", "%m/%d/%Y"}, {"de", "2025/12/31", "%Y/%m/%d"}} {
		want := show(tt.cell) + ` has no time of day (a mapping file can read it as midnight: "format: '` + tt.want + `'")`
		if got := sent(t, Options{Locale: tt.locale, Location: time.UTC}, "checked_at", tt.cell); got != want {
			t.Errorf("%s in %q: %s", tt.cell, tt.locale, got)
		}
		l, err := newLayout(tt.want, nil)
		if err != nil {
			t.Fatal(err)
		}
		if m, problem := l.parse(tt.cell); problem != "" || m.day != (day{2025, 12, 31}) {
			t.Errorf("%s reads %s as %v%s", tt.want, tt.cell, m.day, problem)
		}
	}
}

func TestTexts(t *testing.T) {
	long := strings.Repeat("ü", 255)
	run(t, "name", []conversionTest{
		{"", "a", `"a"`}, {"", "007", `"007"`}, {"", long, `"` + long + `"`}, {"", "😀", `"😀"`}, {"", "a\u2028", "\"a\u2028\""},
		{"", long + "x", `"` + strings.Repeat("ü", 60) + `…" has 256 characters, but text has 255 at most`},
	})
	run(t, "contact", []conversionTest{
		{"", "a@b.de", `"a@b.de"`}, {"", `"odd one"@b.de`, `"\"odd one\"@b.de"`},
		{"", "a b@c.de", `"a b@c.de" is not an e-mail address (it holds a blank, comma, semicolon or bracket: one address alone is meant)`},
		{"", "ab.de", `"ab.de" is not an e-mail address (it has no @)`},
		{"", "a@@b.de", `"a@@b.de" is not an e-mail address (it has two @)`},
		{"", "a@b..de", `"a@b..de" is not an e-mail address (a part of its domain is missing)`},
		{"", "@b.de", `"@b.de" is not an e-mail address (a part is missing)`},
	})
	run(t, "site", []conversionTest{
		{"", "https://a.de/x?y", `"https://a.de/x?y"`}, {"", "a.de", `"a.de"`}, {"", "a b", `"a b" is not a URL (it holds a blank, quote or angle bracket)`}, {"", "https://", `"https://" is not a URL (its host is missing)`}, {"", "none", `"none" is not a URL (it has no dot, as a host has)`},
	})
	run(t, "phone", []conversionTest{
		{"", "+49 30 123-4", `"+49 30 123-4"`},
		{"", "'+4930", `"'+4930" begins with a spreadsheet's apostrophe (export the column as text, without it)`},
		{"", "4,93E+11", `"4,93E+11" is a phone number that a spreadsheet turned into a rounded number: its digits are lost (export it again with the column as text)`},
		{"", "4.93E+11", `"4.93E+11" is a phone number that a spreadsheet turned into a rounded number: its digits are lost (export it again with the column as text)`},
		{"", "=1+2", `"=1+2" is a spreadsheet formula (export its value instead)`},
		{"", "none", `"none" is not a phone number (it has no digit)`},
	})
}

func TestCheckboxes(t *testing.T) {
	run(t, "active", []conversionTest{
		{"", "true", "true"}, {"", "TRUE", "true"}, {"", "Yes", "true"}, {"", "1", "true"}, {"", "false", "false"}, {"", "no", "false"}, {"", " 0 ", "false"},
		{"", "ja", `"ja" is neither yes nor no (it takes true/false, yes/no or 1/0; if it is German, use --locale de)`},
		{"", "x", `"x" is neither yes nor no (it takes true/false, yes/no or 1/0; a mapping file can say what other words mean, with "values")`},
		{"de", "Ja", "true"}, {"de", "NEIN", "false"}, {"de", "falsch", "false"}, {"de", "true", "true"}, {"fr", "oui", "true"}, {"es", "Sí", "true"}, {"tr", "hayır", "false"},
		{"de", "oui", `"oui" is neither yes nor no (it takes true/false, yes/no or 1/0, in locale de ja/nein; if it is French, use --locale fr)`},
	})
}

func TestDates(t *testing.T) {
	run(t, "released", []conversionTest{
		{"", "2025-06-01", `"2025-06-01"`}, {"", " 2024-02-29 ", `"2024-02-29"`}, {"", "2025-06-01 00:00:00", `"2025-06-01"`}, {"", "2025-06-01T00:00:00.000", `"2025-06-01"`},
		{"", "2025-02-29", `"2025-02-29" is not a date of the calendar`}, {"", "2025-13-01", `"2025-13-01" is not a date of the calendar`}, {"", "2025-00-10", `"2025-00-10" is not a date of the calendar`}, {"", "0000-00-00", `"0000-00-00" is not a date of the calendar (it is a database's zero date; --null takes a text for null)`},
		{"", "2025-06-01T12:00:00", `"2025-06-01T12:00:00" is not a date alone (it has a time of day)`},
		{"", "2025-06-01T00:00:00Z", `"2025-06-01T00:00:00Z" is not a date alone (it has an offset, so the day depends on the place)`},
		{"", "31.12.2025", `"31.12.2025" is not a date (if it is German, use --locale de)`},
		{"", "12/31/2025", `"12/31/2025" is not a date (the month comes first: use --locale en-US)`},
		{"", "31/12/2025", `"31/12/2025" is not a date (the day comes first: use --locale en-GB, de, fr or the like)`},
		{"", "03/04/2025", `"03/04/2025" is not a date (it has two readings: use --locale en-US where the month comes first, en-GB where the day does)`},
		{"", "2025/12/31", `"2025/12/31" is not a date (write it as 2025-12-31; a mapping file can say how to read it: "format")`}, {"", "2025-6-1", `"2025-6-1" is not a date (write it as 2025-12-31; a mapping file can say how to read it: "format")`}, {"", "20250601", `"20250601" is not a date (write it as 2025-12-31; a mapping file can say how to read it: "format")`},
		{"", "32.12.2025", `"32.12.2025" is not a date of the calendar`}, {"", "1735689600", `"1735689600" is not a date (it looks like a Unix time: export it as 2025-12-31)`},
		{"", "1. Februar 2025", `"1. Februar 2025" is not a date (it has the month's name in the language of --locale de)`}, {"", "31-Dec-2025", `"31-Dec-2025" is not a date (it has the month's name in the language of --locale en-US)`},
		{"de", "3 mai 2025", `"2025-05-03"`}, {"de", "3 août 2025", `"3 août 2025" is not a date (it has the month's name in the language of --locale fr)`},
		{"", "45292", `"45292" is not a date (it looks like a spreadsheet's day number: format the column as a date, or export it as 2025-12-31)`},
		{"", "soon", `"soon" is not a date (write it as 2025-12-31)`},
		// A day that no calendar has doesn't become one in another locale.
		{"", "31.02.2025", `"31.02.2025" is not a date of the calendar`}, {"", "29/02/2025", `"29/02/2025" is not a date of the calendar`}, {"", "02/30/2025", `"02/30/2025" is not a date of the calendar`}, {"", "13/13/2025", `"13/13/2025" is not a date of the calendar`},
		{"", "2025-2-30", `"2025-2-30" is not a date of the calendar`}, {"", "2025/02/30", `"2025/02/30" is not a date of the calendar`}, {"", "20250230", `"20250230" is not a date of the calendar`}, {"", "30. Februar 2025", `"30. Februar 2025" is not a date of the calendar`}, {"", "Feb 30, 2025", `"Feb 30, 2025" is not a date of the calendar`},
		{"en", "31/02/2025", `"31/02/2025" is not a date of the calendar`}, {"", "29.02.2024", `"29.02.2024" is not a date (if it is German, use --locale de)`}, {"", "12.31.2025", `"12.31.2025" is not a date (the month comes first: use --locale en-US)`},
		{"", "1.1.25", `"1.1.25" is not a date (its year has no four digits; a mapping file can say how to read it: "format")`},
		{"de", "31.12.2025", `"2025-12-31"`}, {"de", "1.2.2025", `"2025-02-01"`}, {"de", "2025-12-31", `"2025-12-31"`}, {"de", "31/12/2025", `"2025-12-31"`}, {"de", "31. Dezember 2025", `"2025-12-31"`}, {"de", "1. März 2025", `"2025-03-01"`}, {"de", "31.12.2025 00:00", `"2025-12-31"`},
		{"de", "31.02.2025", `"31.02.2025" is not a date of the calendar`}, {"de", "31.12/2025", `"31.12/2025" is not a date of locale de (write it as 2025-12-31)`},
		{"de", "31.12.25", `"31.12.25" is not a date (its year has no four digits; a mapping file can say how to read it: "format")`},
		{"en-US", "12/31/2025", `"2025-12-31"`}, {"en-US", "31/12/2025", `"31/12/2025" is not a date of the calendar (locale en-US reads month, day, year; one file has one order)`}, {"en-GB", "03/04/2025", `"2025-04-03"`}, {"en-US", "03/04/2025", `"2025-03-04"`}, {"en-US", "Dec 31st, 2025", `"2025-12-31"`}, {"en", "31-Dec-2025", `"2025-12-31"`},
		{"en", "03/04/2025", `"03/04/2025" is not a date of locale en alone (use --locale en-US where the month comes first, en-GB where the day does)`},
		{"en-US", "2025/12/31", `"2025-12-31"`}, {"fr", "1er août 2025", `"2025-08-01"`}, {"es", "3 de mayo de 2025", `"2025-05-03"`}, {"ja", "2025年12月31日", `"2025-12-31"`}, {"ja", "2025/1/2", `"2025-01-02"`}, {"ko", "2025. 12. 31.", `"2025-12-31"`}, {"hu", "2025. december 31.", `"2025-12-31"`}, {"pl", "3 maja 2025", `"2025-05-03"`},
	})
}

func TestDatetimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []conversionTest{
		{"", "2025-06-01T12:00:00+00:00", `"2025-06-01T12:00:00+00:00"`}, {"", "2025-06-01T12:00:00Z", `"2025-06-01T12:00:00Z"`}, {"", "2025-06-01 12:00:00.123456-0330", `"2025-06-01T12:00:00.123456-03:30"`},
		{"", "2025-06-01 12:00+02", `"2025-06-01T12:00:00+02:00"`}, {"", "2025-06-01 12:00:00 UTC", `"2025-06-01T12:00:00Z"`}, {"", "2025-06-01t12:00:00z", `"2025-06-01T12:00:00Z"`},
		{"", "2025-06-01 12:00:00", `"2025-06-01T12:00:00+02:00"`}, {"", "2025-12-01T12:00", `"2025-12-01T12:00:00+01:00"`},
		{"", "2025-03-30 02:30:00", `"2025-03-30 02:30:00" does not exist in Europe/Berlin: the clocks go forward over it (write the offset)`},
		{"", "2025-03-30 01:59:59", `"2025-03-30T01:59:59+01:00"`}, {"", "2025-03-30 03:00:00", `"2025-03-30T03:00:00+02:00"`},
		{"", "2025-10-26 02:30:00", `"2025-10-26 02:30:00" comes twice in Europe/Berlin, when the clocks go back: as +02:00 and as +01:00 (write the offset)`},
		{"", "2025-10-26 01:59:59", `"2025-10-26T01:59:59+02:00"`}, {"", "2025-10-26 03:00:00", `"2025-10-26T03:00:00+01:00"`},
		{"", "2025-06-01", `"2025-06-01" has no time of day (a mapping file can read it as midnight: "format: '%Y-%m-%d'")`},
		{"", "2025-06-01T25:00:00Z", `"2025-06-01T25:00:00Z" is not a date and time (write it as 2025-12-31T23:59:00+01:00)`}, {"", "2025-06-01T24:00:00Z", `"2025-06-01T24:00:00Z" is not a date and time (write it as 2025-12-31T23:59:00+01:00)`}, {"", "2025-06-01T12:00:00+25:00", `"2025-06-01T12:00:00+25:00" is not a date and time (write it as 2025-12-31T23:59:00+01:00)`},
		{"", "2025-02-30T12:00:00Z", `"2025-02-30T12:00:00Z" is not a date of the calendar`},
		{"", "31.02.2025 14:30", `"31.02.2025 14:30" is not a date of the calendar`},
		{"", "31.12.2025 14:30", `"31.12.2025 14:30" is not a date and time (if it is German, use --locale de)`},
		{"de", "31.12.2025 14:30", `"2025-12-31T14:30:00+01:00"`}, {"de", "31.12.2025, 14:30:05 Uhr", `"2025-12-31T14:30:05+01:00"`}, {"en-US", "12/31/2025 2:30 PM", `"2025-12-31T14:30:00+01:00"`}, {"en-US", "12/31/2025 12:05:00 AM", `"2025-12-31T00:05:00+01:00"`},
		{"en-US", "12/31/2025 14:30 PM", `"12/31/2025 14:30 PM" is not a date and time (write it as 2025-12-31T23:59:00+01:00)`},
	} {
		t.Run(tt.cell+" "+tt.locale, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, sent(t, Options{Locale: tt.locale, Location: berlin}, "checked_at", tt.cell)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALabelThatHoldsTheSeparatorIsNotTakenForAListInSilence(t *testing.T) {
	schema := products()
	for i := range schema.Attributes {
		if a := &schema.Attributes[i]; a.Key == "tags" {
			a.Options = append(a.Options, client.Option{ID: []byte("5"), Value: "A"}, client.Option{ID: []byte("6"), Value: "B"}, client.Option{ID: []byte("7"), Value: "New;"})
		}
	}
	const twoReadings = " has two readings: it is an option's label, and a list of others (name the options by id, or separate them with another --list-separator)"
	for _, tt := range []struct{ separator, cell, want string }{
		{"", "A;B", `"A;B"` + twoReadings}, {"", " a; b", `[{"id":5},{"id":6}]`}, {"", "a;b", `"a;b"` + twoReadings}, {"", "B;A", `[{"id":6},{"id":5}]`},
		{"", "New;", `"New;"` + twoReadings}, {"", "5;6", `[{"id":5},{"id":6}]`}, {"", "t3", `[{"id":"t3"}]`},
		{"|", "A;B", `[{"id":"t3"}]`}, {"|", "A;B|A", `[{"id":"t3"},{"id":5}]`}, {"|", "A|B", `[{"id":5},{"id":6}]`},
	} {
		if got := sent(t, Options{Schema: schema, ListSeparator: tt.separator}, "tags", tt.cell); got != tt.want {
			t.Errorf("%q between %q is sent as %s", tt.cell, tt.separator, got)
		}
	}
}

func TestOptions(t *testing.T) {
	run(t, "category", []conversionTest{
		{"", "Books", `{"id":1}`}, {"", "books", `{"id":1}`}, {"", " home &  living ", `{"id":2}`}, {"", "1", `{"id":1}`}, {"", "opt_abc123", `{"id":"opt_abc123"}`}, {"", "Toys", `{"id":"opt_abc123"}`},
		{"", "Bookz", `"Bookz" is none of its options (closest: "Books")`},
		{"", "Gardening", `"Gardening" is none of its options (they are "Books", "Home & Living", "Toys")`},
	})
	run(t, "state", []conversionTest{{"", "open", `{"id":7}`}})
	run(t, "tags", []conversionTest{
		{"", "New", `[{"id":"t1"}]`}, {"", "sale; New;;sale", `[{"id":"t2"},{"id":"t1"}]`}, {"", "A;B", `[{"id":"t3"}]`},
		{"", " ; ", `" ; " holds no value between its separators`},
		{"", "New;a;b", `"a" is none of its options (they are "New", "Sale", "A;B"), "b" is none of its options (they are "New", "Sale", "A;B") (the label "A;B" holds ";" itself: name it by its id, or use another --list-separator)`},
		{"", "Neu;Sale;Alt", `"Neu" is none of its options (closest: "New"), "Alt" is none of its options (they are "New", "Sale", "A;B")`},
	})
	schema := products()
	for i := range schema.Attributes {
		if a := &schema.Attributes[i]; a.Key == "category" {
			a.Options = append(a.Options, a.Options[0])
			a.Options[3].ID = []byte(`9`)
			a.Options[3].Value = "BOOKS"
		}
	}
	o := Options{Schema: schema}
	if got := sent(t, o, "category", "BOOKS"); got != `{"id":9}` {
		t.Errorf("an exact label is %s", got)
	}
	if got := sent(t, o, "category", "bookS"); got != `"bookS" is ambiguous among its options: "Books" (id 1), "BOOKS" (id 9) (write a label or id that only one of them has)` {
		t.Errorf("an ambiguous label is %s", got)
	}
	for value, want := range map[string]string{
		`[]`: `[]`, `["New","t2"]`: `[{"id":"t1"},{"id":"t2"}]`, `[{"id":"t1"}]`: `[{"id":"t1"}]`, `"New;Sale"`: `[{"id":"t1"},{"id":"t2"}]`,
		`[null]`: `null is not an option`,
	} {
		if got := sentJSON(t, Options{}, "tags", value); got != want {
			t.Errorf("%s is sent as %s, want %s", value, got, want)
		}
	}
}

func TestCurrencies(t *testing.T) {
	run(t, "cost", []conversionTest{
		{"", "12.50", "12.50"}, {"", "€12.50", "12.50"}, {"", "12.50 €", "12.50"}, {"", "EUR 12.50", "12.50"}, {"", "12.50 eur", "12.50"}, {"", "-€5", "-5"}, {"", "€-5", "-5"}, {"", "- 5 €", "-5"},
		{"", "$12.50", `"$12.50" is in another currency than the attribute, which is in EUR`}, {"", "12.50 USD", `"12.50 USD" is in another currency than the attribute, which is in EUR`},
		{"", "12.50 kg", `"12.50 kg" is not an amount (send the number alone, without "kg")`}, {"", "€12.50 €", `"€12.50 €" is not a number (send the number alone, without "€")`},
		{"", "1.234,50 €", `"1.234,50 €" is not an amount (if it is German, use --locale de)`}, {"", "--5 €", `"--5 €" is not a number (send the number alone, without "€")`},
		{"de", "1.234,50 €", "1234.50"}, {"fr", "1 234,50\u00a0€", "1234.50"}, {"de", "€", `"€" is not a number of locale de (decimal separator ",", group separator "." between groups of 3 digits)`},
	})
}

// phoneBook is a Lookup over a map; "*" ends the run.
type phoneBook map[string]string

func (b phoneBook) Find(ref Reference, value string) (string, error) {
	if value == "*" {
		return "", errEnd
	}
	if id, ok := b[ref.Object+"/"+ref.Match+"/"+value]; ok {
		return id, nil
	}
	return "", &LookupError{Problem: "no record of " + ref.Object + " has that " + ref.Match}
}

type endError struct{}

func (endError) Error() string { return "the token is refused" }

var errEnd error = endError{}

func TestReferences(t *testing.T) {
	const id = "0190a3c4-aaaa-bbbb-cccc-0123456789ab"
	run(t, "parts", []conversionTest{
		{"", id, `["` + id + `"]`}, {"", id + ";" + id, `["` + id + `"]`},
		{"", "P-1", `"P-1" is not a record id of parts (a mapping file can look it up: "lookup: {object: parts, match: ATTR}")`},
	})
	run(t, "maker", []conversionTest{
		{"", id + ";" + id, `["` + id + `"]`},
		{"", id + ";1" + id[1:], `there are "` + id + `" and "1` + id[1:] + `", but the attribute refers to one record alone`},
	})
	run(t, "owner", []conversionTest{
		{"", "QK566D4X49E8X78", `["QK566D4X49E8X78"]`}, {"", "a; b", `["a","b"]`},
		{"", "Eva Muster", `"Eva Muster" is not a member id (write the id or the e-mail address)`},
		{"", "eva@x.de", `"eva@x.de" is an e-mail address, and the member list isn't at hand (write the member's id)`},
	})
	book := phoneBook{"companies/domain/acme.com": "c1", "users/email/eva@x.de": "QK"}
	if got := sent(t, Options{Lookup: book}, "supplier", "acme.com"); got != `["c1"]` {
		t.Error(got)
	}
	if got := sent(t, Options{Lookup: book}, "supplier", "none.com"); got != `"none.com": no record of companies has that domain` {
		t.Error(got)
	}
	if got := sent(t, Options{Lookup: book}, "owner", "eva@x.de;X1"); got != `["QK","X1"]` {
		t.Error(got)
	}
	m := mustNew(t, Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku", "supplier"}, Lookup: book})
	if _, err := m.MapCells([]string{"A1", "*"}); err != errEnd {
		t.Errorf("a lookup that ends the run gives %v", err)
	}
	if got := body(m.MapCells([]string{"A1", "acme.com"})); got != `{"sku":"A1","supplier":["c1"]}` {
		t.Errorf("after it: %s", got)
	}
}
