package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// several sends requests through several transports in turn, so that HTTP/2
// uses so many connections.
type several struct {
	through []http.RoundTripper
	next    atomic.Uint64
}

func (s *several) RoundTrip(req *http.Request) (*http.Response, error) {
	return s.through[s.next.Add(1)%uint64(len(s.through))].RoundTrip(req)
}

// BenchmarkHTTP2Connections sends with 64 goroutines over one and over several
// HTTP/2 connections, to a server that answers at once and to one that takes
// 20 ms. The transport's choice of one connection, and a second only at the
// server's stream limit, rests on it.
func BenchmarkHTTP2Connections(b *testing.B) {
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if latency > 0 {
				<-time.After(latency)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(201)
			_, _ = io.WriteString(w, sampleAnswer)
		}))
		srv.EnableHTTP2 = true
		srv.Config.ErrorLog = discardLog()
		srv.StartTLS()
		u, err := parseBaseURL(srv.URL)
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range []int{1, 2, 4, 8} {
			b.Run(fmt.Sprintf("latency=%s/connections=%d", latency, n), func(b *testing.B) {
				s := &several{}
				for range n {
					rt := newTransport(u, 64)
					rt.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
					s.through = append(s.through, rt)
					defer rt.CloseIdleConnections()
				}
				c := clientOf(b, srv.URL, Options{Transport: s, Workers: 64})
				body := []byte(benchBody)
				loop(b, 64, func(ctx context.Context) bool {
					return c.Assert(ctx, "products", "sku", body).Outcome == Created
				})
			})
		}
		srv.Close()
	}
}
