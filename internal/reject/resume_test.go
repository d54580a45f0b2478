package reject

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

var errFull = syscall.ENOSPC

// faulty is a disk that takes a number of bytes and then is full.
type faulty struct {
	file
	room *int
}

func (f faulty) WriteAt(b []byte, off int64) (int, error) {
	if n := *f.room; n < len(b) {
		*f.room = 0
		n, _ = f.file.WriteAt(b[:n], off)
		return n, errFull
	}
	*f.room -= len(b)
	return f.file.WriteAt(b, off)
}

func onFullDisk(w *Writer, room *int) {
	w.create = func(name string) (file, error) {
		f, err := createFile(name)
		return faulty{f, room}, err
	}
}

func entries(n int) []Entry {
	var list []Entry
	for i := range n {
		list = append(list, Entry{Line: int64(i + 2), Status: 400, Error: "no", Cells: []string{fmt.Sprint("A-", i)}})
	}
	return list
}

// finishedBeyond writes rejects, marks a checkpoint, and finishes before the run's
// journal knows.
func finishedBeyond(t *testing.T, o Options) Mark {
	t.Helper()
	w := New(o)
	for _, e := range entries(3) {
		must(t, w.Write(e))
	}
	m, err := w.Checkpoint()
	must(t, err)
	_, err = w.Finish()
	must(t, err)
	return m
}

// goesOn resumes at a mark with the rest of the rejects: the file must hold what one
// run would have written of all of them.
func goesOn(t *testing.T, o Options, m Mark, rest, all []Entry) {
	t.Helper()
	w, err := Resume(o, m)
	must(t, err)
	for _, e := range rest {
		must(t, w.Write(e))
	}
	_, err = w.Finish()
	must(t, err)
	if got, want := read(t, o.Path), finished(t, o, all...); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFullDisk(t *testing.T) {
	o := Options{Format: "csv", Columns: []string{"sku"}}
	t.Run("fails the checkpoint, names the file, and keeps what was safe", func(t *testing.T) {
		o.Path = filepath.Join(t.TempDir(), "r.csv")
		room := 1 << 20
		w := New(o)
		onFullDisk(w, &room)
		list := entries(4)
		must(t, w.Write(list[0]))
		m, err := w.Checkpoint()
		must(t, err)
		must(t, w.Write(list[1]))
		room = 5
		if _, err := w.Checkpoint(); !errors.Is(err, errFull) || !strings.Contains(err.Error(), o.Path) {
			t.Errorf("%v", err)
		}
		_, err = w.Finish()
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), "those that could be written are in "+w.temp) || e.Hint() == "" {
			t.Errorf("%v", err)
		}
		goesOn(t, o, m, list[1:], list)
	})
	t.Run("leaves no file where nothing could be written, and the next run needs none", func(t *testing.T) {
		o.Path = filepath.Join(t.TempDir(), "r.csv")
		room := 0
		w := New(o)
		onFullDisk(w, &room)
		m, err := w.Checkpoint()
		must(t, err)
		must(t, w.Write(entries(1)[0]))
		if _, err := w.Checkpoint(); !errors.Is(err, errFull) {
			t.Errorf("%v", err)
		}
		var e *Error
		if _, err := w.Finish(); !errors.As(err, &e) || strings.Contains(err.Error(), ".part") {
			t.Errorf("%v", err)
		}
		if left, err := os.ReadDir(filepath.Dir(o.Path)); err != nil || len(left) > 0 {
			t.Errorf("it leaves %v (%v)", left, err)
		}
		goesOn(t, o, m, entries(1), entries(1))
	})
	t.Run("leaves no copy that could not take the file's place", func(t *testing.T) {
		o.Path = filepath.Join(t.TempDir(), "r.csv")
		w := New(o)
		must(t, w.Write(entries(1)[0]))
		w.path = filepath.Join(filepath.Dir(o.Path), "gone", "r.csv")
		var e *Error
		if _, err := w.Finish(); !errors.As(err, &e) || e.kept != w.temp {
			t.Errorf("%v", err)
		}
		if left, err := os.ReadDir(filepath.Dir(o.Path)); err != nil || len(left) != 1 {
			t.Errorf("it leaves %v (%v)", left, err)
		}
	})
	t.Run("doesn't name a file that went with its directory", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("open files can't be removed")
		}
		o.Path = filepath.Join(t.TempDir(), "gone", "r.csv")
		must(t, os.Mkdir(filepath.Dir(o.Path), 0o700))
		w := New(o)
		must(t, w.Write(entries(1)[0]))
		must(t, os.RemoveAll(filepath.Dir(o.Path)))
		if _, err := w.Finish(); err == nil || strings.Contains(err.Error(), ".part") {
			t.Errorf("%v", err)
		}
	})
	t.Run("that has room again loses nothing", func(t *testing.T) {
		o.Path = filepath.Join(t.TempDir(), "r.csv")
		room := 60
		w := New(o)
		onFullDisk(w, &room)
		must(t, w.Write(entries(2)[0]))
		must(t, w.Write(entries(2)[1]))
		if _, err := w.Checkpoint(); err == nil {
			t.Fatal("the disk was not full")
		}
		room = 1 << 20
		if _, err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		if got, want := read(t, o.Path), finished(t, o, entries(2)...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("that has no room for a copy leaves the empty column in", func(t *testing.T) {
		o.Path = filepath.Join(t.TempDir(), "r.csv")
		room := 1 << 20
		w := New(o)
		onFullDisk(w, &room)
		must(t, w.Write(entries(2)[0]))
		m, err := w.Checkpoint()
		must(t, err)
		room = 10
		if path, err := w.Finish(); path != o.Path || err != nil {
			t.Fatalf("%q, %v", path, err)
		}
		onlyFile(t, o.Path)
		if got, want := read(t, o.Path), "sku,crmsync_line,crmsync_status,crmsync_error,crmsync_raw\nA-0,2,400,no,\n"; got != want {
			t.Errorf("got %q", got)
		}
		goesOn(t, o, m, entries(2)[1:], entries(2))
	})
	t.Run("a write that fails in the middle of a run drops that entry alone", func(t *testing.T) {
		o.Path = filepath.Join(t.TempDir(), "r.csv")
		room := 1 << 20
		w := New(o)
		onFullDisk(w, &room)
		big := Entry{Line: 3, Error: "no", Cells: []string{strings.Repeat("x", flushAt)}}
		must(t, w.Write(entries(1)[0]))
		room = 100
		if err := w.Write(big); !errors.Is(err, errFull) {
			t.Fatalf("%v", err)
		}
		room = 1 << 20
		if _, err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		if got, want := read(t, o.Path), finished(t, o, entries(1)...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestResumeRefuses(t *testing.T) {
	o := Options{Format: "csv", Columns: []string{"sku"}}
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, o *Options, m Mark)
		want   string
	}{
		{"an unfinished file that was edited", func(t *testing.T, o *Options, m Mark) {
			must(t, os.WriteFile(m.Temp, []byte(strings.ReplaceAll(read(t, o.Path), "A-1", "B-1")), 0o600))
		}, "it was changed after the interrupted run"},
		{"another place", func(t *testing.T, o *Options, m Mark) {
			o.Path = filepath.Join(t.TempDir(), "other.csv")
		}, "the interrupted run wrote its rejects to"},
		{"a link in the temporary file's place", func(t *testing.T, o *Options, m Mark) {
			if err := os.Symlink(o.Path, m.Temp); err != nil {
				t.Skip(err)
			}
		}, "it is not a regular file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := o
			o.Path = filepath.Join(t.TempDir(), "r.csv")
			m := finishedBeyond(t, o)
			tt.change(t, &o, m)
			_, err := Resume(o, m)
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(e.Hint(), "--restart") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAPartThatIsGoneOnWithIsWholeWhateverBecameOfItsFile(t *testing.T) {
	for format, all := range map[string][]Entry{"csv": entries(5), "json": {{Line: 1, Error: "no", Raw: "{"}, {Line: 2, Error: "no", Raw: "}"}}} {
		for name, change := range map[string]func(path string) error{
			"as it was": func(string) error { return nil },
			"mended":    func(path string) error { return os.WriteFile(path, []byte("mended"), 0o600) },
			"removed":   os.Remove,
		} {
			o := Options{Format: format, Columns: []string{"sku"}, Path: filepath.Join(t.TempDir(), "r."+format)}
			first := len(all) - 1
			w := New(o)
			for _, e := range all[:first] {
				must(t, w.Write(e))
			}
			m, err := w.Checkpoint()
			must(t, err)
			must(t, w.Write(all[first])) // beyond what the journal knows
			_, err = w.FinishPart()
			must(t, err)
			if got, want := read(t, o.Path), finished(t, o, all...); got != want {
				t.Errorf("%s: the part is %q, want %q", format, got, want)
			}
			must(t, change(o.Path))
			w, err = Resume(o, m)
			must(t, err)
			must(t, w.Write(all[first]))
			_, err = w.FinishPart()
			must(t, err)
			w, err = Resume(o, m)
			must(t, err)
			must(t, w.Write(all[first]))
			_, err = w.Finish()
			must(t, err)
			if got, want := read(t, o.Path), finished(t, o, all...); got != want || w.Missing() {
				t.Errorf("%s, %s: got %q, want %q", format, name, got, want)
			}
			if left, err := filepath.Glob(o.Path + ".*"); err != nil || len(left) > 0 {
				t.Errorf("%s, %s: %q are left", format, name, left)
			}
		}
	}
}

func TestWhatSomebodyMadeOfTheFinishedFileIsKeptWhenTheRunGoesOn(t *testing.T) {
	for name, edit := range map[string]func(text string) string{
		"mended":  func(text string) string { return strings.ReplaceAll(text, "A-1", "B-1") },
		"another": func(string) string { return "hello" },
		"empty":   func(string) string { return "" },
		"removed": nil,
	} {
		for more := range 2 {
			t.Run(fmt.Sprintf("%s, and %d more", name, more), func(t *testing.T) {
				o := Options{Format: "csv", Columns: []string{"sku"}, Path: filepath.Join(t.TempDir(), "r.csv")}
				m := finishedBeyond(t, o)
				var err error
				o.Left, err = Digest(o.Path)
				must(t, err)
				theirs := ""
				if edit != nil {
					theirs = edit(read(t, o.Path))
					must(t, os.WriteFile(o.Path, []byte(theirs), 0o600))
				} else {
					must(t, os.Remove(o.Path))
				}
				w, err := Resume(o, m)
				must(t, err)
				if !w.Missing() {
					t.Error("nothing says that earlier rejects are missing")
				}
				want := []string{"r.csv"}
				if more > 0 {
					must(t, w.Write(Entry{Line: 9, Error: "no", Cells: []string{"C-1"}}))
					want = []string{"r.csv", "r.csv~"}
				} else if name == "mended" { // of the rest nothing tells that it was rejects
					want = []string{"r.csv~"}
				}
				_, err = w.Finish()
				must(t, err)
				if edit == nil {
					want = want[:more]
				}
				if got := files(t, filepath.Dir(o.Path)); !slices.Equal(got, want) {
					t.Fatalf("the directory has %q, want %q", got, want)
				}
				if edit == nil {
					return
				}
				if kept := read(t, filepath.Join(filepath.Dir(o.Path), want[len(want)-1])); kept != theirs {
					t.Errorf("kept is %q", kept)
				}
				if more > 0 && (!strings.Contains(read(t, o.Path), "C-1") || strings.Contains(read(t, o.Path), "A-1")) {
					t.Errorf("the new one holds %q", read(t, o.Path))
				}
			})
		}
	}
}

// killedAtItsEnd is a run that was killed while it made the copy that its rejects end
// in.
func killedAtItsEnd(t *testing.T) (Options, Mark) {
	o := Options{Path: filepath.Join(t.TempDir(), "r.csv"), Format: "csv", Columns: []string{"sku"}}
	w := New(o)
	must(t, w.Write(entries(1)[0]))
	m, err := w.Checkpoint()
	must(t, err)
	w.file.Close()
	must(t, os.WriteFile(m.Temp+newSuffix, []byte("half"), 0o600))
	return o, m
}

func TestARunThatWasKilledWhileItFinishedLeavesNoCopy(t *testing.T) {
	o, m := killedAtItsEnd(t)
	again, err := Resume(o, m)
	must(t, err)
	must(t, again.Write(Entry{Line: 9, Error: "no", Raw: `"`, Unread: true})) // so that no copy is made now
	if _, err := again.Finish(); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, o.Path)
}

func TestDiscard(t *testing.T) {
	o, m := killedAtItsEnd(t)
	must(t, os.WriteFile(o.Path, []byte("the finished file"), 0o600))
	must(t, Discard(m))
	onlyFile(t, o.Path)
	must(t, Discard(m))
	must(t, Discard(Mark{}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
