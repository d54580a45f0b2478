package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestNoFileTakesThePlaceOfWhatAProcessHasOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc/self/fd")
	}
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "err.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	link := func(name, target string) string {
		name = filepath.Join(dir, name)
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	open := fmt.Sprintf("/proc/self/fd/%d", file.Fd())
	stderr := link("stderr", open)
	for _, tt := range []struct {
		name, path string
		refused    bool
	}{
		{"an open file", open, true},
		{"the same by its other name", fmt.Sprintf("/dev/fd/%d", file.Fd()), true},
		{"a link to one", stderr, true},
		{"a link to a link to one", link("again", "stderr"), true},
		{"a new name in /dev", "/dev/no-such-file.csv", true},
		{"a device behind a link", link("null", "/dev/null"), true},
		{"a directory", dir, true},
		{"a directory behind a link", link("dir", dir), true},
		{"a file", file.Name(), false},
		{"a name that is free", filepath.Join(dir, "new.csv"), false},
		{"a name in a directory that isn't there", filepath.Join(dir, "none", "new.csv"), false},
		{"a link to a file", link("mine", file.Name()), false},
		{"a link to nothing", link("dangling", "none"), false},
	} {
		if err := CheckTarget(tt.path); errors.Is(err, ErrTarget) != tt.refused || err != nil && !tt.refused {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
