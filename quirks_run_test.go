package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// reading is one way in which the CRM may behave where the API page is silent,
// with a push to it and what comes out.
type reading struct {
	name string // a sentence
	crm  sandbox.Options
	// before, where set, are asserts that somebody else made: path and body.
	before []write
	// serve, where set, stands between the network and the CRM.
	serve func(http.Handler) http.Handler
	http2 bool

	object  string // products unless named; "ID" in the input is the first company's
	match   string // sku unless named
	input   string // NDJSON if it begins with {, else CSV
	mapping string // of a mapping file
	flags   []string

	code     int
	created  int64
	updated  int64
	rejected int64
	notSent  int64
	reason   string   // regular expression that each reject matches
	fails    string   // regular expression that the error of the run matches
	holds    []string // the CRM's records, each as the attributes of shows
	shows    []string // attributes
	again    *ending  // the same command once more, when the CRM has got over it
	check    func(*testing.T, *sandbox.CRM, quirkSummary)
}

type write struct{ method, path, body string }

// ending is what a second run comes to.
type ending struct {
	mend             func(*sandbox.CRM)
	created, updated int64
}

// quirkSummary is what the checks need of the JSON summary.
type quirkSummary struct {
	Outcome  string `json:"outcome"`
	ExitCode int    `json:"exit_code"`

	Read, Created, Updated, Unchanged, Rejected, Requests, Retries, Throttled int64

	NotSent int64    `json:"not_sent"`
	Resumed int64    `json:"resumed_at_line"`
	Error   string   `json:"error"`
	Files   []string `json:"rejects_files"`
}

func (r *reading) test(t *testing.T) {
	if r.http2 && runtime.GOOS != "linux" {
		t.Skip("SSL_CERT_FILE, by which the program trusts the test's certificate, is for Linux")
	}
	r.withDefaults()
	crm, err := sandbox.New(r.crm)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range r.before {
		ask(t, crm, w.method, "crm/"+w.path, w.body)
	}
	handler := http.Handler(crm)
	if r.serve != nil {
		handler = r.serve(crm)
	}
	p := &quirkPush{t: t, r: r, dir: t.TempDir()}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.ProtoAtLeast(2, 0) != r.http2 {
			t.Errorf("the request came by %s", q.Proto)
		}
		handler.ServeHTTP(w, q)
	}))
	p.server.EnableHTTP2 = r.http2
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of broken connections, which are meant
	if r.http2 {
		p.server.StartTLS()
	} else {
		p.server.Start()
	}
	t.Cleanup(p.server.Close)
	p.write(crm)

	s := p.run(r.code)
	// Where answers are lost, a record that was created looks updated.
	lost := r.crm.Faults != (sandbox.Faults{})
	if lost && s.Created+s.Updated == r.created+r.updated {
		r.created, r.updated = s.Created, s.Updated
	}
	if s.Created != r.created || s.Updated != r.updated || s.Rejected != r.rejected || s.NotSent != r.notSent {
		t.Errorf("%d created, %d updated, %d rejected, %d not sent; want %d, %d, %d, %d: %s",
			s.Created, s.Updated, s.Rejected, s.NotSent, r.created, r.updated, r.rejected, r.notSent, s.Error)
	}
	if ok, err := regexp.MatchString(r.fails, s.Error); err != nil || !ok || r.fails == "" && s.Error != "" {
		t.Errorf("the error is %q, want %q", s.Error, r.fails)
	}
	p.checkRejects(s)
	if r.again != nil {
		r.again.mend(crm)
		s = p.run(0)
		if s.Created != r.again.created || s.Updated != r.again.updated {
			t.Errorf("gone on with: %d created, %d updated, want %d and %d", s.Created, s.Updated, r.again.created, r.again.updated)
		}
	}
	r.checkCRM(t, crm, s)
}

func (r *reading) withDefaults() {
	if r.object == "" {
		r.object = "products"
	}
	if r.match == "" {
		r.match = "sku"
	}
	if r.shows == nil {
		r.shows = []string{"sku", "name"}
	}
}

func (r *reading) checkCRM(t *testing.T, crm *sandbox.CRM, s quirkSummary) {
	t.Helper()
	if r.holds != nil {
		var got []string
		for _, record := range crm.Records(r.object) {
			var values []string
			for _, key := range r.shows {
				values = append(values, record.Text(key))
			}
			got = append(got, strings.Join(values, "|"))
		}
		slices.Sort(got)
		if diff := cmp.Diff(slices.Sorted(slices.Values(r.holds)), got); diff != "" {
			t.Errorf("what the CRM holds (-want +got):\n%s", diff)
		}
	}
	if twice := crm.Duplicates(r.object, r.match); len(twice) > 0 && len(r.before) == 0 {
		t.Errorf("duplicates: %v", slices.Sorted(maps.Keys(twice)))
	}
	if r.check != nil {
		r.check(t, crm, s)
	}
}

// quirkPush is the program beside a CRM.
type quirkPush struct {
	t      *testing.T
	r      *reading
	dir    string
	input  string // its name
	server *httptest.Server
}

// write puts the input and what belongs to it into the directory.
func (p *quirkPush) write(crm *sandbox.CRM) {
	p.t.Helper()
	p.input = "input.csv"
	if strings.HasPrefix(p.r.input, "{") {
		p.input = "input.ndjson"
	}
	text := p.r.input
	if companies := crm.Records("companies"); len(companies) > 0 {
		text = strings.ReplaceAll(text, "ID", companies[0].ID)
	}
	files := map[string]string{p.input: text}
	if p.r.mapping != "" {
		files["mapping.yaml"] = p.r.mapping
	}
	if p.r.http2 {
		files["cert.pem"] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw}))
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

// run runs the program and checks what is true of every run.
func (p *quirkPush) run(code int) (s quirkSummary) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	args := []string{"push", p.input, "--object", p.r.object, "--match", p.r.match, "-o", "json", "--max-wait", "20s"}
	if p.r.mapping != "" {
		args = append(args, "--mapping", "mapping.yaml")
	}
	cmd := exec.CommandContext(ctx, "crmsync", append(args, p.r.flags...)...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "XDG_STATE_HOME="+filepath.Join(p.dir, "state"), "XDG_CONFIG_HOME="+p.dir,
		"CRMSYNC_BASE_URL="+p.server.URL+"/v2", "CRMSYNC_TOKEN="+token, "SSL_CERT_FILE="+filepath.Join(p.dir, "cert.pem"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(stdout.Bytes(), &s); err != nil {
		p.t.Fatalf("reading the summary: %v\n%s\n%s", err, &stdout, &stderr)
	}
	if got := cmd.ProcessState.ExitCode(); got != code || s.ExitCode != code {
		p.t.Errorf("exit code %d, and %d in the summary, want %d\n%s\n%s", got, s.ExitCode, code, &stdout, &stderr)
	}
	if s.Read != s.Created+s.Updated+s.Unchanged+s.Rejected+s.NotSent {
		p.t.Errorf("the counts don't add up: %s", &stdout)
	}
	return s
}

// checkRejects checks that each rejected record is in the reject file, with the
// reason.
func (p *quirkPush) checkRejects(s quirkSummary) {
	p.t.Helper()
	var rows []string
	for _, name := range s.Files {
		content, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil {
			p.t.Fatal(err)
		}
		rows = append(rows, p.rejects(content)...)
	}
	if int64(len(rows)) != s.Rejected {
		p.t.Errorf("%d records in the reject file, %d rejected", len(rows), s.Rejected)
	}
	for _, row := range rows {
		if ok, err := regexp.MatchString(p.r.reason, row); err != nil || !ok || p.r.reason == "" {
			p.t.Errorf("rejected with %q, want %q", row, p.r.reason)
		}
	}
}

// rejects gives status and error of each record of a reject file.
func (p *quirkPush) rejects(content []byte) (rows []string) {
	p.t.Helper()
	if p.input == "input.ndjson" {
		for line := range bytes.Lines(content) {
			var r struct {
				Own struct {
					Status json.Number
					Error  string
				} `json:"_crmsync"`
			}
			if err := json.Unmarshal(line, &r); err != nil {
				p.t.Fatal(err)
			}
			rows = append(rows, r.Own.Status.String()+" "+r.Own.Error)
		}
		return rows
	}
	all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		p.t.Fatal(err)
	}
	status, reason := slices.Index(all[0], "crmsync_status"), slices.Index(all[0], "crmsync_error")
	for _, row := range all[1:] {
		rows = append(rows, row[status]+" "+row[reason])
	}
	return rows
}
