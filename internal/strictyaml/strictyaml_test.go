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
