package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(content))
	z.Close()
	return b.String()
}

func zstded(t testing.TB, content string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return string(z.EncodeAll([]byte(content), nil))
}

func encoded(t testing.TB, enc encoding.Encoding, content string) string {
	t.Helper()
	s, err := enc.NewEncoder().String(content)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpenSaysWhyItCannot(t *testing.T) {
	for _, tt := range []struct {
		name, file, content string
		opts                Options
		want, hint          string
	}{
		{"an empty file", "p.csv", "", Options{}, "p.csv: the file is empty: there is not even a header", "still has its header"},
		{"nothing but a byte order mark", "p.csv", "\uFEFF", Options{}, "p.csv: the file is empty: there is not even a header", ""},
		{"nothing but blank lines", "p.csv", "\r\n\n\n", Options{}, "p.csv: the file is empty: there is not even a header", ""},
		{"an empty JSON file", "p.json", " ", Options{}, "p.json: the file is empty: not even []", "[]"},
		{"an empty file of no format", "p.dat", "", Options{}, "p.dat: the input is empty, so its format can't be told", "may be nothing at all: --format ndjson"},
		{"a name twice", "p.csv", "sku,name, sku \nA,b,c\n", Options{}, `p.csv, line 1: columns 1 and 3 have the same name "sku"`, "rename"},
		{"a column without a name", "p.csv", "sku,,name\nA,b,c\n", Options{}, "p.csv, line 1: column 2 has no name", "header"},
		{"a header of blanks", "p.csv", ",,\nA,b,c\n", Options{}, "p.csv, line 1: the header holds no column names", "--columns"},
		{"a reject file's columns alone", "p.csv", "crmsync_line,crmsync_error\n1,x\n", Options{}, "p.csv, line 1: all columns begin with crmsync_, which are a reject file's own: there is nothing to push", ""},
		{"no header", "p.csv", "1001,2.50,2026-01-02\n1002,3.50,2026-01-03\n", Options{},
			"p.csv, line 1: this line should hold the column names, but holds values: 1001, 2.50, 2026-01-02", "--columns"},
		{"a header with a stray quote", "p.csv", "sku,5\" name\nA,b\n", Options{}, `p.csv, line 1: the header can't be read: cell 2: a quote stands inside a cell that doesn't begin with one`, "doubled"},
		{"a header with an open quote", "p.csv", "sku,\"name\nA,b\nB,c\n", Options{}, `p.csv, line 1: the header can't be read: cell 2: the quote that opens the cell is not closed`, ""},
		{"a header row that isn't there", "p.csv", "sku\nA\n", Options{HeaderRow: 7}, "p.csv: there is no line 7 that could hold the column names", ""},
		{"a workbook called CSV", "p.csv", "PK\x03\x04\x14\x00xxxx[Content_Types].xml....xl/workbook.xml", Options{}, "p.csv: this is an Excel workbook (XLSX), though its name says otherwise", ".xlsx"},
		{"an old workbook", "p.csv", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Options{}, "p.csv: this is an old Excel workbook (XLS) or one that is protected with a password, not text", "XLSX or CSV"},
		{"a ZIP archive", "p.csv", "PK\x03\x04\x14\x00products.csv", Options{}, "p.csv: this is a ZIP archive", "unpack"},
		{"a web page", "p.csv", "\r\n<!DOCTYPE html><html><body>Log in</body></html>", Options{Format: CSV}, "p.csv: this is a web page (HTML), not data", "login"},
		{"XML", "p.csv", "<?xml version=\"1.0\"?><a/>", Options{}, "p.csv: this is XML, which is not read", ""},
		{"a PDF", "p.csv", "%PDF-1.7\n", Options{}, "p.csv: this is a PDF document, not text", ""},
		{"another compression", "p.csv.bz2", "BZh91AY&SY", Options{}, "p.csv.bz2: this is compressed with bzip2, not text", "bzip2 -dk p.csv.bz2"},
		{"an array called CSV", "p.csv", `[{"a":1}]`, Options{}, "p.csv: this is a JSON array, not CSV", "--format json"},
		{"NDJSON called CSV", "p.csv", `{"a":1}` + "\n", Options{}, "p.csv: this is NDJSON, not CSV", "--format ndjson"},
		{"CSV called JSON", "p.json", "a,b\n1,2\n", Options{}, "p.json: this looks like CSV, not JSON", "--format csv"},
		{"CSV called NDJSON", "p.ndjson", "a,b\n1,2\n", Options{}, "p.ndjson: this looks like CSV, not NDJSON", "--format csv"},
		{"a word called JSON", "p.json", "nothing\n", Options{}, "p.json: this is not JSON: neither an array nor an object", "--format"},
		{"a program", "p", "\x7FELF\x02", Options{}, "p: this is a program, not text", "CSV, TSV, NDJSON, JSON or XLSX"},
		{"an answer of a service", "p.json", `{"data":[{"a":1}]}`, Options{}, `p.json: the records stand in a list below the key "data"`, "jq -c '.data[]' p.json >p.records.ndjson"},
		{"objects over several lines called NDJSON", "p.ndjson", "{\n\"a\":1\n}\n", Options{}, "p.ndjson: the JSON objects run over several lines, but NDJSON has one a line", "jq -c . p.ndjson"},
		{"damaged gzip", "p.csv.gz", "\x1F\x8B\x08garbage", Options{}, "p.csv.gz: the gzip data is ", "again"},
		{"compressed twice", "p.csv.gz", gzipped(t, gzipped(t, "a\n1\n")), Options{}, "p.csv.gz: this is compressed twice, not text", ""},
		{"UTF-32", "p.csv", "\xFF\xFE\x00\x00a\x00\x00\x00", Options{}, "p.csv: this text is UTF-32, which is not read", "iconv"},
		{"Cyrillic text", "p.csv", encoded(t, charmap.Windows1251, "sku,name\n"+strings.Repeat("A,Настольная лампа\n", 20)), Options{},
			"p.csv: the text is not UTF-8, and not Western European (Windows-1252) either", "windows-1251"},
		{"an unknown encoding", "p.csv", "a\n1\n", Options{Encoding: "klingon"}, "--encoding klingon: no encoding of this name is known", "windows-1252"},
		{"UTF-16 that is none", "p.csv", "a,b\n1,2\n", Options{Encoding: "utf-16"},
			"p.csv: the encoding was given as utf-16le, but the text isn't: in that, a comma and a line end have a zero byte each", "--encoding"},
		{"an encoding against the byte order mark", "p.csv", "\uFEFFa\n1\n", Options{Encoding: "windows-1252"},
			"p.csv: the encoding was given as windows-1252, but the text begins with the byte order mark of utf-8", "--encoding"},
		{"a quote as delimiter", "p.csv", "a\nb\n", Options{Delimiter: '"'}, `--delimiter: '"' can't stand between cells`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, hint := failure(t, tt.file, tt.content, tt.opts)
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !strings.Contains(hint, tt.hint) {
				t.Errorf("the hint is %q, without %q", hint, tt.hint)
			}
		})
	}
}

func TestOpenOfWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink("moved.csv", link); err != nil {
		t.Skip(err)
	}
	for _, tt := range []struct{ name, path, want string }{
		{"a link that leads nowhere", link, "this is a link to a file that is not there: moved.csv"},
		{"a directory", dir, "this is a directory, not a file"},
		{"a missing file", filepath.Join(dir, "none.csv"), "there is no such file"},
		{"a path through a file", filepath.Join(file(t, "p.csv", ""), "x.csv"), "there is no such file: a part of its path is not a directory"},
		{"no stdin", "-", "there is no standard input to read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(context.Background(), tt.path, Options{})
			var in *InputError
			if !errors.As(err, &in) || in.Problem != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if os.Geteuid() != 0 {
		path := file(t, "secret.csv", "a\n")
		os.Chmod(path, 0)
		if _, err := Open(context.Background(), path, Options{}); err == nil || !strings.Contains(err.Error(), "may not be read") {
			t.Errorf("an unreadable file: %v", err)
		}
	}
}

func TestGzipThatIsCutOffIsFoundBeforeTheRun(t *testing.T) {
	whole := gzipped(t, rows(2000))
	_, hint := failure(t, "p.csv.gz", whole[:len(whole)/2], Options{})
	got, _ := failure(t, "p.csv.gz", whole[:len(whole)-4], Options{})
	if want := "p.csv.gz: the gzip data is cut off at byte "; !strings.HasPrefix(got, want) || hint == "" {
		t.Errorf("got %s, hint %q", got, hint)
	}
}

func TestWhatFollowsGzipDataIsZerosOrWrong(t *testing.T) {
	member := gzipped(t, "sku,name\nA,b\n")
	for _, tail := range []string{"", "\x00", strings.Repeat("\x00", 200_000), gzipped(t, "C,d\n") + "\x00\x00"} {
		want := 1
		if strings.HasPrefix(tail, "\x1f") {
			want = 2
		}
		for name, r := range map[string]*Reader{"file": opened(t, "p.csv.gz", member+tail, Options{}), "pipe": piped(t, member+tail, Options{})} {
			if got := len(all(t, r)); got != want {
				t.Errorf("%d bytes behind it, in a %s: %d records, not %d", len(tail), name, got, want)
			}
		}
	}
	for _, tail := range []string{"garbage", "\x00\x00garbage", "\x1f", "\n"} {
		at := len(member) + strings.LastIndexByte(tail, 0) + 1
		want := fmt.Sprintf("p.csv.gz: the gzip data ends before byte %d, and something else follows it", at)
		if got, hint := failure(t, "p.csv.gz", member+tail, Options{}); got != want || hint == "" {
			t.Errorf("%q behind it: %s, hint %q", tail, got, hint)
		}
	}
}

func TestEncodings(t *testing.T) {
	const content = "sku,größe\nA,ü€\nB,\"x\ny\"\n"
	want := []string{`2: "A" "ü€"`, `3: "B" "x` + `\n` + `y"`}
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy) string {
		return encoded(t, unicode.UTF16(e, b), content)
	}
	for _, tt := range []struct {
		name, content string
		opts          Options
		encoding      string
		bom           bool
	}{
		{"UTF-8", content, Options{}, "utf-8", false},
		{"UTF-8 with a byte order mark", "\uFEFF" + content, Options{}, "utf-8", true},
		{"UTF-8 with a byte order mark, said", "\uFEFF" + content, Options{Encoding: "UTF8"}, "utf-8", true},
		{"UTF-16 LE with a byte order mark", utf16(unicode.LittleEndian, unicode.UseBOM), Options{}, "utf-16le", true},
		{"UTF-16 BE with a byte order mark", utf16(unicode.BigEndian, unicode.UseBOM), Options{}, "utf-16be", true},
		{"UTF-16 LE without", utf16(unicode.LittleEndian, unicode.IgnoreBOM), Options{}, "utf-16le", false},
		{"UTF-16 BE without", utf16(unicode.BigEndian, unicode.IgnoreBOM), Options{}, "utf-16be", false},
		{"UTF-16, said", utf16(unicode.BigEndian, unicode.UseBOM), Options{Encoding: "utf-16"}, "utf-16be", true},
		{"Windows-1252", encoded(t, charmap.Windows1252, content), Options{}, "windows-1252", false},
		{"latin1, said", encoded(t, charmap.Windows1252, content), Options{Encoding: "latin1"}, "windows-1252", false},
		{"a code page of DOS, said", encoded(t, charmap.CodePage858, content), Options{Encoding: "IBM00858"}, "ibm00858", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []*Reader{opened(t, "p.csv", tt.content, tt.opts), piped(t, tt.content, tt.opts)} {
				if got := r.Info(); got.Encoding != tt.encoding || got.BOM != tt.bom {
					t.Errorf("encoding %s, byte order mark %v", got.Encoding, got.BOM)
				}
				if diff := cmp.Diff([]string{"sku", "größe"}, r.Columns()); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(want, shown(all(t, r))); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	t.Run("Shift JIS, said", func(t *testing.T) {
		r := opened(t, "p.csv", encoded(t, japanese.ShiftJIS, "sku,name\nA,ランプ\n"), Options{Encoding: "shift_jis"})
		if diff := cmp.Diff([]string{`2: "A" "ランプ"`}, shown(all(t, r))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAFewBrokenPlacesCostTheirRecords(t *testing.T) {
	valid := strings.Repeat("A,ö\n", 20)
	for _, tt := range []struct {
		name, content, encoding string
		bad                     int
	}{
		{"valid characters and a broken one are UTF-8", "sku,name\n" + valid + "B,\xF6\n", "utf-8", 1},
		{"as many broken as valid ones are still UTF-8", "sku,name\n" + valid + strings.Repeat("B,\xF6\n", 20), "utf-8", 20},
		{"broken places alone are Windows-1252", "sku,name\n" + strings.Repeat("B,\xF6\n", 20), "windows-1252", 0},
		{"a valid one by chance among many is Windows-1252", "sku,name\nX,GRO\xDF\x94\n" + strings.Repeat("B,\xF6\n", 60), "windows-1252", 0},
		{"a byte without a meaning in Windows-1252", "sku,name\nA,\xF6\nB,\x81\n", "windows-1252", 1},
		{"a broken place beyond the first megabyte", "sku,name\n" + valid + strings.Repeat("C,lamp\n", 200_000) + "B,\xF6\n", "utf-8", 1},
		{"Windows-1252 beyond the first megabyte", "sku,name\n" + strings.Repeat("C,lamp\n", 200_000) + "B,\xF6\n", "windows-1252", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := opened(t, "p.csv", tt.content, Options{})
			bad := 0
			for _, rec := range all(t, r) {
				if rec.Err != nil {
					bad++
				}
			}
			if r.Info().Encoding != tt.encoding || bad != tt.bad {
				t.Errorf("%s with %d bad records (%q)", r.Info().Encoding, bad, r.Info().Reasons)
			}
		})
	}
	t.Run("what a stream's first megabyte didn't show is rejected with the way out", func(t *testing.T) {
		r := piped(t, "sku,name\n"+strings.Repeat("C,lamp\n", 200_000)+"B,\xF6\n", Options{})
		records := all(t, r)
		err, _ := records[len(records)-1].Err.(*RecordError)
		if err == nil || !strings.Contains(err.Hint, "--encoding") {
			t.Errorf("the last record: %v", err)
		}
	})
}

func TestCompression(t *testing.T) {
	content := rows(300)
	want := shown(all(t, opened(t, "p.csv", content, Options{})))
	for _, tt := range []struct{ name, file, content, compression string }{
		{"gzip", "p.csv.gz", gzipped(t, content), "gzip"},
		{"gzip under a name without .gz", "p.csv", gzipped(t, content), "gzip"},
		{"gzip of several members", "p.csv.gz", gzipped(t, content[:1000]) + gzipped(t, content[1000:]), "gzip"},
		{"zstd", "p.csv.zst", zstded(t, content), "zstd"},
		{"none, though the name says so", "p.csv.gz", content, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := opened(t, tt.file, tt.content, Options{})
			if diff := cmp.Diff(want, shown(all(t, r))); diff != "" {
				t.Error(diff)
			}
			info := r.Info()
			if info.Compression != tt.compression || info.Size != int64(len(tt.content)) || r.BytesRead() != info.Size || info.Format != CSV {
				t.Errorf("%+v, %d bytes read", info, r.BytesRead())
			}
			p := piped(t, tt.content, Options{})
			if diff := cmp.Diff(want, shown(all(t, p))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLayout(t *testing.T) {
	for _, tt := range []struct {
		name, file, content string
		opts                Options
		delimiter           rune
		columns             []string
		want                []string
	}{
		{"semicolons and decimal commas", "p.csv", "sku;price\nA;1,50\nB;2,00\n", Options{}, ';', []string{"sku", "price"}, []string{`2: "A" "1,50"`, `3: "B" "2,00"`}},
		{"semicolons, with a comma in the header", "p.csv", "sku;price, EUR;n\nA;1,50;1\nB;2,00;2\n", Options{}, ';', []string{"sku", "price, EUR", "n"}, []string{`2: "A" "1,50" "1"`, `3: "B" "2,00" "2"`}},
		{"tabs in a .txt", "p.txt", "sku\tname\nA\tx,y\n", Options{}, '\t', []string{"sku", "name"}, []string{`2: "A" "x,y"`}},
		{"bars", "p.csv", "sku|name\nA|x\n", Options{}, '|', []string{"sku", "name"}, []string{`2: "A" "x"`}},
		{"a delimiter inside quotes says nothing", "p.csv", "\"a;b;c\",name\n\"x;y;z\",2\n", Options{}, ',', []string{"a;b;c", "name"}, []string{`2: "x;y;z" "2"`}},
		{"lists inside cells", "p.csv", "sku,tags\nA,a;b;c\nB,d;e\n", Options{}, ',', []string{"sku", "tags"}, []string{`2: "A" "a;b;c"`, `3: "B" "d;e"`}},
		{"one column", "p.csv", "sku\nA\nB\n", Options{}, ',', []string{"sku"}, []string{`2: "A"`, `3: "B"`}},
		{"TSV", "p.tsv", "sku\tname, full\nA\tx\n", Options{}, '\t', []string{"sku", "name, full"}, []string{`2: "A" "x"`}},
		{"Excel's sep= line", "p.csv", "sep=;\r\nsku;a,b\r\nA;1\r\n", Options{}, ';', []string{"sku", "a,b"}, []string{`3: "A" "1"`}},
		{"a sep= line with a byte order mark, in quotes", "p.csv", "\uFEFF\"sep=|\"\nsku|a\nA|1\n", Options{}, '|', []string{"sku", "a"}, []string{`3: "A" "1"`}},
		{"a delimiter that was said", "p.csv", "sku;a,b\nA;1,2\n", Options{Delimiter: ','}, ',', []string{"sku;a", "b"}, []string{`2: "A;1" "2"`}},
		{"a delimiter outside ASCII", "p.csv", "sku§a\nA§1\n\"B\"§2\n", Options{Delimiter: '§'}, '§', []string{"sku", "a"}, []string{`2: "A" "1"`, `3: "B" "2"`}},
		{"columns that were named", "p.csv", "A;1\nB;2\n", Options{Columns: []string{"sku", "n"}}, ';', []string{"sku", "n"}, []string{`1: "A" "1"`, `2: "B" "2"`}},
		{"columns that were named, after a sep= line", "p.csv", "sep=;\nA;1\n", Options{Columns: []string{"sku", "n"}}, ';', []string{"sku", "n"}, []string{`2: "A" "1"`}},
		{"a header row further down", "p.csv", "Export, \"all\nof 2026\n\nsku;n\nA;1\n", Options{HeaderRow: 4}, ';', []string{"sku", "n"}, []string{`5: "A" "1"`}},
		{"a header of numbers, said", "p.csv", "2024,2025\n1,2\n", Options{HeaderRow: 1}, ',', []string{"2024", "2025"}, []string{`2: "1" "2"`}},
		{"a header with line ends in quotes", "p.csv", "sku,\"name\nlong\"\nA,1\n", Options{}, ',', []string{"sku", "name\nlong"}, []string{`3: "A" "1"`}},
		{"an empty file of named columns", "p.csv", "", Options{Columns: []string{"sku"}}, ',', []string{"sku"}, []string{}},
		{"a reject file", "p.rejects.csv", "sku,crmsync_line,name,crmsync_status,crmsync_error,crmsync_raw\nA,7,Lamp,400,x,\n,9,,0,y,\"B,\"\"Desk\"\nB,9,Desk,0,y,\"B,\"\"Desk\"\n,,,,,\n", Options{}, ',',
			[]string{"sku", "name"}, []string{
				`2: "A" "Lamp"`, `3: BAD the record could not be read in an earlier run and has not been mended RAW "B,\"Desk"`, `4: "B" "Desk"`,
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := opened(t, tt.file, tt.content, tt.opts)
			if got := r.Info().Delimiter; got != tt.delimiter {
				t.Errorf("delimiter %q (%q)", got, r.Info().Reasons)
			}
			if diff := cmp.Diff(tt.columns, r.Columns()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.want, shown(all(t, r))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		name, file, content string
		want                Format
	}{
		{"an array in .json", "p.json", "[\n{\"a\":1}]", JSON},
		{"one object a line in .json", "p.json", "{\"a\":1}\n{\"a\":2}\n", NDJSON},
		{"one object a line in .json, the first one broken", "p.json", "{\"a\":\n{\"a\":2}\n", NDJSON},
		{"an object with a comment in .json", "p.json", "{\n// a comment\n\"a\":1}\n", JSON},
		{"an array in .ndjson", "p.ndjson", "[\n{\"a\":1}]", JSON},
		{"a line that is an array in .ndjson", "p.jsonl", "[{\"a\":1}]\n{\"a\":2}\n", NDJSON},
		{"an array in a name that says nothing", "p", " [ {\"a\":1}]", JSON},
		{"objects in a name that says nothing", "p.txt", "{\"a\":1}\n", NDJSON},
		{"a header in brackets is CSV", "p.txt", "[sku],[name]\nA,b\n", CSV},
		{"a .tab file", "p.tab", "a\tb\n", TSV},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := opened(t, tt.file, tt.content, Options{}).Info().Format; got != tt.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestObjectName(t *testing.T) {
	for path, want := range map[string]string{
		"products.csv": "products", "dir.d/products.rejects.csv.gz": "products", "-": "", "companies": "companies", "./x/deals.ndjson": "deals",
	} {
		if got := ObjectName(path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestAnInterruptedRunDoesNotWaitForStdin(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("interrupted")
	opened := make(chan error)
	go func() {
		_, err := Open(ctx, "-", Options{Stdin: in})
		opened <- err
	}()
	out.Write([]byte("sku,name\n"))
	cancel(stop)
	if err := <-opened; err != stop {
		t.Errorf("Open returned %v", err)
	}
}
