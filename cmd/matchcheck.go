package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

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
