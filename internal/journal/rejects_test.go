package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheNameOfARejectFileIsHeldAgainstOthers(t *testing.T) {
	dir, work := filepath.Join(t.TempDir(), "state"), t.TempDir()
	path := filepath.Join(work, "a 50%\xff.rejects.csv")
	hold := func() *RejectFile {
		t.Helper()
		f, err := HoldRejects(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := hold()
	if f.Note() != nil {
		t.Errorf("something is known of a file that never was: %+v", f.Note())
	}
	var locked *RejectsLockedError
	if _, err := HoldRejects(dir, path); !errors.As(err, &locked) {
		t.Errorf("a second run got hold of it: %v", err)
	}
	other, err := HoldRejects(dir, path+"2")
	if err != nil {
		t.Fatal(err)
	}
	other.Close()

	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := &RejectNote{Path: path, Of: "a \xfe", Into: "https://crm.example/v2 a\xfe", Digest: "sha256:1"}
	if err := f.SetNote(want); err != nil {
		t.Fatal(err)
	}
	f.Close()
	f = hold()
	if diff := cmp.Diff(want, f.Note()); diff != "" {
		t.Errorf("what was noted comes back otherwise (-want +got):\n%s", diff)
	}
	f.Close()

	// A note goes with its file.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	other, err = HoldRejects(dir, path+"2")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.SetNote(nil); err != nil {
		t.Fatal(err)
	}
	other.Close()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "guard.lock" {
		t.Errorf("there is more than the guard: %v %v", left, err)
	}
}
