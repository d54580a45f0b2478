package strictyaml

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
)

// slips say in the words of those who write such files what the YAML library
// finds wrong, by a part of what it says. The first that fits counts.
var slips = []struct{ said, problem, hint string }{
	{"sequence end token", "the list that begins here is not closed", "write ] at its end"},
	{"',' or ']' must", "the list above is not closed", "write ] at its end, and commas between its values"},
	{"mapping end token", "the block that begins here is not closed", "write } at its end"},
	{"',' or '}' must", "the block above is not closed", "write } at its end, and commas between its entries"},
	{"corresponding to ']'", "no list is open that this ] could close", closer},
	{"corresponding to '}'", "no block is open that this } could close", closer},
	{"end character of", "the quote that opens this text is not closed", "close it with the quote that opens it"},
	{"tab character", "a tab stands where spaces must", tabs},
	{"'\t'", "a tab stands where spaces must", tabs},
	{"escape", "a backslash means something in double quotes, and this is nothing it can mean", `take single quotes, or write \\ for each backslash`},
	{"mapping value is not allowed", "a second colon stands in this entry, or the line below it is indented as if it went on",
		`put a text that holds ": " in quotes, and indent the lines of a block alike`},
	{"reserved character", "a text begins with a character that YAML keeps for itself", quotes},
	{"directive", "a text can't begin with %", quotes},
	{"anchor", "a text can't begin with &", quotes},
	{"alias", "a text can't begin with *", quotes},
	{"tag", "a text can't begin with !", quotes},
	{"pre-defined", "text follows a value that ends before it", "put the whole value in one pair of quotes"},
	{"unexpected key name", "here stands no entry like key: value", entry},
	{"non-map value", "here stands no entry like key: value", entry},
}

const (
	tabs   = "indent with spaces"
	quotes = "put the text in quotes"
	closer = "remove it, or put the text in quotes"
	entry  = "write a colon and a space behind the key, and indent the lines of a block alike"

	// Layout is the way out where nothing more is known of what is wrong.
	Layout = `indent the lines of a block alike, with spaces; begin each entry of a list with "- "; put a text that holds ": " in quotes`
)

// syntaxError says where a file is no YAML, and how to write it.
func syntaxError(name string, err error) *Error {
	e := &Error{Name: name, Problem: "it is not valid YAML", hint: Layout}
	var syntax yaml.Error
	if !errors.As(err, &syntax) {
		return e
	}
	if at := syntax.GetToken(); at != nil && at.Position != nil {
		e.Line, e.Column = at.Position.Line, at.Position.Column
		e.Problem += ": the line fits neither the one above it nor a block of its own"
	}
	for _, slip := range slips {
		if strings.Contains(syntax.GetMessage(), slip.said) {
			e.Problem, e.hint = "it is not valid YAML: "+slip.problem, slip.hint
			break
		}
	}
	return e
}
