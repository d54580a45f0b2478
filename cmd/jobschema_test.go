package cmd

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/viper"

	"github.com/crmsync/crmsync/internal/job"
	"github.com/crmsync/crmsync/internal/mapping"
)

const schemaBase = "https://raw.githubusercontent.com/crmsync/crmsync/main/docs/"

func readSchemaFile(t *testing.T, name string) any {
	t.Helper()
	text, err := os.ReadFile("../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc
}

func jobSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	for _, name := range []string{"job.schema.json", "mapping.schema.json"} {
		if err := c.AddResource(schemaBase+name, readSchemaFile(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile(schemaBase + "job.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// A flag that push gets must be told to editors, too: add it to the $defs/flags
// of docs/job.schema.json, or to ofWholeRun where it can't differ by push.
func TestTheJobSchemaKnowsTheFlagsOfPush(t *testing.T) {
	doc := readSchemaFile(t, "job.schema.json").(map[string]any)
	described := doc["$defs"].(map[string]any)["flags"].(map[string]any)["properties"].(map[string]any)
	known := append(slices.Collect(maps.Keys(described)), "columns") // which stands beside them
	flags := slices.Collect(maps.Keys(jobOptions().Flags))
	slices.Sort(known)
	slices.Sort(flags)
	if diff := cmp.Diff(flags, known); diff != "" {
		t.Error(diff)
	}
}

// takesJob says whether the program accepts a job file, as far as that can be
// told without its inputs.
func takesJob(t *testing.T, text string) error {
	t.Helper()
	file, err := job.Parse("job.yaml", []byte(text), jobOptions())
	if err != nil {
		return err
	}
	j := &jobRun{settings: newSettings(), conf: &configuration{viper: viper.New()}, file: file}
	for _, p := range file.Pushes {
		if _, _, err := j.settle(p); err != nil {
			return err
		}
		if p.Columns != nil {
			if _, err := mapping.ParseColumns("job.yaml", p.Columns); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestTheJobSchemaAgreesWithTheProgram(t *testing.T) {
	t.Setenv("WORD", "skip")
	schema := jobSchema(t)
	takes, refuses := 0, 0
	check := func(text string) {
		t.Helper()
		err := takesJob(t, text)
		var value any
		if e := yaml.Unmarshal([]byte(text), &value); e != nil {
			t.Fatal(text, e)
		}
		asJSON, e := json.Marshal(value)
		if e != nil {
			t.Fatal(e)
		}
		value, e = jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if e != nil {
			t.Fatal(e)
		}
		if err == nil {
			takes++
		} else {
			refuses++
		}
		if problem := schema.Validate(value); (err == nil) != (problem == nil) {
			t.Errorf("%s\nthe program says %v, the schema %v", text, err, problem)
		}
	}
	for _, text := range []string{
		"pushes: []", "pushes: {}", "defaults: {}", "{}", "pushes: [{name: a}]", "pushes: [{files: a}]", "pushes: [a]", "pushes: [{name: a, files: a}]\nmore: 1",
		"pushes: [{name: a, files: a}]\ndefaults:", "pushes: [{name: a, files: a}]\ndefaults: {files: a}", "pushes: [{name: a, files: a}]\ndefaults: {after: []}",
		"pushes: [{name: a, files: a}]\ndefaults: {on_error: continue, rate: 5, columns: [x, y]}", "pushes: [{name: a, files: a}]\ndefaults: {columns: {x: y}}",
		"pushes: [{name: a, files: a}]\ndefaults: {rate: quick}", "pushes: [{name: 1, files: 2}]", "pushes: [{name: -1, files: 2}]", "pushes: [{name: true, files: a}]", "pushes: [{name: a b, files: a}]", "pushes: [{name: a, files: []}]",
		"pushes: [{name: a, files: [b, '${WORD}']}]", "pushes: [{name: a, files: {b: c}}]", "pushes: [{name: a, files: a}, {name: b, files: b, after: a}, {name: c, files: c, after: [a, b]}, {name: d, files: d, after: []}]",
	} {
		check(text)
	}
	for _, entry := range []string{
		"object: x", "object: [x]", "match: null", "match: true", "base-url: x", "token: x", "token_command: x", "dry-run: true", "output: json", "config: x",
		"sandbox: true", "sandbox: perhaps", "sandbox: 'no'", "sandbox: 'true'", "format: csv", "format: doc", "delimiter: ';'", "encoding: utf-8", "sheet: 1", "header-row: 3", "header-row: 0", "header-row: '4'",
		"limit: 10", "limit: -1", "mapping: a.yaml", "map: [a=b, c=]", "map: a=b", "map: [a]", "map: []", "map: {a: b}", "set: [a=b]", "set: [a=1, b]", "unknown-columns: drop", "unknown-columns: keep",
		"blank: skip", "blank: null", "blank: '${WORD}'", "blank: [skip]", "blank: 7", "null: k.A.", "null: null", "null: 0", "null: [a]", "locale: de", "timezone: Europe/Berlin", "list-separator: '|'",
		"rate: auto", "rate: 5", "rate: 5/s", "rate: 0.5", "rate: 300/m", "rate: 5/h", "rate: 0", "rate: true", "workers: 8", "workers: 0", "workers: '8'", "workers: many", "retries: 0", "retries: -1",
		"timeout: 30s", "timeout: 30", "timeout: 1h30m", "max-wait: 15m", "max-wait: soon", "max-wait: 1d", "rejects: out", "max-rejects: 10", "max-rejects: 5%", "max-rejects: 5.5%", "max-rejects: some",
		"only-changed: true", "full: false", "max-age: 7d", "max-age: 12h", "max-age: 7", "state: s", "report-missing: true", "shard: 1/2", "shard: half", "schema: off", "schema: s.json",
		"columns: [a, b]", "columns: a", "columns: {a: b}", "columns: {a: {to: b, trim: true}}", "columns: {a: {to: b, trim: most}}", "columns: []", "columns: {a: b}\n  mapping: c", "columns: [a]\n  mapping: c",
		"on_error: stop", "on_error: go on", "sandbox: 1", "sandbox: 2", "full: T", "full: 'yes'", "report: x.html", "report: [x.JSON]", "report: x.pdf", "report: []",
		"metrics: m.prom", "metrics: m.txt", "delimiter: tab", "delimiter: '::'", "delimiter: '\"'", "list-separator: ' '", "list-separator: ab", "list-separator: 7", "max-rejects: 150%", "max-rejects: 100%", "max-rejects: 1.5",
		"map: '=x'", "set: '=x'", "on-finish: ''", "base-url: ''", "locale: ''", "mapping: ''", "after: []", "after: {}", "rat: 3",
	} {
		check("pushes:\n- name: a\n  files: b\n  " + entry + "\n")
	}
	if takes == 0 || refuses == 0 {
		t.Errorf("%d files are right and %d wrong: both kinds are wanted", takes, refuses)
	}
}
