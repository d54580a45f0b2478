package job_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/job"
	"github.com/crmsync/crmsync/internal/strictyaml"
)

func options() job.Options {
	variables := map[string]string{"DIR": "exports", "NONE": "", "ODD": "a: [b", "TOKEN": "secret"}
	return job.Options{
		Flags:     map[string]bool{"object": false, "match": false, "mapping": false, "rate": false, "map": true, "columns": true, "blank": false},
		Elsewhere: map[string]string{"token": "has no place here\nput it into the environment"},
		Getenv: func(name string) (string, bool) {
			value, set := variables[name]
			return value, set
		},
		Secret: func(name string) bool { return name == "TOKEN" },
	}
}

func parse(t *testing.T, text string) *job.File {
	t.Helper()
	f, err := job.Parse("job.yaml", []byte(text), options())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// flags writes a push's flags as name=value,value, with ~ before a default.
func flags(p *job.Push) []string {
	var all []string
	for _, f := range p.Flags {
		var values []string
		for _, v := range f.Values {
			values = append(values, v.Text)
		}
		text := f.Name + "=" + strings.Join(values, ",")
		if f.Default {
			text = "~" + text
		}
		all = append(all, text)
	}
	return all
}

func TestAPushHasItsOwnFlagsAndTheDefaultsThatItDoesNotSet(t *testing.T) {
	f := parse(t, `
defaults: {rate: 10/s, blank: null, map: [a=b], mapping: all.yaml}
pushes:
  - {name: a, files: a.csv, match: 1, map: [x=y, z=], rate: 007}
  - name: b
    files: ["${DIR}/b*.csv", b.csv]
    columns: [id, name]
  - name: c
    files: c.csv
    columns:
      id: sku
`)
	want := [][]string{
		{"match=1", "map=x=y,z=", "rate=007", "~blank=null", "~mapping=all.yaml"},
		{"columns=id,name", "~rate=10/s", "~blank=null", "~map=a=b", "~mapping=all.yaml"},
		{"~rate=10/s", "~blank=null", "~map=a=b"},
	}
	for i, p := range f.Pushes {
		if diff := cmp.Diff(want[i], flags(p)); diff != "" {
			t.Errorf("push %s: %s", p.Name, diff)
		}
	}
	if got := f.Pushes[1].Files[0]; got.Text != "exports/b*.csv" || f.At(got.Place) != "job.yaml:6:13" {
		t.Errorf("the pattern is %q at %s", got.Text, f.At(got.Place))
	}
	if f.Pushes[1].Columns != nil || f.Pushes[2].Columns == nil {
		t.Error("columns that are a list name those of the file, columns that are a block map them")
	}
}

func TestVariablesAreExpandedInValuesAlone(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{"plain", "plain"}, {"${DIR}", "exports"}, {"x${DIR}y${DIR}", "xexportsyexports"}, {"${NONE}", ""},
		{"$${DIR}", "${DIR}"}, {"$DIR", "$DIR"}, {"${ODD}", "a: [b"}, {"'${DIR} # x'", "exports # x"}, {"|-\n      ${DIR}\n      b", "exports\nb"},
	} {
		f := parse(t, "pushes:\n  - name: a\n    files: a.csv\n    rate: "+c.value+"\n")
		if got := f.Pushes[0].Flags[0].Values[0].Text; got != c.want {
			t.Errorf("%s becomes %q, want %q", c.value, got, c.want)
		}
	}
}

func TestACommandIsLeftToItsShell(t *testing.T) {
	o := options()
	o.Flags["on-finish"] = false
	for _, c := range []struct{ name, push, want string }{
		{"a variable", `on-finish: 'echo ${UNSET} ${ODD}'`, "on-finish=echo ${UNSET} ${ODD}"},
		{"an escaped one, as in every other value", `on-finish: 'echo $${UNSET} $$'`, "on-finish=echo ${UNSET} $$"},
		{"a block", "on-finish: |-\n      echo $${UNSET}", "on-finish=echo ${UNSET}"},
	} {
		f, err := job.Parse("job.yaml", []byte("pushes:\n  - name: a\n    files: '${DIR}/a.csv'\n    "+c.push+"\n"), o)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff([]string{c.want}, flags(f.Pushes[0])); diff != "" || f.Pushes[0].Files[0].Text != "exports/a.csv" {
			t.Errorf("%s: %s, files %v", c.name, diff, f.Pushes[0].Files)
		}
	}
	f, err := job.Parse("job.yaml", []byte("defaults: {on-finish: 'echo ${UNSET}'}\npushes:\n  - {name: a, files: a.csv}\n"), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"~on-finish=echo ${UNSET}"}, flags(f.Pushes[0])); diff != "" {
		t.Error(diff)
	}
}

func TestAColumnNamedLikeTheCommandHasItsVariablesExpanded(t *testing.T) {
	f := parse(t, "pushes:\n  - name: a\n    files: a.csv\n    columns:\n      on-finish: {to: '${DIR}'}\n")
	if got := f.Pushes[0].Columns.String(); !strings.Contains(got, "exports") {
		t.Errorf("columns are %s", got)
	}
}

func TestTheDigestTellsAChangedFileAndAChangedVariable(t *testing.T) {
	const text = "pushes: [{name: a, files: '${DIR}/a.csv'}]"
	first := parse(t, text).Digest
	if again := parse(t, text).Digest; again != first {
		t.Error("the same file has two digests")
	}
	if other := parse(t, text+" ").Digest; other == first {
		t.Error("a changed file has the same digest")
	}
	o := options()
	o.Getenv = func(string) (string, bool) { return "elsewhere", true }
	f, err := job.Parse("job.yaml", []byte(text), o)
	if err != nil || f.Digest == first {
		t.Errorf("with another variable the digest is the same (%v)", err)
	}
}

func TestAPushComesAfterThoseAboveItUnlessItSaysOtherwise(t *testing.T) {
	f := parse(t, `pushes:
  - {name: a, files: a, on_error: continue}
  - {name: b, files: b, after: []}
  - {name: c, files: c}
  - {name: d, files: d, after: b}
  - {name: e, files: e, after: [c, d]}
`)
	held := func(name string, wrong ...string) string {
		chosen, _ := f.Choose([]string{name})
		went := map[string]bool{}
		for _, w := range wrong {
			went[w] = true
		}
		return f.HeldUpBy(chosen[0], went)
	}
	for _, c := range []struct {
		push  string
		wrong []string
		want  string
	}{
		{"b", []string{"a"}, ""}, {"c", []string{"a"}, ""}, {"c", []string{"b"}, "b"}, {"c", []string{"a", "b"}, "b"},
		{"d", []string{"c"}, ""}, {"d", []string{"b"}, "b"}, {"e", []string{"b"}, ""}, {"e", []string{"b", "d"}, "d"}, {"a", nil, ""},
	} {
		if got := held(c.push, c.wrong...); got != c.want {
			t.Errorf("%s with %v gone wrong is held up by %q, want %q", c.push, c.wrong, got, c.want)
		}
	}
}

func TestMistakesNameTheirPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "job.yaml: the job file is empty"},
		{"a", "job.yaml:1:1: a job file must hold entries like key: value, not a plain value"},
		{"defaults: {}", "job.yaml:1:9: the job has no pushes"},
		{"pushes:", "job.yaml:1:1: pushes must be a list, not nothing"},
		{"pushes: []", "job.yaml:1:1: the job has no pushes"},
		{"pushes: {name: a}", "job.yaml:1:9: pushes must be a list, not a block of entries"},
		{"push: []", `job.yaml:1:1: unknown key "push"`},
		{"pushes:\n- files: a", "job.yaml:2:8: a push has no name"},
		{"pushes:\n- name: a b\n  files: a", `job.yaml:2:9: "a b" can't be the name of a push`},
		{"pushes:\n- name: a", "job.yaml:2:7: push a has no files"},
		{"pushes:\n- {name: a, files: ' '}", "job.yaml:2:20: files must not be blank"},
		{"pushes:\n- {name: a, files: [[a]]}", "job.yaml:2:21: files must be a text or a list of texts, not a list"},
		{"pushes:\n- {name: a, files: a}\n- {name: a, files: b}", "job.yaml:3:10: two pushes are named a, the first in line 2"},
		{"pushes:\n- {name: a, files: a, rat: 3}", `job.yaml:2:23: unknown key "rat" in push a`},
		{"pushes:\n- {name: a, files: a, rate: 3, rate: 4}", `job.yaml:2:32: key "rate" stands here twice, first in line 2`},
		{"pushes:\n- {name: a, files: a, rate: [1, 2]}", "job.yaml:2:29: rate takes one value, not a list"},
		{"pushes:\n- {name: a, files: a, map: []}", "job.yaml:2:23: map has an empty list"},
		{"pushes:\n- {name: a, files: a, rate: {}}", "job.yaml:2:29: rate must have a plain value, not a block of entries"},
		{"pushes:\n- {name: a, files: a, rate: }", "job.yaml:2:23: rate must have a plain value, not nothing"},
		{"pushes:\n- {name: a, files: a, token: x}", "job.yaml:2:23: token has no place here"},
		{"defaults: {token: x}\npushes: []", "job.yaml:1:12: token has no place here"},
		{"defaults: {after: []}\npushes: []", `job.yaml:1:12: unknown key "after" in defaults`},
		{"defaults: {on_error: go}\npushes: []", `job.yaml:1:22: on_error must be "stop" or "continue", not "go"`},
		{"pushes:\n- {name: a, files: a, after: b}\n- {name: b, files: b}", `job.yaml:2:30: no push above a is named "b"`},
		{"pushes:\n- {name: a, files: a, after: [a]}", "job.yaml:2:31: push a can't come after itself"},
		{"pushes:\n- {name: a, files: a, mapping: m, columns: {x: y}}", "job.yaml:2:35: push a has both a mapping file and columns of its own"},
		{"pushes:\n- {name: a, files: '-'}\n- {name: b, files: '-'}", "job.yaml:3:13: stdin (-) can be read only once"},
		{"pushes:\n- {name: a, files: ['-', b]}", "job.yaml:2:13: stdin (-) can be read only once"},
		{"pushes:\n- {name: a, files: '${WHAT}'}", "job.yaml:2:20: WHAT is not set in the environment"},
		{"pushes:\n- {name: a, files: '${DIR'}", `job.yaml:2:20: "${DIR" is not closed by }`},
		{"pushes:\n- {name: a, files: '${}'}", `job.yaml:2:20: "" is not the name of a variable`},
		{"pushes:\n- {name: a, files: a, map: ['x=${TOKEN}']}", "job.yaml:2:29: the token in TOKEN has no place in a value: it would be sent, stored or shown"},
		{"pushes: [", "job.yaml:1:9: it is not valid YAML: the list that begins here is not closed"},
		{"a: b\n---\nc: d", "job.yaml:3:2: a job file holds one document"},
	} {
		_, err := job.Parse("job.yaml", []byte(c.text), options())
		var mistake *strictyaml.Error
		if !errors.As(err, &mistake) || err.Error() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.text, err, c.want)
		} else if mistake.Hint() == "" {
			t.Errorf("%s\n%v: there is no way out", c.text, err)
		}
	}
}

func TestInputsAreThoseThatThePatternsMean(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a-1.csv", "a-2.csv", "a-2.rejects.csv", "[odd].csv", "b.rejects.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "a-dir.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files string
		want  string // or what the error ends with
	}{
		{"a-1.csv", "a-1.csv"}, {"'a-*.csv'", "a-1.csv a-2.csv"}, {"['a-2*', 'a-*.csv']", "a-2.csv a-1.csv"},
		{"'[odd].csv'", "[odd].csv"}, {"a-2.rejects.csv", "a-2.rejects.csv"}, {"'*.rejects.csv'", "a-2.rejects.csv b.rejects.csv"}, {"'-'", "-"},
		{"c.csv", ":1:33: there is no file " + filepath.Join(dir, "c.csv")},
		{"'c*.csv'", ":1:33: no file matches " + filepath.Join(dir, "c*.csv")},
		{"'b*.csv'", "but directories and reject files, which a pattern takes only if it says .rejects"},
		{"'[a'", "is not a pattern of file names: a bracket is left open"},
	} {
		f, err := job.Parse(filepath.Join(dir, "job.yaml"), []byte("pushes: [{name: a,       files: "+c.files+"}]"), options())
		if err != nil {
			t.Fatal(err)
		}
		found, err := f.Inputs(f.Pushes[0])
		var names []string
		for _, path := range found {
			names = append(names, strings.TrimPrefix(path, dir+string(filepath.Separator)))
		}
		var mistake *strictyaml.Error
		if errors.As(err, &mistake) && mistake.Hint() == "" {
			t.Errorf("%s: %v: there is no way out", c.files, err)
		}
		if got := strings.Join(names, " "); err == nil && got != c.want || err != nil && !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s gives %q, %v; want %s", c.files, got, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("pushes:\n- {name: a, files: [a, '${DIR}'], after: [], map: [x=y], columns: {a: b}}\ndefaults: {rate: 3}")
	f.Add("pushes: [{name: a, files: |\n  x}]")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := job.Parse("job.yaml", []byte(text), options())
		var mistake *strictyaml.Error
		switch {
		case err != nil && (!errors.As(err, &mistake) || mistake.Problem == ""):
			t.Fatalf("not a mistake with words: %v", err)
		case err == nil:
			for _, p := range file.Pushes {
				if p.Name == "" || len(p.Files) == 0 || p.Line < 1 || p.Column < 1 {
					t.Fatalf("a push is not whole: %+v", p)
				}
			}
		}
	})
}
