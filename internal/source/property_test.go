package source

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

// drawnCell draws cells of what matters to a CSV reader, all of it in
// Windows-1252 too.
var drawnCell = rapid.Custom(func(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "7", " ", ",", ";", "\t", "|", `"`, `""`, "\n", "\r\n", "\r", "ü", "€", "'"}), 0, 6).Draw(t, "parts")
	return strings.Join(parts, "")
})

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 5).Draw(t, "columns")
		delimiter := rapid.SampledFrom(delimiters[:]).Draw(t, "delimiter")
		ending := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "ending")
		header := []string{"sku", "name", "price", "tags", "größe"}[:columns]
		var want [][]string
		text := row(header, delimiter, ending)
		for range rapid.IntRange(0, 8).Draw(t, "records") {
			cells := rapid.SliceOfN(drawnCell, columns, columns).Draw(t, "cells")
			line := row(cells, delimiter, ending)
			if strings.Trim(line, string(delimiter)+" \t\r\n") != "" { // else it is blank, and no record
				want = append(want, cells)
			}
			text += line
		}
		if rapid.Bool().Draw(t, "without the last line end") && len(want) > 0 {
			text = strings.TrimSuffix(text, ending)
		}
		enc := rapid.SampledFrom([]encoding.Encoding{
			nil, charmap.Windows1252, unicode.UTF8BOM,
			unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
		}).Draw(t, "encoding")
		opts := Options{Delimiter: delimiter}
		if enc != nil {
			encoded, err := enc.NewEncoder().String(text)
			if err != nil {
				t.Fatal(err)
			}
			text = encoded
			if enc == charmap.Windows1252 {
				opts.Encoding = windows1252Name
			}
		}
		path := filepath.Join(dir, "in.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(context.Background(), path, opts)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		records, err := drainFrom(r)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for _, rec := range records {
			got = append(got, rec.Cells)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("of %q (-want +got):\n%s", text, diff)
		}
		if len(records) > 0 {
			i := rapid.IntRange(0, len(records)-1).Draw(t, "resumed after")
			reread(t, path, opts, records[i].End, records[i+1:])
		}
	})
}

// row writes a record, everything that may be quoted in quotes.
func row(cells []string, delimiter rune, ending string) string {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 {
			b.WriteRune(delimiter)
		}
		if cell != "" && !strings.ContainsAny(cell, "\"\r\n,;\t|") {
			b.WriteString(cell)
			continue
		}
		b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
	}
	return b.String() + ending
}

// reread goes to a position and compares what follows.
func reread(t *rapid.T, path string, opts Options, at Position, want []Record) {
	r, err := Open(context.Background(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Seek(at); err != nil {
		t.Fatalf("going to %+v: %v", at, err)
	}
	got, err := drainFrom(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shown(want), shown(got)); diff != "" {
		t.Fatalf("from %+v (-want +got):\n%s", at, diff)
	}
	for i := range got {
		if got[i].End != want[i].End {
			t.Fatalf("from %+v a record ends at %+v, not at %+v", at, got[i].End, want[i].End)
		}
	}
}

func TestEverythingGoodSurvivesDamage(t *testing.T) {
	// Damaged lines among good ones: every good one is read, unless its
	// neighbour's error says that it swallowed lines.
	damaged := []string{"X,5\" pipe,1", `X,"a"b,1`, `X,"open,1`, `"X,open,1`, "X,a,b,c", `X,"5" pipe",1`, `X, "blank", 1`, "X,\xFF,1"}
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		lines := []string{"sku,name,n"}
		var good []int
		for i := range rapid.IntRange(1, 15).Draw(t, "lines") {
			if rapid.IntRange(0, 3).Draw(t, "damaged") == 0 {
				lines = append(lines, rapid.SampledFrom(damaged).Draw(t, "damage"))
				continue
			}
			good = append(good, i+2)
			lines = append(lines, rapid.SampledFrom([]string{"A,Lamp,1", `A,"Lamp","2"`, `"A","a ""b""",3`, "A,ü,"}).Draw(t, "good"))
		}
		path, opts := filepath.Join(dir, "in.csv"), Options{Delimiter: ',', Encoding: "utf-8"}
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(context.Background(), path, opts)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		records, err := drainFrom(r)
		if err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(0, len(records)-1).Draw(t, "resumed after")
		reread(t, path, opts, records[i].End, records[i+1:])
		var read []int
		for _, rec := range records {
			if rec.Err == nil {
				read = append(read, int(rec.Line))
			} else if strings.Contains(rec.Err.Error(), "were taken") {
				t.Skip("an ambiguous one")
			}
		}
		if diff := cmp.Diff(good, read); diff != "" {
			t.Fatalf("the lines of good records in %q (-want +got):\n%s", lines, diff)
		}
	})
}

func TestSeekReadsThroughWhatCannotBeEntered(t *testing.T) {
	content := rows(50)
	lines := objects(50, "", "\n", "\n")
	array := objects(50, "[", ",\n", "]")
	var stdin bytes.Buffer
	stdin.WriteString(content)
	for _, tt := range []struct {
		name, file, content string
		entered             bool
	}{
		{"CSV", "p.csv", content, true},
		{"NDJSON", "p.ndjson", lines, true},
		{"gzip", "p.csv.gz", gzipped(t, content), false},
		{"JSON", "p.json", array, false},
		{"UTF-16", "p.csv", encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), content), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			records := all(t, opened(t, tt.file, tt.content, Options{}))
			at := records[19].End
			if (at.Offset >= 0) != tt.entered {
				t.Errorf("position %+v", at)
			}
			r := opened(t, tt.file, tt.content, Options{})
			if err := r.Seek(at); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(shown(records[20:]), shown(all(t, r))); diff != "" {
				t.Error(diff)
			}
			if r.BytesRead() != r.Info().Size {
				t.Errorf("%d bytes read of %d", r.BytesRead(), r.Info().Size)
			}
			r = opened(t, tt.file, tt.content, Options{})
			if err := r.Seek(Position{Offset: 1 << 40, Records: 99, Line: 100}); err == nil || !strings.Contains(err.Error(), "not the same input") {
				t.Errorf("going beyond the end: %v", err)
			}
			r = opened(t, tt.file, tt.content, Options{})
			r.Read()
			if err := r.Seek(at); err == nil {
				t.Error("Seek after Read went well")
			}
		})
	}
	std := csv.NewReader(&stdin)
	if n, _ := std.ReadAll(); len(n) != 51 {
		t.Fatal("the rows are no CSV")
	}
}
