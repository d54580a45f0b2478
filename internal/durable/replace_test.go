package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestWhatAKilledProcessLeftOfAFileGoesWithTheNextThatIsWritten(t *testing.T) {
	for name, test := range map[string]struct {
		write func(path string) error
		left  []string
	}{
		"a report": {func(path string) error {
			return Write(path, 0o600, func(w io.Writer) error { _, err := io.WriteString(w, "{}"); return err })
		}, []string{".other.json.3.tmp", ".run.json.2.tmp", "run.json"}},
		"a schema, which may be lost": {func(path string) error { return WriteCache(path, []byte("{}")) },
			[]string{".other.json.3.tmp", "run.json"}},
	} {
		dir := t.TempDir()
		now := time.Now()
		for name, age := range map[string]time.Duration{
			".run.json.1.tmp":   25 * time.Hour,
			".run.json.2.tmp":   time.Minute, // another process may be writing it
			".other.json.3.tmp": 25 * time.Hour,
		} {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		if err := test.write(filepath.Join(dir, "run.json")); err != nil {
			t.Fatal(err)
		}
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range left {
			names = append(names, e.Name())
		}
		if !slices.Equal(names, test.left) {
			t.Errorf("%s: the directory has %q, want %q", name, names, test.left)
		}
	}
}

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
