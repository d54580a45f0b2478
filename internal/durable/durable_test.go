package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestTheCauseOfAFileErrorNamesNoFile(t *testing.T) {
	odd := errors.New("odd")
	for name, c := range map[string]struct{ err, want error }{
		"of one file":       {&fs.PathError{Op: "open", Path: "/tmp/.x.tmp", Err: syscall.ENOSPC}, syscall.ENOSPC},
		"of two files":      {&os.LinkError{Op: "rename", Old: "/tmp/.x.tmp", New: "/tmp/x", Err: syscall.EXDEV}, syscall.EXDEV},
		"within another":    {fmt.Errorf("syncing: %w", &fs.PathError{Op: "sync", Path: "x", Err: syscall.EIO}), syscall.EIO},
		"of something else": {odd, odd},
	} {
		if got := Cause(c.err); got != c.want {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
}

func TestOnlyLeftoversThatAreOldEnoughAreRemoved(t *testing.T) {
	dir := t.TempDir()
	long := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{".a.old.tmp", ".a.new.tmp", ".b.old.tmp", ".a.old.csv"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if name != ".a.new.tmp" {
			if err := os.Chtimes(path, long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".a.dir.tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, ".a.dir.tmp"), long, long); err != nil {
		t.Fatal(err)
	}
	names := func() (all []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return all
	}
	RemoveLeft(dir, ".a.", ".tmp", time.Hour)
	if got, want := names(), []string{".a.dir.tmp", ".a.new.tmp", ".a.old.csv", ".b.old.tmp"}; !slices.Equal(got, want) {
		t.Errorf("after an hour there are %q, not %q", got, want)
	}
	RemoveLeft(dir, ".a.", ".tmp", 0)
	if got, want := names(), []string{".a.dir.tmp", ".a.old.csv", ".b.old.tmp"}; !slices.Equal(got, want) {
		t.Errorf("of any age there are %q, not %q", got, want)
	}
}
