package source

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// drain reads all there is; it fails on records without sense.
func drain(t *testing.T, r *Reader) ([]Record, error) {
	t.Helper()
	var records []Record
	line := int64(0)
	for {
		rec, err := r.Read()
		if err != nil {
			if _, again := r.Read(); again != err {
				t.Fatalf("Read after %v returned %v", err, again)
			}
			return records, err
		}
		records = append(records, rec)
		switch {
		case rec.End.Records != int64(len(records)):
			t.Fatalf("record %d says that it is record %d", len(records), rec.End.Records)
		case rec.Line < line || rec.End.Line < rec.Line:
			t.Fatalf("record %d goes from line %d to %d, after line %d", len(records), rec.Line, rec.End.Line, line)
		case (rec.Err != nil) == (rec.Cells != nil || rec.Values != nil) && rec.Err != nil:
			t.Fatalf("record %d has an error and content", len(records))
		case !utf8.ValidString(rec.Raw):
			t.Fatalf("raw text %q is not valid", rec.Raw)
		}
		line = rec.End.Line
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a,b\r\n\"1\",\"x\r\ny\"\r\n", "a;b\n\"5\" pipe\";2\n1,\"abc\n3,4\n5,\"g\"\n",
		"a,b\r1,2\r\"x\ry\",\"\"\"\"\r", "a,b\n1,2\r3,4\n5\r6,7\n", "a\n\"\n\n\"\n\"x", "a,b,c\nA,\"a\"b,1\nB,\"D,2\n\n\nC,5\" x,3",
		"a,b,,\n1,2,,\n1,2,3\n", "crmsync_line,a,crmsync_raw\n2,,\"x\"\n", "a,b\n\xFF,2\n\"\xC3\n",
		"a,b,c\n\"1\",\"2\",\n\"1\",2\n,\"\",\"x\"\n\"1\",\"2\",\"3\",\n\"1\"x,2\nx\"1\",2\n\"1\",\"2\"\"\",3\n",
		"a,b\n1", "a,b\n1\n ",
	} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(20))
	}
	f.Fuzz(func(t *testing.T, content []byte, limit uint8) {
		opts := Options{Format: CSV, Delimiter: ',', Encoding: "utf-8", HeaderRow: 1, MaxRecordBytes: int(limit)}
		path := file(t, "in.csv", string(content))
		r, err := Open(context.Background(), path, opts)
		if err != nil {
			return
		}
		defer r.Close()
		start := r.records.(*csvReader).place.Offset
		records, err := drain(t, r)
		if err != io.EOF {
			t.Fatalf("reading ended with %v", err)
		}
		accounted(t, content, start, records)
		likeEncodingCSV(t, content, r, records)
		opts.Stdin = &slowly{content}
		if bytes.HasPrefix(content, gzipMagic) || bytes.HasPrefix(content, zstdMagic) {
			return
		}
		p, err := Open(context.Background(), "-", opts)
		if err != nil {
			t.Fatalf("stdin, byte by byte: %v", err)
		}
		defer p.Close()
		again, _ := drain(t, p)
		if diff := cmp.Diff(shown(records), shown(again)); diff != "" {
			t.Fatalf("what is read depends on how the bytes arrive:\n%s", diff)
		}
		for i, rec := range records {
			resumesAt(t, path, opts, rec.End, records[i+1:])
		}
	})
}

// blankRow is what a row is made of that is no record.
const blankRow = ", \t\r\n"

// accounted checks that nothing but blank rows lies behind the records.
func accounted(t *testing.T, content []byte, at int64, records []Record) {
	t.Helper()
	for i, rec := range records {
		if rec.End.Offset <= at || rec.End.Offset > int64(len(content)) {
			t.Fatalf("record %d ends at byte %d, the one before at %d, the input at %d", i+1, rec.End.Offset, at, len(content))
		}
		at = rec.End.Offset
	}
	if rest := bytes.Trim(content[at:], blankRow); len(rest) > 0 {
		t.Fatalf("%q was not read", rest)
	}
}

// likeEncodingCSV compares with the standard library where it finds nothing to
// complain about, and doesn't drop what we keep.
func likeEncodingCSV(t *testing.T, content []byte, r *Reader, records []Record) {
	t.Helper()
	content = bytes.TrimPrefix(content, utf8BOM)
	if bytes.IndexByte(content, '\r') >= 0 || !utf8.Valid(content) || bytes.Contains(content, []byte("crmsync_")) || r.records.(*csvReader).limit < len(content) {
		return
	}
	if _, sep := sepLine(content); sep {
		return
	}
	std := csv.NewReader(bytes.NewReader(content))
	std.FieldsPerRecord = -1
	var want [][]string
	for at := int64(0); ; {
		row, err := std.Read()
		if err == io.EOF && len(want) > 0 {
			break
		}
		if err != nil {
			return
		}
		raw := content[at:std.InputOffset()]
		at = std.InputOffset()
		if len(want) == 0 || len(bytes.Trim(raw, blankRow)) > 0 {
			want = append(want, row)
		}
	}
	if len(records) != len(want)-1 {
		t.Fatalf("%d records, encoding/csv reads %d", len(records), len(want)-1)
	}
	columns := len(r.Columns())
	for i, rec := range records {
		row := want[i+1]
		if cut := i == len(records)-1 && len(row) < columns && !bytes.HasSuffix(bytes.TrimRight(content, " \t,"), []byte{'\n'}); cut {
			if rec.Err == nil {
				t.Fatalf("record %d, the last, may be cut off, and is read as %q", i+1, rec.Cells)
			}
			continue
		}
		if rec.Err != nil {
			if len(row) <= columns || strings.TrimSpace(strings.Join(row[columns:], "")) == "" {
				t.Fatalf("record %d: %v, encoding/csv reads %q", i+1, rec.Err, row)
			}
			continue
		}
		for len(row) < columns {
			row = append(row, "")
		}
		if diff := cmp.Diff(row[:columns], rec.Cells); diff != "" {
			t.Fatalf("record %d: %s", i+1, diff)
		}
	}
}

// resumesAt checks that reading from a position gives the rest.
func resumesAt(t *testing.T, path string, opts Options, at Position, rest []Record) {
	t.Helper()
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
		t.Fatalf("reading from %+v: %v", at, err)
	}
	if diff := cmp.Diff(shown(rest), shown(got)); diff != "" {
		t.Fatalf("from %+v (-want +got):\n%s", at, diff)
	}
	for i := range rest {
		if rest[i].End != got[i].End {
			t.Fatalf("from %+v: a record ends at %+v, not at %+v", at, got[i].End, rest[i].End)
		}
	}
}

func drainFrom(r *Reader) ([]Record, error) {
	var records []Record
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return records, nil
		}
		if err != nil {
			return records, err
		}
		records = append(records, rec)
	}
}

func FuzzNDJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":1,"b":"x"}` + "\n" + `{"a":null}` + "\r\n\n", `{"a":1e400,"b":12345678901234567890}`, `[1]` + "\n" + `{"a":1,"a":2}`,
		`{"a":{"b":1,"b":2}}`, `{"a":`, `{"a":1} {"b":2}`, "{\"\\u0061\":1}\n\xFF\n{}", `{"_crmsync":{"raw":"x"}}`, `nul`,
	} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(9))
	}
	f.Fuzz(func(t *testing.T, content []byte, limit uint8) {
		opts := Options{Format: NDJSON, Encoding: "utf-8", MaxRecordBytes: int(limit)}
		path := file(t, "in.ndjson", string(content))
		r, err := Open(context.Background(), path, opts)
		if err != nil {
			return
		}
		defer r.Close()
		records, err := drain(t, r)
		if err != io.EOF {
			t.Fatalf("reading ended with %v", err)
		}
		at := int64(0)
		for i, rec := range records {
			line := content[at:rec.End.Offset]
			at = rec.End.Offset
			if rec.Err == nil {
				sameObject(t, rec, line)
			} else if text := bytes.TrimSpace(bytes.TrimPrefix(line, utf8BOM)); len(text) <= r.limit &&
				jsontext.Value(text).IsValid() && text[0] == '{' && !bytes.Contains(text, []byte("raw")) {
				t.Fatalf("record %d: %v, but it is a valid object: %q", i+1, rec.Err, text)
			}
			resumesAt(t, path, opts, rec.End, records[i+1:])
		}
		if rest := bytes.TrimSpace(content[at:]); len(rest) > 0 && !bytes.Equal(rest, utf8BOM) {
			t.Fatalf("%q was not read", rest)
		}
	})
}

// sameObject writes the record as an object again and compares it with its line.
func sameObject(t *testing.T, rec Record, line []byte) {
	t.Helper()
	var b bytes.Buffer
	enc := jsontext.NewEncoder(&b)
	enc.WriteToken(jsontext.BeginObject)
	for i, name := range rec.Names {
		enc.WriteToken(jsontext.String(name))
		if err := enc.WriteValue(rec.Values[i]); err != nil {
			t.Fatalf("value %q of %q: %v", rec.Values[i], name, err)
		}
	}
	if err := enc.WriteToken(jsontext.EndObject); err != nil {
		t.Fatalf("members %q: %v", rec.Names, err)
	}
	got, want := jsontext.Value(b.Bytes()), jsontext.Value(bytes.TrimPrefix(line, utf8BOM))
	if bytes.Contains(want, []byte("crmsync")) {
		return
	}
	for _, v := range []*jsontext.Value{&got, &want} {
		if err := v.Format(jsontext.ReorderRawObjects(true), jsontext.PreserveRawStrings(false)); err != nil {
			t.Fatalf("formatting %q: %v", *v, err)
		}
	}
	if !bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(want)) {
		t.Fatalf("read %s of %s", got, want)
	}
}

func FuzzJSONArray(f *testing.F) {
	for _, s := range []string{
		`[{"a":1},{"a":2}]`, "[\n  {\"a\": 1},\n  {\"a\": [1},\n  {\"a\": 3}\n]\n", `[1,"x",{"a":tru},,{"a":{}}]`, `[`, `[{"a":"x`,
		"{\n\"a\":1\n}\n{\n\"a\":2\n}", `[{"a":1}{"a":2}]`, "[{\"a\":\"x\n\"},\n{\"a\":2}]", `[]x`, `[{}],`, "[\n{\"a\":{\"b\":1,\n\n{\"a\":2}\n,\n{\"a\":3}]",
	} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(12))
	}
	f.Fuzz(func(t *testing.T, content []byte, limit uint8) {
		opts := Options{Format: JSON, Encoding: "utf-8", MaxRecordBytes: int(limit)}
		r, err := Open(context.Background(), file(t, "in.json", string(content)), opts)
		if err != nil {
			return
		}
		defer r.Close()
		records, err := drain(t, r)
		if text := jsontext.Value(bytes.TrimPrefix(content, utf8BOM)); text.IsValid() && text.Kind() == '[' {
			if err != io.EOF {
				t.Fatalf("a valid array ended with %v", err)
			}
			if want := elements(text); len(records) != want {
				t.Fatalf("%d records of %d elements", len(records), want)
			}
		}
		opts.Stdin = &slowly{content}
		p, perr := Open(context.Background(), "-", opts)
		if perr != nil {
			t.Fatalf("stdin, byte by byte: %v", perr)
		}
		defer p.Close()
		again, _ := drain(t, p)
		if diff := cmp.Diff(shown(records), shown(again)); diff != "" {
			t.Fatalf("what is read depends on how the bytes arrive:\n%s", diff)
		}
	})
}

func elements(array jsontext.Value) int {
	dec := jsontext.NewDecoder(bytes.NewReader(array))
	dec.ReadToken()
	n := 0
	for dec.PeekKind() != ']' {
		dec.SkipValue()
		n++
	}
	return n
}
