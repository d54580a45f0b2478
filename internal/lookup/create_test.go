package lookup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/sandbox"
)

const numbered = `{"slug":"plants","singularName":"Plant","pluralName":"Plants","attributes":[
	{"key":"code","label":"Code","type":"number","isUnique":true},{"key":"name","label":"Name","type":"text"}]}`

func TestAMissingRecordIsCreatedOnceForAllItsRows(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	there := b.seed("companies", "domain", `{"domain":"there.example"}`)
	l := b.lookup()
	ref := created("companies", "domain")
	finds(t, l, ref, "There.example", there)
	first, err := find(l, ref, "acme.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, spelling := range []string{"acme.example", "ACME.example", " acme.example"} {
		finds(t, l, ref, spelling, first)
	}
	finds(t, l, companies(), "acme.example", first)
	records := b.crm.Records("companies")
	if len(records) != 2 || records[1].ID != first || records[1].Text("domain") != "acme.example" {
		t.Errorf("the CRM has %v", records)
	}
	if n := b.asked("PUT crm/companies"); n != 2 || l.Created()["companies"] != 1 {
		t.Errorf("%d asserts, %d created", n, l.Created()["companies"])
	}
}

func TestAValueIsSentAsTheSchemaWantsIt(t *testing.T) {
	b := newBench(t, sandbox.Options{Schema: []byte(numbered), Quirks: sandbox.Quirks{NamelessUpdates: true}})
	l := b.lookup()
	ref := created("plants", "code")
	id, err := find(l, ref, "17")
	if err != nil || string(b.crm.Records("plants")[0].Attributes["code"]) != "17" {
		t.Errorf("%q, %v: %v", id, err, b.crm.Records("plants"))
	}
	rejects(t, l, ref, "seventeen", `no record of plants has code "seventeen", and none can be created: "seventeen" is not a number (a number looks like 1234.50)`)
	rejects(t, l, created("companies", "domain"), "https://www.Acme.example/x",
		`no record of companies has domain "https://www.Acme.example/x", and none can be created: `+
			`"https://www.Acme.example/x" is not a bare domain such as "acme.example" (to have it normalised, give the column "trim: domain" in a mapping file)`)
	if n := b.asked("PUT crm/companies"); n != 0 {
		t.Errorf("%d asserts", n)
	}
}

func TestWhatTheCRMRefusesToCreateRejectsTheRecordsThatAsk(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	l := b.lookup()
	for range 3 {
		_, err := find(l, created("people", "email"), "eva@example.com")
		var problem *mapping.LookupError
		if !errors.As(err, &problem) || !strings.HasPrefix(problem.Problem,
			`no record of people has email "eva@example.com", and the CRM refused to create it: `) {
			t.Error(err)
		}
	}
	if n := b.asked("PUT crm/people"); n != 1 || len(l.Created()) != 0 {
		t.Errorf("%d asserts for one value that is refused, %d created", n, l.Created()["companies"])
	}
}

func TestHowFailuresToCreateEnd(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		rejected   bool
		answer     func() (*http.Response, error)
		tries      int
	}{
		{"a service that can't take this one record", `no record of companies has domain "a.example", and creating it failed: the server answered 500 with no message`, true,
			func() (*http.Response, error) { return says(500, ``) }, 4},
		{"a network that stays away", `creating a record of companies that others refer to: the request to api.zeeg.me failed: gone`, false,
			func() (*http.Response, error) { return nil, errors.New("gone") }, 4},
		{"no permission to write", `creating a record of companies that others refer to: the server answered 403 Forbidden: no`, false,
			func() (*http.Response, error) { return says(403, `{"message":"no"}`) }, 1},
		{"answers without an id", `no record of companies has domain "a.example", and though the CRM took it, its answers don't say which id it has`, true,
			func() (*http.Response, error) { return says(201, ``) }, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, sandbox.Options{})
			b.spoil = func(r *http.Request) (*http.Response, error) {
				if r.Method != http.MethodPut {
					return nil, nil
				}
				return tt.answer()
			}
			synctest.Test(t, func(t *testing.T) {
				l := b.lookup(func(o *Options) { o.Context = t.Context() })
				if tt.rejected {
					rejects(t, l, created("companies", "domain"), "a.example", tt.want)
				} else {
					ends(t, l, created("companies", "domain"), "a.example", tt.want)
				}
				if n := b.asked("PUT crm/companies"); n != tt.tries {
					t.Errorf("%d asserts", n)
				}
			})
		})
	}
}

func TestAnAnswerThatWasLostDoesNotCreateTwice(t *testing.T) {
	b := newBench(t, sandbox.Options{Faults: sandbox.Faults{ResetAfter: 0.3, Truncate: 0.2, Empty: 0.1, ErrorAfter: 0.2, WritesOnly: true}})
	synctest.Test(t, func(t *testing.T) {
		l := b.lookup(func(o *Options) { o.Context, o.Retries = t.Context(), 20 })
		found := 0
		for i := range 100 {
			id, err := find(l, created("companies", "domain"), fmt.Sprintf("c%d.example", i))
			if err == nil {
				found++
				if have := b.crm.Records("companies")[i]; have.ID != id {
					t.Errorf("c%d.example is %s, found %s", i, have.ID, id)
				}
			}
		}
		if twice := b.crm.Duplicates("companies", "domain"); len(twice) > 0 || b.crm.Count("companies") != 100 || found < 80 {
			t.Errorf("%d companies for 100 domains, %d found, %v", b.crm.Count("companies"), found, twice)
		}
	})
}

func TestNothingIsCreatedOfTheObjectThatIsPushed(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	l := b.lookup()
	l.Pushing("companies")
	rejects(t, l, created("companies", "domain"), "a.example", `no record of companies has domain "a.example", and none is created while companies is being pushed, `+
		`since the record may be on its way (push the reject file when this run is over)`)
	l.Pushing("people")
	if _, err := find(l, created("companies", "domain"), "a.example"); err != nil {
		t.Error(err)
	}
}

func TestADryRunCreatesNothing(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	there := b.seed("companies", "domain", `{"domain":"there.example"}`)
	l := b.lookup(func(o *Options) { o.DryRun = true })
	ref := created("companies", "domain")
	held := func(value string) string { return placeholder(newValue(value)) }
	finds(t, l, ref, "there.example", there)
	finds(t, l, ref, "a.example", held("a.example"))
	finds(t, l, ref, "b.example", held("b.example"))
	finds(t, l, ref, "A.example", held("a.example"))
	l.Learn("companies", "domain", "pushed.example", "")
	if id, err := find(l, companies(), "pushed.example"); err == nil {
		t.Errorf("a record of the same push is found as %s, which may not be answered in time", id)
	}
	l.Arrive()
	l.Learn("companies", "domain", "more.example", "")
	l.Arrive()
	finds(t, l, companies(), "more.example", held("more.example"))
	finds(t, l, companies(), "pushed.example", held("pushed.example"))
	if _, err := find(l, ref, "no domain"); err == nil {
		t.Error("a value that can't be created passes a dry run")
	}
	if b.crm.Count("companies") != 1 || l.Created()["companies"] != 2 {
		t.Errorf("%d companies, %d created", b.crm.Count("companies"), l.Created()["companies"])
	}
}

func TestWhatCanNeverBeCreatedEndsTheRun(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	l := b.lookup()
	if _, err := find(l, created("compnies", "domain"), "a.example"); err == nil || !strings.Contains(err.Error(), "compnies") {
		t.Error(err)
	}
	if _, err := find(l, created("products", "skew"), "1"); err == nil || !strings.HasPrefix(err.Error(), "creating records of products by their skew: ") {
		t.Error(err)
	}
}

func TestACreationWithoutAnAnswerGetsAsLongAgainBeforeTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Options{})
		var sent []time.Time
		b.spoil = func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodPut {
				return nil, nil
			}
			if sent = append(sent, time.Now()); len(sent) > 1 {
				return nil, nil
			}
			<-r.Context().Done() // the CRM may still be at work on it
			return nil, r.Context().Err()
		}
		if _, err := find(b.lookup(), created("companies", "domain"), "a.example"); err != nil {
			t.Fatal(err)
		}
		if len(sent) != 2 || sent[1].Sub(sent[0]) < time.Minute {
			t.Errorf("sent at %v", sent)
		}
	})
}

func TestACreationUnderWayMayEndWhenTheRunHasStopped(t *testing.T) {
	for _, test := range []struct{ takes, ends time.Duration }{{2 * time.Second, 2 * time.Second}, {time.Hour, drain}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, sandbox.Options{})
			ctx, stop := context.WithCancel(t.Context())
			b.spoil = func(r *http.Request) (*http.Response, error) {
				if r.Method != http.MethodPut {
					return nil, nil
				}
				stop()
				select {
				case <-time.After(test.takes):
					return nil, nil
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			}
			l := b.lookup(func(o *Options) { o.Context = ctx })
			began := time.Now()
			_, err := find(l, created("companies", "domain"), "a.example")
			if took := time.Since(began); took != test.ends {
				t.Errorf("it ended after %s", took)
			}
			if n := b.crm.Count("companies"); n != int(l.Created()["companies"]) || (n == 1) != (err == nil) || (n == 1) != (test.takes < drain) {
				t.Errorf("%d companies, %d told of as created: %v", n, l.Created()["companies"], err)
			}
		})
	}
}
