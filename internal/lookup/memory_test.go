package lookup

import (
	"fmt"
	"testing"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/sandbox"
)

// remembered is what earlier runs remember, by the folded value.
type remembered struct {
	sent, ids map[string]string
	closed    int
}

func remember(pairs ...string) *remembered {
	m := &remembered{sent: map[string]string{}, ids: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		m.sent[fold(pairs[i])], m.ids[fold(pairs[i])] = pairs[i], pairs[i+1]
	}
	return m
}

func (m *remembered) Find(value string) (sent, id string, ok bool) {
	id, ok = m.ids[fold(value)]
	return m.sent[fold(value)], id, ok
}

func (m *remembered) Close() { m.closed++ }

func with(m *remembered) func(*Options) {
	return func(o *Options) {
		o.Memory = func(object, match string) Memory {
			if object != "companies" || match != "domain" {
				return nil
			}
			return m
		}
	}
}

func TestWhatEarlierRunsRememberIsFoundWithoutTheList(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	m := remember("acme.example", uuid(1), "two.example", uuid(2))
	l := b.lookup(with(m))
	finds(t, l, companies(), "acme.example", uuid(1))
	finds(t, l, created("companies", "domain"), "two.example", uuid(2))
	l.Learn("companies", "domain", "two.example", uuid(3))
	finds(t, l, companies(), "two.example", uuid(3))
	if n := b.asked("GET crm/companies") + b.asked("PUT crm/companies"); n != 0 {
		t.Errorf("%d requests", n)
	}

	t.Run("another spelling asks the list", func(t *testing.T) {
		exact := b.seed("companies", "domain", `{"domain":"ACME.example"}`)
		finds(t, l, companies(), "ACME.example", exact)
		finds(t, l, companies(), "acme.example", uuid(1))
		rejects(t, l, companies(), "none.example",
			`no record of companies has domain "none.example"; looked in the CRM's list of companies and what this run and earlier ones wrote`)
	})
	t.Run("it is let go of at the end", func(t *testing.T) {
		l.Close()
		l.Close()
		if m.closed != 1 {
			t.Errorf("closed %d times", m.closed)
		}
	})
}

func TestWithoutTheListAnotherSpellingOfWhatIsRememberedWillDo(t *testing.T) {
	b := newBench(t, sandbox.Options{Quirks: sandbox.Quirks{ListEnvelope: sandbox.EnvelopeNone}})
	l := b.lookup(with(remember("Acme.example", uuid(1))))
	finds(t, l, companies(), "ACME.example", uuid(1))
	finds(t, l, created("companies", "domain"), " acme.example", uuid(1))
	rejects(t, l, companies(), "none.example", `no record of companies has domain "none.example"; looked in what this run and earlier ones wrote `+
		`(the CRM's list of companies isn't to be had: the server answered 404 Not Found: There is no such endpoint)`)
}

// stranger answers with what was sent for another value, as a state does whose
// keys take two values for one.
type stranger struct{ remembered }

func (stranger) Find(string) (sent, id string, ok bool) { return "muller.example", uuid(1), true }

func TestAnotherValueUnderTheSameKeyIsNotTaken(t *testing.T) {
	for _, envelope := range []sandbox.Envelope{sandbox.EnvelopeCollection, sandbox.EnvelopeNone} {
		t.Run(fmt.Sprintf("envelope %q", envelope), func(t *testing.T) {
			b := newBench(t, sandbox.Options{Quirks: sandbox.Quirks{ListEnvelope: envelope}})
			l := b.lookup(func(o *Options) { o.Memory = func(string, string) Memory { return &stranger{} } })
			if id, err := l.Find(companies(), "müller.example"); err == nil {
				t.Errorf("it is taken for %s", id)
			}
			finds(t, l, companies(), "muller.example", uuid(1))
		})
	}
}

func TestWhatIsRememberedIsNotTrustedAfterRecordsWereWrittenByAnotherAttribute(t *testing.T) {
	for _, used := range []bool{true, false} {
		t.Run(fmt.Sprintf("used before %t", used), func(t *testing.T) {
			b := newBench(t, sandbox.Options{})
			now := b.seed("companies", "domain", `{"domain":"acme.example"}`)
			l := b.lookup(with(remember("acme.example", uuid(1))))
			if used {
				finds(t, l, companies(), "acme.example", uuid(1))
			}
			l.Reread("companies", "domain", nil)
			l.Reread("people", "email", nil)
			l.Reread("companies", "name", []string{"name", "city"})
			if used {
				finds(t, l, companies(), "acme.example", uuid(1))
			}
			l.Reread("companies", "name", nil)
			finds(t, l, companies(), "acme.example", now)
		})
	}
}

func TestMembersAreNotLookedForInWhatEarlierRunsRemember(t *testing.T) {
	b := newBench(t, sandbox.Options{Members: []sandbox.Member{{UUID: "M", Email: "olga@example.com", IsActive: true}}})
	l := b.lookup(func(o *Options) {
		o.Memory = func(object, _ string) Memory {
			t.Errorf("%s are asked for", object)
			return nil
		}
	})
	finds(t, l, mapping.Reference{Object: "users", Match: "email"}, "olga@example.com", "M")
}
