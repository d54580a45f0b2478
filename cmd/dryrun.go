package cmd

import (
	"slices"

	"github.com/crmsync/crmsync/internal/lookup"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/report"
	"github.com/crmsync/crmsync/internal/source"
)

// profileInput has a dry run look closer at what it maps, and leave out what is
// needed only to send or to compare.
func (r *pushRun) profileInput(opts *mapping.Options) {
	s := r.settings
	if !s.dryRun {
		return
	}
	if r.duplicates == nil {
		r.duplicates = mapping.NewDuplicates()
	}
	opts.Profile, opts.Duplicates = true, r.duplicates
	opts.CheckOnly = !s.onlyChanged && s.shard.Count == 0
}

// tellLines has the mapper of a dry run know in which line a record stands.
func (in *input) tellLines(p *push.Input) {
	p.Reader = lineTeller{p.Reader, in.mapper}
}

type lineTeller struct {
	push.Reader
	mapper *mapping.Mapper
}

func (t lineTeller) Read() (source.Record, error) {
	rec, err := t.Reader.Read()
	t.mapper.At(rec.Line)
	return rec, err
}

// describe adds what a dry run found out to the summary, and which reject files
// don't have the form of their inputs.
func (r *pushRun) describe(summary *report.Summary, result push.Result) {
	for _, in := range r.inputs {
		if in.info.Format == source.XLSX && slices.Contains(result.RejectFiles, in.rejects.Path) {
			summary.Workbooks = append(summary.Workbooks, in.rejects.Path)
		}
	}
	if r.duplicates == nil {
		return
	}
	dry := &report.DryRun{
		Duplicates:   r.reportDuplicates(),
		OfAll:        r.settings.shard.Count > 0,
		NoRejectFile: result.Rejected > 0 && !r.writesRejects(),
	}
	for _, in := range r.inputs {
		if in.mapper != nil {
			dry.Inputs = append(dry.Inputs, in.profile())
		}
	}
	summary.Dry = dry
}

func (r *pushRun) reportDuplicates() report.Duplicates {
	count := r.duplicates.Count()
	found := report.Duplicates{Values: count.Values, Repeats: count.Repeats, Respelt: count.Respelt, Approximate: !count.Exact}
	for _, d := range count.First {
		one := report.Duplicate{Value: d.Value, Records: d.Count}
		for _, place := range d.Places {
			one.At = append(one.At, report.Place{Source: place.Input, Line: place.Line})
		}
		found.First = append(found.First, one)
	}
	for _, d := range count.FirstRespelt {
		found.FirstRespelt = append(found.FirstRespelt, report.Respelt{
			Value: d.Value, At: report.Place{Source: d.Place.Input, Line: d.Place.Line}, Like: report.Place{Source: d.Like.Input, Line: d.Like.Line},
		})
	}
	return found
}

// profile puts together what the mapper counted and what it was never asked:
// dropped columns and constants.
func (in *input) profile() report.InputProfile {
	profile := report.InputProfile{Source: in.info.Name, NeverFilled: in.mapper.NeverFilled()}
	counted := in.mapper.Profile()
	for _, plan := range in.mapper.Columns() {
		switch {
		case plan.Column == "":
			profile.Columns = append(profile.Columns, report.Column{Attribute: plan.Attribute, Type: plan.Type, Constant: plan.Constant})
			continue
		case plan.Attribute == "":
			profile.Columns = append(profile.Columns, report.Column{From: []string{plan.Column}})
			continue
		}
		// Joined columns are counted as one, where the first of them stands.
		i := slices.IndexFunc(counted, func(p mapping.ColumnProfile) bool { return p.Attribute == plan.Attribute })
		if i >= 0 {
			profile.Columns = append(profile.Columns, reportColumn(counted[i]))
			counted = slices.Delete(counted, i, i+1)
		}
	}
	return profile
}

func reportColumn(p mapping.ColumnProfile) report.Column {
	c := report.Column{
		From: p.Columns, Attribute: p.Attribute, Type: p.Type, Match: p.Match, Required: p.Required,
		Filled: p.Filled, Blank: p.Blank, Null: p.Null, Bad: p.Bad,
	}
	for _, sample := range p.Samples {
		if !lookup.HoldsPlaceholder(sample) {
			c.Samples = append(c.Samples, sample)
		}
	}
	for _, bad := range p.BadValues {
		c.BadValues = append(c.BadValues, report.BadValue{Value: bad.Value, Line: bad.Line, Error: bad.Problem})
	}
	return c
}
