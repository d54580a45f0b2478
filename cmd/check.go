package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"

	"github.com/crmsync/crmsync/internal/shellwords"
	"github.com/crmsync/crmsync/internal/source"
)

// check refuses combinations that make no sense, each with what was likely
// meant. It looks at nothing but the settings.
func (r *pushRun) check(ctx context.Context) error {
	s, explicit := r.settings, r.conf.explicit
	switch {
	case len(r.paths) == 0:
		return usage("for example: crmsync push products.csv --match sku (- reads stdin)", "no FILE is given: there is nothing to push")
	case s.format == source.Auto && slices.ContainsFunc(r.paths, isYAML):
		return notRecords(r.paths[slices.IndexFunc(r.paths, isYAML)])
	case r.match == "" && r.part != nil:
		return usage(`write "match: ATTR" below the push: `+r.candidates(),
			"match is missing: say by which attribute records are found again")
	case r.match == "":
		hint := r.likelyMatch(ctx)
		if hint == "" {
			hint = "it is what identifies a record, such as sku, email or domain: " + r.candidates()
		}
		return usage(hint, "--match is missing: say by which attribute records are found again")
	}
	if err := s.checkTarget(explicit); err != nil {
		return err
	}
	switch {
	case explicit["columns"] && explicit["header-row"]:
		return usage("leave one of them out", "--columns is for files without a header, and --header-row says where the header is")
	case s.schema == "off" && explicit["unknown-columns"]:
		return usage("leave out --schema off, so that the attributes are known, or --unknown-columns",
			"--unknown-columns does nothing with --schema off: without a schema no column is unknown")
	case explicit["quiet"] && s.showBar == "always" && explicit["progress"]:
		return usage("leave one of them out", "-q (nothing but errors) and --progress always contradict each other")
	case s.sheet != "" && (explicit["delimiter"] || explicit["encoding"]):
		return usage("leave one of them out", "--sheet is of workbooks, and --delimiter and --encoding are of text files")
	case s.rejects == "-":
		return usage("name a file, or leave out --rejects: there is one beside the input then", "--rejects -: rejects don't go to stdout, which is for the result")
	case s.format == source.TSV && s.delimiter != 0 && s.delimiter != '\t':
		return usage("leave out --delimiter, or say --format csv", "--format tsv means that cells are divided by tabs")
	}
	if s.format != source.Auto {
		if err := r.unfit(s.format, "the input"); err != nil {
			return err
		}
	}
	if len(r.paths) > 1 && slices.Contains(r.paths, "-") && !allStdin(r.paths) {
		return usage("push it by itself, or put it into a file first", "stdin can't be pushed together with files")
	}
	if err := r.checkOnlyChanged(); err != nil {
		return err
	}
	return r.checkPaths()
}

// checkTarget refuses what doesn't go together of the flags that say which CRM is
// asked, and for what.
func (s *settings) checkTarget(explicit map[string]bool) error {
	switch {
	case s.sandbox && explicit["base-url"]:
		return usage("leave one of them out: --sandbox asks no server", "--sandbox and --base-url contradict each other")
	case s.sandbox && explicit["token-file"]:
		return usage("leave out --token-file", "--sandbox needs no token")
	case s.schema == "":
		return usage("auto asks the API, off does without", "--schema wants auto, off, or a file")
	}
	for _, name := range []string{"locale", "timezone", "list-separator"} {
		if s.schema == "off" && explicit[name] {
			return usage("leave out --schema off, so that the types are known, or --"+name,
				"--%s does nothing with --schema off: without types every cell is sent as text", name)
		}
	}
	return nil
}

// unfit refuses flags that mean nothing to the format of the input that name
// stands for.
func (r *pushRun) unfit(format source.Format, name string) error {
	explicit := r.conf.explicit
	isJSON, isWorkbook := format == source.NDJSON || format == source.JSON, format == source.XLSX
	switch {
	case isJSON && r.settings.columns != nil:
		return usage("rename keys with --map KEY=ATTR", "--columns is for files without a header; %s is JSON, where each record names its own keys", name)
	case isJSON && explicit["header-row"]:
		return usage("leave out --header-row", "--header-row says where the column names are; %s is JSON, where each record names its own keys", name)
	case r.settings.sheet != "" && !isWorkbook:
		return usage("leave out --sheet", "--sheet names a sheet of a workbook, and %s is %s", name, format)
	case (isJSON || isWorkbook) && explicit["delimiter"]:
		return usage("leave out --delimiter", "--delimiter is what divides CSV cells, and %s is %s", name, format)
	case isWorkbook && explicit["encoding"]:
		return usage("leave out --encoding", "--encoding is of text files; %s is a workbook, which says itself how its text is encoded", name)
	}
	return nil
}

func allStdin(paths []string) bool {
	return !slices.ContainsFunc(paths, func(path string) bool { return path != "-" })
}

// candidates says how to find out what --match may be.
func (r *pushRun) candidates() string {
	object := r.settings.object
	if object == "" && len(r.paths) > 0 {
		object = source.ObjectName(r.paths[0])
	}
	if object == "" {
		object = "OBJECT"
	}
	hint := r.asking("schema", object) + " lists the attributes, and which are unique"
	if r.settings.object == "" && object != "OBJECT" {
		hint += fmt.Sprintf("; if %s is no object, %s lists those that --object can name", object, r.asking("objects"))
	}
	return hint
}

// notRecords says where a YAML file belongs that was given as an input.
func notRecords(path string) error {
	text, _ := os.ReadFile(path) // opening it was tried
	if regexp.MustCompile(`(?m)^["']?pushes["']?\s*:`).Match(text) {
		return usage("to run it: crmsync run "+shellwords.File(path), "%s is a job file, not one of records", path)
	}
	return usage("a mapping file goes with its records: crmsync push FILE --mapping "+shellwords.File(path),
		"%s is YAML, which holds no records: they come as CSV, TSV, NDJSON, JSON or XLSX", path)
}

// checkPaths refuses an input that is named twice: its records would be sent
// twice, and its rejects written over each other.
func (r *pushRun) checkPaths() error {
	type file struct {
		path string
		info os.FileInfo
	}
	var files []file
	for i, path := range r.paths {
		if path == "" {
			return usage("an unset variable in a script looks like this", "the name of input %d is empty", i+1)
		}
		if slices.Contains(r.paths[:i], path) {
			if path == "-" {
				return usage("- can be read only once", "stdin is named twice")
			}
			return usage("name it once", "%s is named twice", path)
		}
		info, err := os.Stat(path)
		if err != nil {
			continue // opening it says what is wrong
		}
		for _, other := range files {
			if os.SameFile(info, other.info) {
				return usage("name it once", "%s and %s are the same file", other.path, path)
			}
		}
		files = append(files, file{path, info})
	}
	return nil
}

// nameObject finds the object that all inputs are pushed into.
func (r *pushRun) nameObject(ctx context.Context) error {
	if r.object = r.settings.object; r.object == "" && r.file != nil {
		r.object = r.file.Object
	}
	if r.object != "" {
		return nil
	}
	for _, path := range r.paths {
		name := source.ObjectName(path)
		switch {
		case path == "-":
			return usage("--object SLUG names the object", "stdin has no name to take the object from")
		case name == "":
			return usage("--object SLUG names the object", "the name of %s doesn't tell the object", path)
		case r.object == "":
			r.object, r.objectFrom = name, path
		case r.object != name:
			if err := r.oneMissing(ctx); err != nil {
				return err // a slip of the keyboard names no object
			}
			return usage("--object SLUG pushes all of them into one object; otherwise push them one by one",
				"the files' names disagree about the object: %s says %s, %s says %s", r.objectFrom, r.object, path, name)
		}
	}
	return nil
}

// oneMissing is the error of the first input that isn't there.
func (r *pushRun) oneMissing(ctx context.Context) error {
	for _, path := range r.paths {
		if _, err := os.Stat(path); path != "-" && errors.Is(err, fs.ErrNotExist) {
			_, err := source.Open(ctx, path, source.Options{})
			return withClosestFile(err, path)
		}
	}
	return nil
}
