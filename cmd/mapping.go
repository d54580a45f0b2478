package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/durable"
	"github.com/crmsync/crmsync/internal/job"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/report"
	"github.com/crmsync/crmsync/internal/shellwords"
)

// readMapping reads the mapping file, where there is one, and settles what it
// may say as well as a flag: a flag wins.
func (r *pushRun) readMapping(ctx context.Context) (err error) {
	s := r.settings
	r.match = s.match
	if r.part != nil && r.part.Columns != nil {
		r.file, err = mapping.ParseColumns(r.part.file.Name, r.part.Columns)
		return err
	}
	if s.mappingFile == "" {
		return nil
	}
	if s.mappingFile == "-" && slices.Contains(r.paths, "-") {
		return usage("name a file for one of them", "stdin can't be both the mapping file and an input")
	}
	path, push := s.mappingSource()
	data, err := r.readMappingFile(ctx, path)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		err = &hinted{fmt.Errorf("reading the mapping file %s: %w", path, durable.Cause(err)), "crmsync map FILE proposes one; - reads it from stdin"}
		return withClosestFile(err, path)
	}
	if push != "" {
		r.file, err = columnsOfPush(path, data, push)
		return err
	}
	if r.file, err = mapping.ParseFile(path, data); err != nil {
		if _, no := job.Parse(path, data, jobOptions()); no == nil {
			return usage("name the push whose columns are meant: --mapping "+shellwords.File(path)+"#PUSH", "--mapping: %s is a job file", path)
		}
		if isRecords(path) {
			words := []string{"map", shellwords.Operand(path)}
			if s.object != "" {
				words = append(words, "--object", s.object)
			}
			err = &hinted{err, "this file's name is one of records; " + r.asking(words...) + " proposes a mapping file for them"}
		}
		return err
	}
	if r.match == "" {
		r.match = r.file.Match
	}
	return nil
}

// mappingSource is the file that --mapping names, and of JOB.yaml#PUSH the push of
// that job whose columns are meant.
func (s *settings) mappingSource() (path, push string) {
	at := strings.LastIndexByte(s.mappingFile, '#')
	if at <= 0 || at == len(s.mappingFile)-1 {
		return s.mappingFile, ""
	}
	if _, err := os.Stat(s.mappingFile); err == nil { // it is a file's name
		return s.mappingFile, ""
	}
	return s.mappingFile[:at], s.mappingFile[at+1:]
}

// columnsOfPush is what a job file says of a push's columns.
func columnsOfPush(path string, data []byte, name string) (*mapping.File, error) {
	file, err := job.Parse(path, data, jobOptions())
	if err != nil {
		return nil, err
	}
	chosen, unknown := file.Choose([]string{name})
	switch {
	case unknown != "":
		return nil, noSuchPush(file, unknown)
	case chosen[0].Columns == nil:
		return nil, usage("a mapping file that it has can be named by itself: --mapping FILE", "--mapping: push %s of %s has no columns of its own", name, path)
	}
	return mapping.ParseColumns(path, chosen[0].Columns)
}

// readMappingFile ends with the context, even while somebody still types.
func (r *pushRun) readMappingFile(ctx context.Context, path string) ([]byte, error) {
	if path != "-" {
		return os.ReadFile(path)
	}
	r.app.tellOfTerminal("the mapping")
	type content struct {
		data []byte
		err  error
	}
	// The read can't be taken back: it ends with the process then.
	read := make(chan content, 1)
	go func() {
		data, err := io.ReadAll(r.app.streams.In)
		read <- content{data, err}
	}()
	select {
	case got := <-read:
		return got.data, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// mapInputs makes a mapper for each input, so that all that is wrong with any
// of them is known before the first write.
func (r *pushRun) mapInputs(context.Context) error {
	for _, in := range r.inputs {
		mapper, err := mapping.New(r.mappingOptions(in))
		if err != nil {
			err = misusedColumns(err)
			if row := in.info.HeaderBelow; row > 0 {
				err = &hinted{err, fmt.Sprintf("line %d looks like the column names: --header-row %[1]d; otherwise %s", row, hintOf(err))}
			}
			return err
		}
		in.mapper = mapper
		for _, plan := range mapper.Columns() {
			r.app.log.Debug("mapped", "input", in.info.Name, "column", plan.Column, "attribute", plan.Attribute,
				"type", plan.Type, "constant", plan.Constant)
		}
	}
	return nil
}

// mostNamed is how many columns a message names.
const mostNamed = 12

// tellUnknown says which columns --unknown-columns drop leaves out, where no
// report of a dry run does: those of a header before the first write, keys of
// JSON when all records were read.
func (r *pushRun) tellUnknown(keys bool) {
	if r.settings.dryRun {
		return
	}
	var names []string
	seen := map[string]bool{}
	for _, in := range r.inputs {
		if keys != (in.reader.Columns() == nil) {
			continue
		}
		for _, plan := range in.mapper.Columns() {
			if plan.Unknown && !seen[plan.Column] {
				seen[plan.Column] = true
				names = append(names, `"`+report.Clean(plan.Column)+`"`)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	if rest := len(names) - mostNamed; rest > 0 {
		names = append(names[:mostNamed], fmt.Sprintf("%d more", rest))
	}
	what := "columns"
	if keys {
		what = "keys"
	}
	r.app.note(fmt.Sprintf("%s that are no attributes of %s are left out: %s", what, r.object, strings.Join(names, ", ")))
}

// misusedColumns tells flags that name what isn't there from columns that don't
// fit: the one is wrong usage, the other a wrong input.
func misusedColumns(err error) error {
	var setup *mapping.SetupError
	if errors.As(err, &setup) && setup.Flags {
		return usage(setup.Hint(), "%v", err)
	}
	return err
}

// decimal is what the numbers of a workbook have before their fraction: that of
// the locale, as in the text that a spreadsheet of the locale would save. So a
// workbook and its reject file are read alike.
func (r *pushRun) decimal() string {
	if r.decimalMark != "" {
		return r.decimalMark
	}
	tag := r.settings.locale
	if tag == "" && r.file != nil {
		tag = r.file.Locale
	}
	return mapping.DecimalSeparator(tag)
}

func (r *pushRun) mappingOptions(in *input) mapping.Options {
	s := r.settings
	opts := mapping.Options{
		Object: r.object, Match: r.match, Schema: r.schema,
		Columns: in.reader.Columns(), Input: in.info.Name,
		Map: s.mapped, Set: s.constants, DropUnknown: s.dropUnknown,
		Locale: s.locale, Location: s.location, ListSeparator: s.listSeparator,
		File: r.file, Lookup: r.finder(), SchemaCommand: r.asking("schema", r.object),
	}
	if s.blank != nil {
		opts.Blank, opts.BlankSet = *s.blank, true
	}
	if s.null != nil {
		opts.Null, opts.HasNull = *s.null, true
	}
	r.profileInput(&opts)
	return opts
}
