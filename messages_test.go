package main

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An error tells what was being done and what is wrong; the hint below it tells
// what to do. These are the places where one is made with a hint of its own: none
// may be left blank. What other errors say is shown by the scripts.
func TestEveryMistakeIsMadeWithAWayOut(t *testing.T) {
	hintAt := map[string]int{ // in the arguments of functions
		"usage": 0, "Stop": 1, "Mistake": 1, "mistake": 1, "NewError": 3, "at": 1,
	}
	hintIn := map[string]string{ // in the fields of types
		"hinted": "hint", "InputError": "Advice", "SchemaError": "hint", "OptionError": "hint", "usageError": "hint",
	}
	// These can't be brought about from the command line, or get theirs later.
	exempt := []string{"user agent", "workers", "timeout", "opening the file", `"it is not valid YAML"`}
	places := 0
	for _, root := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "sandbox":
				return fs.SkipDir // its words are the CRM's
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			files := gotoken.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				hint, made := hintOf(n, hintAt, hintIn)
				if !made {
					return true
				}
				places++
				blank := hint == nil
				if text, ok := hint.(*ast.BasicLit); ok {
					blank = text.Value == `""`
				}
				if blank && !slices.ContainsFunc(exempt, func(word string) bool { return mentions(n, word) }) {
					t.Errorf("%s: a mistake is made without a hint", files.Position(n.Pos()))
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if places < 200 {
		t.Errorf("only %d places were looked at", places)
	}
}

// hintOf is the hint that a mistake is made with, nil for none, and whether n
// makes one at all.
func hintOf(n ast.Node, hintAt map[string]int, hintIn map[string]string) (hint ast.Expr, made bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		at, ok := hintAt[lastName(n.Fun)]
		if !ok || len(n.Args) < 3 && at > 0 || len(n.Args) < 2 {
			return nil, false // another function of that name
		}
		return n.Args[at], true
	case *ast.CompositeLit:
		field, ok := hintIn[lastName(n.Type)]
		if !ok {
			return nil, false
		}
		for i, element := range n.Elts {
			pair, keyed := element.(*ast.KeyValueExpr)
			switch {
			case !keyed && i == len(n.Elts)-1:
				return element, true
			case keyed && lastName(pair.Key) == field:
				return pair.Value, true
			}
		}
		return nil, true
	}
	return nil, false
}

func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func mentions(n ast.Node, word string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		text, ok := n.(*ast.BasicLit)
		found = found || ok && strings.Contains(text.Value, word)
		return !found
	})
	return found
}
