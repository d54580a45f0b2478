package lookup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/sandbox"
)

// onList answers the requests for a page of the companies' list; 0 is all pages.
func onList(page int, answer func() (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		asked := r.URL.Query().Get("page")
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/companies") && !strings.HasSuffix(r.URL.Path, "/users") ||
			page != 0 && asked != fmt.Sprint(page) {
			return nil, nil
		}
		return answer()
	}
}

func TestAListThatIsNotToBeHadIsSaidOnceAndTheRunGoesOn(t *testing.T) {
	const rejected = "and a record whose value is not among them is rejected"
	for _, tt := range []struct {
		name, cause string
		status      int
		body        string
		page        int
	}{
		{"no such endpoint", "the server answered 404 Not Found: no route", 404, `{"message":"no route"}`, 1},
		{"no permission", "the server answered 403 Forbidden: no scope", 403, `{"message":"no scope"}`, 1},
		{"not that method", "the server answered 405 with no message", 405, ``, 1},
		{"parameters that it doesn't take", "the server answered 422 Unprocessable Entity: count and per_page", 422, `{"message":"count and per_page"}`, 1},
		{"another envelope", "the answer can't be understood: it has no list under collection, records, data, people, companies", 200, `{"rows":[]}`, 1},
		{"a web page", "the answer is not JSON", 200, `<html>`, 1},
		{"success false", "Not today.", 200, `{"success":false,"message":"Not today."}`, 1},
		{"a first page for ever", "the answer can't be understood: page 2 of the list repeats an earlier one", 200,
			`{"records":[{"id":"x","attributes":{"domain":"half.example"}}],"pagination":{"hasMore":true}}`, 0},
		{"an end before all that there are", "the answer can't be understood: page 1 ends the list after 1 of its 250", 200,
			`{"records":[{"id":"x","attributes":{"domain":"half.example"}}],"pagination":{"total":250,"nextPage":null}}`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			b := newBench(t, sandbox.Options{})
			b.spoil = onList(tt.page, func() (*http.Response, error) { return says(tt.status, tt.body) })
			l := b.lookup(func(o *Options) {
				o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
			})
			l.Learn("companies", "domain", "acme.example", uuid(1))
			for range 3 {
				for _, value := range []string{"none.example", "half.example"} {
					rejects(t, l, companies(), value, `no record of companies has domain "`+value+
						`"; looked in what this run wrote (the CRM's list of companies isn't to be had: `+tt.cause+`)`)
				}
			}
			finds(t, l, companies(), "ACME.example", uuid(1))
			if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), rejected) || strings.Contains(log.String(), `hint=""`) {
				t.Errorf("logged %d times:\n%s", lines, &log)
			}
			if n := b.asked("GET crm/companies"); n > 2 {
				t.Errorf("asked %d times", n)
			}
			created, err := find(l, created("companies", "domain"), "new.example")
			if err != nil || created != b.crm.Records("companies")[0].ID {
				t.Errorf("creating gives %q, %v", created, err)
			}
		})
	}
}

func TestWithoutAListValuesThatAreCreatedAreNotSaidToBeRejected(t *testing.T) {
	var log bytes.Buffer
	b := newBench(t, sandbox.Options{})
	there := b.seed("companies", "domain", `{"domain":"there.example"}`)
	b.spoil = onList(1, func() (*http.Response, error) { return says(403, `{"message":"no scope"}`) })
	l := b.lookup(func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	finds(t, l, created("companies", "domain"), "there.example", there)
	if said := log.String(); strings.Contains(said, "rejected") ||
		!strings.Contains(said, "any other value is asserted, which finds the record that has exactly this value or creates one") {
		t.Errorf("logged:\n%s", said)
	}
}

func TestAMemberListThatIsNotToBeHad(t *testing.T) {
	var log bytes.Buffer
	b := newBench(t, sandbox.Options{Tokens: []sandbox.Token{{Value: "t", Scopes: []string{"crm:write"}}}})
	l := b.lookup(func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for range 2 {
		_, err := l.Find(members(), "olga@example.com")
		var problem *mapping.LookupError
		if !errors.As(err, &problem) || !strings.HasPrefix(problem.Problem,
			`which member has the e-mail address "olga@example.com" can't be told: the list of members isn't to be had: the server answered 403`) {
			t.Error(err)
		}
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "the token needs the scope users:read") {
		t.Errorf("logged %d times:\n%s", n, &log)
	}
}

func TestWhatEndsTheRunWhileTheListIsRead(t *testing.T) {
	reset := errors.New("connection reset by peer")
	for _, tt := range []struct {
		name, want string
		page       int
		answer     func() (*http.Response, error)
		tries      int
	}{
		{"an invalid token", "looking up ids: reading the records of companies: the server answered 401 Unauthorized: Unauthenticated", 1,
			func() (*http.Response, error) { return says(401, `{"message":"Unauthenticated."}`) }, 1},
		{"a redirect", "looking up ids: reading the records of companies: the server answered 302 Found and points to https://else.example/", 1,
			func() (*http.Response, error) { return says(302, ``, "Location", "https://else.example/") }, 1},
		{"a network that stays away", "looking up ids: reading the records of companies: the request to api.zeeg.me failed: connection reset by peer", 1,
			func() (*http.Response, error) { return nil, reset }, 4},
		{"a service that stays down half-way", "looking up ids: reading the records of companies: the server answered 503 with no message", 2,
			func() (*http.Response, error) { return says(503, ``) }, 4},
		{"pages that break off", "looking up ids: reading the records of companies: the answer broke off", 2,
			func() (*http.Response, error) { return says(200, `{"collection":[{"id":"x"},{`) }, 4},
		{"a page that is gone half-way", "looking up ids: reading the records of companies: the server answered 404 with no message", 2,
			func() (*http.Response, error) { return says(404, ``) }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, sandbox.Options{})
			for i := range 150 {
				b.seed("companies", "domain", fmt.Sprintf(`{"domain":"c%d.example"}`, i))
			}
			b.spoil = onList(tt.page, tt.answer)
			synctest.Test(t, func(t *testing.T) {
				l := b.lookup(func(o *Options) { o.Context = t.Context() })
				err := ends(t, l, companies(), "c149.example", tt.want)
				if n := b.asked("GET crm/companies"); n != tt.page-1+tt.tries {
					t.Errorf("asked %d times", n)
				}
				var hinted interface{ Hint() string }
				if !errors.As(err, &hinted) {
					t.Error("the error has no Hint")
				}
				// A later push of the job may have more luck, and the part that
				// was read is not taken for the whole.
				b.mu.Lock()
				b.spoil = nil
				b.mu.Unlock()
				rejects(t, l, companies(), "none.example",
					`no record of companies has domain "none.example"; looked in the CRM's list of companies and what this run wrote`)
			})
		})
	}
}

func TestAListThatStumblesIsReadToItsEnd(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	ids := map[string]string{}
	for i := range 1000 {
		domain := fmt.Sprintf("c%d.example", i)
		ids[domain] = b.seed("companies", "domain", fmt.Sprintf(`{"domain":%q}`, domain))
	}
	if err := b.crm.SetFaults(sandbox.Faults{ResetBefore: 0.1, Truncate: 0.2, Empty: 0, Error: 0.1, BadGateway: 0.1, Throttled: 0.2}); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		l := b.lookup(func(o *Options) { o.Context, o.Retries = t.Context(), 30 })
		for domain, id := range ids {
			finds(t, l, companies(), domain, id)
		}
		rejects(t, l, companies(), "none.example",
			`no record of companies has domain "none.example"; looked in the CRM's list of companies and what this run wrote`)
		if n := b.asked("GET crm/companies"); n < 15 {
			t.Errorf("only %d requests: nothing stumbled", n)
		}
	})
}

func TestTheServersWaitIsHonoured(t *testing.T) {
	for _, tt := range []struct {
		name, header string
		throttled    int
		maxWait      time.Duration
		least, most  time.Duration
		fails        bool
	}{
		{"seconds", "40", 1, 0, 40 * time.Second, 40 * time.Second, false},
		{"more throttling than there are retries", "10", 9, 0, 90 * time.Second, 90 * time.Second, false},
		{"at once, once", "0", 1, 0, 0, 0, false},
		{"a longer wait than is allowed", "3600", 1, time.Minute, 0, 0, true},
		{"a longer wait in all than is allowed", "25", 9, time.Minute, 50 * time.Second, 50 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, sandbox.Options{})
			left := tt.throttled
			b.spoil = onList(1, func() (*http.Response, error) {
				if left--; left < 0 {
					return nil, nil
				}
				return says(429, `{"message":"Too Many Attempts."}`, "Retry-After", tt.header)
			})
			synctest.Test(t, func(t *testing.T) {
				l := b.lookup(func(o *Options) { o.Context, o.MaxWait = t.Context(), tt.maxWait })
				started := time.Now()
				if tt.fails {
					ends(t, l, companies(), "a.example", "looking up ids: the wait for the CRM would be longer than 1m: the server answered 429 Too Many Requests: Too Many Attempts")
				} else if _, err := l.Find(companies(), "a.example"); err == nil || !strings.Contains(err.Error(), "which is empty") {
					t.Error(err)
				}
				if waited := time.Since(started); waited < tt.least || waited > tt.most {
					t.Errorf("waited %s", waited)
				}
			})
		})
	}
}

func TestTheContextEndsAWait(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	b.spoil = onList(1, func() (*http.Response, error) { return says(503, ``, "Retry-After", "600") })
	synctest.Test(t, func(t *testing.T) {
		stopped := errors.New("stopped by a signal")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(stopped) })
		l := b.lookup(func(o *Options) { o.Context = ctx })
		started := time.Now()
		if _, err := l.Find(companies(), "a.example"); !errors.Is(err, stopped) {
			t.Error(err)
		}
		if waited := time.Since(started); waited != 5*time.Second {
			t.Errorf("waited %s", waited)
		}
		if _, err := l.Find(companies(), "a.example"); !errors.Is(err, stopped) {
			t.Error(err)
		}
	})
}

// A list that turns out not to be whole must not take ids with it that the run's
// own answers gave meanwhile.
func TestIdsLearntWhileAListFailsStay(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	for i := range 150 {
		b.seed("companies", "domain", fmt.Sprintf(`{"domain":"c%d.example"}`, i))
	}
	first := b.crm.Records("companies")[0].ID
	l := b.lookup()
	b.spoil = onList(2, func() (*http.Response, error) {
		l.Learn("companies", "domain", "c0.example", first)
		return says(200, `{"rows":[]}`)
	})
	if _, err := l.Find(companies(), "c1.example"); err == nil {
		t.Error("a value from a part of the list was found")
	}
	finds(t, l, companies(), "c0.example", first)
}

func TestWhoWaitsForAListIsToldWhatFor(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	for i := range 150 {
		b.seed("companies", "domain", fmt.Sprintf(`{"domain":"c%d.example"}`, i))
	}
	failed := false
	b.spoil = func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Get("page") != "2" || failed {
			return nil, nil
		}
		failed = true
		return says(503, `{"error":"later"}`, "Retry-After", "7")
	}
	synctest.Test(t, func(t *testing.T) {
		var said []string
		began := time.Now()
		l := b.lookup(func(o *Options) {
			o.Context = t.Context()
			o.Doing = func(d Doing) {
				text := d.What
				if !d.Until.IsZero() {
					text += " " + d.Until.Sub(began).String()
				}
				said = append(said, text)
			}
		})
		if _, err := l.Find(companies(), "c149.example"); err != nil {
			t.Error(err)
		}
		want := []string{"reading the CRM's list of companies", "reading the CRM's list of companies: 100 so far",
			"looking up ids: the server answered 503 Service Unavailable: later 7s", "", "reading the CRM's list of companies: 150 so far", ""}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
