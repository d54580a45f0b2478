package reject

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// end writes an entry for each cell and ends the file.
func end(t *testing.T, w *Writer, cells ...string) error {
	t.Helper()
	for i, cell := range cells {
		if err := w.Write(Entry{Line: int64(i + 2), Cells: []string{cell}}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.Finish()
	return err
}

func TestARejectFileThatSomebodyHasWorkedOnIsKept(t *testing.T) {
	o := Options{Path: filepath.Join(t.TempDir(), "a.rejects.csv"), Format: "csv", Columns: []string{"a"}}
	run := func(rejects ...string) {
		t.Helper()
		if err := end(t, New(o), rejects...); err != nil {
			t.Fatal(err)
		}
	}
	edit := func(text string) {
		t.Helper()
		if err := os.WriteFile(o.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 10, 0, 0, 5e8, time.UTC)
		if err := os.Chtimes(o.Path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	const kept = "a.rejects.csv~"

	run("x")
	if got, _ := o.Aside(); got != "" {
		t.Errorf("a file that nobody has touched would be kept as %s", got)
	}
	run("y")
	onlyFile(t, o.Path)

	edit("a,crmsync_line\nmended,2\n")
	if got, _ := o.Aside(); filepath.Base(got) != kept {
		t.Errorf("it would be kept as %q", got)
	}
	run("z")
	if !strings.Contains(read(t, o.Path), "z,") || !strings.Contains(read(t, o.Path+"~"), "mended") {
		t.Error("a run with rejects has not kept it")
	}
	if got, _ := o.Aside(); got != "" {
		t.Errorf("the new one would be kept as %s", got)
	}

	edit("a,crmsync_line\nagain,2\n")
	run()
	if _, err := os.Stat(o.Path); err == nil || !strings.Contains(read(t, o.Path+"~2"), "again") {
		t.Error("a run without rejects has not kept it")
	}

	edit("notes, and no reject file\n")
	run()
	if read(t, o.Path) != "notes, and no reject file\n" {
		t.Error("a file that never was a reject file is not where it was")
	}
}

func TestARejectFileOfAnotherInputIsKept(t *testing.T) {
	o := Options{Path: filepath.Join(t.TempDir(), "a.rejects.csv"), Format: "csv", Columns: []string{"a"}}
	run := func(o Options, rejects ...string) {
		t.Helper()
		if err := end(t, New(o), rejects...); err != nil {
			t.Fatal(err)
		}
	}
	run(o, "x")
	o.Keep = true
	run(o, "y")
	run(o)
	if !strings.Contains(read(t, o.Path+"~"), "x,") || !strings.Contains(read(t, o.Path+"~2"), "y,") {
		t.Error("those that were there have not been kept")
	}
	run(o, "z")
	run(o, "z")
	if _, err := os.Stat(o.Path + "~3"); err == nil {
		t.Error("one that says the same has been kept")
	}

	// What is known of the file is worth more than its time.
	o.Keep = false
	var err error
	if o.Left, err = Digest(o.Path); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 1, 10, 0, 0, 5e8, time.UTC)
	if err := os.Chtimes(o.Path, at, at); err != nil {
		t.Fatal(err)
	}
	if kept, _ := o.Aside(); kept != "" {
		t.Errorf("one that was only touched would be kept as %s", kept)
	}
	if err := os.WriteFile(o.Path, []byte("a,crmsync_line\nmended,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sign(o.Path)
	if kept, edited := o.Aside(); kept != o.Path+"~3" || !edited {
		t.Errorf("one that was changed would be kept as %q", kept)
	}
}
