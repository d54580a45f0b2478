package client

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testToken = "12|zkYw9/Qx+7sEcReTtOkEn=="

// newClient returns a client of a server on loopback that is closed after the
// test.
func newClient(t testing.TB, h http.Handler) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	c := clientOf(t, srv.URL, Options{})
	t.Cleanup(func() {
		c.CloseIdle()
		srv.Close()
	})
	return c
}

func clientOf(t testing.TB, url string, o Options) *Client {
	t.Helper()
	o.BaseURL = url
	if o.Token == "" {
		o.Token = testToken
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answerWith answers every request the same.
func answerWith(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// fixed is a transport that answers from memory.
type fixed struct {
	status int
	header http.Header
	body   string
	err    error
	got    *http.Request
}

func (f *fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	f.got = r
	if f.err != nil {
		return nil, f.err
	}
	h := f.header
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{StatusCode: f.status, Header: h, Body: io.NopCloser(strings.NewReader(f.body)), Request: r}, nil
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// pipeTo dials a function instead of a host.
func pipeTo(serve func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go serve(far)
		return near, nil
	}
}
