package source

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func TestAWorkbookThatCannotBeReadSaysWhy(t *testing.T) {
	whole := workbook(t, func(f *excelize.File) {
		rowsOf(f, "Sheet1", []any{"sku", "price"}, []any{"A", 17}, []any{"B", 2})
	})
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	const sheet = "xl/worksheets/sheet1.xml"
	for _, tt := range []struct {
		name, path string
		opts       Options
		want       string
	}{
		{"cut off", file(t, "p.xlsx", string(content[:len(content)/2])), Options{}, "the workbook can't be read: it is cut off or damaged"},
		{"a sheet that is cut off", patched(t, whole, sheet, `<c r="A3"`, ``), Options{}, "the workbook is damaged, in its part xl/worksheets/sheet1.xml"},
		{"a text that isn't there", patched(t, whole, sheet, `t="s"><v>0</v>`, `t="s"><v>99</v>`), Options{}, "refers to text 99"},
		{"rows out of order", patched(t, whole, sheet, `<row r="2"`, `<row r="9"`), Options{}, "cell \"A2\" stands in row 9"},
		{"no such sheet", whole, Options{Sheet: "Produkte"}, `the workbook has no sheet "Produkte"`},
		{"an empty sheet", workbook(t, func(*excelize.File) {}), Options{}, "the sheet is empty"},
		{"values alone", workbook(t, func(f *excelize.File) { rowsOf(f, "Sheet1", []any{1, 2}, []any{3, 4}) }), Options{}, "no row holds column names"},
		{"an empty header row", whole, Options{HeaderRow: 7}, "row 7 of the sheet is empty"},
		{"a name twice", workbook(t, func(f *excelize.File) { rowsOf(f, "Sheet1", []any{"a", "a"}, []any{3, 4}) }), Options{}, `have the same name "a"`},
		{"a password", file(t, "p.xlsx", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Options{}, "protected with a password"},
		{"text called a workbook", file(t, "p.xlsx", "sku,name\nA,b\n"), Options{}, "this is not an Excel workbook, though its name says so"},
		{"a workbook called CSV", file(t, "p.csv", string(content)), Options{}, "this is an Excel workbook (XLSX), though its name says otherwise"},
		{"a workbook that is to be read as CSV", whole, Options{Format: CSV}, "this is an Excel workbook (XLSX)"},
		{"a compressed workbook", file(t, "p.xlsx.gz", gzipped(t, string(content))), Options{}, "can't be read from a pipe or compressed"},
		{"a text of many megabytes", patched(t, whole, sheet, `<v>17</v>`, `<v>`+strings.Repeat("1", 17<<20)+`</v>`), Options{}, "one of its texts is longer than 16 MiB"},
		{"an enormous workbook", bomb(t), Options{}, "the workbook is too large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Open(context.Background(), tt.path, tt.opts)
			if err == nil {
				r.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// bomb is a small archive that says it is enormous.
func bomb(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	e, _ := w.Create("[Content_Types].xml")
	e.Write([]byte("<Types/>"))
	e, _ = w.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, UncompressedSize64: 3 << 30, CompressedSize64: 4})
	e.Write([]byte{1, 2, 3, 4})
	w.Close()
	return file(t, "p.xlsx", b.String())
}

// patched copies a workbook with some text in one of its parts replaced.
func patched(t testing.TB, path, part, old, new string) string {
	t.Helper()
	done := false
	to := copied(t, path, func(name string, content []byte) []byte {
		if name == part && bytes.Contains(content, []byte(old)) {
			content, done = bytes.Replace(content, []byte(old), []byte(new), 1), true
		}
		return content
	})
	if !done {
		t.Fatalf("%q isn't in %s", old, part)
	}
	return to
}

// without copies a workbook but for one of its parts.
func without(t testing.TB, path, part string) string {
	t.Helper()
	return copied(t, path, func(name string, content []byte) []byte {
		if name == part {
			return nil
		}
		return content
	})
}

// copied copies a workbook with its parts as edit returns them; nil leaves one out.
func copied(t testing.TB, path string, edit func(name string, content []byte) []byte) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		if content = edit(f.Name, content); content == nil {
			continue
		}
		e, _ := w.Create(f.Name)
		e.Write(content)
	}
	w.Close()
	return file(t, "copied.xlsx", b.String())
}
