package cmd

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A lookup that reads a long list must not keep a run from ending.
func TestARunThatHasStoppedWaitsForNoLookup(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"deals.csv":  "deal_number,firm\nD-1,\nD-2,acme\n",
		"deals.yaml": "object: deals\nmatch: deal_number\ncolumns:\n  firm: {to: company, lookup: {object: companies, match: name}}\n",
		"schema.json": `[{"slug":"deals","attributes":[{"key":"deal_number","type":"text","isUnique":true},{"key":"company","type":"relation","relationType":"many_to_one","relatedObjectSlug":"companies"}]},
			{"slug":"companies","attributes":[{"key":"name","type":"text"}]}]`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listing := make(chan struct{})
	var begin sync.Once
	var waited atomic.Bool
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			begin.Do(func() { close(listing) })
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Second): // shorter than --timeout
				waited.Store(true)
			}
			return
		}
		<-listing
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintln(w, `{"success":false,"status":403,"message":"no"}`)
	}))
	defer crm.Close()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("CRMSYNC_TOKEN", "secret")
	t.Setenv("CRMSYNC_BASE_URL", crm.URL+"/v2")
	var out, err bytes.Buffer
	code := Main(t.Context(), Streams{In: strings.NewReader(""), Out: &out, Err: &err}, []string{
		"push", filepath.Join(dir, "deals.csv"), "--mapping", filepath.Join(dir, "deals.yaml"), "--schema", filepath.Join(dir, "schema.json"), "--rate", "100/s", "--config", os.DevNull})
	if code != 1 || !strings.Contains(err.String(), "403") || waited.Load() {
		t.Errorf("exit code %d, waited for the list: %v, stderr:\n%s", code, waited.Load(), &err)
	}
}
