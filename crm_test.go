package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/crmsync/crmsync/internal/sandbox"
)

type crmKey struct{}

// crm is the CRM of one script.
type crm struct {
	*sandbox.CRM
	mu       sync.Mutex
	requests int
	asserts  int
	listed   map[string]int // requests for a page of an object's records, by slug
	arrived  *sync.Cond

	signalled *exec.Cmd // the last command that a signal was sent to
}

func (c *crm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.requests++
	if r.Method == http.MethodPut {
		c.asserts++
	}
	if object, found := strings.CutPrefix(r.URL.Path, "/v2/crm/"); found && r.Method == http.MethodGet && !strings.HasPrefix(object, "objects") {
		c.listed[object]++
	}
	c.arrived.Broadcast()
	server := c.CRM
	c.mu.Unlock()
	server.ServeHTTP(w, r)
}

func crmOf(ts *testscript.TestScript) *crm {
	c := ts.Value(crmKey{}).(*crm)
	if c.CRM == nil {
		ts.Fatalf("no CRM: call sandbox first")
	}
	return c
}

// startSandbox serves a CRM on loopback until the script ends, and tells the
// program of it by the environment.
func startSandbox(ts *testscript.TestScript, neg bool, args []string) {
	var opts sandbox.Options
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.DurationVar(&opts.Latency, "latency", 0, "of each answer")
	fromJSON := func(name string, target any) {
		flags.Func(name, "JSON", func(text string) error { return json.Unmarshal([]byte(text), target) })
	}
	fromJSON("quirks", &opts.Quirks)
	fromJSON("faults", &opts.Faults)
	fromJSON("limit", &opts.Limit)
	scopes := flags.String("scopes", "crm:read,crm:write,users:read", "of the token")
	schema := flags.String("schema", "", "file with objects")
	ts.Check(flags.Parse(args))
	if neg || flags.NArg() > 0 {
		ts.Fatalf("usage: sandbox [FLAG...]")
	}
	if *schema != "" {
		opts.Schema = []byte(ts.ReadFile(*schema))
	}
	opts.Tokens = []sandbox.Token{
		{Value: token, Scopes: strings.Split(*scopes, ",")},
		{Value: "tok_second", Scopes: strings.Split(*scopes, ",")},
	}
	opts.Seed = 1
	made, err := sandbox.New(opts)
	ts.Check(err)
	c := ts.Value(crmKey{}).(*crm)
	// The server of an earlier sandbox may still have requests in flight.
	c.mu.Lock()
	c.CRM, c.requests, c.asserts, c.arrived = made, 0, 0, sync.NewCond(&c.mu)
	c.listed = map[string]int{}
	c.mu.Unlock()

	serve(ts, c)
}

// startEcho serves a CRM that refuses every request and tells the token back.
func startEcho(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: echo-server")
	}
	serve(ts, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"success": false, "status": 400, "message": "refused " + r.Header.Get("Authorization")})
	}))
}

// startUnasked serves a CRM that accepts every record and then says more than it
// was asked, with the token in it.
func startUnasked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: unasked-server")
	}
	serve(ts, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		const accepted = `{"success":true}`
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%syou sent %s",
			len(accepted), accepted, r.Header.Get("Authorization"))
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	}))
}

// serve answers requests on loopback until the script ends, and tells the
// program of it by the environment.
func serve(ts *testscript.TestScript, handler http.Handler) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	ts.Defer(func() {
		_ = server.Close()
		serving.Wait()
	})
	ts.Setenv("CRMSYNC_BASE_URL", "http://"+listener.Addr().String()+"/v2")
	ts.Setenv("CRMSYNC_TOKEN", token)
}

// crmHas checks that exactly one record has the values: crm-has products
// sku=A-1 price=29. A value that is empty stands for an attribute without one.
func crmHas(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] crm-has OBJECT KEY=VALUE...")
	}
	found := 0
	records := crmOf(ts).Records(args[0])
	for _, record := range records {
		fits := true
		for _, pair := range args[1:] {
			key, want, _ := strings.Cut(pair, "=")
			fits = fits && record.Text(key) == want
		}
		if fits {
			found++
		}
	}
	switch {
	case neg && found > 0:
		ts.Fatalf("%d records of %s have %s", found, args[0], args[1:])
	case !neg && found != 1:
		for _, record := range records {
			ts.Logf("%s", record.Attributes)
		}
		ts.Fatalf("%d records of %s have %s, want 1", found, args[0], args[1:])
	}
}

// crmCount checks how many records there are: crm-count products 40
func crmCount(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: crm-count OBJECT RECORDS")
	}
	if got := strconv.Itoa(crmOf(ts).Count(args[0])); got != args[1] {
		ts.Fatalf("the CRM has %s records of %s, want %s", got, args[0], args[1])
	}
}

// crmRate checks that no span of time saw more writes: crm-rate 1s 20
func crmRate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: crm-rate SPAN WRITES")
	}
	span, err := time.ParseDuration(args[0])
	ts.Check(err)
	most, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := crmOf(ts).Busiest(span); got > most {
		ts.Fatalf("%d writes came within %s, want at most %d", got, span, most)
	}
}

// crmAwait waits until the CRM has received so many requests, or so many more:
// crm-await 5, crm-await +5
func crmAwait(ts *testscript.TestScript, neg bool, args []string) {
	c := crmOf(ts)
	if neg || len(args) != 1 {
		ts.Fatalf("usage: crm-await REQUESTS")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if strings.HasPrefix(args[0], "+") {
		c.mu.Lock()
		want += c.requests
		c.mu.Unlock()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stop := context.AfterFunc(ctx, c.arrived.Broadcast)
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.requests < want {
		if ctx.Err() != nil {
			ts.Fatalf("only %d requests came", c.requests)
		}
		c.arrived.Wait()
	}
}

// crmSaw checks how many asserts the CRM received: crm-saw 5
func crmSaw(ts *testscript.TestScript, neg bool, args []string) {
	c := crmOf(ts)
	if neg || len(args) != 1 {
		ts.Fatalf("usage: crm-saw ASSERTS")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := strconv.Itoa(c.asserts); got != args[0] {
		ts.Fatalf("the CRM received %s asserts, want %s", got, args[0])
	}
}

// crmListed checks for how many pages of an object's records the CRM was asked:
// crm-listed companies 0
func crmListed(ts *testscript.TestScript, neg bool, args []string) {
	c := crmOf(ts)
	if neg || len(args) != 2 {
		ts.Fatalf("usage: crm-listed OBJECT PAGES")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := strconv.Itoa(c.listed[args[0]]); got != args[1] {
		ts.Fatalf("the CRM was asked for %s pages of %s, want %s", got, args[0], args[1])
	}
}

// crmAsked checks how many requests the CRM received: crm-asked 0
func crmAsked(ts *testscript.TestScript, neg bool, args []string) {
	c := crmOf(ts)
	if neg || len(args) != 1 {
		ts.Fatalf("usage: crm-asked REQUESTS")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := strconv.Itoa(c.requests); got != args[0] {
		ts.Fatalf("the CRM received %s requests, want %s", got, args[0])
	}
}
