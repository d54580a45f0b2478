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

func TestOnlyFilesThatAreLeftAreRemoved(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".a.1.tmp", ".a.2.tmp", ".b.1.tmp", ".a.1.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".a.dir.tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	RemoveLeft(dir, ".a.", ".tmp")
	if got, want := names(t, dir), []string{".a.1.csv", ".a.dir.tmp", ".b.1.tmp"}; !slices.Equal(got, want) {
		t.Errorf("there are %q, not %q", got, want)
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
