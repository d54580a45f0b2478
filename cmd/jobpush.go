package cmd

import (
	"fmt"

	"github.com/crmsync/crmsync/internal/lookup"
	"github.com/crmsync/crmsync/internal/mapping"
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

// jobHints says below a push what only a job can say.
func (r *pushRun) jobHints() (hints []string) {
	if r.toCome > 0 {
		hints = append(hints, fmt.Sprintf("values that name records which this job would create first: %d; ids like 00000000-0000-… stand for them", r.toCome))
	}
	return hints
}
