//go:build unix

package push

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/sandbox"
	"github.com/crmsync/crmsync/internal/source"
	"github.com/crmsync/crmsync/internal/state"
)

// catalogue is a file of products with the columns of testdata/products.csv.
func catalogue(b *testing.B, rows int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "products.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "sku,name,price,inventory_count,category,in_stock,launched_on")
	for i := range rows {
		fmt.Fprintf(w, "SKU-%08d,A Field Guide to Northern Birds %d,%d.%d0,%d,%s,%t,20%02d-0%d-1%d\n", i, i, i%500, i%10, i%97,
			[]string{"Books", "Clothing", "Electronics"}[i%3], i%4 != 0, i%25, 1+i%9, i%10)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return path
}

func productsSchema(b *testing.B) *client.Object {
	b.Helper()
	crm, err := sandbox.New(sandbox.Options{})
	if err != nil {
		b.Fatal(err)
	}
	answer := httptest.NewRecorder()
	ask := httptest.NewRequest(http.MethodGet, "/v2/crm/objects/products", nil)
	ask.Header.Set("Authorization", "Bearer any")
	crm.ServeHTTP(answer, ask)
	schema, err := client.ParseSchema(answer.Body.Bytes(), "products")
	if err != nil {
		b.Fatal(err)
	}
	return schema
}

// BenchmarkNothingToDo is a push with --only-changed of a million records, all of
// them unchanged, and in the same rounds the reading of that file by
// encoding/csv. x-csv is the one's time by the other's, cpu-x-csv that of the
// processor (all cores).
func BenchmarkNothingToDo(b *testing.B) {
	const rows = 1_000_000
	path, schema := catalogue(b, rows), productsSchema(b)
	remembered := filepath.Join(b.TempDir(), "state")
	pushAll := func() *Result {
		reader, err := source.Open(b.Context(), path, source.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer reader.Close()
		mapper, err := mapping.New(mapping.Options{Object: "products", Match: "sku", Schema: schema, Columns: reader.Columns(), Location: time.UTC})
		if err != nil {
			b.Fatal(err)
		}
		store, err := state.Open(remembered, state.Scope{Object: "products", Match: "sku"}, state.Options{})
		if err != nil {
			b.Fatal(err)
		}
		res := Run(b.Context(), Options{
			Object: "products", Match: "sku", Client: instant{}, Pacer: unpaced{}, State: store,
			Inputs: []Input{{Name: "products.csv", Reader: reader, Mapper: mapper, Rejects: &kept{}}},
		})
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		return res
	}
	if res := pushAll(); res.Updated != rows {
		b.Fatalf("the first push: %+v", res.Tally)
	}
	st, err := os.Stat(remembered)
	if err != nil {
		b.Fatal(err)
	}
	var plain, push spent
	for b.Loop() {
		plain.add(func() {
			if n := readPlainly(b, path); n != rows+1 {
				b.Fatalf("encoding/csv read %d rows", n)
			}
		})
		push.add(func() {
			if res := pushAll(); res.Unchanged != rows || res.Requests != 0 {
				b.Fatalf("not all are unchanged: %+v", res.Tally)
			}
		})
	}
	b.ReportMetric(push.wall.Seconds()/plain.wall.Seconds(), "x-csv")
	b.ReportMetric(push.cpu.Seconds()/plain.cpu.Seconds(), "cpu-x-csv")
	b.ReportMetric(float64(st.Size())/rows, "disk-B/record")
}

// readPlainly is what the push is compared with.
func readPlainly(b *testing.B, path string) (rows int) {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<16))
	for ; ; rows++ {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return rows
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// spent is time that went by, and that processors spent.
type spent struct{ wall, cpu time.Duration }

func (s *spent) add(what func()) {
	runtime.GC() // what was left before is not its own
	cpu, began := processorTime(), time.Now()
	what()
	s.wall += time.Since(began)
	s.cpu += processorTime() - cpu
}

func processorTime() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
