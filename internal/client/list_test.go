package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recordsPage is a page of records r(from) … r(to).
func recordsPage(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"r%d","attributes":{"sku":"S%d"}}`, i, i)
	}
	return "[" + b.String() + "]"
}

// eachRecord hands every record of an object to fn.
func eachRecord(ctx context.Context, c *Client, object string, fn func(RecordRef) error) error {
	pages := c.RecordPages(object)
	for {
		more, err := pages.Next(ctx, fn)
		if err != nil || !more {
			return err
		}
	}
}

func TestRecordListsInEachLikelyForm(t *testing.T) {
	for _, tt := range []struct {
		name     string
		pages    []string // beyond the last one the last one is repeated
		want     int
		requests int
	}{
		{"collection with nextPage", []string{
			`{"collection":` + recordsPage(1, 3) + `,"pagination":{"total":5,"count":3,"totalPages":2,"previousPage":null,"currentPage":1,"nextPage":"/v2/x?page=2"}}`,
			`{"collection":` + recordsPage(4, 5) + `,"pagination":{"total":5,"count":3,"totalPages":2,"currentPage":2,"nextPage":null}}`}, 5, 2},
		{"pagination before the records", []string{
			`{"success":true,"pagination":{"hasMore":true},"records":` + recordsPage(1, 2) + `}`,
			`{"success":true,"pagination":{"hasMore":false},"records":` + recordsPage(3, 3) + `}`}, 3, 2},
		{"totalPages alone", []string{`{"data":` + recordsPage(1, 2) + `,"pagination":{"totalPages":2}}`, `{"data":` + recordsPage(3, 3) + `,"pagination":{"totalPages":2}}`}, 3, 2},
		{"a framework's meta", []string{
			`{"data":` + recordsPage(1, 2) + `,"links":{"first":"x","next":"y"},"meta":{"current_page":1,"last_page":2}}`,
			`{"data":` + recordsPage(3, 4) + `,"links":{"first":"x","next":null},"meta":{"current_page":2,"last_page":2}}`}, 4, 2},
		{"data that holds the envelope", []string{`{"success":true,"data":{"records":` + recordsPage(1, 2) + `,"hasMore":false}}`}, 2, 1},
		{"people", []string{`{"people":` + recordsPage(1, 2) + `,"nextPage":null}`}, 2, 1},
		{"the object's own name", []string{`{"products":` + recordsPage(1, 2) + `,"nextPage":null}`}, 2, 1},
		{"the newest first, and a page of new ones since the first was read", []string{
			`{"collection":` + recordsPage(1, 2) + `,"pagination":{"totalPages":2,"currentPage":1}}`,
			`{"collection":` + recordsPage(1, 2) + `,"pagination":{"totalPages":3,"currentPage":2}}`,
			`{"collection":` + recordsPage(3, 4) + `,"pagination":{"totalPages":3,"currentPage":3}}`}, 4, 3},
		{"a bare list that ignores the page", []string{recordsPage(1, 3)}, 3, 2},
		{"a bare list that ends with an empty page", []string{recordsPage(1, 3), recordsPage(4, 6), `[]`}, 6, 3},
		{"no word on pages, the last page repeated", []string{`{"records":` + recordsPage(1, 3) + `}`, `{"records":` + recordsPage(4, 4) + `}`}, 4, 3},
		{"an empty list", []string{`{"collection":[],"pagination":{"total":0,"totalPages":0,"nextPage":null}}`}, 0, 1},
		{"an empty list that promises more", []string{`{"collection":[],"pagination":{"nextPage":"x"}}`}, 0, 1},
		{"a total that grows while the list is read", []string{
			`{"collection":` + recordsPage(1, 2) + `,"pagination":{"total":3,"totalPages":2,"currentPage":1}}`,
			`{"collection":` + recordsPage(3, 4) + `,"pagination":{"total":4,"totalPages":2,"currentPage":2}}`}, 4, 2},
		{"a byte order mark in front", []string{"\ufeff" + `{"records":` + recordsPage(1, 1) + `,"hasMore":false}`}, 1, 1},
		{"null for a list", []string{`{"records":null}`}, 0, 1},
		{"the first word of the end stands", []string{`{"records":` + recordsPage(1, 1) + `,"hasMore":false,"nextPage":"x"}`}, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.URL.RawQuery)
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				answerWith(200, tt.pages[min(page, len(tt.pages))-1])(w, r)
			}))
			var ids []string
			err := eachRecord(t.Context(), c, "products", func(r RecordRef) error {
				if v := r.Values("sku"); len(v) != 1 || v[0] != "S"+r.ID[1:] {
					t.Errorf("%s has sku %v", r.ID, v)
				}
				ids = append(ids, r.ID)
				return nil
			})
			if err != nil || len(ids) != tt.want || len(asked) != tt.requests {
				t.Errorf("%v: %v after %d requests", err, ids, len(asked))
			}
			for i, id := range ids {
				if id != "r"+strconv.Itoa(i+1) {
					t.Errorf("record %d is %s", i+1, id)
				}
			}
			for i, q := range asked {
				if want := "count=100&page=" + strconv.Itoa(i+1) + "&per_page=100"; q != want {
					t.Errorf("asked for %s, want %s", q, want)
				}
			}
		})
	}
}

func TestListsThatCannotBeUnderstoodSaySo(t *testing.T) {
	for _, tt := range []struct {
		name, contentType, body, want string
		retryable                     bool
	}{
		{"another envelope", "", `{"rows":[{"id":1}]}`, "the answer can't be understood: it has no list under collection, records, data, people, companies, products", false},
		{"a number", "", `17`, "the answer can't be understood: it is a number, not a list", false},
		{"nothing", "", ``, "the answer can't be understood: it is empty", true},
		{"items that are no objects", "", `{"records":["a"]}`, "the answer can't be understood: a record is a text, not an object", false},
		{"items without ids", "", `{"records":[{"sku":1}]}`, "the answer can't be understood: a record has no id", false},
		{"a web page", "text/html", `<html>hello`, "the server answered 200 OK with an HTML page: this is not the API", false},
		{"no JSON", "", `hello`, "the answer is not JSON", false},
		{"JSON that breaks off", "", `{"records":[{"id":1},{"i`, "the answer broke off", true},
		{"success false", "", `{"success":false,"message":"No lists today."}`, "No lists today.", false},
		{"a page that repeats itself though there is more", "", `{"records":[{"id":1}],"pagination":{"hasMore":true}}`,
			"the answer can't be understood: page 2 of the list repeats an earlier one", false},
		{"an end before all that there are", "", `{"records":` + recordsPage(1, 2) + `,"pagination":{"total":3,"nextPage":null}}`,
			"the answer can't be understood: page 1 ends the list after 2 of its 3", false},
		{"a total and every page the first", "", `{"records":` + recordsPage(1, 2) + `,"total":3}`,
			"the answer can't be understood: page 2 ends the list after 2 of its 3", false},
		{"no records of many", "", `{"records":[],"meta":{"totalCount":250}}`,
			"the answer can't be understood: page 1 ends the list after 0 of its 250", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, answerWith(200, tt.body, "Content-Type", tt.contentType))
			err := eachRecord(t.Context(), c, "products", func(RecordRef) error { return nil })
			var e *Error
			if !errors.As(err, &e) || e.Message != tt.want || e.Retryable != tt.retryable || e.Status != 200 {
				t.Errorf("%v, retryable %v", err, e)
			}
		})
	}
}

func TestAListOfOnePageForAllIsGivenUpThoughItCountsThem(t *testing.T) {
	requests := 0
	c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		answerWith(200, `{"records":`+recordsPage(1, 2)+`,"pagination":{"totalPages":1000,"currentPage":`+r.URL.Query().Get("page")+`,"nextPage":"x"}}`)(w, r)
	}))
	err := eachRecord(t.Context(), c, "products", func(RecordRef) error { return nil })
	if err == nil || !strings.HasSuffix(err.Error(), "page 3 of the list repeats an earlier one") || requests != 3 {
		t.Errorf("%v after %d requests", err, requests)
	}
}

func TestAPageThatFailedIsReadAgain(t *testing.T) {
	requests := 0
	c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		if requests == 2 {
			answerWith(429, `{"message":"slow down"}`, "Retry-After", "3")(w, r)
			return
		}
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		answerWith(200, `{"records":`+recordsPage(page, page)+`,"pagination":{"totalPages":3}}`)(w, r)
	}))
	var ids []string
	pages := c.RecordPages("products")
	collect := func(r RecordRef) error { ids = append(ids, r.ID); return nil }
	more, err := pages.Next(t.Context(), collect)
	if !more || err != nil {
		t.Fatal(more, err)
	}
	_, err = pages.Next(t.Context(), collect)
	var e *Error
	if !errors.As(err, &e) || !e.Retryable || e.Limits.RetryAfter.Seconds() != 3 {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	if _, err = pages.Next(t.Context(), func(RecordRef) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("what the callback returned became %v", err)
	}
	for more = true; more; {
		if more, err = pages.Next(t.Context(), collect); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"r1", "r2", "r3"}, ids); diff != "" {
		t.Error(diff)
	}
	if more, err := pages.Next(t.Context(), collect); more || err != nil || requests != 5 {
		t.Errorf("after the end: %v %v, %d requests", more, err, requests)
	}
}

func TestValuesOfARecord(t *testing.T) {
	const person = `{"id":"p1","firstName":"Ada","emails":["a@x.example","b@x.example"],"phoneNumber":"+49","company":{"id":"c1","name":"X"},
		"customAttributes":{"external_id":17,"tier":{"id":1,"value":"Gold"},"tags":[{"id":1,"value":"A"},{"id":2}],"vip":true,"none":null}}`
	const product = `{"id":"x","objectSlug":"products","attributes":{"sku":"A\u0020b","id":"inner","price":0.10,"gone":null,"emails":["q@x.example"]}}`
	for _, tt := range []struct {
		record, attribute string
		want              []string
	}{
		{person, "first_name", []string{"Ada"}},
		{person, "email", []string{"a@x.example", "b@x.example"}},
		{person, "emails", []string{"a@x.example", "b@x.example"}},
		{person, "phone_number", []string{"+49"}},
		{person, "external_id", []string{"17"}},
		{person, "tier", []string{"Gold"}},
		{person, "tags", []string{"A", "2"}},
		{person, "vip", []string{"true"}},
		{person, "none", nil},
		{person, "unheard_of", nil},
		{person, "company", []string{"c1"}},
		{product, "sku", []string{"A b"}},
		{product, "price", []string{"0.10"}},
		{product, "gone", nil},
	} {
		c := newClient(t, answerWith(200, `{"records":[`+tt.record+`],"nextPage":null}`))
		err := eachRecord(t.Context(), c, "x", func(r RecordRef) error {
			if diff := cmp.Diff(tt.want, r.Values(tt.attribute)); diff != "" {
				t.Errorf("%s: %s", tt.attribute, diff)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestUsers(t *testing.T) {
	var asked []string
	c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		if len(asked) == 1 {
			answerWith(200, `{"collection":[{"uuid":"QK566D4X49E8X78","isActive":true,"email":"ada@x.example","firstName":"Ada","lastName":"L","name":"Ada L","teams":[{"uuid":"t"}]}],
				"pagination":{"total":2,"count":20,"totalPages":2,"previousPage":null,"currentPage":1,"nextPage":"/v2/organizations/users?page=2"}}`)(w, r)
			return
		}
		answerWith(200, `{"collection":[{"uuid":"Z","isActive":false,"email":null,"firstName":"Bob","lastName":"M"}],"pagination":{"totalPages":2,"currentPage":2,"nextPage":null}}`)(w, r)
	}))
	got, err := c.Users(t.Context())
	want := []User{{ID: "QK566D4X49E8X78", Email: "ada@x.example", Name: "Ada L", IsActive: true}, {ID: "Z", Name: "Bob M"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if diff := cmp.Diff([]string{"/organizations/users?page=1&per_page=100", "/organizations/users?page=2&per_page=100"}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestObjects(t *testing.T) {
	one := `{"slug":"products","attributes":[{"key":"sku","type":"text"}]}`
	two := `{"slug":"deals","isActive":false,"attributes":[]}`
	for name, body := range map[string]string{
		"objects": `{"success":true,"status":200,"objects":[` + one + `,` + two + `]}`, "collection": `{"collection":[` + one + `,` + two + `]}`,
		"data": `{"data":[` + one + `,` + two + `]}`, "bare": `[` + one + `,` + two + `]`,
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests++
				if r.URL.RequestURI() != "/crm/objects" {
					t.Error(r.URL.RequestURI())
				}
				answerWith(200, body)(w, r)
			}))
			got, err := c.Objects(t.Context())
			if err != nil || len(got) != 2 || requests != 1 || got[0].Slug != "products" || !got[0].IsActive || got[1].IsActive || got[0].Attributes[0].Key != "sku" {
				t.Errorf("%v: %+v after %d requests", err, got, requests)
			}
		})
	}
	t.Run("in pages", func(t *testing.T) {
		c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("page") == "2" {
				answerWith(200, `{"objects":[`+two+`],"pagination":{"currentPage":2,"totalPages":2}}`)(w, r)
				return
			}
			answerWith(200, `{"objects":[`+one+`],"pagination":{"currentPage":1,"totalPages":2}}`)(w, r)
		}))
		if got, err := c.Objects(t.Context()); err != nil || len(got) != 2 {
			t.Errorf("%v: %+v", err, got)
		}
	})
}

func TestReadsThatFailSayWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		status    int
		body      string
		err       string
		hint      string
		retryable bool
	}{
		{401, `{"message":"Unauthenticated."}`, "reading the object products: the server answered 401 Unauthorized: Unauthenticated", "CRMSYNC_TOKEN", false},
		{403, ``, "reading the object products: the server answered 403 with no message", "crm:read or crm:write", false},
		{404, `{"error":"no"}`, "reading the object products: the server answered 404 Not Found: no", "crmsync objects", false},
		{404, `{"error":"no ..."}`, "reading the object products: the server answered 404 Not Found: no ...", "crmsync objects", false},
		{429, ``, "reading the object products: the server answered 429 with no message", "run the command again later", true},
		{502, `<html><title>Oops</title>`, "reading the object products: 502 Bad Gateway (HTML page: Oops)", "run the command again later", true},
		{200, `{"success":false,"message":"Not now."}`, "reading the object products: Not now.", "", false},
		{200, `{"object":{"slug":"products"`, "reading the object products: the answer can't be understood: the JSON ends too early", "base URL", false},
		{200, `{"success":true}`, `reading the object products: the answer can't be understood: it is no object's schema: it has no list "attributes"`, "base URL", false},
	} {
		c := newClient(t, answerWith(tt.status, tt.body))
		_, err := c.Object(t.Context(), "products")
		var e *Error
		if !errors.As(err, &e) || err.Error() != tt.err || e.Retryable != tt.retryable || e.Status != tt.status {
			t.Errorf("%d: %v", tt.status, err)
		} else if !strings.Contains(e.Hint(), tt.hint) || (tt.hint == "") != (e.Hint() == "") {
			t.Errorf("%d: hint %q", tt.status, e.Hint())
		}
	}
}

func TestWhereTheObjectsCantBeListedTheBaseURLIsInDoubt(t *testing.T) {
	_, err := newClient(t, answerWith(404, `{"error":"no"}`)).Objects(t.Context())
	var e *Error
	if !errors.As(err, &e) || e.Hint() != hintBaseURL {
		t.Errorf("%v", err)
	}
}

func TestCheckTellsWhatTheTokenMayDo(t *testing.T) {
	c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		if strings.HasPrefix(r.URL.Path, "/organizations") {
			answerWith(403, `{"message":"Forbidden"}`)(w, r)
			return
		}
		answerWith(200, `{"objects":[{"slug":"products","attributes":[]}]}`)(w, r)
	}))
	a := c.Check(t.Context())
	var e *Error
	if a.ObjectsErr != nil || len(a.Objects) != 1 || !errors.As(a.UsersErr, &e) || !strings.Contains(e.Hint(), "users:read") {
		t.Errorf("%+v", a)
	}
}

func TestPackedReadsAreUnpackedAndBounded(t *testing.T) {
	pack := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, s)
		_ = z.Close()
		return b.String()
	}
	for _, tt := range []struct{ name, body, want string }{
		{"whole", pack(`{"object":` + productsJSON + `}`), ""},
		{"cut off", pack(productsJSON)[:40], "the answer broke off"},
		{"not gzip", "hello, hello", "the answer broke off"},
		{"too long", pack(strings.Repeat(" ", maxSchema+1)), "the answer is longer than 16 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Accept-Encoding") != "gzip" {
					t.Error("didn't ask for gzip")
				}
				answerWith(200, tt.body, "Content-Encoding", "gzip")(w, r)
			}))
			o, err := c.Object(t.Context(), "products")
			var e *Error
			if tt.want == "" && (err != nil || o.Slug != "products") || tt.want != "" && (!errors.As(err, &e) || e.Message != tt.want) {
				t.Errorf("%v %v", o, err)
			}
		})
	}
}
