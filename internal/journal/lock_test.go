package journal

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// childDir names the environment variable that makes the test binary a push that
// never ends.
const childDir = "JOURNAL_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		hang(dir)
	}
	os.Exit(m.Run())
}

func hang(dir string) {
	j, _, err := Open(dir, products(), Options{Started: noon, PID: os.Getpid()})
	if err == nil {
		err = j.Save(someCheckpoint())
	}
	fmt.Println(err)
	bufio.NewReader(os.Stdin).ReadByte()
	os.Exit(1)
}

func locks(t *testing.T, dir string) []string {
	t.Helper()
	return slices.DeleteFunc(names(t, dir), func(name string) bool { return !strings.HasSuffix(name, lockSuffix) })
}

func TestASecondPushIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, products())
	both, other, shard := products(), products(), products()
	both.Inputs = append([]Input{{Path: "/home/ann/a.csv"}}, both.Inputs...)
	other.BaseURL = "https://test.example/v2"
	for name, run := range map[string]Run{"the same command": products(), "among other files": both, "to another server": other} {
		_, _, err := Open(dir, run, started)
		var locked *LockedError
		if !errors.As(err, &locked) || locked.PID != 4711 || !locked.Since.Equal(noon) {
			t.Fatalf("%s: %v", name, err)
		}
		if got, want := err.Error(), "another push of /home/ann/products.csv is under way (process 4711, since 2026-11-23 12:00:00)"; got != want {
			t.Errorf("%s: %q", name, got)
		}
		want := "wait until it ends, or end process 4711"
		if name == "the same command" { // what others leave unfinished it doesn't go on with
			want += "; the same command then goes on where it stopped"
		}
		if locked.Hint() != want {
			t.Errorf("%s: the hint is %q", name, locked.Hint())
		}
	}
	shard.Shard = "1/2"
	var locked *LockedError
	if _, _, err := Open(dir, shard, started); !errors.As(err, &locked) {
		t.Errorf("a shard beside the whole run: %v", err)
	}
}

func TestAPushUnderWayIsNamedAsItIsFoundFromHere(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	dir, err := os.Getwd()
	must(t, err)
	for want, path := range map[string]string{
		"another push of a.csv is under way":                                             filepath.Join(dir, "a.csv"),
		"another push of " + filepath.Join("x", "a.csv") + " is under way":               filepath.Join(dir, "x", "a.csv"),
		"another push of " + filepath.Join(filepath.Dir(dir), "a.csv") + " is under way": filepath.Join(filepath.Dir(dir), "a.csv"),
	} {
		if got := (&LockedError{Path: path}).Error(); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestASecondPushOfTheSameFileUnderAnotherNameIsRefused(t *testing.T) {
	dir, files := t.TempDir(), t.TempDir()
	one, other := filepath.Join(files, "products.csv"), filepath.Join(files, "PRODUCTS-2.csv")
	must(t, os.WriteFile(one, []byte("sku\nA\n"), 0o600))
	must(t, os.Link(one, other))
	first, second := products(), products()
	first.Inputs[0].Path, second.Inputs[0].Path = one, other
	open(t, dir, first)
	var locked *LockedError
	if _, _, err := Open(dir, second, started); !errors.As(err, &locked) || locked.Path != other {
		t.Errorf("%v", err)
	}
}

func TestShardsOfOneDivisionDontMeet(t *testing.T) {
	dir := t.TempDir()
	first, second, other := products(), products(), products()
	first.Shard, second.Shard, other.Shard = "1/2", "2/2", "1/3"
	open(t, dir, first)
	open(t, dir, second)
	var locked *LockedError
	if _, _, err := Open(dir, other, started); !errors.As(err, &locked) {
		t.Errorf("a shard of another division: %v", err)
	}
}

func TestAKilledProcessLeavesNoLock(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	in, err := child.StdinPipe()
	must(t, err)
	defer in.Close()
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "<nil>\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	_, _, err = Open(dir, products(), started)
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != child.Process.Pid {
		t.Errorf("while it lives: %v", err)
	}
	must(t, child.Process.Kill())
	child.Wait()
	// Not even its file, whatever comes next. What isn't the journals' own stays.
	foreign := "products-71e3142aaf65afbc.state.lock"
	must(t, os.WriteFile(filepath.Join(dir, foreign), nil, 0o600))
	openJob(t, dir, nightly(), Options{})
	want := []string{"guard.lock", jobFileKey(nightly().Path) + lockSuffix, foreign}
	if got := locks(t, dir); !slices.Equal(got, want) {
		t.Errorf("the locks are %q, want %q", got, want)
	}
	_, c := open(t, dir, products())
	if c == nil || c.Done != 1200 {
		t.Errorf("after its end: %+v", c)
	}
}
