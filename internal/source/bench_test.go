package source

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"testing"
)

const benchRows = 20_000

// BenchmarkReadCSV reads a product file: opening, the check to the file's end
// and the fingerprint included.
func BenchmarkReadCSV(b *testing.B) {
	content := rows(benchRows)
	benchRead(b, file(b, "products.csv", content), int64(len(content)))
}

// BenchmarkReadCSVQuoted is the same with every cell in quotes.
func BenchmarkReadCSVQuoted(b *testing.B) {
	content := quotedRows(benchRows)
	benchRead(b, file(b, "products.csv", content), int64(len(content)))
}

// BenchmarkReadNDJSON reads the same records as NDJSON.
func BenchmarkReadNDJSON(b *testing.B) {
	content := objects(benchRows, "", "\n", "\n")
	benchRead(b, file(b, "products.ndjson", content), int64(len(content)))
}

// BenchmarkReadJSON reads the same records as one array.
func BenchmarkReadJSON(b *testing.B) {
	content := objects(benchRows, "[\n", ",\n", "\n]\n")
	benchRead(b, file(b, "products.json", content), int64(len(content)))
}

func benchRead(b *testing.B, path string, size int64) {
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(context.Background(), path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; ; n++ {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		r.Close()
		if n != benchRows {
			b.Fatalf("%d records", n)
		}
	}
}

// BenchmarkEncodingCSV is the standard library's reader on BenchmarkReadCSV's
// file, to compare with.
func BenchmarkEncodingCSV(b *testing.B) {
	content := rows(benchRows)
	benchEncodingCSV(b, file(b, "products.csv", content), int64(len(content)))
}

// BenchmarkEncodingCSVQuoted is it on BenchmarkReadCSVQuoted's file.
func BenchmarkEncodingCSVQuoted(b *testing.B) {
	content := quotedRows(benchRows)
	benchEncodingCSV(b, file(b, "products.csv", content), int64(len(content)))
}

func benchEncodingCSV(b *testing.B, path string, size int64) {
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		r := csv.NewReader(bufio.NewReaderSize(f, 64<<10))
		for {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		f.Close()
	}
}

// BenchmarkEncodingJSON decodes the lines of BenchmarkReadNDJSON's file into
// raw members, to compare with.
func BenchmarkEncodingJSON(b *testing.B) {
	content := objects(benchRows, "", "\n", "\n")
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		dec := json.NewDecoder(bytes.NewReader([]byte(content)))
		for {
			var m map[string]json.RawMessage
			if err := dec.Decode(&m); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// quotedRows is rows with every cell in quotes.
func quotedRows(n int) string {
	var b bytes.Buffer
	r := csv.NewReader(bytes.NewReader([]byte(rows(n))))
	for {
		row, err := r.Read()
		if err != nil {
			return b.String()
		}
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + cell + `"`)
		}
		b.WriteByte('\n')
	}
}

// objects is rows as JSON objects.
func objects(n int, before, between, after string) string {
	var b bytes.Buffer
	b.WriteString(before)
	r := csv.NewReader(bytes.NewReader([]byte(rows(n))))
	header, _ := r.Read()
	for i := range n {
		row, _ := r.Read()
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteByte('{')
		for k, name := range header {
			if k > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + name + `":`)
			if name == "price" || name == "active" {
				b.WriteString(row[k])
			} else {
				b.WriteString(`"` + row[k] + `"`)
			}
		}
		b.WriteByte('}')
	}
	b.WriteString(after)
	return b.String()
}
