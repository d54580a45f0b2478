package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// chaosRun is one CRM, one directory, and the parts of one run on its way
// through both.
type chaosRun struct {
	*testing.T
	plan *chaosPlan
	dir  string

	crm    *sandbox.CRM
	server *chaosServer
	others sync.WaitGroup // who restarts the server
	cancel context.CancelFunc

	parts    []*chaosPart
	restarts int64
}

// chaosPart is one process of a run.
type chaosPart struct {
	command  []string
	signals  []syscall.Signal // that were sent while it ran
	code     int              // exit status; -1 where a signal ended it
	stdout   []byte
	stderr   []byte
	took     time.Duration
	requests int64
}

// finished tells whether the run came to its end.
func (p *chaosPart) finished() bool { return p.code == 0 || p.code == 3 }

func (p *chaosPart) String() string {
	tail := p.stderr[max(0, len(p.stderr)-2000):]
	return fmt.Sprintf("crmsync %s\nsignals %v, code %d, after %v and %d requests\n%s%s",
		strings.Join(p.command, " "), p.signals, p.code, p.took.Round(time.Millisecond), p.requests, p.stdout, tail)
}

// serve starts the CRM on a port of its own.
func (c *chaosRun) serve(ctx context.Context, opts sandbox.Options) {
	c.Helper()
	crm, err := sandbox.New(opts)
	if err != nil {
		c.Fatal(err)
	}
	c.crm, c.server = crm, newChaosServer(crm)
	if err := c.server.listen(ctx, "127.0.0.1:0"); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(c.stop)
}

// stop ends the server. It may be called again.
func (c *chaosRun) stop() {
	if c.cancel != nil {
		c.cancel()
	}
	c.others.Wait()
	c.server.close()
}

// restartNowAndThen takes the server down as the plan says.
func (c *chaosRun) restartNowAndThen(ctx context.Context) {
	ctx, c.cancel = context.WithCancel(ctx)
	c.others.Go(func() {
		for _, r := range c.plan.restarts {
			if !pause(ctx, r.after) {
				return
			}
			c.server.close()
			pause(ctx, r.down)
			if err := c.server.listen(ctx, c.server.address); err != nil {
				c.Errorf("opening the server again: %v", err)
				return
			}
			c.restarts++
		}
	})
}

// pause waits, and says whether it was not given up.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// part runs the program once, and sends it a signal on its way.
func (c *chaosRun) part(ctx context.Context, flags []string, signal *chaosSignal) *chaosPart {
	c.Helper()
	var files []string
	for _, in := range c.plan.inputs {
		files = append(files, in.name)
	}
	return c.push(ctx, append(flags, files...), signal)
}

// push is part with whatever command line.
func (c *chaosRun) push(ctx context.Context, args []string, signal *chaosSignal) *chaosPart {
	c.Helper()
	p := &chaosPart{command: append([]string{"push"}, args...)}
	cmd := exec.CommandContext(ctx, "crmsync", p.command...)
	cmd.Dir = c.work()
	cmd.Env = append(os.Environ(), "HOME="+c.home(), "XDG_STATE_HOME="+filepath.Join(c.home(), "state"), "TMPDIR="+c.temp(),
		"XDG_CONFIG_HOME="+filepath.Join(c.home(), "config"), "XDG_CACHE_HOME="+filepath.Join(c.home(), "cache"), "CRMSYNC_BASE_URL=http://"+c.server.address+"/v2", "CRMSYNC_TOKEN="+token)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // it says where it hangs
	cmd.WaitDelay = 10 * time.Second

	before, began := c.server.requests(), time.Now()
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	over := make(chan struct{})
	var signalling sync.WaitGroup
	if signal != nil {
		signalling.Go(func() { p.signals = c.server.send(signal, cmd.Process, over) })
	}
	err := cmd.Wait()
	close(over)
	signalling.Wait()
	p.took, p.requests = time.Since(began), c.server.requests()-before
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.Fatal(err)
	}
	p.code, p.stdout, p.stderr = cmd.ProcessState.ExitCode(), stdout.Bytes(), stderr.Bytes()
	c.parts = append(c.parts, p)
	c.checkPart(ctx, p)
	// Nobody starts a command again so fast that requests of the last process
	// are still on their way: the server has noticed by then that it is gone.
	if err := c.server.quiet(ctx); err != nil {
		c.Fatal("requests of a process that is gone are still under way")
	}
	return p
}

// chaosSummary is what the checks need of the JSON summary.
type chaosSummary struct {
	Outcome  string `json:"outcome"`
	ExitCode int    `json:"exit_code"`

	Read, Created, Updated, Unchanged, Rejected int64
	NotSent                                     int64 `json:"not_sent"`

	Requests     int64
	Error        string   `json:"error"`
	RejectsFiles []string `json:"rejects_files"`
}

// checkPart checks how a process ended, and the equation in what it printed.
func (c *chaosRun) checkPart(ctx context.Context, p *chaosPart) {
	c.Helper()
	if ctx.Err() != nil {
		c.Fatalf("it takes longer than %v:\n%s\n%s", roundTime, p, p.stderr)
	}
	if bytes.Contains(p.stderr, []byte("panic:")) || bytes.Contains(p.stderr, []byte("DATA RACE")) {
		c.Fatalf("the program broke down:\n%s\n%s", p, p.stderr)
	}
	// A signal may also come before the program has begun to listen for it.
	killed := slices.Contains(p.signals, syscall.SIGKILL) ||
		len(p.signals) > 0 && p.code == -1 && p.requests == 0 && len(p.stderr) == 0
	twice := len(p.signals) > 1
	var s chaosSummary
	switch err := json.Unmarshal(p.stdout, &s); {
	case err == nil && killed && p.code == -1: // in the moment of its end
	case err != nil && (killed || twice):
		return
	case err != nil:
		c.Fatalf("the summary can't be read: %v\n%s", err, p)
	case s.ExitCode != p.code:
		c.Errorf("the summary says exit code %d\n%s", s.ExitCode, p)
	}
	if s.Read != s.Created+s.Updated+s.Unchanged+s.Rejected+s.NotSent {
		c.Errorf("the counts don't add up:\n%s", p)
	}
	switch {
	case p.finished(), killed, twice:
	case slices.Contains(p.signals, syscall.SIGINT) && p.code == 130:
	case slices.Contains(p.signals, syscall.SIGTERM) && p.code == 143:
	case p.code == 1 && len(c.plan.restarts) > 0 && s.Read == 0: // there was no server to ask for the schema
	default:
		c.Errorf("an end that nobody asked for:\n%s", p)
	}
}

// checkEnd checks all that is left of a run that is over.
func (c *chaosRun) checkEnd(last *chaosPart) {
	c.Helper()
	if !last.finished() {
		c.Fatalf("the run didn't come to its end:\n%s", last)
	}
	want := c.plan.model()
	var s chaosSummary
	if err := json.Unmarshal(last.stdout, &s); err != nil {
		c.Fatal(err)
	}
	if s.Read != int64(c.plan.records) || s.Rejected != want.rejected || s.NotSent != 0 {
		c.Errorf("want %d read, %d rejected, all of them sent:\n%s", c.plan.records, want.rejected, last)
	}
	if held := int64(c.crm.Count("products")); s.Created > held {
		c.Errorf("%d created, but the CRM holds %d:\n%s", s.Created, held, last)
	}
	if diff := cmp.Diff(want.records, recordLines(c.crm)); diff != "" {
		c.Errorf("what the CRM holds is not what the records say (-want +got):\n%s", diff)
	}
	if twice := c.crm.Duplicates("products", "sku"); len(twice) > 0 {
		c.Errorf("duplicates: %v", twice)
	}
	if peak := c.crm.Stats().PeakPerKey; c.plan.patient && peak > 1 {
		c.Errorf("%d asserts of one key were under way at once", peak)
	}
	c.checkLeftovers(s.RejectsFiles)
}

// checkLeftovers looks for files that are neither input nor reject file nor
// meant to stay.
func (c *chaosRun) checkLeftovers(rejects []string) {
	c.Helper()
	known := map[string]bool{"state/crmsync/guard.lock": true, c.plan.between: true}
	for _, in := range c.plan.inputs {
		known[in.name] = true
	}
	for _, name := range rejects {
		known[filepath.ToSlash(name)] = true
	}
	notes := 0 // on reject files: one each
	for _, root := range []string{c.work(), c.home(), c.temp()} {
		for _, name := range c.filesIn(root) {
			if strings.HasPrefix(name, "state/crmsync/") && strings.HasSuffix(name, ".rejects") && notes < len(rejects) {
				notes++
				continue
			}
			stays := strings.HasPrefix(name, "state/crmsync/pace-") && strings.HasSuffix(name, ".json") ||
				strings.HasPrefix(name, "state/crmsync/products-") && strings.HasSuffix(name, ".state") ||
				strings.HasPrefix(name, "cache/crmsync/schema-") && strings.HasSuffix(name, ".json")
			if !known[name] && !stays {
				c.Errorf("the file %s is left over", name)
			}
		}
	}
}

func (c *chaosRun) filesIn(root string) (names []string) {
	c.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(root, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	return names
}

// checkRejects compares the reject files with those of the undisturbed run.
func (c *chaosRun) checkRejects(calm *chaosRun) {
	c.Helper()
	for _, in := range c.plan.inputs {
		want, errWant := os.ReadFile(filepath.Join(calm.work(), in.rejects))
		got, err := os.ReadFile(filepath.Join(c.work(), in.rejects))
		if os.IsNotExist(errWant) != os.IsNotExist(err) {
			c.Errorf("%s: %v; of the undisturbed run: %v", in.rejects, err, errWant)
		}
		if !bytes.Equal(want, got) {
			c.Errorf("%s is not that of the undisturbed run (-want +got):\n%s", in.rejects,
				cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
		}
	}
}

// addTo counts what the run went through.
func (c *chaosRun) addTo(sum *chaosSum) {
	sum.rounds.Add(1)
	sum.records.Add(int64(c.plan.records))
	sum.requests.Add(c.server.requests())
	sum.faults.Add(c.crm.Stats().Faults)
	sum.restarts.Add(c.restarts)
	sum.parts.Add(int64(len(c.parts)))
	for _, p := range c.parts {
		switch {
		case len(p.signals) == 0 || p.finished():
		case len(p.signals) > 1:
			sum.doubles.Add(1)
		case p.signals[0] == syscall.SIGKILL:
			sum.kills.Add(1)
		case p.signals[0] == syscall.SIGINT:
			sum.interrupts.Add(1)
		default:
			sum.terminations.Add(1)
		}
	}
}
