package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestWhatAKilledProcessLeftOfAFileGoesWithTheNextThatIsWritten(t *testing.T) {
	for name, write := range map[string]func(path string) error{
		"a report":                    func(path string) error { return Write(path, 0o600, empty) },
		"a schema, which may be lost": func(path string) error { return WriteCache(path, nil) },
	} {
		dir := t.TempDir()
		now := time.Now()
		for name, age := range map[string]time.Duration{".run.json.1.tmp": 25 * time.Hour, ".run.json.2.tmp": 0, ".other.json.3.tmp": 25 * time.Hour} {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		if err := write(filepath.Join(dir, "run.json")); err != nil {
			t.Fatal(err)
		}
		want := []string{".other.json.3.tmp", "run.json"}
		if runtime.GOOS == "windows" { // where a file's owner is not known
			want = slices.Insert(want, 1, ".run.json.2.tmp")
		}
		if left := names(t, dir); !slices.Equal(left, want) {
			t.Errorf("%s: the directory has %q, want %q", name, left, want)
		}
	}
}

func TestAFileThatIsBeingWrittenIsNotLeft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.json")
	err := Write(path, 0o600, func(w io.Writer) error {
		return errors.Join(WriteCache(path, []byte("another's")), CheckReplaceable(path), empty(w))
	})
	if content, _ := os.ReadFile(path); err != nil || len(content) > 0 {
		t.Errorf("the file holds %q: %v", content, err)
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("the directory has %q", left)
	}
}

func empty(io.Writer) error { return nil }

func TestTheOldFileStaysWhereWritingFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	if err := Write(path, 0o600, func(io.Writer) error { return full }); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if content, _ := os.ReadFile(path); err != nil || string(content) != "old" || len(left) != 1 {
		t.Errorf("the file holds %q, and %d files are there", content, len(left))
	}
}
