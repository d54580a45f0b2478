package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/client"
)

// objectsInstead is a hint to the error about an object that the CRM doesn't have:
// which one was likely meant, or else which there are. It is "" for other errors,
// and where the CRM lists none: it may be another than was meant.
func objectsInstead(ctx context.Context, from *client.Client, err error, slug, before string) string {
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Status != 404 {
		return ""
	}
	objects, failed := from.Objects(ctx)
	if failed != nil || len(objects) == 0 {
		return ""
	}
	var slugs []string
	for _, o := range objects {
		slugs = append(slugs, o.Slug)
	}
	return didYouMean(slug, slugs, before, "there are "+strings.Join(slugs[:min(len(slugs), 10)], ", "))
}

func (a *app) objectsCommand() *cobra.Command {
	s := newSettings()
	c := &cobra.Command{
		Use:     "objects",
		Short:   "List the CRM's objects",
		Example: "  crmsync objects\n  crmsync objects --sandbox    those of the built-in sample",
		Args:    exactArgs(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.reader(s, c, func(from *client.Client, _ *configuration, cache *schemaCache) error {
				var objects []client.Object
				err := a.retryReads(c.Context(), s, func() (err error) {
					objects, err = from.Objects(c.Context())
					return err
				})
				if err != nil {
					return err
				}
				cache.keepAll(objects)
				return printObjects(a.streams.Out, objects, s.output)
			})
		},
	}
	s.addToReader(c)
	return c
}

func printObjects(w io.Writer, objects []client.Object, format string) error {
	if format == "json" {
		raw := make([]json.RawMessage, len(objects))
		for i, o := range objects {
			raw[i] = json.RawMessage(o.Raw)
		}
		return printJSON(w, map[string]any{"objects": raw})
	}
	rows := [][]string{{"OBJECT", "NAME", "ATTRIBUTES", "NOTE"}}
	for _, o := range objects {
		var notes []string
		if o.IsStandard {
			notes = append(notes, "standard")
		}
		if !o.IsActive {
			notes = append(notes, "not active")
		}
		name := o.PluralName
		if name == "" {
			name = o.SingularName
		}
		rows = append(rows, []string{o.Slug, name, fmt.Sprint(len(o.Attributes)), strings.Join(notes, ", ")})
	}
	return printTable(w, rows)
}
