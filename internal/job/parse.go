package job

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/crmsync/crmsync/internal/spelling"
	"github.com/crmsync/crmsync/internal/strictyaml"
)

// Options is what Parse must know of the program.
type Options struct {
	// Flags are the flags of push that a job file may set, by long name; the
	// value tells whether one may be repeated.
	Flags map[string]bool
	// Elsewhere says of keys that somebody will try and that have no place in a
	// job file where they belong.
	Elsewhere map[string]string
	// Getenv gives the variables that ${NAME} stands for, and whether one is set.
	Getenv func(name string) (value string, set bool)
	// Secret tells variables whose values must not be written anywhere.
	Secret func(name string) bool
}

// The keys that are no flags of push.
const (
	keyDefaults = "defaults"
	keyPushes   = "pushes"
	keyName     = "name"
	keyFiles    = "files"
	keyColumns  = "columns"
	keyAfter    = "after"
	keyOnError  = "on_error"
	keyOnFinish = "on-finish" // a flag whose value is left to the shell
)

// Parse reads a job file (YAML, or JSON, which is YAML too). It is strict:
// unknown and duplicate keys, values of the wrong kind and variables that aren't
// set are errors with line and column. name is the file's path: it stands in
// messages, and the file's own paths start from its directory. What the values of
// flags must be is not checked here. The error is a *strictyaml.Error.
func Parse(name string, data []byte, o Options) (*File, error) {
	p := &parser{o: o, file: &File{Name: name}, digest: sha256.New()}
	fmt.Fprintf(p.digest, "%d\n%s", len(data), data)
	show := func(text string) string { return fmt.Sprintf("%.80q", text) }
	d := strictyaml.Dialect{Kind: "job file", EmptyHint: "it holds pushes, each with name, files and match", Show: show, Closest: spelling.Closest}
	err := strictyaml.Walk(name, data, d, func(w *strictyaml.Walker, root ast.Node) {
		p.Walker = w
		p.top(root)
	})
	if err != nil {
		return nil, err
	}
	p.file.Digest = hex.EncodeToString(p.digest.Sum(nil))
	return p.file, nil
}

// parser walks over the tree of a job file.
type parser struct {
	*strictyaml.Walker
	o        Options
	file     *File
	digest   hash.Hash
	defaults []Flag
	goOn     bool // on_error in defaults
	stdin    string
}

func placeOf(n ast.Node) Place {
	at := n.GetToken().Position
	return Place{at.Line, at.Column}
}

func (p *parser) top(root ast.Node) {
	var pushes strictyaml.Entry
	for _, e := range p.Entries(root, "a job file") {
		switch e.Name {
		case keyDefaults:
			p.expandFlags(e.Value)
			p.readDefaults(e)
		case keyPushes:
			pushes = e
		default:
			p.refuse(e, "", []string{keyDefaults, keyPushes})
		}
	}
	if pushes.Key == nil {
		p.Stop(root, "write pushes: and below it a list, each with name, files and match", "the job has no pushes")
	}
	list, ok := pushes.Value.(*ast.SequenceNode)
	if !ok {
		p.Stop(strictyaml.At(pushes), `each push begins with "- name:"`, "pushes must be a list, not %s", strictyaml.KindOf(pushes.Value))
	}
	if len(list.Values) == 0 {
		p.Stop(pushes.Key, `each push begins with "- name:"`, "the job has no pushes")
	}
	for _, node := range list.Values {
		p.expandFlags(node)
		p.push(node)
	}
}

// refuse ends the walk with a key that means nothing here.
func (p *parser) refuse(e strictyaml.Entry, where string, known []string) {
	why, ok := p.o.Elsewhere[e.Name]
	if !ok { // dry_run, as other programs write it
		why, ok = p.o.Elsewhere[strings.ReplaceAll(e.Name, "_", "-")]
	}
	if ok {
		problem, hint, _ := strings.Cut(why, "\n")
		p.Stop(e.Key, hint, "%s %s", e.Name, problem)
	}
	slices.Sort(known)
	p.Unknown(e, where, known)
}

func (p *parser) flagNames(others ...string) []string {
	for name := range p.o.Flags {
		if !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	return others
}

func (p *parser) readDefaults(block strictyaml.Entry) {
	if strictyaml.KindOf(block.Value) == "nothing" {
		return
	}
	for _, e := range p.Entries(block.Value, keyDefaults) {
		_, isFlag := p.o.Flags[e.Name]
		switch {
		case e.Name == keyOnError:
			p.goOn = p.One(e, "stop", "continue") == "continue"
		case isFlag:
			f := p.flag(e)
			f.Default = true
			p.defaults = append(p.defaults, f)
		default:
			p.refuse(e, " in defaults", p.flagNames(keyOnError))
		}
	}
}

// flag reads the values of a flag: one, or a list where it may be repeated.
func (p *parser) flag(e strictyaml.Entry) Flag {
	f := Flag{Name: e.Name, Place: placeOf(e.Key)}
	list, isList := e.Value.(*ast.SequenceNode)
	switch {
	case !isList:
		f.Values = []Value{p.value(e, strictyaml.At(e), e.Value)}
	case !p.o.Flags[e.Name]:
		p.Stop(list, "write one value; a text that begins with [ stands in quotes", "%s takes one value, not a list", e.Name)
	case len(list.Values) == 0:
		p.Stop(e.Key, "leave the key out, or put values into the list", "%s has an empty list", e.Name)
	default:
		for _, item := range list.Values {
			f.Values = append(f.Values, p.value(e, item, item))
		}
	}
	return f
}

func (p *parser) value(e strictyaml.Entry, at, node ast.Node) Value {
	text, ok := strictyaml.Scalar(node)
	if e.Name == "blank" || e.Name == "null" { // of which null is a word
		text, ok = strictyaml.Word(node)
	}
	if !ok {
		p.Stop(at, strictyaml.WayOut(node), "%s must have a plain value, not %s", e.Name, strictyaml.KindOf(node))
	}
	return Value{text, placeOf(at)}
}

// pushName is what can be typed as an argument without quotes.
var pushName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (p *parser) push(node ast.Node) {
	push := &Push{GoOn: p.goOn, Place: placeOf(node), After: p.file.Names()}
	entries := p.Entries(node, "a push")
	where := " in a push"
	for _, e := range entries {
		if e.Name == keyName {
			push.Name = p.name(e)
			push.Place = placeOf(strictyaml.At(e))
			where = " in push " + push.Name
		}
	}
	if push.Name == "" {
		p.Stop(node, `write "name: people", for example: it is how the push is called in messages and on the command line`, "a push has no name")
	}
	var columns ast.Node
	for _, e := range entries {
		_, isFlag := p.o.Flags[e.Name]
		_, isBlock := e.Value.(*ast.MappingNode)
		_, isOne := e.Value.(*ast.MappingValueNode)
		switch {
		case e.Name == keyName:
		case e.Name == keyFiles:
			push.Files = p.files(e, push.Name)
		case e.Name == keyAfter:
			push.After = p.after(e, push.Name)
		case e.Name == keyOnError:
			push.GoOn = p.One(e, "stop", "continue") == "continue"
		case e.Name == keyColumns && (isBlock || isOne):
			push.Columns, columns = e.Value, e.Key
		case isFlag:
			push.Flags = append(push.Flags, p.flag(e))
		default:
			p.refuse(e, where, p.flagNames(keyName, keyFiles, keyColumns, keyAfter, keyOnError))
		}
	}
	if len(push.Files) == 0 {
		p.Stop(node, `write "files: people.csv", or a list of names and patterns`, "push %s has no files", push.Name)
	}
	if push.flag("mapping") != nil && push.Columns != nil {
		p.Stop(columns, "leave one of them out", "push %s has both a mapping file and columns of its own", push.Name)
	}
	for _, f := range p.defaults {
		if push.flag(f.Name) == nil && (f.Name != "mapping" || push.Columns == nil) {
			push.Flags = append(push.Flags, f)
		}
	}
	p.file.Pushes = append(p.file.Pushes, push)
}

func (p *Push) flag(name string) *Flag {
	for i := range p.Flags {
		if p.Flags[i].Name == name {
			return &p.Flags[i]
		}
	}
	return nil
}

func (p *parser) name(e strictyaml.Entry) string {
	name := p.Filled(e)
	if !pushName.MatchString(name) {
		p.Stop(strictyaml.At(e), "take letters, digits, and - _ . between them", "%s can't be the name of a push", p.Show(name))
	}
	for _, other := range p.file.Pushes {
		if other.Name == name {
			p.Stop(strictyaml.At(e), "give each a name of its own", "two pushes are named %s, the first in line %d", name, other.Line)
		}
	}
	return name
}

const filled = "write a text, or a list of texts; or leave the key out"

// texts demands a text or a list of texts, none of them blank.
func (p *parser) texts(e strictyaml.Entry) []Value {
	nodes := []ast.Node{e.Value}
	if list, ok := e.Value.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	var all []Value
	for _, node := range nodes {
		text, ok := strictyaml.Scalar(node)
		switch {
		case !ok && strictyaml.KindOf(node) == "nothing":
			p.Stop(e.Key, filled, "%s must not be blank", e.Name)
		case !ok:
			p.Stop(node, strictyaml.WayOut(node), "%s must be a text or a list of texts, not %s", e.Name, strictyaml.KindOf(node))
		case strings.TrimSpace(text) == "":
			p.Stop(node, filled, "%s must not be blank", e.Name)
		}
		all = append(all, Value{text, placeOf(node)})
	}
	return all
}

func (p *parser) files(e strictyaml.Entry, push string) []Pattern {
	var files []Pattern
	values := p.texts(e)
	for _, v := range values {
		if v.Text == "-" {
			if p.stdin != "" || len(values) > 1 {
				p.Stop(e.Key, "one push of the job may read it, by itself; put the others into files", "stdin (-) can be read only once")
			}
			p.stdin = push
		}
		files = append(files, Pattern(v))
	}
	return files
}

func (p *parser) after(e strictyaml.Entry, push string) []string {
	var names []string
	for _, v := range p.texts(e) {
		known := p.file.Names()
		switch {
		case v.Text == push:
			panic(p.at(v.Place, "after names pushes that stand above; left out, it means all of them", "push %s can't come after itself", push))
		case !slices.Contains(known, v.Text):
			hint := "pushes run in the file's order: after names one that stands above"
			if near := spelling.Closest(v.Text, known); near != "" {
				hint = "did you mean " + near + "?"
			}
			panic(p.at(v.Place, hint, "no push above %s is named %s", push, p.Show(v.Text)))
		}
		names = append(names, v.Text)
	}
	return names
}

func (p *parser) at(place Place, hint, format string, args ...any) *strictyaml.Error {
	return strictyaml.NewError(p.file.Name, place.Line, place.Column, hint, fmt.Sprintf(format, args...))
}
