package mapping

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds a mapping file: one of this size was not written by people.
const maxFile = 4 << 20

// ParseFile reads a mapping file (YAML, or JSON, which is YAML too). It is
// strict: unknown and duplicate keys and values of the wrong kind are errors
// with line and column. name stands in messages. The error is a *FileError.
func ParseFile(name string, data []byte) (file *File, err error) {
	p := &fileParser{file: &File{Name: name}}
	defer func() {
		// The walk ends at the first mistake, from however deep it is.
		r := recover()
		if stop, ok := r.(*FileError); ok {
			file, err = nil, stop
		} else if r != nil {
			panic(r)
		}
	}()
	switch {
	case len(data) > maxFile:
		return nil, &FileError{Name: name, Problem: "it is too large for a mapping file"}
	case !utf8.Valid(data):
		return nil, &FileError{Name: name, Problem: "it is not UTF-8 text"}
	}
	tree, err := parseYAML(name, data)
	if err != nil {
		return nil, err
	}
	var root ast.Node
	for _, document := range tree.Docs {
		if document.Body == nil {
			continue
		}
		if root != nil {
			p.stop(document.Body, "", "a mapping file holds one document")
		}
		root = document.Body
	}
	if root == nil {
		return nil, &FileError{Name: name, Problem: "the mapping file is empty", hint: "crmsync map FILE proposes one"}
	}
	p.top(root)
	return p.file, nil
}

// parseYAML gives the tree of a YAML text. What makes the library panic is a
// mistake in the file, too.
func parseYAML(name string, data []byte) (tree *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			tree, err = nil, &FileError{Name: name, Problem: "it is not valid YAML"}
		}
	}()
	tree, err = parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, yamlError(name, err)
	}
	return tree, nil
}

// yamlError puts a syntax error of the YAML library into one line.
func yamlError(name string, err error) error {
	e := &FileError{Name: name, Problem: "it is not valid YAML"}
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		e.Problem += ": " + clean(strings.ReplaceAll(syntax.GetMessage(), "\n", " "))
		if at := syntax.GetToken(); at != nil && at.Position != nil {
			e.Line, e.Column = at.Position.Line, at.Position.Column
		}
	}
	return e
}

// fileParser walks over the tree of a mapping file.
type fileParser struct{ file *File }

// stop ends the walk with a mistake at n.
func (p *fileParser) stop(n ast.Node, hint, format string, args ...any) {
	e := &FileError{Name: p.file.Name, Problem: fmt.Sprintf(format, args...), hint: hint}
	if at := n.GetToken(); at != nil && at.Position != nil {
		e.Line, e.Column = at.Position.Line, at.Position.Column
	}
	panic(e)
}

// topKeys and columnKeys are the keys that a mapping file knows;
// docs/mapping.schema.json names the same ones.
func topKeys() []string {
	return []string{"object", "match", "locale", "timezone", "blank", "null", "list_separator", "custom_attributes", "set", "columns"}
}

func columnKeys() []string {
	return []string{"to", "drop", "type", "format", "separator", "trim", "case", "null", "values", "default", "required", "join", "lookup"}
}

func (p *fileParser) top(root ast.Node) {
	f := p.file
	for _, e := range p.entries(root, "a mapping file") {
		switch e.name {
		case "object":
			f.Object = p.filled(e)
		case "match":
			f.Match = p.filled(e)
		case "locale":
			f.Locale = p.filled(e)
			if _, err := newLocale(f.Locale); err != nil {
				p.stop(e.value, hintOf(err), "%s", err)
			}
		case "timezone":
			f.Timezone = p.filled(e)
			location, err := time.LoadLocation(f.Timezone)
			if err != nil {
				p.stop(e.value, "write a name such as Europe/Berlin or UTC", "timezone %s is not known", show(f.Timezone))
			}
			f.Location = location
		case "blank":
			f.HasBlank = true
			switch p.one(e, "skip", "null", "empty") {
			case "null":
				f.Blank = BlankNull
			case "empty":
				f.Blank = BlankEmpty
			}
		case "null":
			f.Null = p.words(e)
		case "list_separator":
			f.ListSeparator = p.separator(e)
		case "custom_attributes":
			f.HasCustom = true
			f.NestCustom = p.one(e, "flat", "nested") == "nested"
		case "set":
			for _, c := range p.entries(e.value, "set") {
				f.Set = append(f.Set, Constant{c.name, p.text(c)})
			}
		case "columns":
			for _, c := range p.entries(e.value, "columns") {
				p.column(c)
			}
		default:
			p.unknown(e, "", topKeys())
		}
	}
}

// separator demands something that can stand between two values.
func (p *fileParser) separator(e entry) string {
	s := p.text(e)
	if s == "" {
		p.stop(at(e), "", "%s must not be empty", e.name)
	}
	return s
}

// column reads what a column is said to do: the attribute alone, a block, or a
// list of blocks for several attributes.
func (p *fileParser) column(c entry) {
	line := c.key.GetToken().Position.Line
	if isBlank(c.name) {
		p.stop(c.key, "", "a column must have a name")
	}
	if to, ok := scalar(c.value); ok {
		if isBlank(to) {
			p.stop(at(c), "", "column %s names no attribute", show(c.name))
		}
		p.file.Columns = append(p.file.Columns, FileColumn{Column: c.name, Line: line, To: to})
		return
	}
	list, ok := c.value.(*ast.SequenceNode)
	if !ok {
		if kindOf(c.value) == "nothing" {
			p.stop(c.key, `write "to: ATTR", or "drop: true"`, "column %s says nothing", show(c.name))
		}
		p.use(c, c.value, line)
		return
	}
	if len(list.Values) == 0 {
		p.stop(list, `write "to: ATTR", or "drop: true"`, "column %s says nothing", show(c.name))
	}
	first := len(p.file.Columns)
	for _, use := range list.Values {
		p.use(c, use, use.GetToken().Position.Line)
		fc := p.file.Columns[len(p.file.Columns)-1]
		if fc.Drop && len(list.Values) > 1 {
			p.stop(use, "", "column %s is both dropped and mapped", show(c.name))
		}
		for _, other := range p.file.Columns[first : len(p.file.Columns)-1] {
			if foldName(other.To) == foldName(fc.To) {
				p.stop(use, "", "column %s feeds attribute %s twice", show(c.name), show(fc.To))
			}
		}
	}
}

// use reads one block of a column.
func (p *fileParser) use(c entry, block ast.Node, line int) {
	fc := FileColumn{Column: c.name, Line: line}
	what := "column " + show(c.name)
	list := p.entries(block, what)
	for _, e := range list {
		switch e.name {
		case "to":
			fc.To = p.filled(e)
		case "drop":
			fc.Drop = p.yes(e)
		case "type":
			fc.Type = p.one(e, plainTypes()...)
		case "format":
			fc.Format = p.filled(e)
			if _, err := newLayout(fc.Format, nil); err != nil {
				p.stop(e.value, "", "%s", err)
			}
		case "separator":
			fc.Separator = p.separator(e)
		case "trim":
			fc.Trim = p.trim(e)
		case "case":
			fc.Case = CaseLower
			if p.one(e, "lower", "upper") == "upper" {
				fc.Case = CaseUpper
			}
		case "null":
			fc.Null = p.words(e)
		case "values":
			for _, v := range p.entries(e.value, "values") {
				pair := ValuePair{From: v.name, ToNull: kindOf(v.value) == "nothing"}
				if !pair.ToNull {
					pair.To = p.text(v)
				}
				fc.Values = append(fc.Values, pair)
			}
		case "default":
			fc.Default, fc.HasDefault = p.filled(e), true
		case "required":
			fc.Required = p.yes(e)
		case "join":
			fc.Join, fc.HasJoin = p.text(e), true
		case "lookup":
			fc.Lookup = p.lookup(e)
		default:
			p.unknown(e, " in "+what, columnKeys())
		}
	}
	switch {
	case fc.Drop && len(list) > 1:
		p.stop(block, "", "%s is dropped, so nothing else can be said of it", what)
	case !fc.Drop && fc.To == "":
		p.stop(block, `write "to: ATTR", or "drop: true"`, "%s says nothing of where it goes", what)
	}
	p.file.Columns = append(p.file.Columns, fc)
}

// plainTypes are the types that a cell can have without a schema: the others
// need its options.
func plainTypes() []string {
	return []string{"text", "number", "phone_number", "date", "datetime", "checkbox", "rating", "currency", "relation", "user"}
}

func (p *fileParser) trim(e entry) TrimMode {
	if b, ok := e.value.(*ast.BoolNode); ok {
		if b.Value {
			return TrimSpace
		}
		return TrimNone
	}
	if p.one(e, "space", "domain") == "domain" {
		return TrimDomain
	}
	return TrimSpace
}

func (p *fileParser) lookup(e entry) *Reference {
	ref := &Reference{}
	for _, l := range p.entries(e.value, "lookup") {
		switch l.name {
		case "object":
			ref.Object = p.filled(l)
		case "match":
			ref.Match = p.filled(l)
		case "create":
			ref.Create = p.yes(l)
		default:
			p.unknown(l, " in lookup", []string{"object", "match", "create"})
		}
	}
	if ref.Object == "" || ref.Match == "" {
		p.stop(e.key, `write "lookup: {object: companies, match: domain}"`, "lookup must name object and match")
	}
	return ref
}

func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
