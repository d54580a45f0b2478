package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/source"
)

// furnish adds to the sandbox what the sample lacks, so that any file can be
// tried.
func (r *pushRun) furnish(ctx context.Context) error {
	names, err := r.namesToFurnish(ctx)
	if err != nil {
		return err
	}
	r.furnishObject(r.object, names, r.match)
	if r.file == nil {
		return nil
	}
	for _, column := range r.file.Columns {
		if ref := column.Lookup; ref != nil && ref.Object != "users" {
			r.furnishObject(ref.Object, []string{ref.Match}, ref.Match)
		}
	}
	return nil
}

func (r *pushRun) furnishObject(object string, names []string, match string) {
	if r.crm.EnsureObject(object) {
		r.app.note(fmt.Sprintf("sandbox: the object %s was added to it", object))
	}
	if added := r.crm.EnsureAttributes(object, names, match); len(added) > 0 {
		r.app.note(fmt.Sprintf("sandbox: text attributes were added to %s: %s", object, strings.Join(added, ", ")))
	}
}

// namesToFurnish are the columns, keys and attributes that the push will use.
func (r *pushRun) namesToFurnish(ctx context.Context) ([]string, error) {
	s := r.settings
	elsewhere, names := r.statedNames()
	for _, in := range r.inputs {
		columns := in.reader.Columns()
		if columns == nil {
			var err error
			if columns, err = r.keysOf(ctx, in); err != nil {
				return nil, err
			}
		}
		for _, column := range columns {
			// With --unknown-columns drop, what the sample lacks is not wanted.
			isMatch := foldColumn(column) == foldColumn(r.match)
			if !elsewhere[foldColumn(column)] && (!s.dropUnknown || isMatch) {
				names = append(names, column)
			}
		}
	}
	return names, nil
}

// statedNames are the columns that flags and mapping file send elsewhere, and
// the attributes that they name.
func (r *pushRun) statedNames() (elsewhere map[string]bool, attributes []string) {
	elsewhere = map[string]bool{}
	feed := func(column, attribute string) {
		elsewhere[foldColumn(column)] = true
		if attribute != "" {
			attributes = append(attributes, attribute)
		}
	}
	constants := r.settings.constants
	if r.file != nil {
		for _, column := range r.file.Columns {
			feed(column.Column, column.To)
		}
		constants = append(slices.Clone(constants), r.file.Set...)
	}
	for _, m := range r.settings.mapped {
		feed(m.Name, m.Attribute)
	}
	for _, c := range constants {
		attributes = append(attributes, c.Attribute)
	}
	return elsewhere, attributes
}

func foldColumn(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// keysOf reads a JSON input once before the push, since only its records know
// their keys. A stream can't be read twice: its keys are unknown.
func (r *pushRun) keysOf(ctx context.Context, in *input) ([]string, error) {
	if in.isStream() {
		return nil, nil
	}
	reader, err := source.Open(ctx, in.path, source.Options{Format: in.info.Format, Encoding: in.info.Encoding})
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	var keys []string
	seen := map[string]bool{}
	for n := int64(0); r.settings.limit == 0 || n < r.settings.limit; n++ {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, name := range record.Names {
			if !seen[name] {
				seen[name] = true
				keys = append(keys, name)
			}
		}
	}
	return keys, nil
}
