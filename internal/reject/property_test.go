package reject

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyText has what CSV, encodings and readers stumble over.
func anyText(encodingName string) *rapid.Generator[string] {
	alphabet := []rune{'a', 'Z', '0', ' ', '\t', ',', ';', '|', '"', '\n', '\r', '\'', '=', '\\', '.', 'é', 'ß', '\u00a0'}
	switch encodingName {
	case "", "utf-8", "utf-16le", "utf-16be", "gb18030":
		alphabet = append(alphabet, '€', '漢', '😀', '\ufeff', 0, '\u2028')
	case "shift_jis", "iso-2022-jp", "euc-jp":
		alphabet = []rune{'a', ' ', ',', '"', '\n', '\r', '\\', '漢', '字', 'ア'}
	}
	return rapid.StringOf(rapid.SampledFrom(alphabet))
}

func anyOptions(t *rapid.T) Options {
	o := Options{
		Format:    rapid.SampledFrom([]string{"csv", "csv", "tsv", "ndjson", "json"}).Draw(t, "format"),
		Delimiter: rapid.SampledFrom([]rune{0, ',', ';', '\t', '|', '¦', '1', 'a'}).Draw(t, "delimiter"),
		Encoding:  rapid.SampledFrom([]string{"", "utf-8", "utf-16le", "utf-16be", "windows-1252", "iso-8859-2", "shift_jis", "iso-2022-jp", "gb18030"}).Draw(t, "encoding"),
		CRLF:      rapid.Bool().Draw(t, "crlf"),
	}
	if o.Delimiter == '¦' { // shift_jis and others lack it
		o.Encoding = "utf-8"
	}
	o.BOM = strings.HasPrefix(o.Encoding, "utf") && rapid.Bool().Draw(t, "bom")
	for i := range rapid.IntRange(1, 4).Draw(t, "columns") {
		o.Columns = append(o.Columns, fmt.Sprint(i)+anyText(o.Encoding).Draw(t, "column"))
	}
	return o
}

func anyEntry(t *rapid.T, o Options) Entry {
	e := Entry{Line: rapid.Int64Range(1, 1<<40).Draw(t, "line"), Status: rapid.IntRange(0, 599).Draw(t, "status"), Error: anyText(o.Encoding).Draw(t, "error")}
	if e.Unread = rapid.IntRange(0, 9).Draw(t, "unread") == 0; e.Unread {
		e.Raw = anyText(o.Encoding).Draw(t, "raw")
		return e
	}
	if o.Format == "ndjson" || o.Format == "json" {
		for i := range rapid.IntRange(0, 3).Draw(t, "keys") {
			e.Names = append(e.Names, fmt.Sprint(i)+anyText(o.Encoding).Draw(t, "key"))
			q, _ := jsontext.AppendQuote(nil, anyText(o.Encoding).Draw(t, "value"))
			e.Values = append(e.Values, q)
		}
		return e
	}
	for range o.Columns {
		e.Cells = append(e.Cells, anyText(o.Encoding).Draw(t, "cell"))
	}
	return e
}

// readBack reads a CSV reject file as a strict reader would.
func readBack(t *rapid.T, o Options, content string) [][]string {
	text := decode(t, o, content)
	delim := o.Delimiter
	if delim == 0 {
		delim = map[string]rune{"csv": ',', "tsv": '\t'}[o.Format]
	}
	return parseStrictly(t, text, delim, map[bool]string{true: "\r\n", false: "\n"}[o.CRLF])
}

// decode is the content as UTF-8 without byte order mark.
func decode(t *rapid.T, o Options, content string) string {
	c, err := newCharset(o.Encoding)
	if err != nil {
		t.Fatal(err)
	}
	var sb strings.Builder
	buf := make([]byte, 4096)
	for r := c.decoded(strings.NewReader(content)); ; {
		n, err := r.Read(buf)
		sb.Write(buf[:n])
		if err != nil {
			break
		}
	}
	text := sb.String()
	if o.BOM {
		text = strings.TrimPrefix(text, bom)
	}
	return text
}

// parseStrictly is RFC 4180 with a given delimiter and line end.
func parseStrictly(t *rapid.T, text string, delim rune, eol string) (rows [][]string) {
	d := string(delim)
	for len(text) > 0 {
		var row []string
		for {
			var cell string
			if strings.HasPrefix(text, `"`) {
				text = text[1:]
				for {
					i := strings.IndexByte(text, '"')
					if i < 0 {
						t.Fatalf("a quote is never closed in %q", text)
					}
					cell, text = cell+text[:i], text[i+1:]
					if !strings.HasPrefix(text, `"`) {
						break
					}
					cell, text = cell+`"`, text[1:]
				}
			} else {
				i := strings.IndexFunc(text, func(r rune) bool { return r == delim || r == '\n' || r == '\r' || r == '"' })
				cell, text = text[:i], text[i:]
			}
			row = append(row, cell)
			if strings.HasPrefix(text, d) {
				text = text[len(d):]
				continue
			}
			if !strings.HasPrefix(text, eol) {
				t.Fatalf("a cell ends with %.20q", text)
			}
			text = text[len(eol):]
			break
		}
		rows = append(rows, row)
	}
	return rows
}

func wantRows(o Options, list []Entry) [][]string {
	raw := false
	for _, e := range list {
		raw = raw || e.Unread
	}
	own := 3
	if raw {
		own = 4
	}
	rows := [][]string{append(append([]string{}, o.Columns...), ownColumns[:own]...)}
	for _, e := range list {
		row := append([]string{}, e.Cells...)
		if e.Unread {
			row = make([]string, len(o.Columns))
		}
		row = append(row, fmt.Sprint(e.Line), fmt.Sprint(e.Status), e.Error)
		if raw {
			row = append(row, e.Raw)
		}
		rows = append(rows, row)
	}
	return rows
}

// TestResumedAsUndisturbed interrupts runs in every way at random, and compares
// with one that wasn't, and with what is read back.
func TestResumedAsUndisturbed(t *testing.T) {
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		o := anyOptions(t)
		o.Path = filepath.Join(dir, fmt.Sprint("run", run), "r.csv")
		if err := os.Mkdir(filepath.Dir(o.Path), 0o700); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(filepath.Dir(o.Path))
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Entry { return anyEntry(t, o) }), 0, 12).Draw(t, "entries")

		plain := o
		plain.Path += ".undisturbed"
		want := writeAll(t, New(plain), list)

		w, m, safe := New(o), Mark{}, 0
		for i := 0; i < len(list); i++ {
			if err := w.Write(list[i]); err != nil {
				t.Fatal(err)
			}
			switch rapid.SampledFrom([]string{"", "", "checkpoint", "kill", "end", "killed at the end"}).Draw(t, "then") {
			case "checkpoint":
				m, safe = checkpoint(t, w), i+1
				continue
			case "kill":
				if rapid.Bool().Draw(t, "flushed") {
					w.flush() // the system wrote more than the checkpoint knows of
				}
				w.file.Close()
			case "end":
				m, safe = checkpoint(t, w), i+1
				finish(t, w)
			case "killed at the end":
				m, safe = checkpoint(t, w), i+1
				temp := readFile(t, w.temp)
				finish(t, w)
				if err := os.WriteFile(w.temp, temp, 0o600); err != nil { // killed before it was removed
					t.Fatal(err)
				}
			default:
				continue
			}
			var err error
			if w, err = Resume(o, m); err != nil {
				t.Fatal(err)
			}
			if m.Temp == "" {
				clean(t, o.Path) // a journal knows the name before there is a file
			}
			i = safe - 1
		}
		finish(t, w)
		got := ""
		if len(list) > 0 {
			got = string(readFile(t, o.Path))
		}
		if got != want {
			t.Fatalf("resumed %q\nundisturbed %q", got, want)
		}
		left, _ := os.ReadDir(filepath.Dir(o.Path))
		if n := len(left); len(list) > 0 && n != 2 || len(list) == 0 && n != 0 {
			t.Fatalf("the directory has %v", left)
		}
		if (o.Format == "csv" || o.Format == "tsv") && len(list) > 0 {
			if diff := cmp.Diff(wantRows(o, list), readBack(t, o, got)); diff != "" {
				t.Fatal(diff)
			}
		}
		if o.Format == "ndjson" || o.Format == "json" {
			lines := strings.Split(strings.TrimSpace(decode(t, o, got)), "\n")
			if o.Format == "json" {
				lines = []string{strings.Join(lines, "\n")}
			}
			for _, line := range lines {
				if len(list) > 0 && !jsontext.Value(line).IsValid() {
					t.Fatalf("no JSON: %q", line)
				}
			}
			if o.Format == "ndjson" && len(list) > 0 && len(lines) != len(list) {
				t.Fatalf("%d lines for %d entries", len(lines), len(list))
			}
		}
	})
}

func writeAll(t *rapid.T, w *Writer, list []Entry) string {
	for _, e := range list {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	finish(t, w)
	if len(list) == 0 {
		return ""
	}
	return string(readFile(t, w.path))
}

func checkpoint(t *rapid.T, w *Writer) Mark {
	m, err := w.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func finish(t *rapid.T, w *Writer) {
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *rapid.T, path string) []byte {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func clean(t *rapid.T, path string) {
	left, err := filepath.Glob(path + ".*.part")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		os.Remove(name)
	}
}

// FuzzCell writes a cell and reads it with the standard library, which changes
// CR LF inside of quotes and nothing else.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"", `"`, `a"b`, " a ", "a,b", "a\nb", "\ufeff", `\.`, "sep=;", "'=1", "\u00a0x"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, column, cell string) {
		column, cell = strings.ToValidUTF8(column, "?"), strings.ToValidUTF8(cell, "?")
		rows, err := newCSV(Options{Format: "csv", Columns: []string{column}}, &charset{utf8: true})
		must(t, err)
		text, err := rows.begin(nil)
		must(t, err)
		text, err = rows.row(text, &Entry{Line: 2, Error: cell, Cells: []string{cell}}, true)
		must(t, err)
		got, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		must(t, err)
		crlf := strings.NewReplacer("\r\n", "\n")
		want := [][]string{{column, "crmsync_line", "crmsync_status", "crmsync_error", "crmsync_raw"}, {cell, "2", "0", cell, ""}}
		for _, row := range want {
			for i := range row {
				row[i] = crlf.Replace(row[i])
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	w := New(Options{Path: filepath.Join(b.TempDir(), "r.csv"), Format: "csv", Columns: []string{"sku", "name", "price", "stock", "brand", "category", "note"}})
	e := Entry{Line: 17, Status: 400, Error: `The value of "price" must be a number.`,
		Cells: []string{"SKU-00012345", "Office chair, black", "129.90", "12", "Acme", "furniture", ""}}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(e); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if _, err := w.Finish(); err != nil {
		b.Fatal(err)
	}
}
