package cmd

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// spelledNumber is a JSON value as a cell would hold it. A number has no locale:
// decimal stands for that of any.
func spelledNumber(v jsontext.Value, decimal string) string {
	if v.Kind() != '0' {
		return cellOf(v)
	}
	text := string(v)
	if n, err := strconv.ParseFloat(text, 64); err == nil && strings.ContainsAny(text, "eE") {
		text = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strings.Replace(text, ".", decimal, 1)
}

// cellOf is a JSON value as a cell would hold it: a list's items with ; between
// them, an option by its id. What no cell could hold is blank.
func cellOf(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return ""
		}
		return string(text)
	case '[':
		return strings.Join(cellsWithin(v), ";")
	case '{':
		return idWithin(v)
	case 'n':
		return ""
	default:
		return string(v)
	}
}

// cellsWithin are the items of a list.
func cellsWithin(v jsontext.Value) (cells []string) {
	var items []jsontext.Value
	if json.Unmarshal(v, &items) != nil {
		return nil
	}
	for _, item := range items {
		cells = append(cells, cellOf(item))
	}
	return cells
}

// idWithin is the id of an option or a related record, "" where the object has
// none.
func idWithin(v jsontext.Value) string {
	var object struct {
		ID jsontext.Value `json:"id"`
	}
	if json.Unmarshal(v, &object) != nil || object.ID.Kind() != '"' && object.ID.Kind() != '0' {
		return ""
	}
	return cellOf(object.ID)
}
