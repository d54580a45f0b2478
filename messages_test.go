package main

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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

// A quotation of three words or more, `the run had to stop`, is a message, wherever
// it stands; "…" stands for what changes. Commands, values and the like begin
// otherwise.
func TestEveryMessageInTheDocumentationIsOneOfTheProgram(t *testing.T) {
	texts := stringLiterals(t)
	commands := []string{"crmsync", "go", "jq", "bash", "git"}
	messages := map[string]int{}
	for _, page := range append(docPages(t), "CHANGELOG.md", "SECURITY.md") {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(withoutBlocks(string(content)), -1) {
			quoted := found[1]
			words := strings.Fields(quoted)
			isHeading := strings.Contains(string(content), "\n### "+found[0])
			begins := quoted[0] >= 'a' && quoted[0] <= 'z' || strings.HasPrefix(quoted, "…")
			if !isHeading && (len(words) < 3 || !begins || slices.Contains(commands, words[0])) {
				continue
			}
			messages[filepath.ToSlash(page)]++
			for fragment := range strings.SplitSeq(quoted, "…") {
				fragment = strings.TrimSpace(fragment)
				if len(fragment) > 2 && !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, fragment) }) {
					t.Errorf("%s: no message of the program holds %q, of %s", page, fragment, found[0])
				}
			}
		}
	}
	if messages["docs/troubleshooting.md"] < 40 {
		t.Errorf("of the messages in docs/troubleshooting.md only %d were found", messages["docs/troubleshooting.md"])
	}
}

// withoutBlocks is a page without what is fenced.
func withoutBlocks(page string) string {
	var kept strings.Builder
	inside := false
	for line := range strings.Lines(page) {
		fence := strings.HasPrefix(line, "```")
		if !inside && !fence {
			kept.WriteString(line)
		}
		inside = inside != fence
	}
	return kept.String()
}

// stringLiterals are the texts in the program's sources, but for the sandbox's:
// those are the CRM's words.
func stringLiterals(t *testing.T) []string {
	t.Helper()
	var texts []string
	for _, root := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "sandbox":
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == gotoken.STRING {
					if text, err := strconv.Unquote(literal.Value); err == nil {
						texts = append(texts, text)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return texts
}
