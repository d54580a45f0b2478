package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sampleAnswer = `{"success":true,"status":200,"record":{"id":"c1d2e3f4-a5b6-7890-cdef-123456789012","objectSlug":"products",` +
	`"attributes":{"id":"not this","sku":"DRESS-001","price":29},"createdAt":"2025-06-01T10:00:00+00:00"}}`

func TestAnswersAreJudgedByStatusThenBody(t *testing.T) {
	const id = "c1d2e3f4-a5b6-7890-cdef-123456789012"
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   Result
	}{
		{"201 is created", 201, sampleAnswer, Result{Outcome: Created, RecordID: id}},
		{"200 is updated", 200, sampleAnswer, Result{Outcome: Updated, RecordID: id}},
		{"202 is counted as updated", 202, sampleAnswer, Result{Outcome: Updated, RecordID: id}},
		{"a person has its own envelope", 200, `{"success":true,"person":{"emails":["a@b.c"],"id":"p1"}}`, Result{Outcome: Updated, RecordID: "p1"}},
		{"a company has its own envelope", 200, `{"company":{"id":77,"name":"x"},"success":true}`, Result{Outcome: Updated, RecordID: "77"}},
		{"an id beside the envelope is taken where there is none inside", 200, `{"id":"x","record":{}}`, Result{Outcome: Updated, RecordID: "x"}},
		{"200 with nothing is accepted", 200, "", Result{Outcome: Updated}},
		{"200 with garbage is accepted", 200, "OK!", Result{Outcome: Updated}},
		{"200 that breaks off is accepted, with the id that arrived", 201, sampleAnswer[:120], Result{Outcome: Created, RecordID: id}},
		{"200 that breaks off within the id is accepted without it", 200, sampleAnswer[:50], Result{Outcome: Updated}},
		{"200 that says success false is rejected with its message", 200, `{"success":false,"message":"Not stored."}`, Result{Outcome: Rejected, Message: "Not stored."}},
		{"201 that says so at its end is rejected", 201, `{"record":{"id":"x"},"message":"Not stored.","success":false}`, Result{Outcome: Rejected, Message: "Not stored."}},
		{"200 that breaks off after saying so is rejected", 200, `{"success":false,"mess`, Result{Outcome: Rejected, Message: `{"success":false,"mess`}},
		{"success false as a text is rejected", 200, `{"success":"False","message":"no"}`, Result{Outcome: Rejected, Message: "no"}},
		{"a byte order mark hides no refusal", 200, "\ufeff{\"success\":false,\"message\":\"no\"}", Result{Outcome: Rejected, Message: "no"}},
		{"nor the record's id", 201, "\ufeff" + sampleAnswer, Result{Outcome: Created, RecordID: id}},
		{"success 0 is rejected", 201, `{"success":0,"message":"no"}`, Result{Outcome: Rejected, Message: "no"}},
		{"another word for success says nothing", 200, `{"success":"yes"}`, Result{Outcome: Updated}},
		{"success that is unset says nothing", 200, `{"success":null}`, Result{Outcome: Updated}},
		{"200 with a web page is no answer of the API", 200, "<!DOCTYPE html><title>Welcome</title>", Result{Outcome: Fatal,
			Message: "the server answered 200 OK with an HTML page: this is not the API", Hint: hintBaseURL}},
		{"400 is rejected", 400, `{"success":false,"message":"The value of \"price\" must be a number.","status":400}`,
			Result{Outcome: Rejected, Message: `The value of "price" must be a number.`}},
		{"409 is rejected", 409, `{"error":"taken"}`, Result{Outcome: Rejected, Message: "taken"}},
		{"413 is rejected", 413, "", Result{Outcome: Rejected, Message: "the server answered 413 with no message"}},
		{"422 is rejected", 422, `{"message":"Invalid.","errors":{"price":["bad","worse"]}}`, Result{Outcome: Rejected, Message: "Invalid. (price: bad, worse)"}},
		{"401 ends the run", 401, `{"message":"Unauthenticated."}`, Result{Outcome: Fatal,
			Message: "the server answered 401 Unauthorized: Unauthenticated", Hint: new(Client).hint(401, scopeWrite)}},
		{"403 ends the run", 403, ``, Result{Outcome: Fatal, Message: "the server answered 403 with no message", Hint: new(Client).hint(403, scopeWrite)}},
		{"404 ends the run", 404, `{"error":"no object prodcuts"}`, Result{Outcome: Fatal,
			Message: "the server answered 404 Not Found: no object prodcuts", Hint: (&Client{objects: "crmsync objects"}).hint(404, scopeWrite)}},
		{"408 is retried", 408, "", Result{Outcome: Retryable, Message: "the server answered 408 with no message"}},
		{"425 is retried", 425, "early", Result{Outcome: Retryable, Message: "early"}},
		{"429 is retried", 429, `{"message":"Too Many Attempts."}`, Result{Outcome: Retryable, Message: "Too Many Attempts."}},
		{"500 is retried", 500, `{"message":"Server Error"}`, Result{Outcome: Retryable, Message: "Server Error"}},
		{"502 in HTML is retried", 502, "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>",
			Result{Outcome: Retryable, Message: "502 Bad Gateway (HTML page: 502 Bad Gateway)"}},
		{"503 with nothing is retried", 503, "", Result{Outcome: Retryable, Message: "the server answered 503 with no message"}},
		{"504 is retried", 504, "", Result{Outcome: Retryable, Message: "the server answered 504 with no message"}},
		{"501 is retried", 501, "", Result{Outcome: Retryable, Message: "the server answered 501 with no message"}},
		{"what is no status is retried", 999, "", Result{Outcome: Retryable, Message: "the server answered 999 with no message"}},
		{"a proxy's 522 is retried", 522, "", Result{Outcome: Retryable, Message: "the server answered 522 with no message"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, answerWith(tt.status, tt.body))
			got := c.Assert(t.Context(), "products", "sku", []byte(`{"sku":"A"}`))
			if got.Latency <= 0 {
				t.Errorf("latency %v", got.Latency)
			}
			got.Latency = 0
			tt.want.Status = tt.status
			tt.want.Limits.Remaining = -1
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if got.Outcome == Fatal && got.Hint == "" {
				t.Error("what ends the run has no hint")
			}
		})
	}
}

func TestTheRequestIsWhatTheAPIAsksFor(t *testing.T) {
	for name, server := range map[string]func(http.Handler) (*httptest.Server, http.RoundTripper){
		"over HTTP/1.1": func(h http.Handler) (*httptest.Server, http.RoundTripper) { return httptest.NewServer(h), nil },
		"over HTTP/2":   http2Server,
	} {
		t.Run(name, func(t *testing.T) {
			var got *http.Request
			var body []byte
			srv, rt := server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = r
				body, _ = io.ReadAll(r.Body)
				w.WriteHeader(201)
			}))
			defer srv.Close()
			c := clientOf(t, srv.URL+"/v2/", Options{UserAgent: "crmsync/1.2", Transport: rt})
			defer c.CloseIdle()
			r := c.Assert(t.Context(), "a b/c?d%e", "x&y=z é", []byte(`{"a":1}`))
			if r.Outcome != Created {
				t.Fatal(r)
			}
			want := "/v2/crm/a%20b%2Fc%3Fd%25e?matchingAttribute=x%26y%3Dz+%C3%A9"
			if got.RequestURI != want || got.Method != "PUT" {
				t.Errorf("%s %s, want PUT %s", got.Method, got.RequestURI, want)
			}
			if string(body) != `{"a":1}` || got.ContentLength != 7 {
				t.Errorf("body %s of length %d", body, got.ContentLength)
			}
			wantHeader := http.Header{
				"Accept": {"application/json"}, "Authorization": {"Bearer " + testToken},
				"Content-Type": {"application/json"}, "User-Agent": {"crmsync/1.2"}, "Content-Length": {"7"},
			}
			if diff := cmp.Diff(wantHeader, got.Header); diff != "" {
				t.Error(diff)
			}
			if (name == "over HTTP/2") != (got.ProtoMajor == 2) {
				t.Errorf("%s with %s", name, got.Proto)
			}
		})
	}
}

func TestNamesThatWouldWalkThePathAreRefused(t *testing.T) {
	c := clientOf(t, "https://crm.example", Options{Transport: &fixed{status: 201}})
	for _, tt := range [][2]string{{"", "sku"}, {"..", "sku"}, {".", "sku"}, {"products", ""}} {
		if r := c.Assert(t.Context(), tt[0], tt[1], []byte(`{}`)); r.Outcome != Fatal || r.Message == "" {
			t.Errorf("%q: %+v", tt, r)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	followed := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := newClient(t, answerWith(status, "moved", "Location", other.URL+"/new?secret=1"))
		r := c.Assert(t.Context(), "products", "sku", []byte(`{"sku":"A"}`))
		if r.Outcome != Fatal || r.Status != status || r.Hint == "" || !strings.HasSuffix(r.Message, " and points to "+other.URL+"/new") {
			t.Errorf("%d: %+v", status, r)
		}
		if _, err := c.Object(t.Context(), "products"); err == nil || !strings.Contains(err.Error(), "points to") {
			t.Errorf("%d: a read gave %v", status, err)
		}
	}
	if followed {
		t.Error("the redirect was followed")
	}
}

func TestPackedAnswersAreRead(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, sampleAnswer)
	_ = z.Close()
	for _, tt := range []struct {
		name, body, encoding, id string
	}{
		{"gzip", packed.String(), "gzip", "c1d2e3f4-a5b6-7890-cdef-123456789012"},
		{"x-gzip in capitals", packed.String(), "X-GZIP", "c1d2e3f4-a5b6-7890-cdef-123456789012"},
		{"gzip that breaks off is accepted", packed.String()[:30], "gzip", ""},
		{"gzip that isn't gzip is accepted", "hello", "gzip", ""},
		{"an encoding that is not known is accepted", "xyz", "br", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, answerWith(201, tt.body, "Content-Encoding", tt.encoding))
			r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
			if r.Outcome != Created || r.RecordID != tt.id {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAGzipBombIsReadNoFurtherThanTheBound(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	block := bytes.Repeat([]byte(" "), 1<<20)
	for range 4 {
		_, _ = z.Write(block)
	}
	_ = z.Close()
	resp := &http.Response{Header: http.Header{"Content-Encoding": {"gzip"}}, Body: io.NopCloser(&packed)}
	var buf bytes.Buffer
	if err := readBody(&buf, resp); err != errTooLong || buf.Len() != maxBody {
		t.Errorf("%v after %d bytes", err, buf.Len())
	}
}

func TestAnEndlessBodyIsBoundedAndItsConnectionDropped(t *testing.T) {
	var conns []string
	c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conns = append(conns, r.RemoteAddr)
		w.WriteHeader(400)
		for {
			if _, err := io.WriteString(w, strings.Repeat("no ", 1000)); err != nil {
				return
			}
		}
	}))
	for range 2 {
		r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
		if r.Outcome != Rejected || len([]rune(r.Message)) != maxMessage {
			t.Errorf("%+v", r)
		}
	}
	if len(conns) != 2 || conns[0] == conns[1] {
		t.Errorf("connections %v", conns)
	}
}

func TestOneConnectionServesManyAsserts(t *testing.T) {
	conns := map[string]bool{}
	c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conns[r.RemoteAddr] = true
		_, _ = io.Copy(io.Discard, r.Body)
		answerWith([]int{201, 400, 429, 503}[len(r.URL.Path)%4], strings.Repeat("long ", 5000))(w, r)
	}))
	for i := range 20 {
		c.Assert(t.Context(), "products"+strings.Repeat("x", i), "sku", []byte(`{}`))
	}
	if len(conns) != 1 {
		t.Errorf("%d connections", len(conns))
	}
}

func TestACancelledContextIsNeitherSuccessNorFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel() // while the request is in flight
		<-r.Context().Done()
	}))
	r := c.Assert(ctx, "products", "sku", []byte(`{}`))
	if r.Outcome != Cancelled || r.Status != 0 {
		t.Errorf("%+v", r)
	}
	if _, err := c.Object(ctx, "products"); err == nil || !strings.Contains(err.Error(), "cancelled") || !errors.Is(err, context.Canceled) {
		t.Errorf("a read gave %v", err)
	}
}
