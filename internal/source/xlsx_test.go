package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// workbook writes a workbook that build fills, and returns its path.
func workbook(t testing.TB, build func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	build(f)
	path := filepath.Join(t.TempDir(), "products.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func openPath(t testing.TB, path string, opts Options) *Reader {
	t.Helper()
	r, err := Open(context.Background(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// rowsOf fills a sheet's rows.
func rowsOf(f *excelize.File, sheet string, rows ...[]any) {
	for i, row := range rows {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			panic(err)
		}
	}
}

// formatted gives a cell a number format.
func formatted(f *excelize.File, cell string, value any, code string) {
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		panic(err)
	}
	f.SetCellValue("Sheet1", cell, value)
	f.SetCellStyle("Sheet1", cell, cell, style)
}

func TestWorkbookCells(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value any
		code  string
		want  string
	}{
		{"a date", 45292, "dd.mm.yyyy", "2024-01-01"},
		{"a date in words", 45292, `[$-407]dddd, d. mmmm yyyy`, "2024-01-01"},
		{"a date with a time", 45292.75, "m/d/yy h:mm AM/PM", "2024-01-01T18:00:00"},
		{"a time that the format hides", 45292.5, "dd.mm.yyyy", "2024-01-01T12:00:00"},
		{"a second before midnight, where the format has no time", 45292.99999, "dd.mm.yyyy", "2024-01-01T23:59:59"},
		{"a day that was calculated", 45292.000000001, "dd.mm.yyyy", "2024-01-01"},
		{"a day that was calculated, from below", 45291.999999999, "dd.mm.yyyy", "2024-01-01"},
		{"almost midnight, where the format has a time", 45292.9999999, "dd.mm.yyyy hh:mm:ss", "2024-01-02T00:00:00"},
		{"the last day before Excel's leap day of 1900", 59, "dd.mm.yyyy", "1900-02-28"},
		{"Excel's leap day of 1900", 60, "dd.mm.yyyy", "1900-02-29"},
		{"the first day after it", 61, "dd.mm.yyyy", "1900-03-01"},
		{"a day before all", -1, "dd.mm.yyyy", "-1"},
		{"a day after all", 2958466, "dd.mm.yyyy", "2958466"},
		{"midnight, where the format has a time", 45292, "yyyy-mm-dd hh:mm", "2024-01-01T00:00:00"},
		{"a time of day", 0.5, "h:mm", "12:00:00"},
		{"elapsed hours", 1.5, "[h]:mm", "36:00"},
		{"a price", 1234.5, `#,##0.00 "€"`, "1234.5"},
		{"a percentage", 0.15, "0.00%", "0.15"},
		{"a unit with letters of dates", 12, `0 "days"`, "12"},
		{"a colour with letters of dates", -3, `0;[Red]-0`, "-3"},
		{"an identifier with leading zeros", 123, "00000", "00123"},
		{"a sum that binary numbers can't hold", 0.1 + 0.2, "0.00", "0.3"},
		{"a large whole number", 4931234567890, "General", "4931234567890"},
		{"a number as text", "00123", "@", "00123"},
		{"a text in a cell for dates", "next week", "dd.mm.yyyy", "next week"},
		{"a text with line ends", "a\nb", "General", "a\nb"},
		{"true", true, "General", "TRUE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := workbook(t, func(f *excelize.File) {
				rowsOf(f, "Sheet1", []any{"sku", "value"}, []any{"A"})
				formatted(f, "B2", tt.value, tt.code)
			})
			records := all(t, openPath(t, path, Options{}))
			if diff := cmp.Diff([]string{fmt.Sprintf(`2: "A" %q`, tt.want)}, shown(records)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWorkbookLayout(t *testing.T) {
	header := []any{"sku", "name", "price"}
	for _, tt := range []struct {
		name    string
		build   func(f *excelize.File)
		opts    Options
		columns []string
		want    []string
	}{
		{"a plain sheet", func(f *excelize.File) {
			rowsOf(f, "Sheet1", header, []any{"A", "Lamp", 1}, []any{"B", "Desk"}, []any{"C", nil, 3})
		}, Options{}, []string{"sku", "name", "price"}, []string{`2: "A" "Lamp" "1"`, `3: "B" "Desk" ""`, `4: "C" "" "3"`}},
		{"the days since 1904", func(f *excelize.File) {
			rowsOf(f, "Sheet1", header, []any{"A", "Lamp"})
			yes := true
			f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes})
			formatted(f, "C2", 43830, "yyyy-mm-dd")
		}, Options{}, []string{"sku", "name", "price"}, []string{`2: "A" "Lamp" "2024-01-01"`}},
		{"titles above the table, empty rows inside and below", func(f *excelize.File) {
			rowsOf(f, "Sheet1", []any{"Price list"}, nil, header, []any{"A", "Lamp", 1}, nil, []any{"B", "Desk", 2}, []any{" "})
		}, Options{}, []string{"sku", "name", "price"}, []string{`4: "A" "Lamp" "1"`, `6: "B" "Desk" "2"`}},
		{"a header row that was said", func(f *excelize.File) {
			rowsOf(f, "Sheet1", []any{"a", "b", "c"}, header, []any{"A", "Lamp", 1})
		}, Options{HeaderRow: 2}, []string{"sku", "name", "price"}, []string{`3: "A" "Lamp" "1"`}},
		{"named columns", func(f *excelize.File) {
			rowsOf(f, "Sheet1", []any{"A", "Lamp", 1})
		}, Options{Columns: []string{"sku", "name", "n"}}, []string{"sku", "name", "n"}, []string{`1: "A" "Lamp" "1"`}},
		{"empty columns before and inside the table", func(f *excelize.File) {
			rowsOf(f, "Sheet1", []any{nil, "sku", nil, "name"}, []any{nil, "A", nil, "Lamp"}, []any{"x", "B", nil, "Desk"})
		}, Options{}, []string{"sku", "name"}, []string{`2: "A" "Lamp"`, `3: BAD cell A3 holds "x", but its column has no name RAW "x,B,,Desk"`}},
		{"a sheet by name", func(f *excelize.File) {
			f.NewSheet("Produkte")
			rowsOf(f, "Sheet1", []any{"no"})
			rowsOf(f, "Produkte", header, []any{"A", "Lamp", 1})
		}, Options{Sheet: "produkte"}, []string{"sku", "name", "price"}, []string{`2: "A" "Lamp" "1"`}},
		{"hidden rows and columns are read, a hidden first sheet is not", func(f *excelize.File) {
			f.NewSheet("Produkte")
			rowsOf(f, "Produkte", header, []any{"A", "Lamp", 1}, []any{"B", "Desk", 2})
			f.SetRowVisible("Produkte", 3, false)
			f.SetColVisible("Produkte", "B", false)
			f.SetActiveSheet(1)
			f.SetSheetVisible("Sheet1", false)
		}, Options{}, []string{"sku", "name", "price"}, []string{`2: "A" "Lamp" "1"`, `3: "B" "Desk" "2"`}},
		{"merged cells", func(f *excelize.File) {
			rowsOf(f, "Sheet1", header, []any{"A", "Lamp", 1}, []any{"B", "Lamp", 2})
			f.MergeCell("Sheet1", "B2", "B3")
		}, Options{}, []string{"sku", "name", "price"}, []string{`2: "A" "Lamp" "1"`, `3: "B" "" "2"`}},
		{"a formula that was never calculated", func(f *excelize.File) {
			rowsOf(f, "Sheet1", header, []any{"A", "Lamp"}, []any{"B", "Desk", 2})
			f.SetCellFormula("Sheet1", "C2", "1+1")
		}, Options{}, []string{"sku", "name", "price"},
			[]string{`2: BAD column "price", cell C2: its formula was never calculated RAW "A,Lamp,"`, `3: "B" "Desk" "2"`}},
		{"a reject file that came back as a workbook", func(f *excelize.File) {
			rowsOf(f, "Sheet1", []any{"sku", "name", "crmsync_line", "crmsync_raw"}, []any{"A", "Lamp", 3}, []any{nil, nil, 4, "B,\"x"})
		}, Options{}, []string{"sku", "name"},
			[]string{`2: "A" "Lamp"`, `3: BAD the record could not be read in an earlier run and has not been mended RAW "B,\"x"`}},
		{"the header again", func(f *excelize.File) {
			rowsOf(f, "Sheet1", header, []any{"A", "Lamp", 1}, []any{"sku ", "name", "price"}, []any{"name", "name", "price"})
		}, Options{}, []string{"sku", "name", "price"},
			[]string{`2: "A" "Lamp" "1"`, `3: BAD this is the header again, no record RAW "sku ,name,price"`, `4: "name" "name" "price"`}},
		{"the formats that Excel has built in", func(f *excelize.File) {
			rowsOf(f, "Sheet1", []any{"sku", "short date", "date and time", "percent", "text"}, []any{"A", 45292, 45292.75, 0.195, "00123"})
			for cell, format := range map[string]int{"B2": 14, "C2": 22, "D2": 10, "E2": 49} {
				style, err := f.NewStyle(&excelize.Style{NumFmt: format})
				if err != nil {
					panic(err)
				}
				f.SetCellStyle("Sheet1", cell, cell, style)
			}
		}, Options{}, []string{"sku", "short date", "date and time", "percent", "text"},
			[]string{`2: "A" "2024-01-01" "2024-01-01T18:00:00" "0.195" "00123"`}},
		{"header only", func(f *excelize.File) { rowsOf(f, "Sheet1", header) }, Options{}, []string{"sku", "name", "price"}, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := workbook(t, tt.build)
			r := openPath(t, path, tt.opts)
			if diff := cmp.Diff(tt.columns, r.Columns()); diff != "" {
				t.Error(diff)
			}
			records := all(t, r)
			if diff := cmp.Diff(tt.want, shown(records)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if r.BytesRead() != r.Info().Size || r.Info().Format != XLSX {
				t.Errorf("%d bytes read; %+v", r.BytesRead(), r.Info())
			}
			for i, rec := range records {
				again := openPath(t, path, tt.opts)
				if err := again.Seek(rec.End); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(shown(records[i+1:]), shown(all(t, again))); diff != "" {
					t.Errorf("after record %d: %s", i+1, diff)
				}
			}
		})
	}
}

func TestAnErrorInACellIsItsText(t *testing.T) {
	path := workbook(t, func(f *excelize.File) {
		rowsOf(f, "Sheet1", []any{"sku", "price"}, []any{"A", 17}, []any{"B", 2})
	})
	path = patched(t, path, "xl/worksheets/sheet1.xml", `<c r="B2"><v>17</v></c>`, `<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>`)
	want := []string{`2: "A" "#DIV/0!"`, `3: "B" "2"`}
	if diff := cmp.Diff(want, shown(all(t, openPath(t, path, Options{})))); diff != "" {
		t.Error(diff)
	}
}

func TestANumberHasTheDigitsThatExcelShows(t *testing.T) {
	path := workbook(t, func(f *excelize.File) {
		rowsOf(f, "Sheet1", []any{"sku", "price"}, []any{"A", 17})
	})
	for stored, want := range map[string]string{
		"1.2999999999999998": "1.3", "0.1": "0.1", "12345678901": "12345678901", "1234567890123456": "1234567890123456", "-12345678901234567890": "-12345678901234567890",
		"1234567890123456.5": "1.23456789012346E+15", "1.5E+20": "1.5E+20", " 5 ": "5", "abc": "abc", "1e400": "1e400", "19.989999999999998": "19.99", "-1.5E-7": "-0.00000015", "4.9312345678899998E+17": "4.93123456789E+17", "1E-3": "0.001",
	} {
		r := openPath(t, patched(t, path, "xl/worksheets/sheet1.xml", "<v>17</v>", "<v>"+stored+"</v>"), Options{})
		if diff := cmp.Diff([]string{fmt.Sprintf(`2: "A" %q`, want)}, shown(all(t, r))); diff != "" {
			t.Errorf("%s: %s", stored, diff)
		}
	}
}

func TestNumbersHaveTheDecimalSeparatorThatIsAskedForAndTextsStay(t *testing.T) {
	path := workbook(t, func(f *excelize.File) {
		rowsOf(f, "Sheet1", []any{"sku", 1.5}, []any{"A", 1.234}, []any{"B", "1.234"}, []any{"C", 7}, []any{1.5, nil}, []any{"D", true})
		formatted(f, "B7", 45292.5, "dd.mm.yyyy hh:mm")
		f.SetCellValue("Sheet1", "A7", "E")
	})
	r := openPath(t, path, Options{Decimal: ","})
	if diff := cmp.Diff([]string{"sku", "1.5"}, r.Columns()); diff != "" {
		t.Error(diff)
	}
	want := []string{`2: "A" "1,234"`, `3: "B" "1.234"`, `4: "C" "7"`, `5: "1,5" ""`, `6: "D" "TRUE"`, `7: "E" "2024-01-01T12:00:00"`}
	if diff := cmp.Diff(want, shown(all(t, r))); diff != "" {
		t.Error(diff)
	}
}

func TestAWorkbookWithoutStylesIsRead(t *testing.T) {
	path := workbook(t, func(f *excelize.File) {
		rowsOf(f, "Sheet1", []any{"sku", "price"}, []any{"A", 17})
	})
	for name, bare := range map[string]string{
		"no cell formats": patched(t, path, "xl/styles.xml", `<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"></xf></cellXfs>`, ""),
		"no such part":    without(t, path, "xl/styles.xml"),
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{`2: "A" "17"`}, shown(all(t, openPath(t, bare, Options{})))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSheetsAreListedInTheWorkbooksOrder(t *testing.T) {
	path := workbook(t, func(f *excelize.File) {
		f.SetSheetName("Sheet1", "Prices")
		f.NewSheet("Archive")
		f.SetSheetVisible("Archive", false)
		f.NewSheet("2025 & later")
	})
	got, err := Sheets(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Prices", "Archive", "2025 & later"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Sheets(file(t, "p.xlsx", "sku,name\n")); err == nil {
		t.Error("a text file has sheets")
	}
}

// BenchmarkReadXLSX reads a workbook of product rows, its check included.
func BenchmarkReadXLSX(b *testing.B) {
	path := workbook(b, func(f *excelize.File) {
		w, _ := f.NewStreamWriter("Sheet1")
		for i, line := range strings.Split(strings.TrimSpace(rows(benchRows)), "\n") {
			var row []any
			for _, cell := range strings.Split(line, ",") {
				row = append(row, cell)
			}
			w.SetRow(fmt.Sprintf("A%d", i+1), row)
		}
		w.Flush()
	})
	info, _ := os.Stat(path)
	benchRead(b, path, info.Size())
}
