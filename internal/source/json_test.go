package source

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadNDJSON(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		want          []string
	}{
		{"numbers keep their digits", `{"a":12345678901234567890,"b":0.10,"c":1e400,"d":-0}` + "\n", []string{`1: a=12345678901234567890 b=0.10 c=1e400 d=-0`}},
		{"null and a missing key differ", `{"a":null,"b":1}` + "\n" + `{"b":2}`, []string{`1: a=null b=1`, `2: b=2`}},
		{"nested values pass as they stand", `{"a": {"x" : [1, 2.0,{}] }, "b":"\u00fc\/"}`, []string{`1: a={"x" : [1, 2.0,{}] } b="\u00fc\/"`}},
		{"CRLF and blank lines", "\r\n{\"a\":1}\r\n  \n\n{\"a\":2}\r\n", []string{`2: a=1`, `5: a=2`}},
		{"keys in another order", `{"a":1,"b":2}` + "\n" + `{"b":3,"a":4}`, []string{`1: a=1 b=2`, `2: b=3 a=4`}},
		{"an escaped key", `{"\u0061\"":1}`, []string{`1: a"=1`}},
		{"an empty object", "{}\n", []string{`1:`}},
		{"a byte order mark", "\uFEFF{\"a\":1}\n", []string{`1: a=1`}},
		{"a key twice", `{"a":1,"a":2}` + "\n" + `{"a":3}`, []string{`1: BAD the key "a" occurs twice in the object RAW "{\"a\":1,\"a\":2}"`, `2: a=3`}},
		{"a key twice, once escaped", `{"a":1,"\u0061":2}`, []string{`1: BAD the key "a" occurs twice in the object RAW "{\"a\":1,\"\\u0061\":2}"`}},
		{"a key twice inside", `{"b":1,"x":[{"a":1,"a":2}]}`, []string{`1: BAD the key "a" occurs twice in the object at "x/0" RAW "{\"b\":1,\"x\":[{\"a\":1,\"a\":2}]}"`}},
		{"lines that are no objects", "[1]\n\"x\"\n12\nnull\nabc\n{\"a\":1}", []string{
			`1: BAD the line is a JSON array, not an object RAW "[1]"`,
			`2: BAD the line is a JSON text, not an object RAW "\"x\""`,
			`3: BAD the line is a number, not an object RAW "12"`,
			`4: BAD the line is null, not an object RAW "null"`,
			`5: BAD the line is no JSON object RAW "abc"`,
			`6: a=1`,
		}},
		{"broken JSON", `{"a":1,}` + "\n" + `{"a":` + "\n" + `{"a":1} {"b":2}` + "\n" + `{a:1}` + "\n" + `{"a":01}` + "\n" + `{"a":"x` + "\n" + `{"a":1}`, []string{
			`1: BAD broken JSON at byte 7 of the line: a key in quotes must follow the comma RAW "{\"a\":1,}"`,
			`2: BAD the line ends in the middle of the object RAW "{\"a\":"`,
			`3: BAD more text stands after the object RAW "{\"a\":1} {\"b\":2}"`,
			`4: BAD broken JSON at byte 2 of the line: a key in quotes must stand here RAW "{a:1}"`,
			`5: BAD broken JSON at byte 7 of the line: invalid character '1' after object value (expecting ',' or '}') RAW "{\"a\":01}"`,
			`6: BAD the line ends in the middle of the object RAW "{\"a\":\"x"`,
			`7: a=1`,
		}},
		{"invalid UTF-8", "{\"ä\":\"ü\",\"b\":\"x\xFC\"}\n{\"a\":1}", []string{
			`1: BAD byte 18 of the line: the byte 0xFC is not valid UTF-8 RAW "{\"ä\":\"ü\",\"b\":\"x` + "\uFFFD" + `\"}"`, `2: a=1`,
		}},
		{"a reject file's own key", `{"a":1,"_crmsync":{"line":3,"status":400,"error":"x"}}`, []string{`1: a=1`}},
		{"a record that was not mended", `{"_crmsync":{"line":3,"status":0,"error":"x","raw":"{\"a\":1,}"}}`,
			[]string{`1: BAD the record could not be read in an earlier run and has not been mended RAW "{\"a\":1,}"`}},
		{"a record that was mended", `{"a":1,"_crmsync":{"line":3,"status":0,"error":"x","raw":"{\"a\":1,}"}}`, []string{`1: a=1`}},
		{"nothing", "", []string{}},
		{"nothing but blank lines", "\n \n", []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := opened(t, "products.ndjson", tt.content, Options{})
			if diff := cmp.Diff(tt.want, shown(all(t, r))); diff != "" {
				t.Errorf("from a file (-want +got):\n%s", diff)
			}
			r = piped(t, tt.content, Options{Format: NDJSON})
			if diff := cmp.Diff(tt.want, shown(all(t, r))); diff != "" {
				t.Errorf("from stdin (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecordsStayValidAfterTheNextRead(t *testing.T) {
	r := opened(t, "products.ndjson", "{\"a\":1}\n{\"a\":2}\n{\"a\":\"three\"}\n", Options{})
	records := all(t, r)
	if diff := cmp.Diff([]string{"1: a=1", "2: a=2", `3: a="three"`}, shown(records)); diff != "" {
		t.Error(diff)
	}
	if cap(records[0].Values[0]) != len(records[0].Values[0]) {
		t.Error("appending to a value overwrites what follows it")
	}
}

func TestReadJSON(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		want          []string
	}{
		{"an array on one line", `[{"a":1},{"a":2.50}]`, []string{`1: a=1`, `1: a=2.50`}},
		{"an array with indentation", "[\n  {\n    \"a\": 1,\n    \"b\": [\n      {\"a\": 9}\n    ]\n  },\n  {\n    \"a\": 2\n  }\n]\n",
			[]string{"2: a=1 b=[\n      {\"a\": 9}\n    ]", `8: a=2`}},
		{"an empty array", " [ ]\n", []string{}},
		{"a comma too many at the end", `[{"a":1},]`, []string{`1: a=1`}},
		{"one object over several lines", "{\n  \"a\": 1\n}\n", []string{`1: a=1`}},
		{"objects over several lines", "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n", []string{`1: a=1`, `4: a=2`}},
		{"elements that are no objects", `[1,"x",[{"a":1}],null,{"a":2}]`, []string{
			`1: BAD the element is a number, not an object RAW "1"`,
			`1: BAD the element is a JSON text, not an object RAW "\"x\""`,
			`1: BAD the element is a JSON array, not an object RAW "[{\"a\":1}]"`,
			`1: BAD the element is null, not an object RAW "null"`,
			`1: a=2`,
		}},
		{"broken JSON inside an element", `[{"a":tru},{"a":1,},{"a":1,"a":2},{"a":3}]`, []string{
			`1: BAD broken JSON at byte 9 of the element: invalid character '}' in literal true (expecting 'e') RAW "{\"a\":tru}"`,
			`1: BAD broken JSON at byte 7 of the element: a key in quotes must follow the comma RAW "{\"a\":1,}"`,
			`1: BAD the key "a" occurs twice in the object RAW "{\"a\":1,\"a\":2}"`,
			`1: a=3`,
		}},
		{"missing commas and elements", `[{"a":1}{"a":2},,{"a":3}]`, []string{
			`1: a=1`, `1: BAD there is no comma between this element and the one before RAW "{\"a\":2}"`,
			`1: BAD an element is missing before this comma RAW ","`, `1: a=3`,
		}},
		{"an element that is never closed costs itself, where lines tell", "[\n{\"a\":1},\n{\"a\":[2},\n{\"a\":3},\n{\"a\":{\"x\":1,\n{\"a\":4}\n]", []string{
			`2: a=1`,
			`3: BAD broken JSON at byte 8 of the element: invalid character '}' after array element (expecting ',' or ']'); reading went on with line 4 RAW "{\"a\":[2}"`,
			`4: a=3`,
			`5: BAD the element ends in the middle of the object; reading went on with line 6 RAW "{\"a\":{\"x\":1"`,
			`6: a=4`,
		}},
		{"an open text costs its element, where lines tell", "[\n  {\n    \"a\": \"x,\n    \"b\": 1\n  },\n  {\n    \"a\": 2\n  }\n]", []string{
			`2: BAD broken JSON at byte 15 of the element: invalid character '\n' in string (expecting non-control character); reading went on with line 6 RAW "{\n    \"a\": \"x,\n    \"b\": 1\n  }"`,
			`6: a=2`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := opened(t, "products.json", tt.content, Options{})
			if diff := cmp.Diff(tt.want, shown(all(t, r))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAJSONFileThatCannotBeReadOnSaysWhere(t *testing.T) {
	for _, tt := range []struct {
		name, content, want string
		read                int
	}{
		{"cut off between elements", "[{\"a\":1},\n{\"a\":2},\n", `line 3: the array is not closed: the file ends early`, 2},
		{"cut off inside an element", "[{\"a\":1},\n{\"a\":2", `line 2: this element is not closed: the file ends early`, 1},
		{"brackets that don't match on one line", `[{"a":1},{"a":[2},{"a":3}]`,
			`line 1: where this element ends can't be told: broken JSON at byte 8 of the element: invalid character '}' after array element (expecting ',' or ']')`, 1},
		{"text after the array", "[{\"a\":1}]\nx", `line 2: text stands after the end of the array`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := file(t, "products.json", tt.content)
			r, err := Open(context.Background(), path, Options{Format: JSON})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for n := 0; ; n++ {
				_, err := r.Read()
				if err == nil {
					continue
				}
				if err == io.EOF || n != tt.read || strings.TrimPrefix(err.Error(), path+", ") != tt.want {
					t.Errorf("after %d records: %v", n, err)
				}
				return
			}
		})
	}
}
