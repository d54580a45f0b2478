package mapping

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
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
	schema := fileSchema(t)
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
		problem := validate(schema, schema, plain(value))
		if (err == nil) != (problem == "") {
			t.Errorf("%s: the parser says %v, the schema %q", text, err, problem)
		}
	}
}

// plain gives YAML values the types that JSON has.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = plain(value)
		}
		return v
	case []any:
		for i, value := range v {
			v[i] = plain(value)
		}
		return v
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	}
	return v
}

// validate knows the part of JSON Schema that the mapping file's schema uses.
func validate(root, schema map[string]any, v any) string {
	for keyword, want := range schema {
		problem := ""
		switch keyword {
		case "$schema", "$id", "$defs", "title", "description":
		case "$ref":
			name := strings.TrimPrefix(want.(string), "#/$defs/")
			problem = validate(root, root["$defs"].(map[string]any)[name].(map[string]any), v)
		case "type":
			types, ok := want.([]any)
			if !ok {
				types = []any{want}
			}
			if !slices.Contains(types, any(typeName(v))) {
				problem = fmt.Sprintf("%v is not %v", v, want)
			}
		case "enum":
			if !slices.ContainsFunc(want.([]any), func(w any) bool { return reflect.DeepEqual(w, v) }) {
				problem = fmt.Sprintf("%v is not among %v", v, want)
			}
		case "const":
			if !reflect.DeepEqual(want, v) {
				problem = fmt.Sprintf("%v is not %v", v, want)
			}
		case "pattern":
			if s, ok := v.(string); ok && !regexp.MustCompile(want.(string)).MatchString(s) {
				problem = fmt.Sprintf("%q doesn't match %v", s, want)
			}
		case "minLength":
			if s, ok := v.(string); ok && len(s) < int(want.(float64)) {
				problem = "too short"
			}
		case "minItems":
			if list, ok := v.([]any); ok && len(list) < int(want.(float64)) {
				problem = "too few"
			}
		case "required":
			if object, ok := v.(map[string]any); ok {
				for _, name := range want.([]any) {
					if _, ok := object[name.(string)]; !ok {
						problem = fmt.Sprintf("%v is missing", name)
					}
				}
			}
		case "anyOf":
			var problems []string
			for _, choice := range want.([]any) {
				problems = append(problems, validate(root, choice.(map[string]any), v))
			}
			if !slices.Contains(problems, "") {
				problem = strings.Join(problems, " and ")
			}
		case "items":
			if list, ok := v.([]any); ok {
				for _, item := range list {
					problem += validate(root, want.(map[string]any), item)
				}
			}
		case "propertyNames":
			if object, ok := v.(map[string]any); ok {
				for name := range object {
					problem += validate(root, want.(map[string]any), name)
				}
			}
		case "properties", "additionalProperties":
			problem = validateMembers(root, schema, keyword, want, v)
		default:
			problem = "the test doesn't know the keyword " + keyword
		}
		if problem != "" {
			return problem
		}
	}
	return ""
}

func validateMembers(root, schema map[string]any, keyword string, want, v any) string {
	object, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, value := range object {
		described, known := properties[name].(map[string]any)
		switch {
		case keyword == "properties" && known:
			if problem := validate(root, described, value); problem != "" {
				return name + ": " + problem
			}
		case keyword == "additionalProperties" && !known:
			others, allowed := want.(map[string]any)
			if !allowed {
				return "unknown key " + name
			}
			if problem := validate(root, others, value); problem != "" {
				return name + ": " + problem
			}
		}
	}
	return ""
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
