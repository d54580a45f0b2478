package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
)

func productBody(n int) []byte {
	return fmt.Appendf(nil, `{"sku":"SKU-%08d","name":"Product number %d","price":%d.99,"inventory_count":%d,"category":{"id":%d},"in_stock":true,"launched_on":"2025-06-01"}`,
		n, n, n%500, n%1000, n%4+1)
}

// discard is a response that nobody looks at.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// BenchmarkAssert measures the handler alone, creating and then updating.
func BenchmarkAssert(b *testing.B) {
	c, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest("PUT", "/v2/crm/products?matchingAttribute=sku", nil)
	r.Header.Set("Authorization", "Bearer t")
	bodies := make([][]byte, 10_000)
	for i := range bodies {
		bodies[i] = productBody(i)
	}
	reader := bytes.NewReader(nil)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		reader.Reset(bodies[i%len(bodies)])
		r.Body = io.NopCloser(reader)
		w := &discard{header: make(http.Header)}
		c.ServeHTTP(w, r)
		if w.status != 200 && w.status != 201 {
			b.Fatal(w.status)
		}
	}
}

// BenchmarkAssertRecorder is the same with a recorder for each answer.
func BenchmarkAssertRecorder(b *testing.B) {
	c, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := httptest.NewRequest("PUT", "/v2/crm/products?matchingAttribute=sku", bytes.NewReader(productBody(i%10_000)))
		r.Header.Set("Authorization", "Bearer t")
		c.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// BenchmarkMemory reports the heap bytes of a record of seven attributes.
func BenchmarkMemory(b *testing.B) {
	c, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := httptest.NewRequest("PUT", "/v2/crm/products?matchingAttribute=sku", nil)
	r.Header.Set("Authorization", "Bearer t")
	for i := range b.N {
		r.Body = io.NopCloser(bytes.NewReader(productBody(i)))
		c.ServeHTTP(&discard{header: make(http.Header)}, r)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N), "heapB/record")
	runtime.KeepAlive(c)
}
