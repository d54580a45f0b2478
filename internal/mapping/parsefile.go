package mapping

import (
	"errors"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/crmsync/crmsync/internal/strictyaml"
)

// ParseFile reads a mapping file (YAML, or JSON, which is YAML too). It is
// strict: unknown and duplicate keys and values of the wrong kind are errors
// with line and column. name stands in messages. The error is a *strictyaml.Error.
func ParseFile(name string, data []byte) (*File, error) {
	file := &File{Name: name}
	err := strictyaml.Walk(name, data, dialect(), func(w *strictyaml.Walker, root ast.Node) {
		p := &fileParser{w, file}
		p.top(root)
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// ParseColumns reads what another file says of columns in the words of a mapping
// file: node is the block that stands under columns there. The error is a
// *strictyaml.Error.
func ParseColumns(name string, node ast.Node) (*File, error) {
	p := &fileParser{&strictyaml.Walker{Name: name, Dialect: dialect()}, &File{Name: name}}
	err := p.Guard(func() { p.columns(node) })
	if err != nil {
		return nil, err
	}
	return p.file, nil
}

func dialect() strictyaml.Dialect {
	return strictyaml.Dialect{Kind: "mapping file", EmptyHint: "crmsync map FILE proposes one", Show: show, Closest: closestName}
}

// fileParser walks over the tree of a mapping file.
type fileParser struct {
	*strictyaml.Walker
	file *File
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
	for _, e := range p.Entries(root, "a mapping file") {
		switch e.Name {
		case "object":
			f.Object = p.Filled(e)
		case "match":
			f.Match = p.Filled(e)
		case "locale":
			f.Locale = p.Filled(e)
			if _, err := newLocale(f.Locale); err != nil {
				p.Stop(e.Value, hintOf(err), "%s", err)
			}
		case "timezone":
			f.Timezone = p.Filled(e)
			location, err := time.LoadLocation(f.Timezone)
			if err != nil {
				p.Stop(e.Value, "write a name such as Europe/Berlin or UTC", "timezone %s is not known", show(f.Timezone))
			}
			f.Location = location
		case "blank":
			f.HasBlank = true
			switch p.One(e, "skip", "null", "empty") {
			case "null":
				f.Blank = BlankNull
			case "empty":
				f.Blank = BlankEmpty
			}
		case "null":
			f.Null = p.Words(e)
		case "list_separator":
			f.ListSeparator = p.separator(e)
		case "custom_attributes":
			f.HasCustom = true
			f.NestCustom = p.One(e, "flat", "nested") == "nested"
		case "set":
			for _, c := range p.Entries(e.Value, "set") {
				f.Set = append(f.Set, Constant{c.Name, p.Text(c)})
			}
		case "columns":
			p.columns(e.Value)
		default:
			p.Unknown(e, "", topKeys())
		}
	}
}

func (p *fileParser) columns(node ast.Node) {
	for _, c := range p.Entries(node, "columns") {
		p.column(c)
	}
}

// separator demands something that can stand between two values.
func (p *fileParser) separator(e strictyaml.Entry) string {
	s := p.Text(e)
	if s == "" {
		p.Stop(strictyaml.At(e), `write what stands between two values, such as ";", or leave the key out`, "%s must not be empty", e.Name)
	}
	return s
}

// column reads what a column is said to do: the attribute alone, a block, or a
// list of blocks for several attributes.
func (p *fileParser) column(c strictyaml.Entry) {
	line := c.Key.GetToken().Position.Line
	if isBlank(c.Name) {
		p.Stop(c.Key, "write the column's name as the input's header has it", "a column must have a name")
	}
	if to, ok := strictyaml.Scalar(c.Value); ok {
		if isBlank(to) {
			p.Stop(strictyaml.At(c), `write the attribute's key, or "drop: true" in a block`, "column %s names no attribute", show(c.Name))
		}
		p.file.Columns = append(p.file.Columns, FileColumn{Column: c.Name, Line: line, To: to})
		return
	}
	list, ok := c.Value.(*ast.SequenceNode)
	if !ok {
		if strictyaml.KindOf(c.Value) == "nothing" {
			p.Stop(c.Key, `write "to: ATTR", or "drop: true"`, "column %s says nothing", show(c.Name))
		}
		p.use(c, c.Value, line)
		return
	}
	if len(list.Values) == 0 {
		p.Stop(list, `write "to: ATTR", or "drop: true"`, "column %s says nothing", show(c.Name))
	}
	first := len(p.file.Columns)
	for _, use := range list.Values {
		p.use(c, use, use.GetToken().Position.Line)
		fc := p.file.Columns[len(p.file.Columns)-1]
		if fc.Drop && len(list.Values) > 1 {
			p.Stop(use, "leave one of them out", "column %s is both dropped and mapped", show(c.Name))
		}
		for _, other := range p.file.Columns[first : len(p.file.Columns)-1] {
			if foldName(other.To) == foldName(fc.To) {
				p.Stop(use, "leave one of them out", "column %s feeds attribute %s twice", show(c.Name), show(fc.To))
			}
		}
	}
}

// use reads one block of a column.
func (p *fileParser) use(c strictyaml.Entry, block ast.Node, line int) {
	fc := FileColumn{Column: c.Name, Line: line}
	what := "column " + show(c.Name)
	list := p.Entries(block, what)
	for _, e := range list {
		switch e.Name {
		case "to":
			fc.To = p.Filled(e)
		case "drop":
			fc.Drop = p.Yes(e)
		case "type":
			fc.Type = p.One(e, plainTypes()...)
		case "format":
			fc.Format = p.Filled(e)
			if _, err := newLayout(fc.Format, nil); err != nil {
				p.Stop(e.Value, "for example %d.%m.%Y for 31.12.2025, or %Y-%m-%d %H:%M", "%s", err)
			}
		case "separator":
			fc.Separator = p.separator(e)
		case "trim":
			fc.Trim = p.trim(e)
		case "case":
			fc.Case = CaseLower
			if p.One(e, "lower", "upper") == "upper" {
				fc.Case = CaseUpper
			}
		case "null":
			fc.Null = p.Words(e)
		case "values":
			for _, v := range p.Entries(e.Value, "values") {
				pair := ValuePair{From: v.Name, ToNull: strictyaml.KindOf(v.Value) == "nothing"}
				if !pair.ToNull {
					pair.To = p.Text(v)
				}
				fc.Values = append(fc.Values, pair)
			}
		case "default":
			fc.Default, fc.HasDefault = p.Filled(e), true
		case "required":
			fc.Required = p.Yes(e)
		case "join":
			fc.Join, fc.HasJoin = p.Text(e), true
		case "lookup":
			p.lookup(e, &fc)
		default:
			p.Unknown(e, " in "+what, columnKeys())
		}
	}
	switch {
	case fc.Drop && len(list) > 1:
		p.Stop(block, "leave out drop, or all the rest", "%s is dropped, so nothing else can be said of it", what)
	case !fc.Drop && fc.To == "":
		p.Stop(block, `write "to: ATTR", or "drop: true"`, "%s says nothing of where it goes", what)
	}
	p.file.Columns = append(p.file.Columns, fc)
}

// plainTypes are the types that a cell can have without a schema: the others
// need its options.
func plainTypes() []string {
	return []string{"text", "number", "phone_number", "date", "datetime", "checkbox", "rating", "currency", "relation", "user"}
}

func (p *fileParser) trim(e strictyaml.Entry) TrimMode {
	if b, ok := e.Value.(*ast.BoolNode); ok {
		if b.Value {
			return TrimSpace
		}
		return TrimNone
	}
	if p.One(e, "space", "domain") == "domain" {
		return TrimDomain
	}
	return TrimSpace
}

func (p *fileParser) lookup(e strictyaml.Entry, fc *FileColumn) {
	ref := &Reference{}
	for _, l := range p.Entries(e.Value, "lookup") {
		switch l.Name {
		case "object":
			ref.Object = p.Filled(l)
		case "match":
			ref.Match = p.Filled(l)
			at := l.Value.GetToken().Position
			fc.matchAt = place{at.Line, at.Column}
		case "create":
			ref.Create = p.Yes(l)
		default:
			p.Unknown(l, " in lookup", []string{"object", "match", "create"})
		}
	}
	if ref.Object == "" || ref.Match == "" {
		p.Stop(e.Key, `write "lookup: {object: companies, match: domain}"`, "lookup must name object and match")
	}
	fc.Lookup = ref
}

func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
