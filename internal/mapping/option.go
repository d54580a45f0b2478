package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/client"
)

// options finds the options of a select, status or multiselect attribute, and
// holds what is sent for each: {"id": …} with the id as the schema's JSON has it.
type options struct {
	all    []client.Option
	bodies [][]byte
	exact  map[string][]int // by id and label
	folded map[string][]int // the same, case and surplus blanks folded
	quick  [64]quickOption  // those of exact that are one option, by quickSlot
	names  []named

	problems map[string]string // of values that were asked for
}

// quickOption is an option by one of its names, found without a hash.
type quickOption struct {
	name  string // "" where the slot is free
	index int
}

// quickSlot tells most options of a list apart; where it doesn't, the map does.
func quickSlot(s string) int {
	n := len(s)
	return (n + 3*int(s[0]) + 5*int(s[n/2]) + 7*int(s[n-1])) % 64
}

func newOptions(a *client.Attribute) *options {
	o := &options{all: a.Options, exact: map[string][]int{}, folded: map[string][]int{}, problems: map[string]string{}}
	for i, option := range a.Options {
		body := append([]byte(`{"id":`), option.ID...)
		o.bodies = append(o.bodies, append(body, '}'))
		id := optionID(option.ID)
		for _, name := range []string{id, option.Value} {
			o.exact[name] = appendNew(o.exact[name], i)
			o.folded[foldLabel(name)] = appendNew(o.folded[foldLabel(name)], i)
		}
		// The closest label is looked for among folded names, ids apart.
		o.names = append(o.names, named{option.Value, []string{foldName(option.Value)}})
	}
	for name, found := range o.exact {
		if name != "" && len(found) == 1 {
			o.quick[quickSlot(name)] = quickOption{name, found[0]}
		}
	}
	return o
}

func appendNew(list []int, i int) []int {
	for _, other := range list {
		if other == i {
			return list
		}
	}
	return append(list, i)
}

// optionID is an option's id as text: without the quotes, where it has some.
func optionID(id jsontext.Value) string {
	if id.Kind() == '"' {
		return jsonText(id)
	}
	return string(id)
}

// find gives the index of the option that s means: exactly its id or label, or
// else folded.
func (o *options) find(s string) (int, string) {
	if s != "" {
		if q := &o.quick[quickSlot(s)]; q.name == s {
			return q.index, ""
		}
	}
	found := o.named(s)
	if len(found) == 1 {
		return found[0], ""
	}
	problem, known := o.problems[s]
	if !known {
		problem = o.problem(s, found)
		if len(o.problems) < keptProblems {
			o.problems[s] = problem
		}
	}
	return 0, problem
}

// named gives the options that s may mean: by exactly their id or label, or else
// folded.
func (o *options) named(s string) []int {
	if found := o.exact[s]; len(found) > 0 {
		return found
	}
	return o.folded[foldLabel(s)]
}

// keptProblems bounds the problems that are remembered. The same few wrong values
// mostly come again and again, and looking for the closest label takes a while.
const keptProblems = 1000

// problem says that s means none or several of the options.
func (o *options) problem(s string, found []int) string {
	if len(found) == 0 {
		return show(s) + " is none of its options" + o.suggest(s)
	}
	var names []string
	for _, i := range found {
		names = append(names, fmt.Sprintf("%s (id %s)", show(o.all[i].Value), clean(optionID(o.all[i].ID))))
	}
	return show(s) + " is ambiguous among its options: " + strings.Join(names, ", ") + " (write a label or id that only one of them has)"
}

// shownOptions is how many options a message lists when none is close.
const shownOptions = 6

func (o *options) suggest(s string) string {
	if len(o.all) == 0 {
		return " (the schema lists none)"
	}
	if name, ok := closest(s, o.names); ok {
		return " (closest: " + show(name) + ")"
	}
	var labels []string
	for i, option := range o.all {
		if i == shownOptions {
			labels = append(labels, fmt.Sprintf("and %d more", len(o.all)-i))
			break
		}
		labels = append(labels, show(option.Value))
	}
	return " (they are " + strings.Join(labels, ", ") + ")"
}

// findJSON gives the index of the option that a JSON value means: {"id": …} as
// the API has it, or an id or label alone.
func (o *options) findJSON(v jsontext.Value) (int, string) {
	switch v.Kind() {
	case '"':
		return o.find(jsonText(v))
	case '0':
		return o.find(string(v))
	case '{':
		for i, body := range o.bodies {
			if bytes.Equal(v, body) {
				return i, ""
			}
		}
		return o.findObject(v)
	}
	return 0, wrongKind(v, "an option")
}

// optionConverter converts one option.
type optionConverter struct{ options *options }

func (c *optionConverter) cell(dst []byte, cell string) ([]byte, string) {
	i, problem := c.options.find(cell)
	if problem != "" {
		return dst, problem
	}
	return append(dst, c.options.bodies[i]...), ""
}

func (c *optionConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	i, problem := c.options.findJSON(v)
	if problem != "" {
		return dst, problem
	}
	return append(dst, c.options.bodies[i]...), ""
}

// optionListConverter converts a list of options. An option named twice is sent
// once.
type optionListConverter struct {
	options   *options
	separator string
	dividable bool  // some label holds the separator
	chosen    []int // reused
}

func newOptionListConverter(a *client.Attribute, separator string) *optionListConverter {
	holds := func(o client.Option) bool {
		return strings.Contains(o.Value, separator) || strings.Contains(optionID(o.ID), separator)
	}
	return &optionListConverter{options: newOptions(a), separator: separator, dividable: slices.ContainsFunc(a.Options, holds)}
}

func (c *optionListConverter) cell(dst []byte, cell string) ([]byte, string) {
	c.chosen = c.chosen[:0]
	whole := c.wholeLabel(cell)
	problem := eachElement(cell, c.separator, func(s string) string {
		i, problem := c.options.find(s)
		c.chosen = appendNew(c.chosen, i)
		return problem
	})
	switch {
	case whole >= 0 && problem == "" && (len(c.chosen) != 1 || c.chosen[0] != whole):
		return dst, show(cell) + " has two readings: it is an option's label, and a list of others (name the options by id, or separate them with another --list-separator)"
	case whole >= 0:
		return c.list(dst, append(c.chosen[:0], whole)), ""
	case problem != "":
		return dst, problem + c.divided(cell)
	case len(c.chosen) == 0:
		return dst, noElements(cell)
	}
	return c.list(dst, c.chosen), ""
}

// wholeLabel gives the option whose label, separator included, is the whole
// cell; -1 where there is none.
func (c *optionListConverter) wholeLabel(cell string) int {
	if c.dividable && strings.Contains(cell, c.separator) {
		if found := c.options.named(cell); len(found) == 1 {
			return found[0]
		}
	}
	return -1
}

// divided says, in brackets, which option's label the separator cut in two.
func (c *optionListConverter) divided(cell string) string {
	for _, o := range c.options.all {
		if strings.Contains(o.Value, c.separator) && strings.Contains(foldLabel(cell), foldLabel(o.Value)) {
			return " (the label " + show(o.Value) + " holds " + show(c.separator) + " itself: name it by its id, or use another --list-separator)"
		}
	}
	return ""
}

// noElements is the problem of a cell with separators alone. Taking it for an
// empty list would wipe the attribute by accident.
func noElements(cell string) string { return show(cell) + " holds no value between its separators" }

func (c *optionListConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	c.chosen = c.chosen[:0]
	var problem string
	switch v.Kind() {
	case '"':
		return c.cell(dst, jsonText(v))
	case '[':
		problem = elements(v, func(element jsontext.Value) string {
			i, problem := c.options.findJSON(element)
			c.chosen = appendNew(c.chosen, i)
			return problem
		})
	default:
		var i int
		i, problem = c.options.findJSON(v)
		c.chosen = append(c.chosen, i)
	}
	if problem != "" {
		return dst, problem
	}
	return c.list(dst, c.chosen), ""
}

func (c *optionListConverter) list(dst []byte, chosen []int) []byte {
	dst = append(dst, '[')
	for n, i := range chosen {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, c.options.bodies[i]...)
	}
	return append(dst, ']')
}

// eachElement calls each for the elements of a cell that holds a list, outer
// blanks and empty elements left out, and gives all their
// problems.
func eachElement(cell, separator string, each func(string) string) string {
	var problems []string
	for element := range strings.SplitSeq(cell, separator) {
		if element = strings.TrimSpace(element); element == "" {
			continue
		}
		if problem := each(element); problem != "" {
			problems = append(problems, problem)
		}
	}
	return strings.Join(problems, ", ")
}
