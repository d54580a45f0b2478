package lookup

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The references that most tests use.
func companies() mapping.Reference { return mapping.Reference{Object: "companies", Match: "domain"} }

func created(object, match string) mapping.Reference {
	return mapping.Reference{Object: object, Match: match, Create: true}
}

func members() mapping.Reference { return mapping.Reference{Object: "users", Match: "email"} }

// bench is a CRM with a client, which counts the requests between them.
type bench struct {
	*testing.T
	crm    *sandbox.CRM
	client *client.Client

	mu       sync.Mutex
	requests map[string]int // by method and path
	spoil    func(*http.Request) (*http.Response, error)
}

func newBench(t *testing.T, o sandbox.Options) *bench {
	t.Helper()
	b := &bench{T: t, requests: map[string]int{}}
	var err error
	if b.crm, err = sandbox.New(o); err != nil {
		t.Fatal(err)
	}
	if b.client, err = client.New(client.Options{Token: "t", Transport: b}); err != nil {
		t.Fatal(err)
	}
	return b
}

// RoundTrip lets the CRM answer, unless spoil does.
func (b *bench) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	b.requests[r.Method+" "+strings.TrimPrefix(r.URL.Path, "/v2/")]++
	spoil := b.spoil
	b.mu.Unlock()
	if spoil != nil {
		if resp, err := spoil(r); resp != nil || err != nil {
			return resp, err
		}
	}
	return b.crm.RoundTrip(r)
}

func (b *bench) asked(what string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.requests[what]
}

// seed asserts a record and gives its id.
func (b *bench) seed(object, match, body string) string {
	b.Helper()
	res := b.client.Assert(b.Context(), object, match, []byte(body))
	if res.RecordID == "" {
		b.Fatalf("%s: %+v", body, res)
	}
	return res.RecordID
}

func (b *bench) lookup(change ...func(*Options)) *Lookup {
	o := Options{Client: b.client, Context: b.Context(), Retries: 3}
	for _, f := range change {
		f(&o)
	}
	return New(o)
}

// find finds the id of a value, or creates the record.
func find(l *Lookup, ref mapping.Reference, value string) (string, error) {
	id, err := l.Find(ref, value)
	if absent, ok := errors.AsType[*mapping.AbsentError](err); ok {
		return absent.Create()
	}
	return id, err
}

// finds checks the id of a value.
func finds(t *testing.T, l *Lookup, ref mapping.Reference, value, want string) {
	t.Helper()
	if id, err := find(l, ref, value); err != nil || id != want {
		t.Errorf("%q gives %q, %v; want %q", value, id, err, want)
	}
}

// rejects checks that a value rejects its record, with this problem.
func rejects(t *testing.T, l *Lookup, ref mapping.Reference, value, want string) {
	t.Helper()
	id, err := find(l, ref, value)
	var problem *mapping.LookupError
	if !errors.As(err, &problem) || problem.Problem != want {
		t.Errorf("%q gives %q and\n     %v\nwant %s", value, id, err, want)
	}
}

// ends checks that a value ends the run, with this error.
func ends(t *testing.T, l *Lookup, ref mapping.Reference, value, want string) error {
	t.Helper()
	id, err := find(l, ref, value)
	var problem *mapping.LookupError
	if err == nil || errors.As(err, &problem) || err.Error() != want {
		t.Errorf("%q gives %q and\n     %v\nwant %s", value, id, err, want)
	}
	return err
}

// says is an answer out of the blue.
func says(status int, body string, header ...string) (*http.Response, error) {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ProtoMajor: 1}, nil
}

func uuid(n int) string { return fmt.Sprintf("c1d2e3f4-a5b6-7890-cdef-%012x", n) }
