package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

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

	rejects  map[string]string // the reject files, by name
	mu       sync.Mutex
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

// serve starts the CRM on a port of its own; some connections to it break.
func (c *chaosRun) serve(ctx context.Context, opts sandbox.Options, cut float64) {
	c.Helper()
	crm, err := sandbox.New(opts)
	if err != nil {
		c.Fatal(err)
	}
	c.crm, c.server = crm, newChaosServer(crm)
	c.server.cut, c.server.rng = cut, rand.New(rand.NewPCG(c.plan.seed, 0xc47))
	if c.plan.tls {
		c.server.certificate, c.server.http2 = c.certificate(), c.plan.http2
	}
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

// certificate is one that the tests of net/http have, and that the program is told to
// trust.
func (c *chaosRun) certificate() *tls.Certificate {
	c.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(c.dir, "cert.pem"), block, 0o600); err != nil {
		c.Fatal(err)
	}
	return &server.TLS.Certificates[0]
}

// part runs the program once, and sends it a signal on its way.
func (c *chaosRun) part(ctx context.Context, side chaosSide, flags []string, signal *chaosSignal) *chaosPart {
	c.Helper()
	p := &chaosPart{command: slices.Concat(side.command, flags, side.files)}
	cmd := exec.CommandContext(ctx, "crmsync", p.command...)
	cmd.Dir = c.work()
	cmd.Env = append(os.Environ(), "HOME="+c.home(), "XDG_STATE_HOME="+filepath.Join(c.home(), "state"), "TMPDIR="+c.temp(),
		"XDG_CONFIG_HOME="+filepath.Join(c.home(), "config"), "XDG_CACHE_HOME="+filepath.Join(c.home(), "cache"), "CRMSYNC_BASE_URL="+c.server.url(), "CRMSYNC_TOKEN="+token)
	if c.plan.tls {
		cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+filepath.Join(c.dir, "cert.pem"))
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // it says where it hangs
	cmd.WaitDelay = 10 * time.Second

	before, began := c.server.requests(), time.Now()
	if err := cmd.Start(); err != nil {
		c.Error(err)
		return p
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
		c.Error(err)
	}
	p.code, p.stdout, p.stderr = cmd.ProcessState.ExitCode(), stdout.Bytes(), stderr.Bytes()
	c.mu.Lock()
	c.parts = append(c.parts, p)
	c.mu.Unlock()
	c.checkPart(ctx, p)
	// Nobody starts a command again so fast that requests of the last process
	// are still on their way: the server has noticed by then that it is gone.
	if err := c.server.quiet(ctx); err != nil {
		c.Error("requests of a process that is gone are still under way")
	}
	return p
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
