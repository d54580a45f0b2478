package reject

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/durable"
)

// finished writes entries and returns the reject file's content.
func finished(t *testing.T, o Options, entries ...Entry) string {
	t.Helper()
	o.Path = filepath.Join(t.TempDir(), "products.rejects.csv")
	w := New(o)
	for _, e := range entries {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	path, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if path != o.Path {
		t.Fatalf("Finish returned %q", path)
	}
	onlyFile(t, o.Path)
	return read(t, path)
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// onlyFile says that nothing else is left in the file's directory.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	if got := files(t, filepath.Dir(path)); !cmp.Equal(got, []string{filepath.Base(path)}) {
		t.Fatalf("the directory has %q", got)
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestFormats(t *testing.T) {
	price := Entry{Line: 17, Status: 400, Error: `The value of "price" must be a number.`, Cells: []string{"A-1", "12,50"}}
	unread := Entry{Line: 19, Error: "the quote is never closed", Raw: "A-2,\"x", Unread: true}
	object := Entry{Line: 3, Status: 422, Error: "no", Names: []string{"sku", "n", "é"},
		Values: []jsontext.Value{jsontext.Value(`"A\u002d1"`), jsontext.Value(`0.10`), jsontext.Value("[1,\n 2]")}}
	columns := []string{"sku", "price"}
	for _, tt := range []struct {
		name    string
		o       Options
		entries []Entry
		want    string
	}{
		{"CSV has three more columns", Options{Format: "csv", Columns: columns}, []Entry{price},
			"sku,price,crmsync_line,crmsync_status,crmsync_error\nA-1,\"12,50\",17,400,\"The value of \"\"price\"\" must be a number.\"\n"},
		{"a record that could not be parsed makes it four", Options{Format: "csv", Columns: columns}, []Entry{price, unread},
			"sku,price,crmsync_line,crmsync_status,crmsync_error,crmsync_raw\nA-1,\"12,50\",17,400,\"The value of \"\"price\"\" must be a number.\",\n,,19,0,the quote is never closed,\"A-2,\"\"x\"\n"},
		{"the input's delimiter, CRLF and byte order mark come back", Options{Format: "csv", Delimiter: ';', CRLF: true, BOM: true, Columns: columns}, []Entry{{Line: 2, Cells: []string{"a;b", "1,5"}}},
			"\ufeffsku;price;crmsync_line;crmsync_status;crmsync_error\r\n\"a;b\";1,5;2;0;\r\n"},
		{"TSV has tabs", Options{Format: "tsv", Columns: columns}, []Entry{{Line: 2, Cells: []string{"a\tb", "c"}}},
			"sku\tprice\tcrmsync_line\tcrmsync_status\tcrmsync_error\n\"a\tb\"\tc\t2\t0\t\n"},
		{"line ends inside of cells stay what they are", Options{Format: "csv", CRLF: true, Columns: columns}, []Entry{{Line: 2, Cells: []string{"a\nb", "c\r\nd\re"}}},
			"sku,price,crmsync_line,crmsync_status,crmsync_error\r\n\"a\nb\",\"c\r\nd\re\",2,0,\r\n"},
		{"outer blanks are quoted, formulas are not changed", Options{Format: "csv", Columns: columns}, []Entry{{Line: 2, Cells: []string{" a", "=1+1"}}, {Line: 3, Cells: []string{"b ", `\.`}}},
			"sku,price,crmsync_line,crmsync_status,crmsync_error\n\" a\",=1+1,2,0,\n\"b \",\\.,3,0,\n"},
		{"missing cells are blank", Options{Format: "csv", Columns: columns}, []Entry{{Line: 2, Cells: []string{"a"}}},
			"sku,price,crmsync_line,crmsync_status,crmsync_error\na,,2,0,\n"},
		{"a single empty cell is no blank line", Options{Format: "csv", Columns: []string{"sku"}}, []Entry{{Line: 2, Cells: []string{""}}},
			"sku,crmsync_line,crmsync_status,crmsync_error\n,2,0,\n"},
		{"a column is not taken for a sep= line", Options{Format: "csv", Columns: []string{"SEP=;"}}, []Entry{{Line: 2, Cells: []string{"a"}}},
			"\"SEP=;\",crmsync_line,crmsync_status,crmsync_error\na,2,0,\n"},
		{"a column is not taken for a byte order mark", Options{Format: "csv", Columns: []string{"\ufeffa"}}, []Entry{{Line: 2, Cells: []string{"a"}}},
			"\"\ufeffa\",crmsync_line,crmsync_status,crmsync_error\na,2,0,\n"},
		{"Windows-1252 comes back, what it lacks in messages is replaced", Options{Format: "csv", Encoding: "windows-1252", Columns: []string{"größe"}}, []Entry{{Line: 2, Error: "“ß” − ☃", Cells: []string{"1€"}}},
			"gr\xf6\xdfe,crmsync_line,crmsync_status,crmsync_error\n1\x80,2,0,\x93\xdf\x94 - ?\n"},
		{"a look-alike that needs quotes gets them", Options{Format: "csv", Encoding: "iso-8859-2", Columns: []string{"a"}}, []Entry{{Line: 2, Error: "“x”", Cells: []string{"y"}}},
			"a,crmsync_line,crmsync_status,crmsync_error\ny,2,0,\"\"\"x\"\"\"\n"},
		{"UTF-16 comes back", Options{Format: "csv", Encoding: "utf-16le", BOM: true, Columns: []string{"a"}}, []Entry{{Line: 2, Cells: []string{"😀"}}},
			"\xff\xfe" + le("a,crmsync_line,crmsync_status,crmsync_error\n") + "\x3d\xd8\x00\xde" + le(",2,0,\n")},
		{"NDJSON keeps values byte for byte, on one line", Options{Format: "ndjson"}, []Entry{object, {Line: 4, Error: "not an object", Raw: "[1]", Unread: true}},
			`{"sku":"A\u002d1","n":0.10,"é":[1,  2],"_crmsync":{"line":3,"status":422,"error":"no"}}` + "\n" +
				`{"_crmsync":{"line":4,"status":0,"error":"not an object","raw":"[1]"}}` + "\n"},
		{"JSON is an array with one object a line", Options{Format: "json"}, []Entry{object, object},
			"[\n" + `{"sku":"A\u002d1","n":0.10,"é":[1,  2],"_crmsync":{"line":3,"status":422,"error":"no"}}` + ",\n" +
				`{"sku":"A\u002d1","n":0.10,"é":[1,  2],"_crmsync":{"line":3,"status":422,"error":"no"}}` + "\n]\n"},
		{"NDJSON escapes what the encoding lacks", Options{Format: "ndjson", Encoding: "windows-1252"}, []Entry{{Line: 1, Error: "☃😀é", Names: []string{"a"}, Values: []jsontext.Value{jsontext.Value(`"ü"`)}}},
			"{\"a\":\"\xfc\",\"_crmsync\":{\"line\":1,\"status\":0,\"error\":\"\\u2603\\ud83d\\ude00\xe9\"}}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, finished(t, tt.o, tt.entries...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func le(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}

func TestNothingIsCreatedBeforeTheFirstEntry(t *testing.T) {
	dir := t.TempDir()
	w := New(Options{Path: filepath.Join(dir, "a.rejects.csv"), Format: "csv", Columns: []string{"a"}})
	if m, err := w.Checkpoint(); err != nil || m.Length != 0 || m.Temp == "" {
		t.Errorf("Checkpoint: %+v, %v", m, err)
	}
	if path, err := w.Finish(); path != "" || err != nil {
		t.Errorf("Finish: %q, %v", path, err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("the directory has %q", got)
	}
}

func TestAnOldFile(t *testing.T) {
	o := Options{Format: "csv", Columns: []string{"a"}}
	for _, tt := range []struct {
		name  string
		make  func(path string) error
		stays bool
	}{
		{"of an earlier run is removed", func(p string) error { return os.WriteFile(p, []byte("a,crmsync_line,x\n"), 0o600) }, false},
		{"in UTF-16 is removed", func(p string) error { return os.WriteFile(p, []byte(le("a,crmsync_line,x\n")), 0o600) }, false},
		{"with a very long first object is removed", func(p string) error {
			return os.WriteFile(p, []byte(`{"a":"`+strings.Repeat("x", flushAt-8-5)+`","_crmsync":{}}`), 0o600)
		}, false},
		{"that is no reject file stays", func(p string) error { return os.WriteFile(p, []byte("my notes\n"), 0o600) }, true},
		{"that is a link stays", func(p string) error { return os.Symlink(p+".target", p) }, true},
		{"that is a directory stays", func(p string) error { return os.Mkdir(p, 0o700) }, true},
	} {
		t.Run(tt.name+" when there are no rejects", func(t *testing.T) {
			o.Path = filepath.Join(t.TempDir(), "a.rejects.csv")
			if err := tt.make(o.Path); err != nil {
				t.Skip(err)
			}
			if path, err := New(o).Finish(); path != "" || err != nil {
				t.Errorf("Finish: %q, %v", path, err)
			}
			if _, err := os.Lstat(o.Path); (err == nil) != tt.stays {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
	t.Run("is replaced when there are rejects, and nobody else may read the new one", func(t *testing.T) {
		o.Path = filepath.Join(t.TempDir(), "a.rejects.csv")
		if err := os.WriteFile(o.Path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		sign(o.Path)
		w := New(o)
		if err := w.Write(Entry{Line: 2, Cells: []string{"x"}}); err != nil {
			t.Fatal(err)
		}
		if got := read(t, o.Path); got != "old" {
			t.Errorf("before the end it is %q", got)
		}
		if _, err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		onlyFile(t, o.Path)
		if st, err := os.Stat(o.Path); err != nil || runtime.GOOS != "windows" && st.Mode() != 0o600 {
			t.Errorf("its mode is %v, %v", st.Mode(), err)
		}
	})
	t.Run("a link is replaced, not what it points to", func(t *testing.T) {
		dir := t.TempDir()
		o.Path = filepath.Join(dir, "a.rejects.csv")
		precious := filepath.Join(dir, "precious")
		if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(precious, o.Path); err != nil {
			t.Skip(err)
		}
		w := New(o)
		if err := w.Write(Entry{Line: 2, Cells: []string{"x"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		if read(t, precious) != "precious" || !strings.HasPrefix(read(t, o.Path), "a,crmsync_line") {
			t.Error("the link was followed")
		}
	})
}

func TestErrorsSayWhatToDo(t *testing.T) {
	entry := Entry{Line: 2, Cells: []string{"x"}}
	dir := t.TempDir()
	for _, tt := range []struct {
		name string
		o    Options
		want string
		hint string
	}{
		{"a directory that doesn't exist", Options{Path: filepath.Join(dir, "no", "r.csv"), Format: "csv", Columns: []string{"a"}}, "r.csv: no such file or directory", "create the directory, or name another place with --rejects FILE"},
		{"a directory in the file's place", Options{Path: dir, Format: "csv", Columns: []string{"a"}}, "it is a directory: it can't be replaced", "name another file with --rejects FILE"},
		{"a device", Options{Path: os.DevNull, Format: "csv", Columns: []string{"a"}}, "it is not a regular file: it can't be replaced", "name another file with --rejects FILE"},
		{"an unknown encoding", Options{Path: filepath.Join(dir, "r.csv"), Format: "csv", Encoding: "klingon"}, `the encoding "klingon" is not known`, ""},
		{"an unknown format", Options{Path: filepath.Join(dir, "r.csv"), Format: "xml"}, `the format "xml" has no reject file`, ""},
		{"a delimiter that can't be one", Options{Path: filepath.Join(dir, "r.csv"), Format: "csv", Delimiter: '"'}, `can't separate cells`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("the system words its errors otherwise")
			}
			for what, err := range map[string]error{"Write": New(tt.o).Write(entry), "Check": tt.o.Check()} {
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("%s: %v", what, err)
				}
				if !strings.Contains(e.Error(), tt.want) || !strings.Contains(e.Error(), tt.o.Path) || e.Hint() != tt.hint {
					t.Errorf("%s: %q, hint %q", what, e.Error(), e.Hint())
				}
			}
		})
	}
	t.Run("a directory that is read-only", func(t *testing.T) {
		if os.Geteuid() == 0 || runtime.GOOS == "windows" {
			t.Skip("permissions don't bind this user")
		}
		closed := filepath.Join(t.TempDir(), "closed")
		if err := os.Mkdir(closed, 0o500); err != nil {
			t.Fatal(err)
		}
		err := New(Options{Path: filepath.Join(closed, "r.csv"), Format: "csv", Columns: []string{"a"}}).Write(entry)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Hint(), "--rejects") {
			t.Errorf("%v", err)
		}
	})
	t.Run("more than may be open", func(t *testing.T) {
		w := New(Options{Path: filepath.Join(dir, "r.csv"), Format: "csv", Columns: []string{"a"}})
		w.create = func(name string) (file, error) {
			return nil, &os.PathError{Op: "open", Path: name, Err: syscall.EMFILE}
		}
		var e *Error
		if err := w.Write(entry); !errors.As(err, &e) || e.Hint() != durable.HintFiles {
			t.Errorf("%v", err)
		}
	})
	t.Run("an original cell is never changed to fit an encoding", func(t *testing.T) {
		w := New(Options{Path: filepath.Join(t.TempDir(), "r.csv"), Format: "csv", Encoding: "windows-1252", Columns: []string{"a"}})
		if err := w.Write(Entry{Line: 7, Cells: []string{"☃"}}); err == nil || !strings.Contains(err.Error(), "line 7: cell 1") {
			t.Errorf("%v", err)
		}
		if path, err := w.Finish(); path != "" || err != nil {
			t.Errorf("Finish: %q, %v", path, err)
		}
	})
	t.Run("a place that will do passes the check and stays as it was", func(t *testing.T) {
		dir := t.TempDir()
		if err := (Options{Path: filepath.Join(dir, "r.csv"), Format: "csv"}).Check(); err != nil {
			t.Error(err)
		}
		if got := files(t, dir); len(got) != 0 {
			t.Errorf("the directory has %q", got)
		}
	})
	t.Run("a check that was killed leaves nothing either, when the next one comes", func(t *testing.T) {
		dir := t.TempDir()
		// What other runs are at work with is theirs.
		stays := []string{"other.csv.abcdefghijklmnop.part.probe", "r.csv.abcdefghijklmnop.part"}
		for _, name := range append(stays, "r.csv.abcdefghijklmnop.part.probe") {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := (Options{Path: filepath.Join(dir, "r.csv"), Format: "csv"}).Check(); err != nil {
			t.Error(err)
		}
		if got := files(t, dir); !slices.Equal(got, stays) {
			t.Errorf("the directory has %q", got)
		}
	})
}

func TestFinishTwice(t *testing.T) {
	o := Options{Path: filepath.Join(t.TempDir(), "r.csv"), Format: "csv", Columns: []string{"a"}}
	w := New(o)
	if err := w.Write(Entry{Line: 2, Cells: []string{"x"}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if path, err := w.Finish(); path != o.Path || err != nil {
			t.Errorf("%q, %v", path, err)
		}
	}
	if err := w.Write(Entry{Line: 3}); err == nil {
		t.Error("Write after Finish was accepted")
	}
	if m, err := w.Checkpoint(); err != nil || m.Length == 0 {
		t.Errorf("a checkpoint after the end: %+v, %v", m, err)
	}
}
