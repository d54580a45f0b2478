package cmd

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/source"
)

// The beginning of an input that is looked at before the first write.
const (
	peekRecords = 1000
	peekBytes   = 4 << 20
)

// warnBefore warns before the first write of numbers that have two readings, and
// of what makes records overwrite each other: an attribute that several records of
// the CRM may share, or a file in which most records have the same value.
func (r *pushRun) warnBefore(context.Context) error {
	real := r.crm == nil && !r.settings.dryRun
	if real {
		r.warnOfSharedAttribute()
	}
	if r.resume != nil {
		return nil
	}
	for _, in := range r.inputs {
		mayGroup := r.mayGroup(in)
		if in.isStream() || !real && !mayGroup {
			continue
		}
		in.ahead = readAhead(in.reader)
		if mayGroup {
			r.warnOfThousands(in)
		}
		if !real {
			continue
		}
		if value, n := in.mostFrequent(r.match); n > len(in.ahead.records)/2 && n > 1 {
			r.app.warn(fmt.Sprintf("%d of the first %d records of %s have the same %s, %q: each overwrites the one before; is --match right?",
				n, len(in.ahead.records), in.info.Name, r.match, value))
		}
	}
	return nil
}

// mayGroup tells an input as spreadsheets of a language with decimal commas write
// it, of which nobody said that it is one.
func (r *pushRun) mayGroup(in *input) bool {
	return in.info.Delimiter == ';' && r.settings.locale == "" && (r.file == nil || r.file.Locale == "")
}

// warnOfThousands warns of a column in which every point could as well be one
// between thousands: what is sent would be a thousandth of what was meant.
func (r *pushRun) warnOfThousands(in *input) {
	for _, plan := range in.mapper.Columns() {
		column := slices.Index(in.reader.Columns(), plan.Column)
		if column < 0 || !mapping.MayGroup(plan.Type) {
			continue
		}
		if value, grouped, _ := mapping.TwoReadings(in.cellsAhead(column)); value != "" {
			r.app.warn(fmt.Sprintf("column %q of %s: %s is read with a decimal point; if it is %s, use --locale de", plan.Column, in.info.Name, value, grouped))
		}
	}
}

// cellsAhead are the cells of a column in the records read ahead.
func (in *input) cellsAhead(column int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, rec := range in.ahead.records {
			if column < len(rec.Cells) && !yield(rec.Cells[column]) {
				return
			}
		}
	}
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

// mostFrequent is the match value that most of the records read ahead have.
// Those that differ in a blank or in case are several to many a CRM.
func (in *input) mostFrequent(match string) (value string, count int) {
	column := -1
	name := match
	for _, plan := range in.mapper.Columns() {
		if plan.Attribute == match && plan.Column != "" {
			name = plan.Column
			column = slices.Index(in.reader.Columns(), name)
		}
	}
	counts := make(map[string]int)
	for _, rec := range in.ahead.records {
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

// ahead is a reader of which the first records have been looked at.
type ahead struct {
	*source.Reader
	records []source.Record
	next    int
	err     error // what ended the look, if anything
}

// readAhead reads the first records of an input.
func readAhead(from *source.Reader) *ahead {
	a := &ahead{Reader: from}
	held := 0
	for len(a.records) < peekRecords && held < peekBytes {
		rec, err := from.Read()
		if err != nil {
			a.err = err
			break
		}
		a.records = append(a.records, rec)
		held += len(rec.Raw)
		for _, cell := range rec.Cells {
			held += len(cell)
		}
		for _, v := range rec.Values {
			held += len(v)
		}
	}
	return a
}

// Read hands out what was read ahead, then reads on.
func (a *ahead) Read() (source.Record, error) {
	if a.next < len(a.records) {
		a.next++
		rec := a.records[a.next-1]
		a.records[a.next-1] = source.Record{}
		return rec, nil
	}
	if a.err != nil {
		return source.Record{}, a.err
	}
	rec, err := a.Reader.Read()
	if err == io.EOF {
		a.err = err
	}
	return rec, err
}
