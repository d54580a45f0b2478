package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// TestWorkbook pushes a workbook as people build them: a title above the header,
// merged cells, dates by number, formulas, text among numbers, rows of nothing
// but formats at the end.
func TestWorkbook(t *testing.T) {
	for _, tt := range []struct {
		name         string
		from1904     bool
		day, instant float64
	}{
		{"dates are counted from 1900", false, 46022, 46022.75},
		{"dates are counted from 1904", true, 46022 - 1462, 46022.75 - 1462},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			crm, err := sandbox.New(sandbox.Options{})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(crm)
			t.Cleanup(server.Close)
			dir := t.TempDir()
			writeWorkbook(t, filepath.Join(dir, "products.xlsx"), tt.from1904, tt.day, tt.instant)
			if err := os.WriteFile(filepath.Join(dir, "products.yaml"), []byte(workbookMapping), 0o600); err != nil {
				t.Fatal(err)
			}
			push := func(file string) (int, string) {
				return workbookPush(t, dir, server.URL, file, "--mapping", "products.yaml")
			}

			code, summary := push("products.xlsx")
			if code != 3 {
				t.Fatalf("exit code %d, want 3\n%s", code, summary)
			}
			for _, want := range []string{
				`(?m)^ +7 read$`, `(?m)^  = +4 created$`, `(?m)^  \+ +3 rejected `,
				`(?m)^rejects of a workbook are written as CSV: .*products\.rejects\.csv$`,
				`(?m)^  crmsync push .*products\.rejects\.csv --object products --match sku .*--mapping `,
			} {
				if !regexp.MustCompile(want).MatchString(summary) {
					t.Errorf("the summary lacks %s:\n%s", want, summary)
				}
			}
			checkWorkbookRecords(t, crm)
			checkWorkbookRejects(t, filepath.Join(dir, "products.rejects.csv"))

			// The rejects have the form in which they were read, so that mending
			// one is enough to push it.
			mendRejects(t, filepath.Join(dir, "products.rejects.csv"), "billig", `"12,50"`)
			code, summary = push("products.rejects.csv")
			if code != 3 || !strings.Contains(summary, "= 1 created") {
				t.Errorf("exit code %d after one reject was mended, want 3 and 1 created\n%s", code, summary)
			}
		})
	}
}

// workbookPush runs the program in dir.
func workbookPush(t *testing.T, dir, url string, args ...string) (code int, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	push := exec.CommandContext(ctx, "crmsync", append([]string{"push"}, args...)...)
	push.Dir = dir
	push.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"), "XDG_CONFIG_HOME="+dir,
		"CRMSYNC_BASE_URL="+url+"/v2", "CRMSYNC_TOKEN="+token)
	said, err := push.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return push.ProcessState.ExitCode(), string(said)
}

const workbookMapping = `object: products
match: sku
locale: de
columns:
  Artikel: sku
  Name: name
  Preis: price
  Menge: inventory_count
  Brutto: weight
  Seit: launched_on
  Lieferbar: in_stock
  Gruppe: {to: category, values: {Bücher: Books}}
  Geprüft: description
`

// writeWorkbook writes the workbook. day and instant are 31 December 2025, and
// 18:00 of it, in the workbook's own count.
func writeWorkbook(t *testing.T, path string, from1904 bool, day, instant float64) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &from1904}))
	style := func(code string) int {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		check(err)
		return id
	}
	const sheet = "Sheet1"
	check(f.SetCellValue(sheet, "A1", "Sortiment, Stand Dezember"))
	check(f.MergeCell(sheet, "A1", "I1"))
	rows := [][]any{
		{"Artikel", "Name", "Preis", "Menge", "Brutto", "Seit", "Lieferbar", "Gruppe", "Geprüft"},
		{"M-1", "Tisch", 1234.5, 7, nil, day, true, "Home & Living", instant},
		{"M-2", "Stuhl", "1.189,00", 44, nil, day, "ja", nil, instant},
		{"B-1", "Buch", 0.1 + 0.2, 1048576, nil, "31.12.2025", false, "Bücher", nil},
		{"B-2", "Heft", "billig", 3, nil, day, true, nil, nil},
		{123, "Nummer", 5, 1, nil, day, true, "Books", nil},
		{"B-3", "Zahl als Tag", 5, 1, nil, 45292, true, "Books", nil},
		{nil, "Ohne Nummer", 5, 1, nil, day, true, "Books", nil},
	}
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, 3+i)
		check(err)
		check(f.SetSheetRow(sheet, cell, &row))
	}
	// A formula counts as the value that was saved with it.
	check(f.SetCellValue(sheet, "E4", 62.5))
	check(f.SetCellFormula(sheet, "E4", "60+2.5"))
	// Of a cell that spans two rows the first has the value; the other is blank.
	check(f.MergeCell(sheet, "H4", "H5"))
	date := style("dd.mm.yyyy")
	check(f.SetCellStyle(sheet, "F4", "F5", date))
	check(f.SetCellStyle(sheet, "F7", "F8", date))
	check(f.SetCellStyle(sheet, "F10", "F10", date))
	check(f.SetCellStyle(sheet, "C4", "C4", style(`#,##0.00 "€"`)))
	check(f.SetCellStyle(sheet, "I4", "I5", style("dd.mm.yyyy hh:mm")))
	check(f.SetCellStyle(sheet, "A8", "A8", style("00000")))
	check(f.SetCellStyle(sheet, "A11", "I40", date))
	check(f.SaveAs(path))
	// Excel saves a number that a formula gave as a number; the library, as text.
	patchSheet(t, path, ` t="str"><f>60+2.5</f>`, `><f>60+2.5</f>`)
}

// patchSheet replaces a piece of the XML of a workbook's first sheet.
func patchSheet(t *testing.T, path, old, replacement string) {
	t.Helper()
	book, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	var patched bytes.Buffer
	w := zip.NewWriter(&patched)
	for _, part := range book.File {
		content, err := fs.ReadFile(book, part.Name)
		if err == nil && part.Name == "xl/worksheets/sheet1.xml" {
			if !bytes.Contains(content, []byte(old)) {
				t.Fatalf("the sheet lacks %s", old)
			}
			content = bytes.ReplaceAll(content, []byte(old), []byte(replacement))
		}
		var to io.Writer
		if err == nil {
			to, err = w.Create(part.Name)
		}
		if err == nil {
			_, err = to.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, patched.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func checkWorkbookRecords(t *testing.T, crm *sandbox.CRM) {
	t.Helper()
	var got []string
	for _, record := range crm.Records("products") {
		var values []string
		for _, key := range []string{"sku", "name", "price", "inventory_count", "weight", "launched_on", "in_stock", "category", "description"} {
			values = append(values, record.Text(key))
		}
		got = append(got, strings.Join(values, "|"))
	}
	slices.Sort(got)
	want := []string{
		`00123|Nummer|5|1||2025-12-31|true|{"id":1}|`,
		`B-1|Buch|0.3|1048576||2025-12-31|false|{"id":1}|`,
		`M-1|Tisch|1234.5|7|62.5|2025-12-31|true|{"id":3}|2025-12-31T18:00:00`,
		`M-2|Stuhl|1189.00|44||2025-12-31|true||2025-12-31T18:00:00`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the CRM holds (-want +got):\n%s", diff)
	}
}

func checkWorkbookRejects(t *testing.T, path string) {
	t.Helper()
	want := []string{
		`^B-2\|.*\|7\|0\|column "Preis": "billig" is not a number`,
		`^B-3\|.*\|9\|0\|column "Seit": "45292" is not a date`,
		`^\|Ohne Nummer\|.*\|10\|0\|column "Artikel": the match value is blank`,
	}
	rows := readRejects(t, path)
	if len(rows) != len(want)+1 {
		t.Fatalf("%d lines in the reject file, want %d: %q", len(rows), len(want)+1, rows)
	}
	for i, row := range rows[1:] {
		if line := strings.Join(row, "|"); !regexp.MustCompile(want[i]).MatchString(line) {
			t.Errorf("reject %d is %q, want %q", i+1, line, want[i])
		}
	}
}

func readRejects(t *testing.T, path string) [][]string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// mendRejects replaces a cell in a reject file.
func mendRejects(t *testing.T, path, wrong, right string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(content, []byte(","+wrong+","), []byte(","+right+","), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}
