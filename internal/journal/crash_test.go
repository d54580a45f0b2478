package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/durable"
)

// dying is a disk on which everything ends after a number of steps; a step is a
// byte written or one other call. What happens after that (cleaning up) does not
// reach the disk any more.
type dying struct {
	durable.System
	left  int
	after error
	log   []string
}

var errDead = errors.New("the machine is off")

func (d *dying) step(what string) error {
	if d.left == 0 {
		return d.after
	}
	d.left--
	d.log = append(d.log, what)
	return nil
}

func (d *dying) Create(name string) (durable.File, error) {
	if err := d.step("create"); err != nil {
		return nil, err
	}
	f, err := d.System.Create(name)
	return &dyingFile{f, d}, err
}

func (d *dying) Rename(from, to string) error {
	if err := d.step("rename"); err != nil {
		return err
	}
	return d.System.Rename(from, to)
}

func (d *dying) Remove(name string) error {
	if d.after == errDead && d.left == 0 {
		return errDead
	}
	d.log = append(d.log, "remove")
	return d.System.Remove(name)
}

func (d *dying) SyncDir(dir string) error { return d.step("syncdir") }

type dyingFile struct {
	durable.File
	d *dying
}

func (f *dyingFile) Write(b []byte) (int, error) {
	n := min(len(b), f.d.left)
	f.d.left -= n
	f.d.log = append(f.d.log, "write")
	if _, err := f.File.Write(b[:n]); err != nil {
		return 0, err
	}
	if n < len(b) {
		return n, f.d.after
	}
	return n, nil
}

func (f *dyingFile) Sync() error { return f.d.step("sync") }

// TestEveryPrefixOfAWriteIsRecoverable ends the machine at every byte and between
// any two calls, and looks what the next run finds.
func TestEveryPrefixOfAWriteIsRecoverable(t *testing.T) {
	before, after := Checkpoint{Done: 7, Line: 9}, Checkpoint{Done: 8, Line: 10}
	for steps := 0; ; steps++ {
		dir := t.TempDir()
		d := &dying{left: 1 << 30, after: errDead}
		j, _, err := openOn(d, dir, products(), started)
		must(t, err)
		must(t, j.Save(before))
		d.left = steps
		err = j.Save(after)
		j.lock.release() // as the system does for a process that is gone
		again, c, oerr := openOn(&dying{left: 1 << 30}, dir, products(), started)
		must(t, oerr)
		if again.Anew() != nil {
			t.Fatalf("after %d steps it starts anew: %+v", steps, again.Anew())
		}
		old, new := cmp.Equal(c, &before), cmp.Equal(c, &after)
		if !old && !new || err == nil && !new {
			t.Fatalf("after %d steps (Save: %v) it finds %+v", steps, err, c)
		}
		must(t, again.Close())
		if got := len(names(t, dir)); got != 2 {
			t.Fatalf("after %d steps the directory has %q", steps, names(t, dir))
		}
		if err == nil {
			break
		}
	}
}

func TestAFullDisk(t *testing.T) {
	for _, steps := range []int{0, 1, 100} {
		t.Run(fmt.Sprintf("after %d steps keeps the checkpoint before and leaves nothing", steps), func(t *testing.T) {
			dir := t.TempDir()
			d := &dying{left: 1 << 30, after: syscall.ENOSPC}
			j, _, err := openOn(d, dir, products(), started)
			must(t, err)
			must(t, j.Save(Checkpoint{Done: 7}))
			d.left = steps
			err = j.Save(someCheckpoint())
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), j.path()) || e.Hint() == "" {
				t.Errorf("%v", err)
			}
			if got := len(names(t, dir)); got != 3 {
				t.Errorf("the directory has %q", names(t, dir))
			}
			must(t, j.Close())
			if _, c := open(t, dir, products()); c == nil || c.Done != 7 {
				t.Errorf("%+v", c)
			}
		})
	}
	t.Run("at the start says whether an earlier journal stays", func(t *testing.T) {
		dir := t.TempDir()
		var e *Error
		if _, _, err := openOn(&dying{after: syscall.ENOSPC}, dir, products(), started); !errors.As(err, &e) || e.Left {
			t.Errorf("%v", err)
		}
		j, _ := open(t, dir, products())
		must(t, j.Close())
		_, _, err := openOn(&dying{after: syscall.ENOSPC}, dir, products(), started)
		if !errors.As(err, &e) || !e.Left || !strings.Contains(e.Hint(), j.path()) {
			t.Errorf("%v", err)
		}
		open(t, dir, products())
	})
}

func TestDataIsOnDiskBeforeItsName(t *testing.T) {
	d := &dying{left: 1 << 30}
	must(t, replace(d, filepath.Join(t.TempDir(), "x"+journalSuffix), []byte("abc")))
	if diff := cmp.Diff([]string{"create", "write", "sync", "rename", "syncdir"}, d.log); diff != "" {
		t.Error(diff)
	}
}

func TestALinkIsReplacedNotFollowed(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "precious")
	must(t, os.WriteFile(precious, []byte("precious"), 0o600))
	if err := os.Symlink(precious, filepath.Join(dir, key(products())+journalSuffix)); err != nil {
		t.Skip(err)
	}
	j, c := open(t, dir, products())
	if c != nil || j.Anew() == nil || j.Anew().Damaged == nil {
		t.Errorf("%+v, %+v", c, j.Anew())
	}
	if b, err := os.ReadFile(precious); string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
}

func FuzzDecode(f *testing.F) {
	c := someCheckpoint()
	f.Add(encode(&record{Run: products(), Checkpoint: &c}))
	f.Add([]byte("crmsync-journal 1 0 x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decode(b)
		if (r == nil) == (err == nil) {
			t.Fatalf("%v, %v", r, err)
		}
	})
}

func FuzzRanges(f *testing.F) {
	f.Add("7-9,12")
	f.Add("9223372036854775807-9223372036854775807")
	f.Add("1-9223372036854775807")
	f.Fuzz(func(t *testing.T, s string) {
		seqs, err := parseRanges(s)
		if err != nil {
			return
		}
		again, err := parseRanges(ranges(seqs))
		if err != nil || !slices.Equal(seqs, again) {
			t.Fatalf("%q: %v, %v", s, again, err)
		}
	})
}

func BenchmarkSave(b *testing.B) {
	j, _, err := Open(b.TempDir(), products(), started)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	c := someCheckpoint()
	for i := range int64(4000) {
		c.Beyond = append(c.Beyond, Settled{Seq: 2000 + i + i/50, Outcome: Updated})
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Save(c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(encode(&j.own))), "bytes")
}

func TestAForgottenJournalDoesNotComeBackAfterAPowerCut(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir, products())
	must(t, j.Save(someCheckpoint()))
	must(t, j.Close())
	d := &dying{left: 100}
	if _, err := forget(d, dir, j.Key(), journalSuffix, j.Key(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"remove", "syncdir"}; !slices.Equal(d.log, want) {
		t.Errorf("the steps are %q", d.log)
	}
}
