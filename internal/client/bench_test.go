package client

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
)

const benchBody = `{"sku":"DRESS-001","name":"Summer dress","price":29.90,"inventory_count":150,"category":{"id":4},"active":true,"updated":"2025-06-01"}`

// BenchmarkAssert sends records to a server on loopback with 32 goroutines: by
// the client, and by a bare net/http loop that only looks at the status.
func BenchmarkAssert(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(201)
		_, _ = io.WriteString(w, sampleAnswer)
	}))
	defer srv.Close()
	body := []byte(benchBody)

	b.Run("client", func(b *testing.B) {
		c := clientOf(b, srv.URL, Options{Workers: 32})
		defer c.CloseIdle()
		loop(b, 32, func(ctx context.Context) bool {
			return c.Assert(ctx, "products", "sku", body).Outcome == Created
		})
	})
	b.Run("bare", func(b *testing.B) {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 32
		hc := &http.Client{Transport: t}
		defer hc.CloseIdleConnections()
		loop(b, 32, func(ctx context.Context) bool {
			req, err := http.NewRequestWithContext(ctx, "PUT", srv.URL+"/crm/products?matchingAttribute=sku", bytes.NewReader(body))
			if err != nil {
				return false
			}
			req.Header.Set("Authorization", "Bearer "+testToken)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Accept", "application/json")
			resp, err := hc.Do(req)
			if err != nil {
				return false
			}
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			return err == nil && resp.StatusCode == 201
		})
	})
}

// loop sends with so many goroutines, or as many as come near it with the
// processors there are.
func loop(b *testing.B, goroutines int, send func(context.Context) bool) {
	b.ReportAllocs()
	b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
	var failed atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if !send(b.Context()) {
				failed.Add(1)
			}
		}
	})
	if failed.Load() > 0 {
		b.Errorf("%d failed", failed.Load())
	}
}

// BenchmarkAssertWithoutNetwork is what the client adds to net/http.
func BenchmarkAssertWithoutNetwork(b *testing.B) {
	c := clientOf(b, "https://crm.example", Options{Transport: &fixed{status: 201, body: sampleAnswer}})
	body := []byte(benchBody)
	b.ReportAllocs()
	for b.Loop() {
		if c.Assert(b.Context(), "products", "sku", body).Outcome != Created {
			b.Fatal("not created")
		}
	}
}

func BenchmarkReadAnswer(b *testing.B) {
	body := []byte(sampleAnswer)
	b.ReportAllocs()
	for b.Loop() {
		if readAnswer(body).id == "" {
			b.Fatal("no id")
		}
	}
}
