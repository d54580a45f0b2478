package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crmsync/crmsync/internal/sandbox"
)

func unmarshal(raw []byte, to any) error {
	if len(raw) == 0 { // not set
		return nil
	}
	return json.Unmarshal(raw, to)
}

func errorReadings() (all []reading) {
	said := func(status int, shape sandbox.ErrorShape, fields sandbox.FieldErrors) string {
		switch {
		case shape == sandbox.ErrorEmpty:
			return fmt.Sprintf("^%d the server answered %d with no message$", status, status)
		case shape == sandbox.ErrorHTML:
			return fmt.Sprintf(`^%d %d .*HTML page`, status, status)
		case status == 422 && fields != sandbox.FieldNone:
			return `^422 .*price.*The value of "price" must be a number`
		}
		return fmt.Sprintf(`^%d The value of "price" must be a number\.$`, status)
	}
	add := func(status int, shape sandbox.ErrorShape, fields sandbox.FieldErrors) {
		all = append(all, reading{
			name:  fmt.Sprintf("a wrong value is refused with %d, the body in the form %q, errors %q", status, shape, fields),
			crm:   sandbox.Options{Quirks: sandbox.Quirks{ValueStatus: status, Errors: shape, Fields: fields}},
			input: `{"sku":"A-1","price":"cheap"}` + "\n" + `{"sku":"A-2","price":2}`, flags: []string{"--schema", "off"},
			code: 3, created: 1, rejected: 1, reason: said(status, shape, fields), holds: []string{"A-2|"},
		})
	}
	for _, status := range []int{400, 409, 422} {
		for _, shape := range []sandbox.ErrorShape{sandbox.ErrorMessage, sandbox.ErrorText, sandbox.ErrorHTML, sandbox.ErrorEmpty} {
			add(status, shape, sandbox.FieldLists)
		}
	}
	for _, fields := range []sandbox.FieldErrors{sandbox.FieldTexts, sandbox.FieldNested, sandbox.FieldNone} {
		add(422, sandbox.ErrorMessage, fields)
	}
	for _, status := range []int{400, 409, 422} {
		all = append(all, reading{
			name:   fmt.Sprintf("a unique value of another record is refused with %d", status),
			crm:    sandbox.Options{Quirks: sandbox.Quirks{ClashStatus: status}},
			before: []write{{"PUT", bySKU, `{"sku":"A-0","ean":"4006381333931"}`}},
			input:  "sku,ean\nA-1,4006381333931\nA-2,\n", code: 3, created: 1, rejected: 1, reason: fmt.Sprintf("^%d .*ean", status),
		})
	}
	return all
}

func successReadings() []reading {
	no := reading{
		name:  `a 200 that says "success": false is a reject`,
		crm:   sandbox.Options{Quirks: sandbox.Quirks{ValueStatus: 200}},
		input: `{"sku":"A-1","price":"cheap"}` + "\n" + `{"sku":"A-2","price":2}`, flags: []string{"--schema", "off"},
		code: 3, created: 1, rejected: 1, reason: `^200 The value of "price" must be a number`, holds: []string{"A-2|"},
	}
	marked := no
	marked.name, marked.serve = "so it is behind a byte order mark", behindMark
	return []reading{no, marked}
}

// behindMark puts a byte order mark before every body, as a service does that has one
// in a file of its own program.
func behindMark(crm http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		crm.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.Code)
		_, _ = w.Write(append([]byte("\ufeff"), answer.Body.Bytes()...))
	})
}

// first gives the first n writes an answer of its own, and lets them through
// to the CRM where it says so.
func first(n int64, answer http.HandlerFunc) func(http.Handler) http.Handler {
	return func(crm http.Handler) http.Handler {
		var seen atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && seen.Add(1) <= n {
				answer(w, r)
				return
			}
			crm.ServeHTTP(w, r)
		})
	}
}

func page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<html><head><title>%d</title></head><body>not the API</body></html>", status)
	}
}

func gatewayReadings() (all []reading) {
	faulty := func(name string, faults sandbox.Faults) {
		faults.WritesOnly = true
		all = append(all, reading{name: name, crm: sandbox.Options{Faults: faults, Seed: 1}, input: numbered(20),
			check: func(t *testing.T, crm *sandbox.CRM, s quirkSummary) {
				if s.Created+s.Updated != 20 || crm.Count("products") != 20 || crm.Stats().Faults == 0 {
					t.Errorf("%+v, %d records, %d faults", s, crm.Count("products"), crm.Stats().Faults)
				}
			}, created: 20})
	}
	faulty("answers without a body are judged by their status", sandbox.Faults{Empty: 1})
	faulty("answers that are cut off are judged by their status", sandbox.Faults{Truncate: 1})
	faulty("the gateway's own page is tried again", sandbox.Faults{BadGateway: 0.2})
	faulty("connections that break before the write are tried again", sandbox.Faults{ResetBefore: 0.2})

	for _, http2 := range []bool{false, true} {
		name := "HTTP/1.1, answers packed with gzip"
		if http2 {
			name = "HTTP/2 and TLS, answers packed with gzip"
		}
		all = append(all, reading{name: name, http2: http2, crm: sandbox.Options{Quirks: sandbox.Quirks{Gzip: true}},
			input: numbered(20), created: 20})
	}
	for _, http2 := range []bool{false, true} {
		all = append(all, reading{name: fmt.Sprintf("packed refusals are read (HTTP/2: %v)", http2), http2: http2,
			crm:   sandbox.Options{Quirks: sandbox.Quirks{Gzip: true}},
			input: "sku,price\nA-1,cheap\n", flags: []string{"--schema", "off"}, code: 3, rejected: 1, reason: `^400 The value of "price" must be a number`})
	}
	streams := reading{name: "HTTP/2: broken streams are tried again", http2: true, input: numbered(20), created: 20,
		crm: sandbox.Options{Faults: sandbox.Faults{ResetBefore: 0.2, WritesOnly: true}, Seed: 1}}
	slow := reading{name: "HTTP/2: more workers than streams", http2: true, input: numbered(300), created: 300, flags: []string{"--workers", "300", "--rate", "100000/s"},
		crm: sandbox.Options{Latency: 20 * time.Millisecond}}
	limited := reading{name: "HTTP/2: a rate limit", http2: true, input: numbered(20), created: 20,
		crm: sandbox.Options{Limit: sandbox.Limit{Requests: 12, Window: 300 * time.Millisecond, Retry: sandbox.RetryFraction}}}
	html := reading{name: "a page instead of an answer, though with 200, ends the run", serve: first(1e9, page(200)), input: numbered(3),
		code: 1, notSent: 3, fails: "not the API", holds: []string{}}
	htmlErrors := reading{name: "pages with 500, 502, 503 and 504 are tried again", input: numbered(4), created: 4,
		serve: func(crm http.Handler) http.Handler {
			return first(1, page(500))(first(1, page(502))(first(1, page(503))(first(1, page(504))(crm))))
		}}
	blank := reading{name: "an empty answer where the schema should be is asked for again", input: numbered(3), created: 3,
		serve: func(crm http.Handler) http.Handler {
			var asked atomic.Bool
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet && asked.CompareAndSwap(false, true) {
					return // 200, and nothing more
				}
				crm.ServeHTTP(w, r)
			})
		}}
	moved := reading{name: "a redirect ends the run", input: numbered(3), flags: []string{"--schema", "off"}, code: 1, notSent: 3, fails: "302",
		crm: sandbox.Options{Quirks: sandbox.Quirks{Redirect: "https://elsewhere.example/"}}, holds: []string{}}
	large := reading{name: "a body that is too large is a reject", crm: sandbox.Options{Quirks: sandbox.Quirks{MaxBody: 60}},
		input: "sku,name\nA-1,n\nA-2," + strings.Repeat("x", 65) + "\n", code: 3, created: 1, rejected: 1, reason: "^413", holds: []string{"A-1|n"}}
	early := reading{name: "408 and 425 are tried again", input: numbered(3), created: 3,
		serve: func(crm http.Handler) http.Handler { return first(1, page(408))(first(1, page(425))(crm)) }}
	return append(all, streams, slow, limited, html, htmlErrors, blank, moved, large, early)
}

func objectReadings() []reading {
	inactive := []byte(`{"slug":"products","singularName":"P","pluralName":"P","isActive":false,"attributes":[
		{"key":"sku","label":"SKU","type":"text","isUnique":true}]}`)
	return []reading{
		{name: "slugs are the same in any case", object: "Products", crm: sandbox.Options{Quirks: sandbox.Quirks{CaselessSlugs: true}},
			input: "sku\nA-1\n", created: 1},
		{name: "slugs differ by case", object: "Products", input: "sku\nA-1\n", code: 1, fails: "404"},
		{name: "an object that is not active takes records", crm: sandbox.Options{Schema: inactive}, input: "sku\nA-1\n", created: 1},
		{name: "an object that is not active takes none", crm: sandbox.Options{Schema: inactive, Quirks: sandbox.Quirks{InactiveReadOnly: true}},
			input: "sku\nA-1\n", code: 3, rejected: 1, reason: "^400 .*not active"},
	}
}

func permissionReadings() []reading {
	admin := []sandbox.Token{{Value: token, Scopes: []string{"admin:full"}}}
	return []reading{
		{name: "admin:full covers the CRM", crm: sandbox.Options{Tokens: admin, Quirks: sandbox.Quirks{AdminCoversCRM: true}},
			input: "sku\nA-1\n", created: 1},
		{name: "admin:full doesn't cover the CRM", crm: sandbox.Options{Tokens: admin}, input: "sku\nA-1\n", code: 1, fails: "403"},
		{name: "the plan lacks the CRM", crm: sandbox.Options{Quirks: sandbox.Quirks{PlanWithoutCRM: true}}, input: "sku\nA-1\n",
			flags: []string{"--schema", "off"}, code: 1, notSent: 1, fails: "403.*plan"},
		{
			name:  "a token that ends in mid-run ends the run, which goes on with a new one",
			crm:   sandbox.Options{Tokens: []sandbox.Token{{Value: token, Scopes: []string{"crm:write"}, Requests: 8}}},
			input: numbered(12), flags: []string{"--workers", "1", "--schema", "off"}, code: 1, created: 8, notSent: 4, fails: "401",
			again: &ending{mend: func(crm *sandbox.CRM) { crm.SetTokens([]sandbox.Token{{Value: token, Scopes: []string{"crm:write"}}}) }, created: 12},
		},
	}
}

// lostAnswerReadings are about writes that happened although no answer says so:
// without idempotency keys, asserting again is what there is.
func lostAnswerReadings() (all []reading) {
	for name, faults := range map[string]sandbox.Faults{
		"connections that break after the write":    {ResetAfter: 0.2},
		"a 500 after the write":                     {ErrorAfter: 0.2},
		"silence after the write, until --timeout":  {HangAfter: 0.1},
		"silence before the write, until --timeout": {HangBefore: 0.1},
	} {
		faults.WritesOnly = true
		all = append(all, reading{name: name + " leave each record once", crm: sandbox.Options{Faults: faults, Seed: 1},
			input: numbered(20), created: 20, flags: []string{"--timeout", "1s"},
			check: func(t *testing.T, crm *sandbox.CRM, s quirkSummary) {
				if s.Created+s.Updated != 20 || crm.Count("products") != 20 || crm.Stats().Faults == 0 {
					t.Errorf("%+v, %d records, %d faults", s, crm.Count("products"), crm.Stats().Faults)
				}
			}})
	}
	return all
}
