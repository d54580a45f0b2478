package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/sandbox"
	"github.com/crmsync/crmsync/internal/source"
)

func (a *app) mapCommand() *cobra.Command {
	s := newSettings()
	c := &cobra.Command{
		Use:   "map FILE",
		Short: "Propose a mapping file for FILE",
		Long: "Map looks at the header and the first records of FILE and at the object's\n" +
			"attributes, and prints a mapping file that push takes with --mapping. Comments in\n" +
			"it say what is sure, what is likely, and what has no attribute. It writes nothing\n" +
			"to the CRM.",
		Example: "  crmsync map export.csv --object products > products.map.yaml\n" +
			"  crmsync push export.csv --mapping products.map.yaml --dry-run\n" +
			"  crmsync map products.csv --sandbox                  try it: asks no server\n" +
			"  crmsync map products.csv | crmsync push products.csv --mapping -",
		Args: exactArgs(1, "the file"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.newPushRun(s, args).propose(c)
		},
	}
	s.addTo(c, "object", "match", "base-url", "token-file", "schema", "sandbox",
		"format", "delimiter", "encoding", "columns", "sheet", "header-row", "locale",
		"retries", "timeout", "max-wait", "quiet", "verbose", "log-format", "config", "profile")
	c.Flags().Lookup("match").Usage = "`ATTR` that identifies a record (a unique one that a column feeds)"
	c.Flags().Lookup("sandbox").Usage = "take the attributes from the built-in sample: needs no token"
	c.Flags().Lookup("locale").Usage = "`TAG` such as de or en-US: how numbers, dates, yes and no are written (found)"
	setHelp(c, s.groups)
	return c
}

// propose prints a mapping file for the one input. It prepares what a push
// would, as far as that only reads.
func (r *pushRun) propose(c *cobra.Command) error {
	ctx := c.Context()
	conf, err := r.app.configure(c, r.settings)
	if err != nil {
		return err
	}
	r.conf, r.match, r.decimalMark = conf, r.settings.match, "\x01" // no cell's text holds it: XML can't
	if err := r.checkProposal(); err != nil {
		return err
	}
	defer r.close()
	for _, prepare := range []func(context.Context) error{r.nameObject, r.openInputs, r.connectToRead, r.readSchema} {
		if err := prepare(ctx); err != nil {
			return err
		}
	}
	in := r.inputs[0]
	columns, sample, err := in.sample(r.decimalMark)
	if err != nil {
		return err
	}
	if r.match != "" {
		// Without columns nothing but the match attribute can be wrong.
		if _, err := mapping.New(mapping.Options{Object: r.object, Match: r.match, Schema: r.schema, SchemaCommand: r.asking("schema", r.object)}); err != nil {
			return misusedColumns(err)
		}
	}
	proposed, err := mapping.Propose(mapping.ProposeOptions{
		Input: in.info.Name, Columns: columns, Sample: sample, Decimal: r.decimalMark,
		Object: r.object, Match: r.match, Schema: r.schema, Locale: r.settings.locale,
	})
	if err != nil {
		return err
	}
	if _, err := r.app.streams.Out.Write(proposed.Text); err != nil {
		return err
	}
	if proposed.Gap != "" {
		r.app.warn("the proposed mapping does not run yet: " + proposed.Gap)
	}
	// Whoever pipes the file into a push never sees its comments.
	if n := len(proposed.Dropped); n > 0 {
		r.app.note(fmt.Sprintf("dropped, for the reasons in the file's comments: %d of %d columns: %s", n, len(columns), strings.Join(proposed.Dropped, ", ")))
	}
	return nil
}

// checkProposal refuses settings that make no sense together.
func (r *pushRun) checkProposal() error {
	s := r.settings
	if err := s.checkTarget(r.conf.explicit); err != nil {
		return err
	}
	isJSON := s.format == source.NDJSON || s.format == source.JSON
	switch {
	case isJSON && s.columns != nil:
		return usage("leave out --columns", "--columns is for files without a header; in JSON each record names its own keys")
	case isJSON && s.delimiter != 0:
		return usage("leave out --delimiter, or say --format csv", "JSON has no delimiter")
	case s.format == source.TSV && s.delimiter != 0 && s.delimiter != '\t':
		return usage("leave out --delimiter, or say --format csv", "--format tsv means that cells are divided by tabs")
	}
	return r.checkPaths()
}

// connectToRead opens the way to the schema, where it is not in a file.
func (r *pushRun) connectToRead(ctx context.Context) (err error) {
	if r.settings.schema != "auto" {
		return nil
	}
	if r.settings.sandbox {
		if r.crm, err = sandbox.New(sandbox.Options{}); err != nil {
			return err
		}
	}
	r.client, r.workspace, err = r.app.newClient(ctx, r.settings, r.conf, r.crm)
	return err
}

// The beginning of an input that a proposal is made from.
const (
	sampleRecords = 200
	sampleBytes   = 4 << 20
)

// sample gives the columns and the first records, as cells. Records that can't
// be read tell nothing.
func (in *input) sample(decimal string) (columns []string, rows [][]string, err error) {
	columns = in.reader.Columns()
	isJSON := columns == nil
	place := map[string]int{}
	for held := 0; len(rows) < sampleRecords && held < sampleBytes; {
		record, err := in.reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		held += len(record.Raw)
		if record.Err != nil {
			continue
		}
		cells := record.Cells
		if isJSON {
			for _, name := range record.Names {
				if _, known := place[name]; !known {
					place[name] = len(columns)
					columns = append(columns, name)
				}
			}
			cells = make([]string, len(columns))
			for i, name := range record.Names {
				cells[place[name]] = spelledNumber(record.Values[i], decimal)
			}
		}
		rows = append(rows, cells)
		for _, cell := range cells {
			held += len(cell)
		}
	}
	if isJSON && len(columns) == 0 {
		return nil, nil, &hinted{errors.New(in.info.Name + ": there is no record to take the keys from"),
			"in JSON only the records name their keys: map a file that holds some"}
	}
	return columns, rows, nil
}
