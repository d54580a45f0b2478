package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester talks to a CRM without a network, as an HTTP client would.
type tester struct {
	*testing.T
	crm   *CRM
	token string
}

func newTester(t *testing.T, opts Options) tester {
	t.Helper()
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return tester{t, c, "any-token"}
}

// answered is an answer with its body, as text and decoded.
type answered struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// at reads a value of the answer by its path: "record.attributes.price".
func (a answered) at(path string) any {
	var v any = a.body
	for name := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (t tester) try(ctx context.Context, method, path, body string) (answered, error) {
	r, err := http.NewRequestWithContext(ctx, method, "https://crm.test/v2"+path, strings.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	if t.token != "" {
		r.Header.Set("Authorization", "Bearer "+t.token)
	}
	response, err := t.crm.RoundTrip(r)
	if err != nil {
		return answered{}, err
	}
	text, err := io.ReadAll(response.Body)
	a := answered{status: response.StatusCode, header: response.Header, text: string(text)}
	_ = json.Unmarshal(text, &a.body) // HTML and empty bodies have none
	return a, err
}

func (t tester) do(method, path, body string) answered {
	t.Helper()
	a, err := t.try(t.Context(), method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// want does a request and checks its status.
func (t tester) want(status int, method, path, body string) answered {
	t.Helper()
	a := t.do(method, path, body)
	if a.status != status {
		t.Fatalf("%s %s %s: status %d, want %d: %s", method, path, body, a.status, status, a.text)
	}
	return a
}

// assert asserts a product by its sku and checks the status.
func (t tester) assert(status int, body string) answered {
	t.Helper()
	return t.want(status, "PUT", "/crm/products?matchingAttribute=sku", body)
}

// equal compares what was found at a path of an answer, as JSON.
func (t tester) equal(a answered, path, want string) {
	t.Helper()
	got, err := json.Marshal(a.at(path))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is %s, want %s; the whole answer: %s", path, got, want, a.text)
	}
}

// says checks that an error's message holds a text.
func (t tester) says(a answered, text string) {
	t.Helper()
	if message, _ := a.body["message"].(string); !strings.Contains(message, text) {
		t.Errorf("the message is %q, want it to say %q", message, text)
	}
}
