package cmd

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/client"
)

func (a *app) schemaCommand() *cobra.Command {
	s := newSettings()
	c := &cobra.Command{
		Use:   "schema OBJECT",
		Short: "Show an object's attributes",
		Long: "Schema shows an object's attributes: those that are unique are what --match is for.\n" +
			"With -o json it prints the API's own JSON, which push takes as --schema FILE.",
		Example: "  crmsync schema products\n  crmsync schema products -o json > products.schema.json",
		Args:    exactArgs(1, "the object"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.reader(s, c, func(from *client.Client, _ *configuration, cache *schemaCache) error {
				var object *client.Object
				err := a.retryReads(c.Context(), s, func() (err error) {
					object, err = from.Object(c.Context(), args[0])
					return err
				})
				if err != nil {
					return &hinted{err, cmp.Or(objectsInstead(c.Context(), from, err, args[0], "crmsync schema "), hintOf(err))}
				}
				cache.keep(*object)
				return printSchema(a.streams.Out, object, s.output)
			})
		},
	}
	s.addToReader(c)
	return c
}

func printSchema(w io.Writer, object *client.Object, format string) error {
	if format == "json" {
		return printJSON(w, json.RawMessage(object.Raw))
	}
	rows := [][]string{{"ATTRIBUTE", "LABEL", "TYPE", "NOTE", "OPTIONS"}}
	for _, at := range object.Attributes {
		rows = append(rows, []string{at.Key, at.Label, typeText(at), notesOn(at), optionsText(at.Options)})
	}
	return printTable(w, rows)
}

func typeText(at client.Attribute) string {
	switch {
	case at.Currency != "":
		return fmt.Sprintf("%s (%s)", at.Type, at.Currency)
	case at.RelatedObjectSlug != "":
		return fmt.Sprintf("%s (%s)", at.Type, at.RelatedObjectSlug)
	case len(at.Validation) > 0:
		return fmt.Sprintf("%s (%s)", at.Type, strings.Join(at.Validation, ", "))
	default:
		return at.Type
	}
}

// notesOn leaves out that a standard attribute is required: the API says so of
// its own id and creation time, which nobody sends [get-a-crm-object].
func notesOn(at client.Attribute) string {
	var notes []string
	if at.IsUnique {
		notes = append(notes, "unique")
	}
	if at.IsRequired && !at.IsStandard {
		notes = append(notes, "required")
	}
	if at.IsStandard {
		notes = append(notes, "standard")
	}
	if at.IsArchived {
		notes = append(notes, "archived")
	}
	return strings.Join(notes, ", ")
}

// optionsShown keeps a row readable: -o json has all of them.
const optionsShown = 8

func optionsText(options []client.Option) string {
	var texts []string
	for i, o := range options {
		if i == optionsShown {
			texts = append(texts, fmt.Sprintf("and %d more", len(options)-i))
			break
		}
		texts = append(texts, o.Value)
	}
	return strings.Join(texts, ", ")
}
