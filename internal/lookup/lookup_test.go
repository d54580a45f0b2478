package lookup

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/sandbox"
)

func TestARecordIsFoundInEachFormOfTheCRMsList(t *testing.T) {
	for _, envelope := range []sandbox.Envelope{sandbox.EnvelopeCollection, sandbox.EnvelopeRecords, sandbox.EnvelopeData} {
		for _, newest := range []bool{false, true} {
			for _, small := range []bool{false, true} {
				t.Run(fmt.Sprintf("envelope %q, newest first %t, pages of 20 %t", envelope, newest, small), func(t *testing.T) {
					b := newBench(t, sandbox.Options{Quirks: sandbox.Quirks{ListEnvelope: envelope, ListNewestFirst: newest, ListIgnoresCount: small}})
					ids := map[string]string{}
					for i := range 250 {
						domain := fmt.Sprintf("c%d.example", i)
						ids[domain] = b.seed("companies", "domain", fmt.Sprintf(`{"domain":%q}`, domain))
					}
					l := b.lookup()
					for domain, id := range ids {
						finds(t, l, companies(), domain, id)
					}
					rejects(t, l, companies(), "none.example",
						`no record of companies has domain "none.example"; looked in the CRM's list of companies and what this run wrote`)
					pages := 3
					if small {
						pages = 13
					}
					if n := b.asked("GET crm/companies"); n != pages {
						t.Errorf("the list was asked for %d pages", n)
					}
				})
			}
		}
	}
}

func TestASpellingIsFoundExactlyOrElseFolded(t *testing.T) {
	b := newBench(t, sandbox.Options{Quirks: sandbox.Quirks{}})
	acme := b.seed("companies", "domain", `{"domain":"Acme.example"}`)
	low := b.seed("companies", "domain", `{"domain":"two.example"}`)
	high := b.seed("companies", "domain", `{"domain":"TWO.example"}`)
	umlaut := b.seed("companies", "domain", `{"domain":"müller.example"}`)
	l := b.lookup()
	for _, tt := range []struct{ name, value, want string }{
		{"as it is", "Acme.example", acme},
		{"another case", "ACME.EXAMPLE", acme},
		{"outer blanks", " acme.example\t", acme},
		{"exact before folded", "two.example", low},
		{"exact before folded, the other", "TWO.example", high},
		{"decomposed accents in another case", "MU\u0308LLER.example", umlaut},
	} {
		t.Run(tt.name, func(t *testing.T) { finds(t, l, companies(), tt.value, tt.want) })
	}
	t.Run("two spellings and neither is meant", func(t *testing.T) {
		rejects(t, l, companies(), "Two.Example", `several records of companies have domain "Two.Example" in another spelling, `+
			`and none has it as it is written here: `+low+`, `+high+` (write the id instead)`)
	})
	t.Run("a value that is blank", func(t *testing.T) {
		rejects(t, l, companies(), " \t", "a blank value can't be looked up")
	})
}

func TestSeveralRecordsOfOneValueAreNamed(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	var ids []string
	for i := range 30 {
		ids = append(ids, b.seed("products", "sku", fmt.Sprintf(`{"sku":"S%d","name":"same"}`, i)))
	}
	for i := range 2 {
		ids = append(ids, b.seed("products", "sku", fmt.Sprintf(`{"sku":"T%d","name":"twice"}`, i)))
	}
	ref := mapping.Reference{Object: "products", Match: "name"}
	l := b.lookup()
	rejects(t, l, ref, "twice", `several records of products have name "twice": `+ids[30]+", "+ids[31]+" (write the id instead)")
	rejects(t, l, ref, "same", `several records of products have name "same": `+ids[0]+", "+ids[1]+", "+ids[2]+" and more (write the id instead)")
	t.Run("what this run asserted is the one that the API matches", func(t *testing.T) {
		l.Learn("products", "name", "twice", ids[31])
		finds(t, l, ref, "twice", ids[31])
	})
}

func TestPeopleAreFoundByEachOfTheirAddressesAndAttributes(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	eva := b.seed("people", "email", `{"firstName":"Eva","emails":["eva@example.com","e.m@example.org"],"phoneNumber":"+49 30 1","customer_number":"K-7"}`)
	l := b.lookup()
	for _, tt := range []struct{ match, value string }{
		{"email", "eva@example.com"}, {"email", "E.M@example.org"}, {"emails", "e.m@example.org"},
		{"phone_number", "+49 30 1"}, {"customer_number", "K-7"}, {"first_name", "Eva"},
	} {
		t.Run(tt.match+" "+tt.value, func(t *testing.T) {
			finds(t, l, mapping.Reference{Object: "people", Match: tt.match}, tt.value, eva)
		})
	}
	if n := b.asked("GET crm/people"); n != 4 {
		t.Errorf("%d lists were read for 4 attributes: email and emails are one", n)
	}
}

func TestWhatAnAnswerTaughtIsFoundWithoutTheList(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	l := b.lookup()
	l.Learn("companies", "domain", "acme.example", uuid(1))
	finds(t, l, companies(), "acme.example", uuid(1))
	if n := b.asked("GET crm/companies"); n != 0 {
		t.Errorf("the list was read %d times", n)
	}
	l.Learn("companies", "domain", "acme.example", uuid(2))
	finds(t, l, companies(), "acme.example", uuid(2))
	l.Learn("companies", "domain", "acme.example", "")
	finds(t, l, companies(), "acme.example", uuid(2))

	t.Run("another spelling asks the list whether it has that very one", func(t *testing.T) {
		exact := b.seed("companies", "domain", `{"domain":"ACME.example"}`)
		finds(t, l, companies(), "ACME.example", exact)
		finds(t, l, companies(), "acme.example", uuid(2))
		rejects(t, l, companies(), "Acme.Example", `several records of companies have domain "Acme.Example" in another spelling, and none has it as it is written here: `+
			uuid(2)+", "+exact+" (write the id instead)")
	})
	t.Run("after the list, too", func(t *testing.T) {
		l.Learn("companies", "domain", "late.example", "not a uuid")
		finds(t, l, companies(), "LATE.example", "not a uuid")
		rejects(t, l, companies(), "none.example",
			`no record of companies has domain "none.example"; looked in the CRM's list of companies and what this run wrote`)
	})
}

func TestOnlyReferencesThatMayComeAreLearnt(t *testing.T) {
	b := newBench(t, sandbox.Options{Quirks: sandbox.Quirks{ListEnvelope: sandbox.EnvelopeNone}})
	l := b.lookup(func(o *Options) { o.References = []mapping.Reference{{Object: "people", Match: "emails"}} })
	l.Learn("people", "email", "eva@example.com", uuid(1))
	l.Learn("companies", "domain", "acme.example", uuid(2))
	finds(t, l, mapping.Reference{Object: "people", Match: "email"}, "eva@example.com", uuid(1))
	rejects(t, l, companies(), "acme.example", `no record of companies has domain "acme.example"; looked in what this run wrote `+
		`(the CRM's list of companies isn't to be had: the server answered 404 Not Found: There is no such endpoint)`)
}

func TestWhereTheListWasEmptyOrHasNoSuchAttributeTheMessageSaysSo(t *testing.T) {
	var log bytes.Buffer
	b := newBench(t, sandbox.Options{})
	l := b.lookup(func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	rejects(t, l, companies(), "a.example", `no record of companies has domain "a.example"; looked in the CRM's list of companies, which is empty, and what this run wrote`)
	b.seed("products", "sku", `{"sku":"1"}`)
	b.seed("products", "sku", `{"sku":"2"}`)
	rejects(t, l, mapping.Reference{Object: "products", Match: "skew"}, "1",
		`no record of products has skew "1"; looked in the CRM's list of products, none of which has a skew, and what this run wrote`)
	if n := strings.Count(log.String(), "is it the right attribute?"); n != 1 {
		t.Errorf("it was logged %d times:\n%s", n, &log)
	}
}

func TestAValueInAMessageIsOneCleanLine(t *testing.T) {
	l := newBench(t, sandbox.Options{}).lookup()
	rejects(t, l, companies(), "a\n\x1b[31m\xff"+strings.Repeat("ä", 60), `no record of companies has domain "a\n\x1b[31m�`+strings.Repeat("ä", 52)+`…"; `+
		`looked in the CRM's list of companies, which is empty, and what this run wrote`)
}

func TestMembersAreFoundByAddress(t *testing.T) {
	member := func(uuid, email string, active bool) sandbox.Member {
		return sandbox.Member{UUID: uuid, Email: email, IsActive: active}
	}
	list := []sandbox.Member{
		member("QK566D4X49E8X78", "olga@example.com", true), member("GONE", "gone@example.com", false),
		member("OLD", "moved@example.com", false), member("NEW", "Moved@example.com", true),
		member("M1", "twin@example.com", true), member("M2", "twin@example.com", true), member("M3", "", true),
	}
	b := newBench(t, sandbox.Options{Members: list})
	l := b.lookup()
	finds(t, l, members(), "olga@example.com", "QK566D4X49E8X78")
	finds(t, l, members(), "Olga@Example.com ", "QK566D4X49E8X78")
	finds(t, l, members(), "moved@example.com", "NEW")
	rejects(t, l, members(), "GONE@example.com", `the member with the e-mail address "GONE@example.com" is deactivated (name an active one, or leave the cell blank)`)
	rejects(t, l, members(), "twin@example.com", `several members of the workspace have the e-mail address "twin@example.com": "M1", "M2" (write the id instead)`)
	none := `no member of the workspace has the e-mail address "none@example.com"; looked in the list of members`
	rejects(t, l, members(), "none@example.com", none)
	rejects(t, l, created("users", "email"), "none@example.com", none)
	if n := b.asked("GET organizations/users"); n != 1 {
		t.Errorf("the list was read %d times", n)
	}
	ends(t, l, mapping.Reference{Object: "users", Match: "name"}, "Olga", `members of the workspace can be looked up by email alone, not by "name"`)
}

func TestLearningAndFindingAtTheSameTime(t *testing.T) {
	const n = 400
	b := newBench(t, sandbox.Options{})
	ids := make([]string, n)
	for i := range ids {
		ids[i] = b.seed("companies", "domain", fmt.Sprintf(`{"domain":"c%d.example"}`, i))
	}
	l := b.lookup()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range n {
				l.Learn("companies", "domain", fmt.Sprintf("new%d.example", i), uuid(i))
				l.Learn("companies", "domain", fmt.Sprintf("c%d.example", i), ids[i])
			}
		})
		all.Go(func() {
			for i := range n {
				finds(t, l, companies(), fmt.Sprintf("C%d.example", i), ids[i])
				finds(t, l, created("companies", "domain"), fmt.Sprintf("made%d.example", i%10), idOf(t, l, fmt.Sprintf("made%d.example", i%10)))
			}
		})
	}
	all.Wait()
	for i := range n {
		finds(t, l, companies(), fmt.Sprintf("new%d.example", i), uuid(i))
	}
	if pages := b.asked("GET crm/companies"); pages != 4 && pages != 5 {
		t.Errorf("the list was read in %d pages", pages)
	}
	if puts := b.asked("PUT crm/companies"); puts != n+10 || l.Created()["companies"] != 10 {
		t.Errorf("%d asserts, %d created", puts, l.Created()["companies"])
	}
}

func idOf(t *testing.T, l *Lookup, domain string) string {
	t.Helper()
	id, err := find(l, created("companies", "domain"), domain)
	if err != nil {
		t.Error(err)
	}
	return id
}

func TestLearningDoesNotWaitForTheList(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	arrived, goOn := make(chan bool), make(chan bool)
	b.spoil = func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			arrived <- true
			<-goOn
		}
		return nil, nil
	}
	l := b.lookup()
	done := make(chan bool)
	go func() {
		defer close(done)
		finds(t, l, companies(), "acme.example", uuid(1))
	}()
	<-arrived
	l.Learn("companies", "domain", "acme.example", uuid(1))
	finds(t, l, companies(), "acme.example", uuid(1))
	close(goOn)
	<-done
}

func TestEveryRequestGoesAtTheCallersPace(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	for i := range 150 {
		b.seed("companies", "domain", fmt.Sprintf(`{"domain":"c%d.example"}`, i))
	}
	var results []client.Result
	l := b.lookup(func(o *Options) {
		o.Pace = func(_ context.Context, attempt func() client.Result) error {
			results = append(results, attempt())
			return nil
		}
	})
	if _, err := find(l, created("companies", "domain"), "acme.example"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		got = append(got, fmt.Sprint(r.Outcome, r.Status))
	}
	// Two pages, the schema, the assert.
	if want := fmt.Sprint(client.Updated, 200); strings.Join(got, ",") != strings.Join([]string{want, want, want, fmt.Sprint(client.Created, 201)}, ",") {
		t.Errorf("the pace saw %v", got)
	}
}

func TestAListIsReadAgainAfterRecordsWereWrittenThatItDoesNotHave(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	byName := mapping.Reference{Object: "companies", Match: "name"}
	old := b.seed("companies", "domain", `{"domain":"old.example","name":"Old"}`)
	l := b.lookup()
	finds(t, l, byName, "Old", old)
	finds(t, l, companies(), "old.example", old)
	added := b.seed("companies", "domain", `{"domain":"new.example","name":"New"}`)
	const missing = `no record of companies has name "New"; looked in the CRM's list of companies and what this run wrote`
	rejects(t, l, byName, "New", missing)
	before := b.asked("GET crm/companies")
	l.Learn("companies", "domain", "new.example", added)
	l.Reread("companies", "domain", nil)
	finds(t, l, byName, "New", added)
	finds(t, l, byName, "Old", old)
	finds(t, l, companies(), "new.example", added)
	rejects(t, l, byName, "Newer", strings.Replace(missing, "New", "Newer", 1)) // the same kind of reject, though the list has grown
	if n := b.asked("GET crm/companies") - before; n != 1 {
		t.Errorf("the lists were asked for %d more pages, want the one by name", n)
	}
}

func TestLearntIdsAreNotTrustedAfterRecordsWereWrittenByAnotherAttribute(t *testing.T) {
	for _, c := range []struct {
		name    string
		written []string
		stale   bool
	}{
		{"that wrote whatever", nil, true},
		{"that wrote this one, too", []string{"name", "domain"}, true},
		{"that left this one alone", []string{"name", "city"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, sandbox.Options{})
			was := b.seed("companies", "domain", `{"domain":"old.example","name":"One"}`)
			l := b.lookup()
			l.Learn("companies", "domain", "old.example", was)
			l.Learn("companies", "name", "One", was)
			now := b.seed("companies", "domain", `{"domain":"old.example","name":"Two"}`)
			l.Reread("companies", "name", c.written)
			before := b.asked("GET crm/companies")
			finds(t, l, companies(), "old.example", now)
			if asked := b.asked("GET crm/companies") > before; asked != c.stale {
				t.Errorf("the list was asked: %t", asked)
			}
			finds(t, l, mapping.Reference{Object: "companies", Match: "name"}, "One", was) // by which the push itself knew it
		})
	}
}
