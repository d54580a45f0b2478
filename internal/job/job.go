// Package job reads job files: which pushes a run is made of, in which order,
// and which of them depend on each other. It knows the form of the file and the
// names of what may stand there; what a push's flags mean, and how one is run, is
// package cmd's.
package job

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/crmsync/crmsync/internal/strictyaml"
)

// File is a job file. docs/job.schema.json describes it to editors.
type File struct {
	Name   string  // as it was given to Parse, for messages
	Pushes []*Push // in the file's order, in which they run

	// Digest stands for the file's content and the variables that it uses.
	Digest string
}

// Push is one push of a job.
type Push struct {
	Name  string
	Files []Pattern
	Flags []Flag // the push's own, then those of defaults that it doesn't set itself

	// After names the pushes that must not have gone wrong before this one runs;
	// all of them stand above it.
	After []string
	// GoOn says that those after it run whatever becomes of it (on_error:
	// continue).
	GoOn bool

	// Columns is the block under columns, in the words of a mapping file; nil
	// where there is none.
	Columns ast.Node

	Place
}

// Flag is a flag of push as the job file sets it.
type Flag struct {
	Name    string // the long name
	Values  []Value
	Default bool // from defaults
	Place
}

// Value is one text with its place.
type Value struct {
	Text string
	Place
}

// Pattern is the name of an input, or a pattern of names.
type Pattern Value

// Place is a position in the job file.
type Place struct{ Line, Column int } // from 1

// At names a place: nightly.yaml:7:5.
func (f *File) At(p Place) string { return fmt.Sprintf("%s:%d:%d", f.Name, p.Line, p.Column) }

// Path is a path of the file as it can be opened: paths in it start from its own
// directory. - stays: it is stdin.
func (f *File) Path(path string) string {
	if path == "-" || path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.Name), path)
}

// Names are the names of all pushes.
func (f *File) Names() []string {
	names := make([]string, 0, len(f.Pushes))
	for _, p := range f.Pushes {
		names = append(names, p.Name)
	}
	return names
}

// Choose gives the named pushes in the file's order, or all where none is named,
// and the first name that no push has ("" where all are known).
func (f *File) Choose(names []string) (chosen []*Push, unknown string) {
	for _, name := range names {
		if !slices.Contains(f.Names(), name) {
			return nil, name
		}
	}
	for _, p := range f.Pushes {
		if len(names) == 0 || slices.Contains(names, p.Name) {
			chosen = append(chosen, p)
		}
	}
	return chosen, ""
}

// HeldUpBy is the push that keeps p from running, "" where none does: one that
// p comes after, that went wrong, and whose mistakes count. Rejects alone are no
// going wrong.
func (f *File) HeldUpBy(p *Push, wentWrong map[string]bool) string {
	for _, other := range f.Pushes {
		if wentWrong[other.Name] && !other.GoOn && slices.Contains(p.After, other.Name) {
			return other.Name
		}
	}
	return ""
}

// Inputs are the files that the push's patterns stand for, each once: in the
// order of the patterns, those of one pattern by name. A name that exists as it
// is written is no pattern. Reject files don't match a pattern that doesn't ask
// for them by ".rejects": they lie beside the inputs and are mended first.
func (f *File) Inputs(p *Push) ([]string, error) {
	var all []string
	for _, pattern := range p.Files {
		found, err := f.match(pattern)
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			if !slices.Contains(all, path) {
				all = append(all, path)
			}
		}
	}
	return all, nil
}

func (f *File) match(pattern Pattern) ([]string, error) {
	path := f.Path(pattern.Text)
	_, err := os.Stat(path)
	if err == nil || path == "-" {
		return []string{path}, nil
	}
	if !strings.ContainsAny(pattern.Text, "*?[") {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, f.mistake(pattern, f.whereFrom(path), "there is no file %s", path)
		}
		return []string{path}, nil // opening it says what is wrong
	}
	found, err := filepath.Glob(path)
	if err != nil {
		return nil, f.mistake(pattern, `close it with ]; [[] stands for the bracket itself`, "%q is not a pattern of file names: a bracket is left open", pattern.Text)
	}
	left := slices.DeleteFunc(slices.Clone(found), func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.IsDir() || isRejects(path) && !strings.Contains(filepath.Base(pattern.Text), ".rejects")
	})
	switch {
	case len(left) > 0:
		return left, nil
	case len(found) > 0:
		return nil, f.mistake(pattern, "write /*.csv behind a directory; rejects are mended and pushed in a run of their own",
			"no file matches %s but directories and reject files, which a pattern takes only if it says .rejects", path)
	}
	return nil, f.mistake(pattern, f.whereFrom(path)+"; did the export run?", "no file matches %s", path)
}

func (f *File) mistake(at Pattern, hint, format string, args ...any) error {
	return strictyaml.NewError(f.Name, at.Line, at.Column, hint, fmt.Sprintf(format, args...))
}

// whereFrom says where a path was looked for.
func (f *File) whereFrom(path string) string {
	if filepath.IsAbs(path) && !filepath.IsAbs(f.Name) {
		return "check the name"
	}
	return "check the name: paths start from the job file's directory"
}

// isRejects tells reject files by their names: people.rejects.csv,
// people.rejects.2-of-8.csv.
func isRejects(path string) bool { return strings.Contains(filepath.Base(path), ".rejects.") }
