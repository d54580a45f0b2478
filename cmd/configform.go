package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
	"github.com/spf13/viper"

	"github.com/crmsync/crmsync/internal/spelling"
	"github.com/crmsync/crmsync/internal/strictyaml"
)

// load reads the config file. What is wrong with its form is told with its place,
// in other words than the libraries'.
func (conf *configuration) load() error {
	conf.viper.SetConfigFile(conf.file)
	conf.viper.SetConfigType("yaml")
	err := conf.viper.ReadInConfig()
	var notFound viper.ConfigFileNotFoundError
	var path *fs.PathError
	var broken viper.ConfigParseError
	switch {
	case errors.As(err, &broken):
		return conf.slip(broken.Unwrap())
	case errors.As(err, &notFound):
		err = errors.New("there is no such file")
	case errors.As(err, &path):
		err = path.Err
	}
	if err != nil {
		return &hinted{fmt.Errorf("reading the config file %s: %w", conf.file, err), "--config FILE names another"}
	}
	return conf.refuseBlanks()
}

// walk walks over the config file's tree, if it has one.
func (conf *configuration) walk(visit func(w *strictyaml.Walker, root ast.Node)) error {
	data, err := os.ReadFile(conf.file)
	if err != nil {
		return nil // it was read a moment ago
	}
	d := strictyaml.Dialect{Kind: "config file", MayBeEmpty: true, Show: strconv.Quote, Closest: spelling.Closest}
	return strictyaml.Walk(conf.file, data, d, visit)
}

// slip is what is wrong with a file that is no YAML.
func (conf *configuration) slip(said error) error {
	err := conf.walk(eachEntry(func(w *strictyaml.Walker, e strictyaml.Entry) {
		if e.Value.Type() == ast.AliasType { // to something that isn't there
			w.Text(e)
		}
	}))
	if err != nil {
		return err
	}
	near := ""
	if line := regexp.MustCompile(`line \d+`).FindString(said.Error()); line != "" {
		near = ", near " + line
	}
	return &hinted{fmt.Errorf("%s: it is not valid YAML%s", conf.file, near), strictyaml.Layout}
}

// refuseBlanks refuses keys without a value: somebody meant to say something there.
func (conf *configuration) refuseBlanks() error {
	var blank error
	_ = conf.walk(func(w *strictyaml.Walker, root ast.Node) { // a file that was read is right but for this
		blank = w.Guard(func() {
			eachEntry(func(w *strictyaml.Walker, e strictyaml.Entry) {
				if e.Value == nil || e.Value.Type() == ast.NullType {
					w.Stop(e.Key, `write a value behind it, or leave the line out; a word such as null stands in quotes: "null"`, "%s has no value", e.Name)
				}
			})(w, root)
		})
	})
	var mistake *strictyaml.Error
	if errors.As(blank, &mistake) {
		return usage(mistake.Hint(), "%v", mistake)
	}
	return nil
}

// eachEntry visits the entries of all blocks, from the outermost in. What stands
// in a block by reference (<<: *NAME) is visited where it is written.
func eachEntry(visit func(*strictyaml.Walker, strictyaml.Entry)) func(*strictyaml.Walker, ast.Node) {
	var walk func(w *strictyaml.Walker, n ast.Node)
	walk = func(w *strictyaml.Walker, n ast.Node) {
		var own ast.MappingNode
		switch n := n.(type) {
		case *ast.AnchorNode:
			walk(w, n.Value)
		case *ast.MappingNode:
			own.Values = n.Values
		case *ast.MappingValueNode:
			own.Values = []*ast.MappingValueNode{n}
		}
		own.Values = slices.DeleteFunc(slices.Clone(own.Values), func(pair *ast.MappingValueNode) bool {
			return pair.Key.Type() == ast.MergeKeyType
		})
		for _, e := range w.Entries(&own, "a block") {
			visit(w, e)
			walk(w, e.Value)
		}
	}
	return walk
}
