package job

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// variable is what stands for a variable's value; $${ is a written ${.
var variable = regexp.MustCompile(`\$?\$\{[^}]*\}?`)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expandFlags is expand for a block of flags. One of them is a command, which its
// shell expands itself: there a value can't become code.
func (p *parser) expandFlags(node ast.Node) {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, pair := range n.Values {
			p.expandFlags(pair)
		}
	case *ast.MappingValueNode:
		if n.Key.GetToken().Value == keyOnFinish {
			change(n.Value, func(text string) string { return strings.ReplaceAll(text, "$${", "${") })
			return
		}
		p.expand(n.Value)
	default:
		p.expand(node)
	}
}

// expand puts the values of variables into all values below a node; keys stay as
// they are. It is done in the tree, so that whatever a variable holds remains one
// value and can't become YAML.
func (p *parser) expand(node ast.Node) {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, pair := range n.Values {
			p.expand(pair.Value)
		}
	case *ast.MappingValueNode:
		p.expand(n.Value)
	case *ast.SequenceNode:
		for _, item := range n.Values {
			p.expand(item)
		}
	default:
		change(node, func(text string) string { return p.expanded(node, text) })
	}
}

// change changes a text; other values stay.
func change(node ast.Node, to func(string) string) {
	switch n := node.(type) {
	case *ast.StringNode:
		n.Value = to(n.Value)
	case *ast.LiteralNode:
		n.Value.Value = to(n.Value.Value)
	}
}

func (p *parser) expanded(n ast.Node, text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	return variable.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		name, closed := strings.CutSuffix(found[2:], "}")
		switch {
		case !closed:
			p.Stop(n, "write $${ where ${ itself is meant", "%s is not closed by }", p.Show(found))
		case !variableName.MatchString(name):
			p.Stop(n, "write $${ where ${ itself is meant", "%s is not the name of a variable", p.Show(name))
		case p.o.Secret != nil && p.o.Secret(name):
			p.Stop(n, "crmsync takes it from the environment by itself", "the token in %s has no place in a value: it would be sent, stored or shown", name)
		}
		value, set := p.o.Getenv(name)
		if !set {
			p.Stop(n, "set it, or write $${ where ${ itself is meant", "%s is not set in the environment", name)
		}
		fmt.Fprintf(p.digest, "\n%s %q", name, value)
		return value
	})
}
