package mapping

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// entry is a key with its value.
type entry struct {
	name  string
	key   ast.Node
	value ast.Node
}

// entries gives the entries of a mapping; what names it in messages.
func (p *fileParser) entries(n ast.Node, what string) []entry {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		p.stop(n, "", "%s must hold entries like key: value, not %s", what, kindOf(n))
	}
	seen := map[string]int{}
	var list []entry
	for _, pair := range pairs {
		name, ok := word(pair.Key)
		if !ok {
			p.stop(pair.Key, "", "%s can't be a key", kindOf(pair.Key))
		}
		if line, twice := seen[name]; twice {
			p.stop(pair.Key, "", "key %s stands here twice, first in line %d", show(name), line)
		}
		seen[name] = pair.Key.GetToken().Position.Line
		list = append(list, entry{name, pair.Key, pair.Value})
	}
	return list
}

// scalar gives a scalar's text as the file has it: `01` and `yes` keep their
// spelling. Null is no text.
func scalar(n ast.Node) (string, bool) {
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

// word is scalar for places where a written null is the word itself: as a key,
// and among the words that stand for null.
func word(n ast.Node) (string, bool) {
	if n, ok := n.(*ast.NullNode); ok && n.Token.Type == token.NullType {
		return n.Token.Value, true
	}
	return scalar(n)
}

func kindOf(n ast.Node) string {
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

// text demands a scalar.
func (p *fileParser) text(e entry) string {
	s, ok := scalar(e.value)
	if !ok {
		p.stop(at(e), "", "%s must be a text, not %s", e.name, kindOf(e.value))
	}
	return s
}

// at is the node to point at: the value, or the key where there is none.
func at(e entry) ast.Node {
	if e.value == nil || e.value.Type() == ast.NullType {
		return e.key
	}
	return e.value
}

// filled demands a text that isn't blank.
func (p *fileParser) filled(e entry) string {
	s := p.text(e)
	if isBlank(s) {
		p.stop(at(e), "", "%s must not be blank", e.name)
	}
	return s
}

// one demands one of a few words.
func (p *fileParser) one(e entry, words ...string) string {
	s, ok := scalar(e.value)
	if _, null := e.value.(*ast.NullNode); null {
		s, ok = "null", true // `blank: null` is a word here
	}
	for _, word := range words {
		if ok && s == word {
			return s
		}
	}
	if !ok {
		s = kindOf(e.value)
	} else {
		s = show(s)
	}
	p.stop(at(e), "", "%s must be %s, not %s", e.name, listed(words, "or"), s)
	return ""
}

// yes demands true or false.
func (p *fileParser) yes(e entry) bool {
	if b, ok := e.value.(*ast.BoolNode); ok {
		return b.Value
	}
	p.stop(at(e), "", "%s must be true or false", e.name)
	return false
}

// words demands a text or a list of texts; NULL is one.
func (p *fileParser) words(e entry) []string {
	list, ok := e.value.(*ast.SequenceNode)
	if s, written := word(e.value); !ok && written {
		return []string{s}
	} else if !ok {
		return []string{p.text(e)}
	}
	var all []string
	for _, v := range list.Values {
		s, ok := word(v)
		if !ok {
			p.stop(v, "", "%s must be a list of texts, not of %s", e.name, kindOf(v))
		}
		all = append(all, s)
	}
	return all
}

// unknown ends the walk with a key that isn't known here.
func (p *fileParser) unknown(e entry, where string, known []string) {
	candidates := make([]named, 0, len(known))
	for _, k := range known {
		candidates = append(candidates, named{k, []string{foldName(k)}})
	}
	text := fmt.Sprintf("unknown key %s%s", show(e.name), where)
	if key, ok := closest(e.name, candidates); ok {
		text += fmt.Sprintf(" (closest: %s)", show(key))
	}
	p.stop(e.key, "known are "+strings.Join(known, ", "), "%s", text)
}
