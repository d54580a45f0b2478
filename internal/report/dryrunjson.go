package report

import (
	"encoding/json"
)

// dryRunDocument is what the JSON summary of a dry run has besides the keys of
// every summary:
//
//	"columns":      one object for each column of each input, and each constant
//	"duplicates":   match values that come more than once, the first 100 of them
//	                with where they stand; "approximate" where there were too many
//	                values to remember, and the numbers are the least there can be;
//	                "respelt" are those that differ from an earlier one in case,
//	                outer blanks or the like alone
//	"never_filled": required attributes that no record of a source fills
//
// Of a column, "from" holds the columns of the source or keys that feed it
// (several where they are joined, none for a constant), "attribute" is "" where
// it is dropped, and "samples" holds the first values as they would be sent.
type dryRunDocument struct {
	Columns     []column           `json:"columns"`
	Duplicates  duplicatesDocument `json:"duplicates"`
	NeverFilled []neverFilled      `json:"never_filled"`
}

type column struct {
	Source    string            `json:"source"`
	From      []string          `json:"from"`
	Attribute string            `json:"attribute"`
	Type      string            `json:"type"`
	Match     bool              `json:"match"`
	Required  bool              `json:"required"`
	Constant  *string           `json:"constant,omitempty"`
	Filled    int64             `json:"filled"`
	Blank     int64             `json:"blank"`
	Null      int64             `json:"null"`
	Bad       int64             `json:"bad"`
	Samples   []json.RawMessage `json:"samples"`
	BadValues []BadValue        `json:"bad_values"`
}

type duplicatesDocument struct {
	Values      int64       `json:"values"`
	Repeats     int64       `json:"repeats"`
	Approximate bool        `json:"approximate"`
	First       []Duplicate `json:"first"`
	Respelt     respelt     `json:"respelt"`
}

type respelt struct {
	Values int64     `json:"values"`
	First  []Respelt `json:"first"`
}

type neverFilled struct {
	Source    string `json:"source"`
	Attribute string `json:"attribute"`
}

// document gives nil where there was no dry run.
func (d *DryRun) document() *dryRunDocument {
	if d == nil {
		return nil
	}
	doc := &dryRunDocument{
		Columns: []column{},
		Duplicates: duplicatesDocument{
			Values: d.Duplicates.Values, Repeats: d.Duplicates.Repeats, Approximate: d.Duplicates.Approximate, First: orEmpty(d.Duplicates.First),
			Respelt: respelt{d.Duplicates.Respelt, orEmpty(d.Duplicates.FirstRespelt)},
		},
		NeverFilled: []neverFilled{},
	}
	for _, in := range d.Inputs {
		for _, c := range in.Columns {
			doc.Columns = append(doc.Columns, c.document(in.Source))
		}
		for _, attribute := range in.NeverFilled {
			doc.NeverFilled = append(doc.NeverFilled, neverFilled{in.Source, attribute})
		}
	}
	return doc
}

func (c *Column) document(source string) column {
	doc := column{
		Source: source, From: orEmpty(c.From), Attribute: c.Attribute, Type: c.Type,
		Match: c.Match, Required: c.Required,
		Filled: c.Filled, Blank: c.Blank, Null: c.Null, Bad: c.Bad,
		Samples: []json.RawMessage{}, BadValues: orEmpty(c.BadValues),
	}
	if len(c.From) == 0 {
		doc.Constant = &c.Constant
	}
	for _, sample := range c.Samples {
		doc.Samples = append(doc.Samples, json.RawMessage(sample))
	}
	return doc
}
