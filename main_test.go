package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// The test binary is the program: scripts call it as crmsync.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"crmsync": main})
}

func TestScript(t *testing.T) {
	// Programs that are started find what is caught here in its default state, also
	// where the tests run under nohup.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":       exits,
			"signal":      sendSignal,
			"exited":      exited,
			"sandbox":     startSandbox,
			"crm-has":     crmHas,
			"crm-count":   crmCount,
			"crm-await":   crmAwait,
			"crm-saw":     crmSaw,
			"crm-asked":   crmAsked,
			"tokenless":   tokenless,
			"writetoken":  writeToken,
			"echo-server": startEcho,
			"crm-rate":    crmRate,
			"crm-listed":  crmListed,
		},
	})
}

// token is what every script's CRM takes. It must not show up anywhere else.
const token = "tok_N0body-May.See~This"

// setUp gives a script a home of its own and the inputs of testdata.
func setUp(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, ".home")
	env.Setenv("HOME", home)
	env.Setenv("USERPROFILE", home)
	env.Setenv("GORACE", "atexit_sleep_ms=10") // under -race each program sleeps a second at its end otherwise
	samples, err := filepath.Abs("testdata")
	if err != nil {
		return err
	}
	env.Setenv("TESTDATA", samples)
	env.Values[crmKey{}] = &crm{}
	return os.Mkdir(home, 0o700)
}

// exits runs a command and checks its exit code: exits 3 crmsync push …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("running %s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// sendSignal sends a signal to the newest background command: signal TERM.
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": os.Kill}
	running := ts.BackgroundCmds()
	c := ts.Value(crmKey{}).(*crm)
	if neg || len(args) != 1 || signals[args[0]] == nil || len(running) == 0 {
		ts.Fatalf("usage: signal INT|TERM|HUP|KILL, with a command in the background")
	}
	c.signalled = running[len(running)-1]
	ts.Check(c.signalled.Process.Signal(signals[args[0]]))
}

// exited checks with which of the exit codes the command ended that a signal
// was sent to, after wait: exited 143
func exited(ts *testscript.TestScript, neg bool, args []string) {
	c := ts.Value(crmKey{}).(*crm)
	if neg || len(args) == 0 || c.signalled == nil || c.signalled.ProcessState == nil {
		ts.Fatalf("usage: exited CODE..., after signal and wait")
	}
	if got := strconv.Itoa(c.signalled.ProcessState.ExitCode()); !slices.Contains(args, got) {
		ts.Fatalf("exit code %s, want %s", got, strings.Join(args, " or "))
	}
}

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

// writeToken writes the token into a file: writetoken token.txt 600
func writeToken(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: writetoken FILE MODE")
	}
	mode, err := strconv.ParseUint(args[1], 8, 32)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(token+"\n"), 0o600))
	ts.Check(os.Chmod(ts.MkAbs(args[0]), os.FileMode(mode)))
}

// tokenless checks that the token stands in no file of the work directory and
// in nothing the last command wrote.
func tokenless(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: tokenless")
	}
	for _, stream := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(stream), token) {
			ts.Fatalf("the token stands in %s", stream)
		}
	}
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || entry.Name() == "token.txt" {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), token) {
			ts.Fatalf("the token stands in %s", path)
		}
		return err
	}))
}

func TestOneSignalThatComesTwiceIsNotASecondOne(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		second os.Signal
		after  time.Duration
		again  bool
	}{
		{"the same, at once", os.Interrupt, 5 * time.Millisecond, false},
		{"the same, later", os.Interrupt, 300 * time.Millisecond, true},
		{"another, at once", syscall.SIGTERM, 5 * time.Millisecond, true},
		{"the terminal is closed, too", syscall.SIGHUP, time.Second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var first firstSignal
			if first.sentAgain(os.Interrupt, at) {
				t.Error("the first is taken for a second one")
			}
			if got := first.sentAgain(test.second, at.Add(test.after)); got != test.again {
				t.Errorf("again: %v, want %v", got, test.again)
			}
		})
	}
}
