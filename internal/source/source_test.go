package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// file writes content into a file of that name and returns its path.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// opened opens a file with that content.
func opened(t testing.TB, name, content string, opts Options) *Reader {
	t.Helper()
	r, err := Open(context.Background(), file(t, name, content), opts)
	if err != nil {
		t.Fatalf("opening %s: %v", name, err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// piped opens the content as stdin.
func piped(t testing.TB, content string, opts Options) *Reader {
	t.Helper()
	opts.Stdin = strings.NewReader(content)
	r, err := Open(context.Background(), "-", opts)
	if err != nil {
		t.Fatalf("opening stdin: %v", err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// failure is why the content can't be opened, and the hint.
func failure(t testing.TB, name, content string, opts Options) (problem, hint string) {
	t.Helper()
	path := file(t, name, content)
	r, err := Open(context.Background(), path, opts)
	if err == nil {
		r.Close()
		t.Fatalf("%s was opened", name)
	}
	if h, ok := err.(interface{ Hint() string }); ok {
		hint = h.Hint()
	}
	return strings.ReplaceAll(err.Error(), path, name), strings.ReplaceAll(hint, path, name)
}

// all reads the rest.
func all(t testing.TB, r *Reader) []Record {
	t.Helper()
	var records []Record
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return records
		}
		if err != nil {
			t.Fatalf("after %d records: %v", len(records), err)
		}
		records = append(records, rec)
	}
}

// show writes a record on one line: its line, then its cells or members, or
// what is wrong with it and its text.
func show(rec Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", rec.Line)
	switch {
	case rec.Err != nil:
		fmt.Fprintf(&b, " BAD %s RAW %q", rec.Err.(*RecordError).Problem, rec.Raw)
	case rec.Cells != nil:
		for _, cell := range rec.Cells {
			fmt.Fprintf(&b, " %q", cell)
		}
	default:
		for i, name := range rec.Names {
			fmt.Fprintf(&b, " %s=%s", name, rec.Values[i])
		}
	}
	return b.String()
}

func shown(records []Record) []string {
	lines := make([]string, len(records))
	for i, rec := range records {
		lines[i] = show(rec)
	}
	return lines
}

// slowly hands out one byte at a time.
type slowly struct{ rest []byte }

func (s *slowly) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:1], s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// rows is an input of n product records.
func rows(n int) string {
	var b bytes.Buffer
	b.WriteString("sku,name,price,currency,active,category,updated\n")
	for i := range n {
		fmt.Fprintf(&b, "SKU-%06d,Lamp number %d,%d.%02d,EUR,true,Home & Living,2026-11-%02d\n", i, i, i%500, i%100, 1+i%28)
	}
	return b.String()
}
