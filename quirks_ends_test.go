package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// endless is an input that goes on until nobody reads it.
func endless(w *io.PipeWriter, records int) {
	_, err := io.WriteString(w, "sku,price\n")
	for i := 0; err == nil && i < records; i++ {
		_, err = fmt.Fprintf(w, "E-%d,%d\n", i, i)
	}
	// And then it keeps quiet, as a program does that waits for something.
}

// expiring serves a CRM whose token is good for a number of requests.
func expiring(t *testing.T, requests int) (*sandbox.CRM, *chaosServer) {
	t.Helper()
	crm, err := sandbox.New(sandbox.Options{Tokens: []sandbox.Token{{Value: token, Scopes: []string{"crm:write"}, Requests: requests}}})
	if err != nil {
		t.Fatal(err)
	}
	server := newChaosServer(crm)
	if err := server.listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.close)
	return crm, server
}

// pushTo is the command, in a directory of its own, that pushes to a server.
func pushTo(ctx context.Context, dir string, server *chaosServer, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "crmsync", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"),
		"XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"), "CRMSYNC_BASE_URL=http://"+server.address+"/v2", "CRMSYNC_TOKEN="+token)
	return cmd
}

func summaryOf(t *testing.T, stdout []byte) (s quirkSummary) {
	t.Helper()
	if err := json.Unmarshal(stdout, &s); err != nil {
		t.Fatalf("the summary can't be read: %v\n%s", err, stdout)
	}
	if s.Read != s.Created+s.Updated+s.Unchanged+s.Rejected+s.NotSent {
		t.Errorf("the counts don't add up: %s", stdout)
	}
	return s
}

// A token that expires ends the run, also where stdin stays open and silent.
func TestAnOpenStdinDoesNotHoldUpTheEndAfterA401(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	crm, server := expiring(t, 30)
	cmd := pushTo(ctx, t.TempDir(), server, "push", "-", "--object", "products", "--match", "sku", "-o", "json", "--workers", "4")
	r, w := io.Pipe()
	defer r.Close()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(in, r) }() // stays open when the pipe says nothing more
	go endless(w, 1_000_000)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("it ended with %v:\n%s", err, &stderr)
	}
	s := summaryOf(t, stdout.Bytes())
	if s.Created != int64(crm.Count("products")) || s.NotSent == 0 || s.Rejected != 0 {
		t.Errorf("the CRM has %d: %s", crm.Count("products"), &stdout)
	}
	if !strings.Contains(stderr.String(), "stdin can't be gone on with") || !strings.Contains(stderr.String(), "hint: the token is wrong, expired") {
		t.Errorf("it says %s", &stderr)
	}
}

// After a token has expired in mid-run, few requests follow it, and the same
// command goes on with a new one.
func TestATokenThatExpiresEndsTheRunWithinFortyRequests(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	const good, records = 300, 2000
	crm, server := expiring(t, good)
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("sku,price\n")
	for i := range records {
		if i%100 == 7 {
			fmt.Fprintf(&b, "T-%d,dear\n", i)
			continue
		}
		fmt.Fprintf(&b, "T-%d,%d\n", i, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	push := func() ([]byte, int) {
		cmd := pushTo(ctx, dir, server, "push", "rows.csv", "--object", "products", "--match", "sku", "-o", "json")
		stdout, _ := cmd.Output()
		return stdout, cmd.ProcessState.ExitCode()
	}
	stdout, code := push()
	s := summaryOf(t, stdout)
	if after := server.requests() - good; code != 1 || after > 40 || s.NotSent == 0 {
		t.Errorf("exit code %d, %d requests after the token had expired: %s", code, after, stdout)
	}
	if s.Created != int64(crm.Count("products")) {
		t.Errorf("the CRM has %d: %s", crm.Count("products"), stdout)
	}
	before := crm.Count("products")
	crm.SetTokens([]sandbox.Token{{Value: token, Scopes: []string{"crm:write"}}})
	stdout, code = push()
	s = summaryOf(t, stdout)
	if code != 3 || s.Read != records || s.Rejected != records/100 || s.Resumed == 0 || crm.Count("products") != records-records/100 {
		t.Errorf("with a new token: exit code %d, the CRM has %d: %s", code, crm.Count("products"), stdout)
	}
	if again := int(s.Updated); again > 0 {
		t.Errorf("%d of the %d records that had been answered were sent again: %s", again, before, stdout)
	}
}
