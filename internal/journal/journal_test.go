package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var started = Options{Started: noon, PID: 4711}

func products() Run {
	return Run{BaseURL: "https://crm.example/v2", Object: "products", Match: "sku", Mapping: "m1",
		Inputs:   []Input{{Path: "/home/ann/products.csv", Size: 1000, Fingerprint: "sha256:1"}},
		MappedBy: map[string]string{"--map": "0", "--null": "0"}, ChosenBy: map[string]string{"--max-age": "0"}}
}

func someCheckpoint() Checkpoint {
	return Checkpoint{Done: 1200, Input: 0, Offset: 54321, Line: 1300, Records: 1200,
		Beyond: []Settled{{Seq: 1202, Outcome: Created}, {Seq: 1203, Outcome: Rejected, Status: 400, Error: "no", Kind: "no"}, {Seq: 1204, Outcome: Created},
			{Seq: 1205, Outcome: Created}, {Seq: 1206, Outcome: Updated}, {Seq: 1300, Outcome: Unchanged}},
		Rejects: []Rejects{{Path: "/home/ann/100%\xff.rejects.csv", Temp: "/home/ann/x.part", Length: 99, Sum: 1<<64 - 1, Raw: true}},
		Created: 1000, Updated: 190, Unchanged: 7, Rejected: 3, Requests: 1250, Retries: 40, Throttled: 9,
		Reasons: []Reason{{Status: 400, Error: `The value of "price" must be a number.`, Count: 3, FirstLine: 17}},
		Row:     Row{Count: 2, Status: 400, Kind: "no"},
		Seconds: 12.75, SavedAt: noon.Add(time.Minute)}
}

func open(t *testing.T, dir string, run Run) (*Journal, *Checkpoint) {
	t.Helper()
	j, c, err := Open(dir, run, started)
	must(t, err)
	t.Cleanup(func() { j.Close() })
	return j, c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	must(t, err)
	var all []string
	for _, e := range list {
		all = append(all, e.Name())
	}
	return all
}

func TestARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	j, c := open(t, dir, products())
	if c != nil || j.Anew() != nil {
		t.Errorf("a first run: %+v, %+v", c, j.Anew())
	}
	must(t, j.Save(Checkpoint{Done: 1}))
	want := someCheckpoint()
	must(t, j.Save(want))
	must(t, j.Close())
	must(t, j.Close())

	j, c = open(t, dir, products())
	if j.Anew() != nil {
		t.Errorf("it starts anew: %+v", j.Anew())
	}
	if diff := cmp.Diff(&want, c); diff != "" {
		t.Error(diff)
	}
	if runtime.GOOS != "windows" {
		st, err := os.Stat(dir)
		must(t, err)
		if st.Mode().Perm() != 0o700 {
			t.Errorf("the directory's mode is %v", st.Mode())
		}
		for _, name := range names(t, dir) {
			if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", name, st.Mode(), err)
			}
		}
	}
	must(t, j.Finish())
	if got := names(t, dir); !cmp.Equal(got, []string{"guard.lock"}) {
		t.Errorf("a finished run leaves %q", got)
	}
}

func TestFilesInAnotherOrderAreNoneThatWereAdded(t *testing.T) {
	a, b := products().Inputs[0], Input{Path: "/home/ann/b.csv", Size: 7, Fingerprint: "sha256:7"}
	for want, now := range map[string][]Input{
		"the order of its files has changed": {b, a},
		"files were added to it":             {b, a, {Path: "/home/ann/c.csv"}},
	} {
		dir, run := t.TempDir(), products()
		run.Inputs = []Input{a, b}
		j, _ := open(t, dir, run)
		must(t, j.Save(someCheckpoint()))
		must(t, j.Close())
		run.Inputs = now
		if j, _ = open(t, dir, run); j.Anew() == nil || !cmp.Equal(j.Anew().Changed, []string{want}) {
			t.Errorf("%s: %+v", want, j.Anew())
		}
	}
}

func TestAChangedRunStartsAnew(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Run)
		want   []string
	}{
		{"another content of the same length", func(r *Run) { r.Inputs[0].Fingerprint = "sha256:2" }, []string{"products.csv has changed"}},
		{"a longer file", func(r *Run) { r.Inputs[0].Size, r.Inputs[0].Fingerprint = 1100, "sha256:2" }, []string{"products.csv has changed (it had 1000 bytes and has 1100)"}},
		{"another object", func(r *Run) { r.Object = "articles" }, []string{"the object was products and is articles"}},
		{"another match attribute and mapping", func(r *Run) { r.Match, r.Mapping = "ean", "m2" }, []string{"the match attribute was sku and is ean", "how records are mapped has changed (mapping, locale, time zone, or the attributes in the CRM)"}},
		{"another delimiter", func(r *Run) { r.Choice = "c2" }, []string{"how the input is read, or which of its records are sent, has changed"}},
		{"other flags that decide the mapping", func(r *Run) {
			r.Mapping, r.MappedBy = "m2", map[string]string{"--map": "1", "--set": "2"}
		}, []string{"--map has changed", "--null was left out", "--set was added"}},
		{"a flag that chooses the records", func(r *Run) { r.Choice, r.ChosenBy = "c2", map[string]string{"--max-age": "0", "--only-changed": "1"} }, []string{"--only-changed was added"}},
		{"a limit", func(r *Run) { r.Limit = 5 }, []string{"--limit was none and is 5"}},
		{"another workspace", func(r *Run) { r.Workspace = "w" }, []string{"the workspace is another"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, dir, products())
			must(t, j.Save(someCheckpoint()))
			must(t, j.Close())
			run := products()
			tt.change(&run)
			j, c := open(t, dir, run)
			if c != nil || j.Anew() == nil || !cmp.Equal(j.Anew().Changed, tt.want) {
				t.Fatalf("%+v, %+v", c, j.Anew())
			}
			if got := j.Stale(); !cmp.Equal(got, someCheckpoint().Rejects) {
				t.Errorf("the rejects that are to go are %+v", got)
			}
			must(t, j.Close())
			j, c = open(t, dir, run)
			if c != nil || j.Anew() != nil {
				t.Errorf("the next run: %+v, %+v", c, j.Anew())
			}
			if got := j.Stale(); !cmp.Equal(got, someCheckpoint().Rejects) {
				t.Errorf("killed before it removed them, the next run knows of %+v", got)
			}
			must(t, j.Save(Checkpoint{}))
			must(t, j.Close())
			if j, _ := open(t, dir, run); len(j.Stale()) > 0 {
				t.Errorf("after the first checkpoint there still are %+v", j.Stale())
			}
		})
	}
	t.Run("another server or shard is another run, and leaves the first alone", func(t *testing.T) {
		dir := t.TempDir()
		j, _ := open(t, dir, products())
		must(t, j.Save(someCheckpoint()))
		must(t, j.Close())
		other, shard := products(), products()
		other.BaseURL = "https://test.example/v2"
		shard.Shard = "1/2"
		for _, run := range []Run{other, shard} {
			j, c := open(t, dir, run)
			if c != nil || j.Anew() != nil {
				t.Errorf("%+v, %+v", c, j.Anew())
			}
			must(t, j.Close())
		}
		if _, c := open(t, dir, products()); c == nil || c.Done != 1200 {
			t.Errorf("the first run's checkpoint is %+v", c)
		}
	})
	t.Run("asked to restart", func(t *testing.T) {
		dir := t.TempDir()
		j, _ := open(t, dir, products())
		must(t, j.Save(someCheckpoint()))
		must(t, j.Close())
		j, c, err := Open(dir, products(), Options{Restart: true})
		must(t, err)
		defer j.Close()
		if c != nil || j.Anew() == nil || !j.Anew().Asked || len(j.Stale()) != 1 {
			t.Errorf("%+v, %+v", c, j.Anew())
		}
	})
}

func TestADamagedJournalStartsAnew(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func([]byte) []byte
		want   string
	}{
		{"cut short", func(b []byte) []byte { return b[:len(b)-1] }, "it is damaged"},
		{"emptied", func(b []byte) []byte { return nil }, "it is damaged"},
		{"with a changed number", func(b []byte) []byte { return []byte(strings.Replace(string(b), "1200", "1201", 1)) }, "it is damaged"},
		{"of another version", func(b []byte) []byte { return []byte(strings.Replace(string(b), "journal 1", "journal 2", 1)) }, "it was written by another version of crmsync"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, dir, products())
			must(t, j.Save(someCheckpoint()))
			must(t, j.Close())
			b, err := os.ReadFile(j.path())
			must(t, err)
			must(t, os.WriteFile(j.path(), tt.damage(b), 0o600))
			all, err := List(dir)
			must(t, err)
			if len(all) != 1 || all[0].Damaged == nil || !strings.Contains(all[0].String(), tt.want) {
				t.Errorf("the list is %v", all)
			}
			j, c := open(t, dir, products())
			if c != nil || j.Anew() == nil || j.Anew().Damaged == nil || !strings.Contains(j.Anew().Damaged.Error(), tt.want) {
				t.Errorf("%+v, %+v", c, j.Anew())
			}
		})
	}
}

func TestListAndForget(t *testing.T) {
	dir := t.TempDir()
	if all, err := List(filepath.Join(dir, "none")); len(all) != 0 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
	j, _ := open(t, dir, products())
	must(t, j.Save(someCheckpoint()))
	one := func() Entry {
		t.Helper()
		all, err := List(dir)
		must(t, err)
		if len(all) != 1 {
			t.Fatalf("the list is %v", all)
		}
		return all[0]
	}
	if got, want := one().String(), "/home/ann/products.csv to products by sku at https://crm.example/v2: 1206 records done (4 rejected), under way in process 4711 since 2026-11-23 12:00:00"; got != want {
		t.Errorf("%s", got)
	}
	var locked *LockedError
	var discarded []Rejects
	discard := func(r Rejects) error {
		discarded = append(discarded, r)
		_, err := os.Stat(j.path()) // a kill must find it still
		return err
	}
	if err := Forget(dir, one(), nil); !errors.As(err, &locked) {
		t.Errorf("Forget of one in use: %v", err)
	}
	must(t, j.Save(someCheckpoint()))
	must(t, j.Close())
	if got, want := one().String(), "/home/ann/products.csv to products by sku at https://crm.example/v2: 1206 records done (4 rejected), unfinished since 2026-11-23 12:01:00"; got != want {
		t.Errorf("%s", got)
	}
	must(t, Forget(dir, one(), discard))
	if !cmp.Equal(discarded, someCheckpoint().Rejects) {
		t.Errorf("discarded are %+v", discarded)
	}
	if got := names(t, dir); !cmp.Equal(got, []string{"guard.lock"}) {
		t.Errorf("it leaves %q", got)
	}
}

func TestADirectoryThatWontDo(t *testing.T) {
	for name, dir := range map[string]string{"is a file": filepath.Join(t.TempDir(), "f"), "is nowhere": filepath.Join(os.DevNull, "x")} {
		if name == "is a file" {
			must(t, os.WriteFile(dir, nil, 0o600))
		}
		_, _, err := Open(dir, products(), started)
		var e *Error
		if !errors.As(err, &e) || e.Left || !strings.Contains(err.Error(), dir) {
			t.Errorf("a directory that %s: %v", name, err)
		}
	}
	t.Run("read-only", func(t *testing.T) {
		if os.Geteuid() == 0 || runtime.GOOS == "windows" {
			t.Skip("permissions don't bind this user")
		}
		parent := t.TempDir()
		must(t, os.Chmod(parent, 0o500))
		_, _, err := Open(filepath.Join(parent, "x"), products(), started)
		var e *Error
		if !errors.As(err, &e) || e.Hint() == "" {
			t.Errorf("%v", err)
		}
	})
}

// TestRandomHistories compares with a model: what was saved last is found again,
// whatever happened in between.
func TestRandomHistories(t *testing.T) {
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(root, fmt.Sprint(n))
		defer os.RemoveAll(dir)
		var saved *Checkpoint
		run := products()
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			j, c, err := openOn(&dying{left: 1 << 30}, dir, run, started)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(saved, c); diff != "" {
				t.Fatal(diff)
			}
			for range rapid.IntRange(0, 3).Draw(t, "saves") {
				c := anyCheckpoint(t)
				if err := j.Save(c); err != nil {
					t.Fatal(err)
				}
				saved = &c
			}
			switch rapid.SampledFrom([]string{"close", "finish", "change"}).Draw(t, "then") {
			case "finish":
				if err := j.Finish(); err != nil {
					t.Fatal(err)
				}
				saved = nil
			case "change":
				run.Mapping += "x"
				saved = nil
				fallthrough
			default:
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func anyCheckpoint(t *rapid.T) Checkpoint {
	c := Checkpoint{Done: rapid.Int64Range(0, 1<<50).Draw(t, "done"), Offset: rapid.Int64Min(-1).Draw(t, "offset"),
		Seconds: rapid.Float64Range(0, 1e9).Draw(t, "seconds"), SavedAt: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), 5).UTC()}
	seq := c.Done
	for range rapid.IntRange(0, 30).Draw(t, "beyond") {
		seq += rapid.Int64Range(1, 3).Draw(t, "gap")
		s := Settled{Seq: seq, Outcome: rapid.SampledFrom([]Outcome{Created, Updated, Unchanged, Rejected}).Draw(t, "outcome")}
		if s.Outcome == Rejected {
			s.Status, s.Error = 400, rapid.String().Draw(t, "error")
			s.Kind = rapid.SampledFrom([]string{s.Error, "of a kind"}).Draw(t, "kind")
		}
		c.Beyond = append(c.Beyond, s)
	}
	if rapid.Bool().Draw(t, "rejects") {
		c.Rejects = []Rejects{{Path: string(rapid.SliceOf(rapid.Byte()).Draw(t, "path")), Temp: rapid.String().Draw(t, "temp"), Sum: rapid.Uint64().Draw(t, "sum")}}
	}
	return c
}
