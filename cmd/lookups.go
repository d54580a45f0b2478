package cmd

import (
	"context"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/lookup"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/push"
)

// prepareLookups makes what finds the ids of related records and members. It
// asks the CRM nothing until a cell needs it.
func (r *pushRun) prepareLookups(ctx context.Context) error {
	s := r.settings
	if s.shard.Count > 0 && r.createsRelated() {
		return usage("push without --shard, or push the related records first",
			"--shard and a lookup that creates don't go together: two processes could create the same record")
	}
	r.pace = r.newPacer()
	r.lookups = lookup.New(lookup.Options{
		Client: r.client, Context: ctx, Log: r.app.warningLog(),
		Retries: s.retries, MaxWait: s.maxWait, DryRun: s.dryRun,
		NestCustom: r.file != nil && r.file.NestCustom,
		References: r.ownReferences(),
		Pace: func(ctx context.Context, attempt func() client.Result) error {
			return push.Paced(ctx, r.pace, attempt)
		},
	})
	r.lookups.Pushing(r.object)
	return nil
}

func (r *pushRun) createsRelated() bool {
	if r.file == nil {
		return false
	}
	for _, column := range r.file.Columns {
		if column.Lookup != nil && column.Lookup.Create {
			return true
		}
	}
	return false
}

// ownReferences are the lookups that the records of this run themselves can
// answer: those into the object that is pushed.
func (r *pushRun) ownReferences() []mapping.Reference {
	own := []mapping.Reference{}
	if r.object == "companies" {
		own = append(own, mapping.Reference{Object: r.object, Match: r.match})
	}
	if r.file == nil {
		return own
	}
	for _, column := range r.file.Columns {
		if ref := column.Lookup; ref != nil && ref.Object == r.object {
			own = append(own, mapping.Reference{Object: ref.Object, Match: ref.Match})
		}
	}
	return own
}

// learn tells the lookups what an accepted record is known by; nil where nobody
// will ask.
func (r *pushRun) learn() func(match, recordID string) {
	if len(r.ownReferences()) == 0 {
		return nil
	}
	return func(match, recordID string) { r.lookups.Learn(r.object, r.match, match, recordID) }
}
