package cmd

import (
	"fmt"
	"iter"
	"slices"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/source"
)

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

// passing is a reader of which the first records are looked at once they have
// passed: a stream's next may be long in coming, and a resumed run begins elsewhere.
type passing struct {
	*source.Reader
	records []source.Record
	look    func([]source.Record) // nil once they were looked at
}

func (p *passing) Read() (source.Record, error) {
	rec, err := p.Reader.Read()
	if p.look == nil {
		return rec, err
	}
	if err == nil {
		p.records = append(p.records, rec)
	}
	if err != nil || len(p.records) == peekRecords {
		p.look(p.records)
		p.look, p.records = nil, nil
	}
	return rec, err
}
