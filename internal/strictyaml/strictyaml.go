// Package strictyaml walks over the tree of a YAML file that people write for
// crmsync, and says with line and column what is wrong in it: keys that stand
// twice, values of another kind than is wanted, keys that mean nothing. What the
// keys are is up to the packages that read such files.
package strictyaml

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds a file: one of this size was not written by people.
const maxFile = 4 << 20

// Dialect says how messages speak of a kind of file.
type Dialect struct {
	Kind      string // "mapping file"
	EmptyHint string // what to do about an empty one

	MayBeEmpty bool // an empty one is right, and not walked over

	// Show puts a text of the file into a message, quoted.
	Show func(text string) string
	// Closest is the known name that another most likely means, or "".
	Closest func(name string, known []string) string
}

// Error says what is wrong in a file, and where.
type Error struct {
	Name    string
	Line    int // from 1; 0 where the file as a whole is meant
	Column  int // from 1
	Problem string
	hint    string
}

// NewError is a mistake at a place; hint may be "".
func NewError(name string, line, column int, hint, problem string) *Error {
	return &Error{Name: name, Line: line, Column: column, Problem: problem, hint: hint}
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Name + ": " + e.Problem
	}
	return e.Name + ":" + strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Column) + ": " + e.Problem
}

// Hint says what to write instead; "" where there is nothing to advise.
func (e *Error) Hint() string { return e.hint }

// Walker walks over the tree of one file. Its methods end the walk at the first
// mistake, from however deep it is: they may only be called inside [Walk].
type Walker struct {
	Name string // of the file, for messages
	Dialect
}

// Walk parses a file (YAML, or JSON, which is YAML too) and has walk look at its
// root. The error is an *Error: one of the file's form, or that with which the
// walk was ended.
func Walk(name string, data []byte, d Dialect, walk func(w *Walker, root ast.Node)) (err error) {
	w := &Walker{Name: name, Dialect: d}
	switch {
	case len(data) > maxFile:
		return &Error{Name: name, Problem: "it is too large for a " + d.Kind, hint: "is it the right file? such files are written by people"}
	case !utf8.Valid(data):
		return &Error{Name: name, Problem: "it is not UTF-8 text", hint: "save it as UTF-8, if it is the right file"}
	}
	tree, err := parse(name, bytes.TrimPrefix(data, []byte("\ufeff"))) // as editors on Windows begin a file
	if err != nil {
		return err
	}
	return w.Guard(func() {
		if root := w.root(tree); root != nil {
			walk(w, root)
		}
	})
}

// Guard calls walk and gives the error with which it was ended, if it was.
func (w *Walker) Guard(walk func()) (err error) {
	defer func() {
		r := recover()
		if stop, ok := r.(*Error); ok {
			err = stop
		} else if r != nil {
			panic(r)
		}
	}()
	walk()
	return nil
}

func (w *Walker) root(tree *ast.File) ast.Node {
	var root ast.Node
	for _, document := range tree.Docs {
		if document.Body == nil {
			continue
		}
		if root != nil {
			w.Stop(document.Body, "remove the --- and what follows it, or put that into a file of its own", "a %s holds one document", w.Kind)
		}
		root = document.Body
	}
	if root == nil && !w.MayBeEmpty {
		panic(&Error{Name: w.Name, Problem: "the " + w.Kind + " is empty", hint: w.EmptyHint})
	}
	return root
}

// parse gives the tree of a YAML text. What makes the library panic is a
// mistake in the file, too.
func parse(name string, data []byte) (tree *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			tree, err = nil, syntaxError(name, nil)
		}
	}()
	tree, err = parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxError(name, err)
	}
	return tree, nil
}

// Stop ends the walk with a mistake at n.
func (w *Walker) Stop(n ast.Node, hint, format string, args ...any) {
	e := &Error{Name: w.Name, Problem: fmt.Sprintf(format, args...), hint: hint}
	if at := n.GetToken(); at != nil && at.Position != nil {
		e.Line, e.Column = at.Position.Line, at.Position.Column
	}
	panic(e)
}
