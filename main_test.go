package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
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
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":          exits,
			"signal":         sendSignal,
			"exited":         exited,
			"sandbox":        startSandbox,
			"crm-has":        crmHas,
			"crm-count":      crmCount,
			"crm-await":      crmAwait,
			"crm-saw":        crmSaw,
			"crm-asked":      crmAsked,
			"tokenless":      tokenless,
			"writetoken":     writeToken,
			"echo-server":    startEcho,
			"unasked-server": startUnasked,
			"crm-rate":       crmRate,
			"crm-listed":     crmListed,
		},
	})
}

// condition tells whether [mounts] holds: a volume can be mounted that only the
// processes of one command see.
func condition(name string) (bool, error) {
	if name != "mounts" {
		return false, fmt.Errorf("there is no condition %q", name)
	}
	const mount = `mount -t tmpfs -o size=400k,nr_inodes=9 tmpfs /tmp && mount -o remount,nr_inodes=90 /tmp`
	return exec.Command("unshare", "-rm", "sh", "-c", mount).Run() == nil, nil
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
