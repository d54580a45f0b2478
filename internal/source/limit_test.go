package source

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

func TestARecordBeyondTheLimitCostsItself(t *testing.T) {
	long := strings.Repeat("x", 100)
	lines := strings.Repeat("x\n", 50)
	for _, tt := range []struct {
		name, file, content string
		want                []string
	}{
		{"a line", "p.csv", "sku,name\nA," + long + "\nB,y\n",
			[]string{`2: BAD the record is longer than 64 bytes: 103 bytes, of which the first 102 are kept RAW "A,` + long + `"`, `3: "B" "y"`}},
		{"a cell of several lines", "p.csv", "sku,name\nA,\"" + lines + "\"\nB,y\n",
			[]string{`2: BAD the record is longer than 64 bytes: 105 bytes, of which the first 104 are kept RAW "A,\"` + strings.ReplaceAll(lines, "\n", `\n`) + `\""`, `53: "B" "y"`}},
		{"the last line, without a line end", "p.csv", "sku,name\nA," + long,
			[]string{`2: BAD the record is longer than 64 bytes: 102 bytes, of which the first 102 are kept RAW "A,` + long + `"`}},
		{"a line that is just not too long", "p.csv", "sku,name\nA," + long[:62] + "\nB,y\n", []string{`2: "A" "` + long[:62] + `"`, `3: "B" "y"`}},
		{"NDJSON", "p.ndjson", "{\"a\":1}\n{\"a\":\"" + long + "\"}\n{\"a\":3}\n",
			[]string{`1: a=1`, `2: BAD the line is longer than 64 bytes: 109 bytes, of which the first 64 are kept RAW "{\"a\":\"` + long[:58] + `"`, `3: a=3`}},
		{"JSON", "p.json", "[{\"a\":1},\n{\"a\":\"" + long + "\"},\n{\"a\":3}]\n",
			[]string{`1: a=1`, `2: BAD the element is longer than 64 bytes: 108 bytes, of which the first 64 are kept RAW "{\"a\":\"` + long[:58] + `"`, `3: a=3`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := opened(t, tt.file, tt.content, Options{MaxRecordBytes: 64})
			got := shown(all(t, r))
			for i := range got { // how much is kept of a record depends on how it was read
				got[i] = keptBytes(got[i])
			}
			for i := range tt.want {
				tt.want[i] = keptBytes(tt.want[i])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// keptBytes cuts what a bad record that is too long says after its length.
func keptBytes(s string) string {
	if i := strings.Index(s, ", of which the first"); i >= 0 {
		return s[:i]
	}
	return s
}

// endless repeats text up to n bytes, then goes on with rest.
type endless struct {
	text string
	n    int
	rest string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n > 0 {
		n := 0
		for n < len(p) && e.n > 0 {
			k := copy(p[n:], e.text)
			k = min(k, e.n)
			n += k
			e.n -= k
			if k < len(e.text) {
				e.text = e.text[k:] + e.text[:k]
			}
		}
		return n, nil
	}
	if e.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestMemoryStaysBoundedWhateverARecordsLength(t *testing.T) {
	for _, tt := range []struct{ name, before, text, after string }{
		{"a cell of many lines", "sku,name,n\nA,\"", "lorem ipsum\n", "\",1\nB,y,2\n"},
		{"a cell of doubled quotes", "sku,name,n\nA,\"", `""`, "\",1\nB,y,2\n"},
		{"a line", "sku,name,n\nA,", "lorem ipsum ", "\nB,y,2\n"},
		{"a line of NDJSON", "{\"n\":1}\n{\"a\":\"", "lorem ipsum ", "\"}\n{\"b\":1}\n"},
		{"an element of an array", "[{\"n\":1},{\"a\":\"", "lorem ipsum ", "\"},{\"b\":1}]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Open(context.Background(), "-", Options{
				Stdin: io.MultiReader(strings.NewReader(tt.before), &endless{tt.text, 5 << 20, tt.after}), MaxRecordBytes: 1 << 20,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			bad, good := 0, 0
			for _, rec := range all(t, r) {
				if rec.Err == nil {
					good++
					continue
				}
				bad++
				if !strings.Contains(rec.Err.Error(), "longer than 1 MiB") || len(rec.Raw) > keptRaw {
					t.Errorf("%.100s, with %d bytes", rec.Err, len(rec.Raw))
				}
			}
			if bad != 1 || good == 0 {
				t.Errorf("%d bad and %d good records", bad, good)
			}
			if n := cap(windowOf(r).buf); n > 4<<20 {
				t.Errorf("the window grew to %d bytes", n)
			}
		})
	}
}

func windowOf(r *Reader) *window {
	switch records := r.records.(type) {
	case *csvReader:
		return records.w
	case *ndjsonReader:
		return records.w
	default:
		return r.records.(*jsonReader).w
	}
}

func TestTheLimitIs16MiB(t *testing.T) {
	for _, tt := range []struct {
		size int
		bad  bool
	}{{16<<20 - 100, false}, {16<<20 + 100, true}} {
		r, err := Open(context.Background(), "-", Options{
			Stdin: io.MultiReader(strings.NewReader("sku,name\nA,"), &endless{"lorem ipsum ", tt.size, "\nB,y\n"}),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		records := all(t, r)
		if len(records) != 2 || (records[0].Err != nil) != tt.bad || records[1].Err != nil {
			t.Errorf("with %d bytes: %d records, the first %v", tt.size, len(records), records[0].Err)
		}
	}
}

func TestAnOpenQuoteInALongFileCostsItsLineAlone(t *testing.T) {
	content := "sku,name,n\nA,\"Lamp,1\n" + strings.Repeat("B,Desk,2\n", 1<<18)
	r := piped(t, content, Options{MaxRecordBytes: 1 << 20})
	bad, good := 0, 0
	for _, rec := range all(t, r) {
		if rec.Err != nil {
			bad++
		} else {
			good++
		}
	}
	if bad != 1 || good != 1<<18 {
		t.Errorf("%d bad and %d good records", bad, good)
	}
}

// What is in memory may end in the middle of a character.
func TestALongRecordOfCharactersOfOneByteIsCountedInBytes(t *testing.T) {
	text := func(s string) string { return encoded(t, charmap.Windows1252, s) }
	long := strings.Repeat("aü", 3*windowSize)
	for name, content := range map[string]string{
		"p.csv":    text("sku,name\nA,"+long+"\n") + "B,y\n",
		"q.csv":    text("sku,name\nA,\""+long+"\"\n") + "B,y\n",
		"p.ndjson": text("{\"sku\":\""+long+"\"}\n") + "B,y\n",
	} {
		r := opened(t, name, content, Options{Encoding: windows1252Name, MaxRecordBytes: 64})
		rec, err := r.Read()
		if err != nil || rec.Err == nil || content[rec.End.Offset:] != "B,y\n" {
			t.Errorf("%s: the record ends at byte %d of %d, %v %v", name, rec.End.Offset, len(content), rec.Err, err)
		}
	}
}
