package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/shellwords"
)

// wrapperKeys are what services put around a list of records, together with
// pages and totals. Any key may be one where the object has no other.
var wrapperKeys = []string{"data", "items", "results", "records", "rows", "list", "value", "values", "entries", "content", "hits"}

// refuseWrapped says that JSON is one object around the list of records. Taken
// for a record it would be a single reject, with a reason that explains nothing.
//
// A single record of NDJSON may look like it. Where somebody says that it is
// NDJSON, only an object that has nothing but the list isn't taken for one.
func refuseWrapped(name string, stdin, ndjson bool, text []byte) error {
	key, alone := wrapperKey(text)
	if ndjson && !alone {
		return nil
	}
	if key == "" {
		return nil
	}
	path := "." + key
	if !plainKey(key) {
		quoted, _ := json.Marshal(key)
		path = "." + string(quoted)
	}
	command := "jq -c " + shellwords.Quote(path+"[]")
	advice := fmt.Sprintf("take them out of it: %s %s >%s", command, shellwords.File(name), shellwords.File(ObjectName(name)+".records.ndjson"))
	if stdin {
		advice = fmt.Sprintf("take them out of it: put %s into the pipe before crmsync", command)
	}
	if !alone {
		advice += "; if it is one record: --format ndjson"
	}
	return &InputError{Input: name, Problem: fmt.Sprintf("the records stand in a list below the key %q, not one by one", key), Advice: advice}
}

// wrapperKey is the key below which the first object of a JSON text has a list
// of objects, if that is all that the object is there for; alone says that the
// list is surely all that it has. The text may be cut off anywhere.
func wrapperKey(text []byte) (key string, alone bool) {
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) == 0 || text[0] != '{' {
		return "", false
	}
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	_, _ = d.ReadToken()
	first, listed, keys := "", "", 0
	for ; d.PeekKind() == '"'; keys++ {
		token, err := d.ReadToken()
		if err != nil {
			return listed, false
		}
		key := token.String()
		first = "" // a second key: the first was not all there is
		if d.PeekKind() == '[' && beginsWithObject(text[d.InputOffset():]) {
			if keys == 0 {
				first = key
			}
			if listed == "" && slices.Contains(wrapperKeys, key) {
				listed = key
			}
		}
		if err := d.SkipValue(); err != nil {
			return cmp.Or(listed, first), keys == 0
		}
	}
	if keys == 1 && listed != "" {
		return listed, true // also where other pages follow
	}
	if _, err := d.ReadToken(); err != nil || d.PeekKind() != 0 {
		return "", false // others follow, so this one may be a record as well
	}
	return cmp.Or(listed, first), keys == 1
}

// beginsWithObject tells whether a list's first item is an object; the list may
// have the colon of its key before it.
func beginsWithObject(list []byte) bool {
	list = bytes.TrimLeft(list, ": \t\r\n")
	if len(list) == 0 || list[0] != '[' {
		return false
	}
	list = bytes.TrimLeft(list[1:], " \t\r\n")
	return len(list) > 0 && list[0] == '{'
}

// plainKey tells whether jq takes a key without quotes.
func plainKey(key string) bool {
	for i := range len(key) {
		letter := key[i] == '_' || 'a' <= key[i]|0x20 && key[i]|0x20 <= 'z'
		if !letter && (i == 0 || key[i] < '0' || key[i] > '9') {
			return false
		}
	}
	return key != ""
}
