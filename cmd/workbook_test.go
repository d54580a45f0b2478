package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/source"
)

// workbookSchema has an attribute of each type whose cells a locale reads, and
// text, which takes any.
func workbookSchema() *client.Object {
	o := &client.Object{Slug: "items", Attributes: []client.Attribute{{Key: "sku", Type: client.TypeText, IsUnique: true}}}
	for _, kind := range []string{client.TypeText, client.TypeNumber, client.TypeCurrency, client.TypeDate, client.TypeDatetime, client.TypeCheckbox, client.TypePhoneNumber} {
		o.Attributes = append(o.Attributes, client.Attribute{Key: kind, Type: kind, Currency: "EUR"})
	}
	return o
}

// outcome is what becomes of a record: its body, or why it has none.
func outcome(m *mapping.Mapper, rec source.Record) string {
	if rec.Err != nil {
		return "unread"
	}
	a, err := m.MapCells(rec.Cells)
	if err != nil {
		return err.Error()
	}
	return string(a.Body)
}

func TestTheNumbersOfAWorkbookAreTheSameInEveryLocale(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range [][]any{{"sku", "number", "currency"}, {"k", 1.234, "1.234"}} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "items.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	for locale, asText := range map[string]string{"": "1.234", "de": "1234", "en-US": "1.234", "es": "1234", "de-CH": "1.234"} {
		r := &pushRun{settings: &settings{locale: locale}}
		reader, err := source.Open(context.Background(), path, source.Options{Decimal: r.decimal()})
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		rec, err := reader.Read()
		if err != nil {
			t.Fatal(err)
		}
		m, err := mapping.New(mapping.Options{Object: "items", Match: "sku", Schema: workbookSchema(), Columns: reader.Columns(), Locale: locale})
		if err != nil {
			t.Fatal(err)
		}
		want := `{"sku":"k","number":1.234,"currency":` + asText + `}`
		if got := outcome(m, rec); got != want {
			t.Errorf("in locale %q it is %s, want %s", locale, got, want)
		}
	}
}

// TestARejectFileOfAWorkbookIsReadAsTheWorkbookIs pushes a workbook's records
// through its reject file: with the locale of the run, each cell must mean there
// what it meant in the workbook, were it a number, a date or text.
func TestARejectFileOfAWorkbookIsReadAsTheWorkbookIs(t *testing.T) {
	dir := t.TempDir()
	schema := workbookSchema()
	var header []any
	for _, a := range schema.Attributes {
		header = append(header, a.Key)
	}
	cell := rapid.OneOf(
		rapid.SampledFrom([]any{1.234, 1234.5, -0.5, 0.001, 12.0, 1234567890123456789, 45292, "1.234", "1.234,50", "1,234.50", "12,5", "31.12.2025", "ja", "TRUE", "", " ", true, false, time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2025, 12, 31, 17, 30, 0, 0, time.UTC)}),
		rapid.Custom(func(t *rapid.T) any { return rapid.Float64Range(-1e6, 1e6).Draw(t, "number") }),
		rapid.Custom(func(t *rapid.T) any { return float64(rapid.IntRange(-1e7, 1e7).Draw(t, "thousandths")) / 1000 }),
		rapid.Custom(func(t *rapid.T) any { return rapid.StringMatching(`[0-9.,' -]{1,8}`).Draw(t, "text") }),
	)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		f := excelize.NewFile()
		defer f.Close()
		sheetRow := func(row int, cells []any) {
			if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", row), &cells); err != nil {
				t.Fatal(err)
			}
		}
		sheetRow(1, header)
		rows := rapid.IntRange(1, 6).Draw(t, "rows")
		for row := range rows {
			cells := []any{fmt.Sprint("k", row)}
			for range header[1:] {
				cells = append(cells, cell.Draw(t, "cell"))
			}
			sheetRow(row+2, cells)
		}
		path := filepath.Join(dir, fmt.Sprintf("items%d.xlsx", n))
		if err := f.SaveAs(path); err != nil {
			t.Fatal(err)
		}

		locale := rapid.SampledFrom([]string{"", "de", "en-US", "fr", "de-CH"}).Draw(t, "locale")
		r := &pushRun{settings: &settings{locale: locale}}
		read := func(path string) (*input, []source.Record) {
			reader, err := source.Open(context.Background(), path, source.Options{Decimal: r.decimal()})
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			in := &input{path: path, reader: reader, info: reader.Info()}
			var records []source.Record
			for {
				rec, err := reader.Read()
				if errors.Is(err, io.EOF) {
					return in, records
				}
				if err != nil {
					t.Fatal(err)
				}
				records = append(records, rec)
			}
		}
		outcomes := func(in *input, records []source.Record) (list []string) {
			m, err := mapping.New(mapping.Options{Object: "items", Match: "sku", Schema: schema, Columns: in.reader.Columns(), Locale: locale, Location: time.UTC})
			if err != nil {
				t.Fatal(err)
			}
			for _, rec := range records {
				list = append(list, outcome(m, rec))
			}
			return list
		}
		in, records := read(path)
		w := reject.New(in.rejectOptions(in.rejectPath()))
		for _, rec := range records {
			if err := w.Write(reject.Entry{Line: rec.Line, Cells: rec.Cells}); err != nil {
				t.Fatal(err)
			}
		}
		rejects, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(outcomes(in, records), outcomes(read(rejects))); diff != "" {
			t.Errorf("in locale %q (-workbook +reject file):\n%s", locale, diff)
		}
	})
}
