package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

func TestBaseURLs(t *testing.T) {
	for in, want := range map[string]string{
		"":                          DefaultBaseURL,
		"https://api.zeeg.me/v2":    "https://api.zeeg.me/v2",
		"https://api.zeeg.me/v2//":  "https://api.zeeg.me/v2",
		" HTTPS://API.zeeg.me/v2 ":  "https://api.zeeg.me/v2",
		"https://crm.example":       "https://crm.example",
		"https://crm.example:8443/": "https://crm.example:8443",
		"https://crm.example/a%2Fb": "https://crm.example/a%2Fb",
		"http://localhost:8080/v2":  "http://localhost:8080/v2",
		"http://LOCALHOST":          "http://localhost",
		"http://127.0.0.1:1":        "http://127.0.0.1:1",
		"http://127.8.9.10:1":       "http://127.8.9.10:1",
		"http://[::1]:1":            "http://[::1]:1",
	} {
		c, err := New(Options{BaseURL: in, Token: testToken})
		if err != nil {
			t.Errorf("%q: %v", in, err)
		} else if c.BaseURL() != want {
			t.Errorf("%q: %s, want %s", in, c.BaseURL(), want)
		}
	}
	for in, want := range map[string]string{
		"api.zeeg.me/v2":               `"api.zeeg.me/v2" has no https:// in front`,
		"localhost:8080":               `"localhost:8080" has no http:// in front`,
		"127.0.0.1:8080/v2":            `"127.0.0.1:8080/v2" has no http:// in front`,
		"/v2":                          "has no https:// in front",
		"ftp://crm.example":            "begins with ftp://",
		"http://crm.example":           "http:// to crm.example would send the token in plain text",
		"http://localhost.crm.example": "in plain text",
		"http://127.0.0.1.nip.example": "in plain text",
		"http://0.0.0.0":               "in plain text",
		"https://":                     "names no host",
		"https://:80":                  "names no host",
		"https://crm.example:0":        `"0" is not a port`,
		"https://crm.example:":         "is not a port",
		"https://crm.example:99999":    "is not a port",
		"https://me:hunter2@x.example": "holds a user name or password",
		"https://crm.example?a=1":      "has a query",
		"https://crm.example?":         "has a query",
		"https://crm.example#x":        "has a fragment",
		"https://crm.example#":         "has a fragment",
		"https://crm.example/v2/crm/":  "ends with /crm",
		"https://crm .example":         "can't be read as an address",
		"https://crm.example/\x00":     "can't be read as an address",
		"https://hunter2:x@[":          "can't be read as an address",
	} {
		_, err := New(Options{BaseURL: in, Token: testToken})
		var e *OptionError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "the base URL: ") || e.Hint() == "" {
			t.Errorf("%q: %v, want %q", in, err, want)
		} else if strings.Contains(err.Error()+e.Hint(), "hunter2") {
			t.Errorf("%q: shows a password: %v", in, err)
		}
	}
}

func TestTokensThatWereCopiedBadly(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "there is none",
		"Bearer abcSECRETdef":         `begins with "Bearer"`,
		"bearer: abcSECRETdef":        `begins with "Bearer"`,
		"abcSECRETdef\n":              "line break",
		"abc\r\nSECRETdef":            "line break",
		"abc SECRETdef":               "blank at position 4",
		"abcSECRETdef\t":              "blank at position 13",
		"abcSECRET\u00a0def":          "blank at position 10",
		"\x00abcSECRETdef":            "control character at position 1",
		"abc\u200bSECRETdef":          "no token has at position 4",
		`"abcSECRETdef"`:              "in quotes",
		"'abcSECRETdef'":              "in quotes",
		"abcSECRETdef\x7f":            "control character at position 13",
		"abcSECRET\xff":               "no token has at position 10",
		"Bearer\tabcSECRETdef":        `begins with "Bearer"`,
		"Bearer abcSECRETdef\nSECOND": "line break",
	} {
		_, err := New(Options{Token: in})
		var e *OptionError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) || e.Hint() == "" {
			t.Errorf("%q: %v, want %q", in, err, want)
		} else if strings.Contains(err.Error()+e.Hint(), "SECRET") {
			t.Errorf("%q: the error shows the token: %v", in, err)
		}
	}
	if _, err := New(Options{Token: "Bearertoken12|a.b-c_d~e+f/g=="}); err != nil {
		t.Error(err)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for _, o := range []Options{{Workers: -1}, {Timeout: -1}, {UserAgent: "a\nb"}, {UserAgent: "ä"}} {
		o.Token = testToken
		if _, err := New(o); err == nil {
			t.Errorf("%v was taken", o)
		}
	}
}

func TestThePoolKeepsAConnectionForEachWorker(t *testing.T) {
	c := clientOf(t, DefaultBaseURL, Options{Workers: 100})
	rt := c.rt.(*http.Transport)
	if rt.MaxIdleConnsPerHost < 100 || rt.MaxIdleConns != 0 && rt.MaxIdleConns < 100 {
		t.Errorf("%d idle connections", rt.MaxIdleConnsPerHost)
	}
}

// TestTheTokenIsShownNowhere prints everything of this package in every way
// that a careless log line could.
func TestTheTokenIsShownNowhere(t *testing.T) {
	var out bytes.Buffer
	o := Options{Token: testToken, BaseURL: "https://user:" + testToken + "@x.example"}
	show := func(values ...any) {
		text := slog.New(slog.NewTextHandler(&out, nil))
		structured := slog.New(slog.NewJSONHandler(&out, nil))
		for _, v := range values {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&out, verb+"\n", v)
			}
			text.Info("x", "v", v)
			structured.Info("x", "v", v)
			b, _ := json.Marshal(v)
			out.Write(b)
		}
	}
	show(o, &o)
	_, err := New(o)
	show(err)
	echo := "you sent " + testToken
	for _, rt := range []http.RoundTripper{
		nil,
		&fixed{status: 201, body: echo}, &fixed{status: 400, body: `{"message":"` + echo + `"}`}, &fixed{status: 401, body: echo},
		&fixed{status: 302, header: http.Header{"Location": {"https://x/?t=" + testToken}}},
		&fixed{status: 200, body: "<html><title>" + echo}, &fixed{status: 200, body: `{"success":false,"message":"` + echo + `"}`},
		&fixed{err: errors.New(echo)},
	} {
		c := clientOf(t, "http://127.0.0.1:1", Options{Transport: rt})
		show(c, *c)
		if rt == nil { // the other transports hold the token as the server's text
			type holder struct {
				c *Client
				v Client
			}
			show(holder{c, *c}, &holder{c, *c})
		}
		show(c.Assert(t.Context(), "products", "sku", []byte(`{}`)))
		_, err := c.Object(t.Context(), "products")
		show(err)
		_, err = c.Objects(t.Context())
		show(err)
		_, err = c.Users(t.Context())
		show(err, eachRecord(t.Context(), c, testToken, func(RecordRef) error { return nil }))
	}
	for _, secret := range []string{testToken, "sEcReT", fmt.Sprintf("%x", testToken)} {
		if i := strings.Index(out.String(), secret); i >= 0 {
			t.Errorf("%q is shown: %q", secret, out.String()[max(0, i-200):min(out.Len(), i+100)])
		}
	}
	if out.Len() < 5000 {
		t.Errorf("only %d bytes were looked through", out.Len())
	}
}
