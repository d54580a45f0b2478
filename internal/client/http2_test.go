package client

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// http2Server returns a TLS server and a transport like the client's own that
// trusts it.
func http2Server(h http.Handler) (*httptest.Server, http.RoundTripper) {
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	u, _ := parseBaseURL(srv.URL)
	rt := newTransport(u, 8)
	rt.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return srv, rt
}

func TestHTTP2OpensASecondConnectionAtTheStreamLimit(t *testing.T) {
	const workers = 12
	var all sync.WaitGroup
	all.Add(workers)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Query().Get("matchingAttribute") == "sku" {
			all.Done()
			all.Wait() // only when all are in flight does any get an answer
		}
		w.WriteHeader(201)
	}))
	srv.EnableHTTP2 = true
	srv.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 4}
	srv.Config.ErrorLog = discardLog()
	srv.StartTLS()
	defer srv.Close()
	u, _ := parseBaseURL(srv.URL)
	rt := newTransport(u, workers)
	rt.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := clientOf(t, srv.URL, Options{Transport: rt})
	defer c.CloseIdle()
	c.Assert(t.Context(), "products", "first", []byte(`{}`))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			if r := c.Assert(t.Context(), "products", "sku", []byte(`{}`)); r.Outcome != Created {
				t.Errorf("%+v", r)
			}
		})
	}
	wg.Wait()
}

func TestHTTP2GoesOnAfterTheServerSaysGoodbye(t *testing.T) {
	conns := map[string]bool{}
	srv, rt := http2Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conns[r.RemoteAddr] = true
		w.Header().Set("Connection", "close") // GOAWAY
		w.WriteHeader(201)
	}))
	defer srv.Close()
	c := clientOf(t, srv.URL, Options{Transport: rt})
	defer c.CloseIdle()
	for range 3 {
		if r := c.Assert(t.Context(), "products", "sku", []byte(`{}`)); r.Outcome != Created {
			t.Errorf("%+v", r)
		}
	}
	if len(conns) != 3 {
		t.Errorf("%d connections", len(conns))
	}
}
