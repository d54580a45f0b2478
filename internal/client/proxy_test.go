package client

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// throughProxy is a client whose requests go through a proxy that answers each
// CONNECT so, and whose address holds a password.
func throughProxy(t *testing.T, status int) *Client {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			t.Errorf("the proxy was sent a %s", r.Method)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(proxy.Close)
	c := clientOf(t, "https://crm.example", Options{})
	t.Cleanup(c.CloseIdle)
	at, err := url.Parse(strings.Replace(proxy.URL, "://", "://somebody:proxy-pass-word@", 1))
	if err != nil {
		t.Fatal(err)
	}
	c.rt.(*http.Transport).Proxy = http.ProxyURL(at)
	return c
}

func TestAProxyThatRefusesIsTold(t *testing.T) {
	for _, tt := range []struct {
		status  int
		want    Outcome
		message string
	}{
		{407, Fatal, "the proxy wants a user name and password"},
		{403, Fatal, "no connection to crm.example through the proxy: it answered 403 Forbidden"},
		{502, Retryable, "no connection to crm.example through the proxy: it answered 502 Bad Gateway"},
		{503, Retryable, "no connection to crm.example through the proxy: it answered 503 Service Unavailable"},
	} {
		t.Run(http.StatusText(tt.status), func(t *testing.T) {
			r := throughProxy(t, tt.status).Assert(t.Context(), "products", "sku", []byte(`{}`))
			if r.Outcome != tt.want || r.Message != tt.message || r.Hint == "" || r.Status != 0 {
				t.Errorf("%+v", r)
			}
			if strings.Contains(r.Message+r.Hint, "pass-word") {
				t.Errorf("it shows the proxy's password: %s %s", r.Message, r.Hint)
			}
		})
	}
}
