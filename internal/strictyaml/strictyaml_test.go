package strictyaml_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"

	"github.com/crmsync/crmsync/internal/strictyaml"
)

func dialect() strictyaml.Dialect {
	return strictyaml.Dialect{Kind: "test file", EmptyHint: "write something", Show: strconv.Quote,
		Closest: func(string, []string) string { return "" }}
}

func TestAWalkEndsAtTheFirstMistake(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a: 1\nb: two", ""},
		{"\ufeffa: 1", ""},
		{"", "f.yaml: the test file is empty"},
		{"# nothing", "f.yaml: the test file is empty"},
		{"a: 1\na: 2", `f.yaml:2:1: key "a" stands here twice, first in line 1`},
		{"a: 1\n--- \nb: 2", "f.yaml:3:2: a test file holds one document"},
		{"[a]", "f.yaml:1:1: a test file must hold entries like key: value, not a list"},
		{"a: [b]", "f.yaml:1:4: a must be a text, not a list"},
		{"a: {b: c}", "f.yaml:1:4: a must be a text, not a block of entries"},
		{"a:", "f.yaml:1:1: a must be a text, not nothing"},
		{"a: ' '", "f.yaml:1:4: a must not be blank"},
		{"\xff: a", "f.yaml: it is not UTF-8 text"},
		{strings.Repeat("#", 5<<20), "f.yaml: it is too large for a test file"},
	} {
		err := strictyaml.Walk("f.yaml", []byte(c.text), dialect(), func(w *strictyaml.Walker, root ast.Node) {
			for _, e := range w.Entries(root, "a test file") {
				w.Filled(e)
			}
		})
		var mistake *strictyaml.Error
		switch {
		case err == nil && c.want == "":
		case !errors.As(err, &mistake) || err.Error() != c.want:
			t.Errorf("%.40q\n got %v\nwant %s", c.text, err, c.want)
		case mistake.Hint() == "":
			t.Errorf("%.40q\n%v: there is no way out", c.text, err)
		}
	}
}

func TestSharedEntriesAreToBeWrittenInFull(t *testing.T) {
	for _, text := range []string{"a: &x\n  b: c", "a:\n  <<: *x", "a: *x"} {
		err := strictyaml.Walk("f.yaml", []byte(text), dialect(), func(w *strictyaml.Walker, root ast.Node) {
			w.Entries(w.Entries(root, "a test file")[0].Value, "a")
		})
		var mistake *strictyaml.Error
		if !errors.As(err, &mistake) || !strings.Contains(mistake.Hint(), "write the entries themselves") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The YAML library's own words are for those who know its grammar.
func TestASlipInTheYAMLIsToldInPlainWords(t *testing.T) {
	const fits = "the line fits neither the one above it nor a block of its own"
	for _, c := range []struct{ text, want, hint string }{
		{"columns: [", ":1:10: the list that begins here is not closed", "write ] at its end"},
		{"a: [1,2\nb: 3", ":2:1: the list above is not closed", "write ] at its end"},
		{"a: {b: c", ":1:4: the block that begins here is not closed", "write } at its end"},
		{"a: ]", ":1:4: no list is open that this ] could close", "in quotes"},
		{"a: 'x", ":1:4: the quote that opens this text is not closed", "close it"},
		{"a: \"x", ":1:4: the quote that opens this text is not closed", "close it"},
		{"a:\n\tb: 1", ":2:1: a tab stands where spaces must", "indent with spaces"},
		{"a: b: c", ":1:4: a second colon stands in this entry, or the line below it is indented as if it went on", "in quotes"},
		{"a: 1\n b: 2", ":1:4: a second colon stands in this entry, or the line below it is indented as if it went on", "alike"},
		{"a: @x", ":1:4: a text begins with a character that YAML keeps for itself", "put the text in quotes"},
		{"a: %x", ":1:4: a text can't begin with %", "put the text in quotes"},
		{"a: &x", ":1:4: a text can't begin with &", "put the text in quotes"},
		{"a: \"C:\\Users\"", ":1:7: a backslash means something in double quotes, and this is nothing it can mean", "single quotes"},
		{"a: \"x\" y", ":1:8: text follows a value that ends before it", "one pair of quotes"},
		{"key\nb: 1", ":1:1: here stands no entry like key: value", "a colon and a space"},
		{"- a\nb: c", ":2:1: " + fits, "indent the lines of a block alike"},
		{"pushes:\n  - name: a\n   files: b", ":3:4: " + fits, "indent the lines of a block alike"},
		{"a:\n  - b\n c", ":3:2: " + fits, "indent the lines of a block alike"},
	} {
		err := strictyaml.Walk("f.yaml", []byte(c.text), dialect(), func(*strictyaml.Walker, ast.Node) {})
		place, problem, _ := strings.Cut(c.want, ": ")
		var mistake *strictyaml.Error
		if !errors.As(err, &mistake) || err.Error() != "f.yaml"+place+": it is not valid YAML: "+problem {
			t.Errorf("%q\n got %v\nwant %s", c.text, err, c.want)
		} else if !strings.Contains(mistake.Hint(), c.hint) {
			t.Errorf("%q: the hint is %q, want %q", c.text, mistake.Hint(), c.hint)
		}
	}
}

func TestAPanicThatIsNoMistakeIsNotSwallowed(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the panic is gone")
		}
	}()
	_ = strictyaml.Walk("f.yaml", []byte("a: b"), dialect(), func(*strictyaml.Walker, ast.Node) { panic("a bug") })
}
