package cmd

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/source"
)

// warnBefore warns before the first write of numbers that have two readings, and
// of what makes records overwrite each other: an attribute that several records of
// the CRM may share, or a file in which most records have the same value.
func (r *pushRun) warnBefore(context.Context) error {
	real := r.crm == nil && !r.settings.dryRun
	if real {
		r.warnOfSharedAttribute()
	}
	for _, in := range r.inputs {
		mayGroup := r.mayGroup(in)
		look := func(first []source.Record) {
			if mayGroup {
				r.warnOfThousands(in, first)
			}
		}
		switch {
		case !real && !mayGroup:
			continue
		case r.resume != nil || in.isStream():
			in.through = &passing{Reader: in.reader, look: look}
			continue
		}
		ahead := readAhead(in.reader)
		in.through = ahead
		look(ahead.records)
		if !real {
			continue
		}
		if value, n := in.mostFrequent(ahead.records, r.match); n > len(ahead.records)/2 && n > 1 {
			r.app.warn(fmt.Sprintf("%d of the first %d records of %s have the same %s, %q: each overwrites the one before; is --match right?",
				n, len(ahead.records), in.info.Name, r.match, value))
		}
	}
	return nil
}

func (r *pushRun) warnOfSharedAttribute() {
	// Of the standard objects the API itself says by what they are found.
	if r.schema == nil || r.object == "people" || r.object == "companies" {
		return
	}
	for _, a := range r.schema.Attributes {
		if a.Key == r.match && !a.IsUnique {
			r.app.warn(fmt.Sprintf("attribute %q of %s is not unique: where several records share a value, the CRM updates the first of them; %s lists those that are unique",
				r.match, r.object, r.asking("schema", r.object)))
		}
	}
}

// mostFrequent is the match value that most of the records have.
// Those that differ in a blank or in case are several to many a CRM.
func (in *input) mostFrequent(records []source.Record, match string) (value string, count int) {
	column := -1
	name := match
	for _, plan := range in.mapper.Columns() {
		if plan.Attribute == match && plan.Column != "" {
			name = plan.Column
			column = slices.Index(in.reader.Columns(), name)
		}
	}
	counts := make(map[string]int)
	for _, rec := range records {
		text := ""
		switch {
		case column >= 0 && column < len(rec.Cells):
			text = rec.Cells[column]
		case slices.Contains(rec.Names, name):
			text = cellOf(rec.Values[slices.Index(rec.Names, name)])
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		counts[text]++
		if counts[text] > count {
			value, count = text, counts[text]
		}
	}
	return value, count
}

// mayGroup tells an input as spreadsheets of a language with decimal commas write
// it, of which nobody said that it is one.
func (r *pushRun) mayGroup(in *input) bool {
	return in.info.Delimiter == ';' && r.settings.locale == "" && (r.file == nil || r.file.Locale == "")
}

// warnOfThousands warns of a column in which every point could as well be one
// between thousands: what is sent would be a thousandth of what was meant.
func (r *pushRun) warnOfThousands(in *input, records []source.Record) {
	for _, plan := range in.mapper.Columns() {
		column := slices.Index(in.reader.Columns(), plan.Column)
		if column < 0 || !mapping.MayGroup(plan.Type) {
			continue
		}
		if value, grouped, _ := mapping.TwoReadings(cellsOf(records, column)); value != "" {
			r.app.warn(fmt.Sprintf("column %q of %s: %s is read with a decimal point; if it is %s, use --locale de", plan.Column, in.info.Name, value, grouped))
		}
	}
}

func cellsOf(records []source.Record, column int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, rec := range records {
			if column < len(rec.Cells) && !yield(rec.Cells[column]) {
				return
			}
		}
	}
}
