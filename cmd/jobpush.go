package cmd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/crmsync/crmsync/internal/lookup"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/report"
)

// finder is what the push's mappers find ids with. In a job's dry run it counts
// what refers to records that are still to come.
func (r *pushRun) finder() mapping.Lookup {
	if r.client == nil {
		return tokenless{}
	}
	if r.part != nil && r.settings.dryRun {
		return &countingFinder{r}
	}
	return r.lookups
}

type countingFinder struct{ run *pushRun }

// Find implements [mapping.Lookup].
func (f *countingFinder) Find(ref mapping.Reference, value string) (string, error) {
	id, err := f.run.lookups.Find(ref, value)
	if _, absent := errors.AsType[*mapping.AbsentError](err); absent || lookup.IsPlaceholder(id) {
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

// jobHints says below a push what only a job can say; told are those before it.
func (r *pushRun) jobHints(rejects bool, told []report.JobPush) (hints []string) {
	if r.toCome > 0 {
		hints = append(hints, fmt.Sprintf("values that name records which this job would create first: %d", r.toCome))
	}
	for _, before := range told {
		unknown := func(ref mapping.Reference) bool { return ref.Object == before.Object && r.lookups.Listless(ref) }
		doneBefore := before.Note != "" && before.Result.Whole
		if rejects && doneBefore && slices.ContainsFunc(r.references(), unknown) {
			hints = append(hints, fmt.Sprintf("%s were pushed before this run, and the CRM has no list to find their ids in: %s pushes them again first",
				before.Object, r.app.sameCommand(r.app.args, "--restart")))
		}
	}
	return hints
}
