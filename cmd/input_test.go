package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsOpenAlreadyIsAStreamAlsoWhereItIsAFile(t *testing.T) {
	if _, err := os.Stat("/dev/fd"); err != nil {
		t.Skip("there is no /dev/fd")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "products.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, tt := range []struct {
		path    string
		stream  bool
		rejects string
	}{
		{fmt.Sprintf("/dev/fd/%d", f.Fd()), true, "stdin.rejects.csv"},
		{fmt.Sprintf("/dev//fd/%d", f.Fd()), true, "stdin.rejects.csv"},
		{fmt.Sprintf("/proc/self/fd/%d", f.Fd()), true, "stdin.rejects.csv"},
		{fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd()), true, "stdin.rejects.csv"},
		{"/dev/stdin", true, "stdin.rejects.csv"},
		{f.Name(), false, filepath.Join(filepath.Dir(f.Name()), "products.rejects.csv")},
	} {
		in := &input{path: tt.path}
		if got := in.isStream(); got != tt.stream {
			t.Errorf("%s is a stream: %t", tt.path, got)
		}
		if got := in.rejectPath(); got != tt.rejects {
			t.Errorf("the rejects of %s go to %s", tt.path, got)
		}
	}
}
