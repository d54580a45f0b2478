package strictyaml

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Entry is a key with its value.
type Entry struct {
	Name  string
	Key   ast.Node
	Value ast.Node
}

// Entries gives the entries of a mapping; what names it in messages.
func (w *Walker) Entries(n ast.Node, what string) []Entry {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		hint := `write one "key: value" a line, without dashes before them`
		if isShared(n) {
			hint = inFull
		}
		w.Stop(n, hint, "%s must hold entries like key: value, not %s", what, KindOf(n))
	}
	seen := map[string]int{}
	var list []Entry
	for _, pair := range pairs {
		name, ok := Word(pair.Key)
		if !ok {
			hint := "a key is a word; put it in quotes if it begins with a special character"
			if isShared(pair.Key) {
				hint = inFull
			}
			w.Stop(pair.Key, hint, "%s can't be a key", KindOf(pair.Key))
		}
		if line, twice := seen[name]; twice {
			w.Stop(pair.Key, "keep one of them; where several values may stand, they are one list: [a, b]", "key %s stands here twice, first in line %d", w.Show(name), line)
		}
		seen[name] = pair.Key.GetToken().Position.Line
		list = append(list, Entry{name, pair.Key, pair.Value})
	}
	return list
}

// Scalar gives a scalar's text as the file has it: `01` and `yes` keep their
// spelling. Null is no text.
func Scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// Word is [Scalar] for places where a written null is the word itself: as a key,
// and among the words that stand for null.
func Word(n ast.Node) (string, bool) {
	if n, ok := n.(*ast.NullNode); ok && n.Token.Type == token.NullType {
		return n.Token.Value, true
	}
	return Scalar(n)
}

// KindOf says what a node is, for messages.
func KindOf(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a block of entries"
	case *ast.SequenceNode:
		return "a list"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "an anchor or alias"
	case *ast.TagNode:
		return "a tag"
	}
	return "a plain value"
}

// inFull is the way out where YAML's own means of saying a thing once stand.
const inFull = "write the entries themselves where they hold: & * and << are not read here"

func isShared(n ast.Node) bool {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return true
	}
	return false
}

// fill is the way out where a value is blank.
const fill = "write a value behind it, or leave the key out"

// WayOut says how to write a text where something else stands.
func WayOut(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return fill + `; a word such as null stands in quotes`
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		return "write the value itself; a text that begins with *, & or ! stands in quotes"
	case *ast.SequenceNode:
		return "write one value; a text that begins with [ stands in quotes"
	}
	return `write one value; a text that begins with { or holds ": " stands in quotes`
}

// Text demands a scalar.
func (w *Walker) Text(e Entry) string {
	s, ok := Scalar(e.Value)
	if !ok {
		w.Stop(At(e), WayOut(e.Value), "%s must be a text, not %s", e.Name, KindOf(e.Value))
	}
	return s
}

// At is the node to point at: the value, or the key where there is none.
func At(e Entry) ast.Node {
	if e.Value == nil || e.Value.Type() == ast.NullType {
		return e.Key
	}
	return e.Value
}

// Filled demands a text that isn't blank.
func (w *Walker) Filled(e Entry) string {
	s := w.Text(e)
	if strings.TrimSpace(s) == "" {
		w.Stop(At(e), fill, "%s must not be blank", e.Name)
	}
	return s
}

// One demands one of a few words.
func (w *Walker) One(e Entry, words ...string) string {
	s, ok := Scalar(e.Value)
	if _, null := e.Value.(*ast.NullNode); null {
		s, ok = "null", true // `blank: null` is a word here
	}
	for _, word := range words {
		if ok && s == word {
			return s
		}
	}
	hint := "write one of them, or leave the key out"
	if near := w.Closest(s, words); ok && near != "" {
		hint = "did you mean " + near + "?"
	}
	if !ok {
		s = KindOf(e.Value)
	} else {
		s = w.Show(s)
	}
	w.Stop(At(e), hint, "%s must be %s, not %s", e.Name, w.or(words), s)
	return ""
}

// Yes demands true or false.
func (w *Walker) Yes(e Entry) bool {
	if b, ok := e.Value.(*ast.BoolNode); ok {
		return b.Value
	}
	w.Stop(At(e), "write true or false, without quotes", "%s must be true or false", e.Name)
	return false
}

// Words demands a text or a list of texts; NULL is one.
func (w *Walker) Words(e Entry) []string {
	list, ok := e.Value.(*ast.SequenceNode)
	if s, written := Word(e.Value); !ok && written {
		return []string{s}
	} else if !ok {
		return []string{w.Text(e)}
	}
	var all []string
	for _, v := range list.Values {
		s, ok := Word(v)
		if !ok {
			w.Stop(v, WayOut(v), "%s must be a list of texts, not of %s", e.Name, KindOf(v))
		}
		all = append(all, s)
	}
	return all
}

// Unknown ends the walk with a key that isn't known here; where, such as
// " in lookup", says what here is.
func (w *Walker) Unknown(e Entry, where string, known []string) {
	text := fmt.Sprintf("unknown key %s%s", w.Show(e.Name), where)
	hint := "known are " + strings.Join(known, ", ")
	if key := w.Closest(e.Name, known); key != "" {
		hint = "did you mean " + key + "?"
	}
	w.Stop(e.Key, hint, "%s", text)
}

func (w *Walker) or(words []string) string {
	var b strings.Builder
	for i, word := range words {
		switch {
		case i > 0 && i == len(words)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(w.Show(word))
	}
	return b.String()
}
