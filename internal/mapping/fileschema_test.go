package mapping

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
)

func fileSchema(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("../../docs/mapping.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestTheJSONSchemaKnowsTheParsersKeys(t *testing.T) {
	schema := fileSchema(t)
	property := func(path ...string) []string {
		node := schema
		for _, name := range path {
			node = node[name].(map[string]any)
		}
		return slices.Sorted(maps.Keys(node))
	}
	sorted := func(list []string) []string { slices.Sort(list); return list }
	if diff := cmp.Diff(sorted(topKeys()), property("properties")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(sorted(columnKeys()), property("$defs", "mapped", "properties")); diff != "" {
		t.Error(diff)
	}
	var types []string
	for _, name := range schema["$defs"].(map[string]any)["mapped"].(map[string]any)["properties"].(map[string]any)["type"].(map[string]any)["enum"].([]any) {
		types = append(types, name.(string))
	}
	if diff := cmp.Diff(plainTypes(), types); diff != "" {
		t.Error(diff)
	}
}

func TestTheJSONSchemaAgreesWithTheParser(t *testing.T) {
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mapping.schema.json", fileSchema(t)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mapping.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"object: products\nmatch: sku\n", "locale: de", "blank: null", "blank: skip", "blank: 1", "null: NULL", "null: [a, 1, NULL]", "null: {a: b}",
		"list_separator: ''", "list_separator: '|'", "custom_attributes: nested", "custom_attributes: deep", "set: {a: 1, b: true, c: x}", "set: {a: [1]}", "set: [a]",
		"columns: {a: b}", "columns: {a: ' '}", "columns: {a: }", "columns: {a: []}", "columns: {a: [{to: b}, {to: c}]}", "columns: {a: {}}", "columns: {' ': b}",
		"columns: {a: {drop: true}}", "columns: {a: {drop: false, to: b}}", "columns: {a: {drop: false}}", "columns: {a: {drop: true, to: b}}", "columns: {a: {drop: 1}}",
		"columns: {a: {to: b, type: number}}", "columns: {a: {to: b, type: select}}", "columns: {a: {to: b, format: '%Y-%m-%d'}}", "columns: {a: {to: b, format: ''}}",
		"columns: {a: {to: b, trim: true}}", "columns: {a: {to: b, trim: domain}}", "columns: {a: {to: b, trim: all}}", "columns: {a: {to: b, case: lower}}", "columns: {a: {to: b, case: title}}",
		"columns: {a: {to: b, values: {x: y, z: , 1: true}}}", "columns: {a: {to: b, values: {x: [y]}}}", "columns: {a: {to: b, values: [x]}}",
		"columns: {a: {to: b, default: 1, required: true}}", "columns: {a: {to: b, default: ''}}", "columns: {a: {to: b, required: maybe}}", "columns: {a: {to: b, join: ''}}", "columns: {a: {to: b, join: }}",
		"columns: {a: {to: b, lookup: {object: c, match: d, create: true}}}", "columns: {a: {to: b, lookup: {object: c}}}", "columns: {a: {to: b, lookup: {object: c, match: d, x: y}}}", "columns: {a: {to: b, separator: ''}}",
		"other: x", "columns: {a: {to: b, other: x}}", "object: [x]", "object: {a: b}", "object:", "timezone: UTC",
	} {
		_, err := ParseFile("m.yaml", []byte(text))
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		asJSON, e := json.Marshal(value)
		if e != nil {
			t.Fatal(e)
		}
		instance, e := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if e != nil {
			t.Fatal(e)
		}
		if problem := schema.Validate(instance); (err == nil) != (problem == nil) {
			t.Errorf("%s: the parser says %v, the schema %v", text, err, problem)
		}
	}
}
