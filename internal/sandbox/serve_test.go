package sandbox

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// served gives the address of a CRM that Serve serves, and what ends it.
func served(t *testing.T, opts Options) (c *CRM, url string, stop func() error) {
	t.Helper()
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Serve(ctx, l) }()
	stop = func() error { cancel(); return <-ended }
	return c, "http://" + l.Addr().String(), stop
}

// putProduct asserts a product over the network.
func putProduct(ctx context.Context, client *http.Client, url string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, "PUT", url+"/v2/crm/products?matchingAttribute=sku", strings.NewReader(`{"sku":"A1"}`))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer t")
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func TestServe(t *testing.T) {
	t.Run("it answers until the context ends", func(t *testing.T) {
		c, url, stop := served(t, Options{})
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		status, body, err := putProduct(t.Context(), client, url)
		if err != nil || status != 201 || !strings.Contains(body, `"sku":"A1"`) {
			t.Errorf("%d %q %v", status, body, err)
		}
		if err := stop(); err != nil {
			t.Errorf("ended with %v", err)
		}
		if _, _, err := putProduct(t.Context(), client, url); err == nil || c.Count("products") != 1 {
			t.Error("it still answers")
		}
	})
	t.Run("it is served on loopback only", func(t *testing.T) {
		c, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Serve(t.Context(), everywhere{l}); err == nil || !strings.Contains(err.Error(), "loopback") {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("faults of the connection are seen by a real client", func(t *testing.T) {
		for _, test := range []struct {
			name    string
			faults  Faults
			status  int
			err     error
			written int
		}{
			{"reset before", Faults{ResetBefore: 1}, 0, syscall.ECONNRESET, 0},
			{"reset after", Faults{ResetAfter: 1}, 0, syscall.ECONNRESET, 1},
			{"truncated", Faults{Truncate: 1}, 201, io.ErrUnexpectedEOF, 1},
			{"empty", Faults{Empty: 1}, 201, nil, 1},
			{"a hang that ends", Faults{HangAfter: 1, HangFor: time.Millisecond}, 0, syscall.ECONNRESET, 1},
		} {
			c, url, stop := served(t, Options{Faults: test.faults})
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			status, _, err := putProduct(t.Context(), client, url)
			if status != test.status || !errors.Is(err, test.err) || c.Count("products") != test.written {
				t.Errorf("%s: status %d, error %v, %d records", test.name, status, err, c.Count("products"))
			}
			if err := stop(); err != nil {
				t.Errorf("%s: ended with %v", test.name, err)
			}
		}
	})
	t.Run("a client that gives up ends a hang, and the end of Serve does", func(t *testing.T) {
		c, url, stop := served(t, Options{Faults: Faults{HangBefore: 1}})
		client := &http.Client{Transport: &http.Transport{}}
		ctx, cancel := context.WithCancel(t.Context())
		answered := make(chan error, 1)
		go func() { _, _, err := putProduct(ctx, client, url); answered <- err }()
		for c.Stats().Requests == 0 {
			select {
			case err := <-answered:
				t.Fatalf("an answer came: %v", err)
			default:
			}
		}
		cancel()
		if err := <-answered; !errors.Is(err, context.Canceled) {
			t.Errorf("the client got %v", err)
		}
		if err := stop(); err != nil {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("over HTTP/2 a reset ends the stream", func(t *testing.T) {
		c, err := New(Options{Faults: Faults{ResetAfter: 1}})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(c)
		server.EnableHTTP2 = true
		server.StartTLS()
		defer server.Close()
		if status, _, err := putProduct(t.Context(), server.Client(), server.URL); err == nil || c.Count("products") != 1 {
			t.Errorf("status %d, error %v, %d records", status, err, c.Count("products"))
		}
		if err := c.SetFaults(Faults{}); err != nil {
			t.Fatal(err)
		}
		if status, _, err := putProduct(t.Context(), server.Client(), server.URL); err != nil || status != 200 {
			t.Errorf("status %d, error %v", status, err)
		}
	})
}

// everywhere is a listener that says it listens to all the world.
type everywhere struct{ net.Listener }

func (everywhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 1} }
