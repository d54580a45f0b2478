package mapping

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// This file reads JSON objects that stand for one value, as the API's answers
// hold them: an option with its label and colour, an amount with its currency, a
// related record or a member with more than its id. What says which value is
// meant must agree with the schema; the rest is left aside.

// members calls each for the members of a JSON object; each stops it with a
// problem. The value is valid during the call only. The source has checked that
// the object is valid JSON and has no name twice.
func members(v jsontext.Value, each func(name string, value jsontext.Value) string) string {
	d := jsontext.NewDecoder(bytes.NewReader(v))
	if _, err := d.ReadToken(); err != nil {
		return "the object is not valid JSON"
	}
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return "the object is not valid JSON"
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			return "the object is not valid JSON"
		}
		if problem := each(name, value); problem != "" {
			return problem
		}
	}
	return ""
}

// findObject gives the index of the option that {"id": …} means. A label beside
// the id must be that option's.
func (o *options) findObject(v jsontext.Value) (int, string) {
	var id, label jsontext.Value
	problem := members(v, func(name string, value jsontext.Value) string {
		switch name {
		case "id":
			id = value.Clone()
		case "value", "label":
			label = value.Clone()
		}
		return ""
	})
	switch {
	case problem != "":
		return 0, problem
	case id == nil:
		return 0, clean(string(v)) + ` is not an option (its shape is {"id": …})`
	}
	for i, option := range o.all {
		// A number and a text are different ids.
		if option.ID.Kind() != id.Kind() || optionID(option.ID) != optionID(id) {
			continue
		}
		if label != nil && (label.Kind() != '"' || foldLabel(jsonText(label)) != foldLabel(option.Value)) {
			return 0, clean(string(v)) + " contradicts the schema: the option with that id is " + show(option.Value) + " (write the id or the label alone)"
		}
		return i, ""
	}
	return 0, clean(string(v)) + " is the id of none of its options" + o.suggest(optionID(id))
}

// object takes {"amount": …, "currency": …}, or "value" and "code". Nothing else
// may stand in it: it might say that the amount is one of cents.
func (c *currencyConverter) object(dst []byte, v jsontext.Value) ([]byte, string) {
	amounts, currencies := 0, 0
	out := dst
	problem := members(v, func(name string, value jsontext.Value) string {
		switch name {
		case "amount", "value":
			amounts++
			switch value.Kind() {
			case '0':
				out = append(out, value...)
				return ""
			case '"':
				// The API writes numbers in one way, whatever the locale.
				var ok bool
				if out, ok = appendNumber(out, jsonText(value), nil); ok {
					return ""
				}
			}
			return wrongKind(value, "an amount")
		case "currency", "code":
			currencies++
			if value.Kind() != '"' {
				return wrongKind(value, "a currency")
			}
			if problem := c.disagrees("", jsonText(value)); problem != "" {
				return clean(string(v)) + problem
			}
			return ""
		}
		amounts = -1
		return clean(string(v)) + " is not an amount (send the number alone, without " + show(name) + ")"
	})
	switch {
	case problem != "":
		return dst, problem
	case amounts != 1 || currencies != 1:
		return dst, clean(string(v)) + ` is not an amount (send the number alone, or {"amount": …, "currency": …})`
	}
	return out, ""
}

// object gives the id of a related record. It is never looked up: whoever writes
// "id" means the CRM's own.
func (c *relationConverter) object(v jsontext.Value) (string, string) {
	id, problem := objectID(v, "a record id", c.related)
	if problem == "" && !isUUID(id) {
		problem = show(id) + " is not a record id"
	}
	return id, problem
}

// memberObject gives the id of a member.
func memberObject(v jsontext.Value) (string, string) {
	return objectID(v, "a member id", "")
}

// objectID gives the "id" of an object, or the "uuid" as in the member list. The
// CRM object whose record it is, where it is named, must be the one that is
// related.
func objectID(v jsontext.Value, want, related string) (string, string) {
	var id string
	problem := members(v, func(name string, value jsontext.Value) string {
		switch {
		case name == "objectSlug" && related != "" && scalarText(value) != related:
			return "a record of " + show(scalarText(value)) + " is not one of " + show(related)
		case name != "id" && name != "uuid":
			return ""
		case value.Kind() != '"' && value.Kind() != '0', isBlank(scalarText(value)):
			return wrongKind(value, want)
		case id != "" && scalarText(value) != id:
			return show(id) + " and " + show(scalarText(value)) + " are two ids of one thing"
		}
		id = scalarText(value)
		return ""
	})
	if problem == "" && id == "" {
		problem = clean(string(v)) + " is not " + want + ` (its shape is {"id": …})`
	}
	return id, problem
}
