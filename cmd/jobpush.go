package cmd

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/crmsync/crmsync/internal/lookup"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/report"
)

// finder is what the push's mappers find ids with. In a job's dry run it counts
// what refers to records that are still to come.
func (r *pushRun) finder() mapping.Lookup {
	if r.part != nil && r.settings.dryRun {
		return &countingFinder{r}
	}
	return r.lookups
}

type countingFinder struct{ run *pushRun }

// Find implements [mapping.Lookup].
func (f *countingFinder) Find(ref mapping.Reference, value string) (string, error) {
	id, err := f.run.lookups.Find(ref, value)
	if err == nil && lookup.IsPlaceholder(id) {
		f.run.toCome++
	}
	return id, err
}

// placeInJob says which push of a job this is, for the progress line; "" of one
// by itself.
func (r *pushRun) placeInJob() string {
	if r.part == nil {
		return ""
	}
	return fmt.Sprintf("push %d of %d: %s", r.part.number, r.part.of, r.part.Name)
}

// columnsAsFlags are the columns that stand in the job file itself, for a push
// of its own; false where they say more than flags can.
func (r *pushRun) columnsAsFlags() (words []string, sayable bool) {
	if r.part == nil || r.part.Columns == nil {
		return nil, true
	}
	for _, c := range r.file.Columns {
		if !reflect.DeepEqual(c, mapping.FileColumn{Column: c.Column, Line: c.Line, To: c.To, Drop: c.Drop}) {
			return nil, false
		}
		words = append(words, "--map", c.Column+"="+c.To)
	}
	return words, true
}

// jobHints says below a push what only a job can say.
func (r *pushRun) jobHints(summary report.Summary) (hints []string) {
	if r.toCome > 0 {
		hints = append(hints, fmt.Sprintf("values that name records which this job would create first: %d; ids like 00000000-0000-… stand for them", r.toCome))
	}
	files := summary.Result.RejectFiles
	if _, sayable := r.columnsAsFlags(); !sayable && len(files) > 0 && summary.Result.NotSent == 0 {
		hints = append(hints, fmt.Sprintf("mend %s, name it under files: of push %s in %s for once, and run: %s",
			strings.Join(files, ", "), r.part.Name, r.part.file.Name, shellQuote([]string{"crmsync", "run", r.part.file.Name, r.part.Name})))
	}
	return hints
}
