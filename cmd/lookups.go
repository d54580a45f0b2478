package cmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/report"
)

// prepareLookups makes what finds the ids of related records and members.
func (r *pushRun) prepareLookups(ctx context.Context) error {
	if r.settings.shard.Count > 0 && r.createsRelated() {
		return usage("push without --shard, or push the related records first",
			"--shard and a lookup that creates don't go together: two processes could create the same record")
	}
	r.pace = r.shared.pacer(r)
	r.lookups = r.shared.lookup(ctx, r)
	r.usePace()
	return nil
}

// usePace has lookups go at this push's pace, as one of those that share them.
func (r *pushRun) usePace() {
	r.lookups.pace = r.pace
	r.lookups.Pushing(r.object)
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

// looksUp tells whether the mapping file has lookups.
func (r *pushRun) looksUp() bool {
	return r.file != nil && slices.ContainsFunc(r.file.Columns, func(c mapping.FileColumn) bool { return c.Lookup != nil })
}

// tokenless is the lookup of a run that has no token, and needed none so far.
type tokenless struct{}

// Find implements [mapping.Lookup].
func (tokenless) Find(ref mapping.Reference, value string) (string, error) {
	return "", fmt.Errorf("looking up %q among the records of %s: %w", report.Clean(value), ref.Object, errNoToken())
}

// checkLookups sees to it that the other objects have the attributes by which the
// mapping file looks values up: otherwise each record would be rejected.
func (r *pushRun) checkLookups(context.Context) error {
	if r.file == nil || r.settings.schema == "off" {
		return nil
	}
	return r.file.CheckLookups(r.relatedSchema, func(object string) string { return r.asking("schema", object) })
}

// relatedSchema is the schema of an object that values refer to; nil where it
// isn't to be had.
func (r *pushRun) relatedSchema(ref mapping.Reference) (*client.Object, error) {
	if object, err := client.ParseSchema(r.schemaText, ref.Object); err == nil && object.Slug == ref.Object {
		return object, nil
	}
	schema, missing, err := r.lookups.Schema(ref.Object)
	if missing != nil && missing.Status == 404 && ref.Create {
		return nil, missing
	}
	return schema, err
}

// references are the lookups that the push may ask for. Companies are looked up
// by their domain without a mapping file saying so.
func (r *pushRun) references() []mapping.Reference {
	all := []mapping.Reference{{Object: "companies", Match: "domain"}}
	if r.file == nil {
		return all
	}
	for _, column := range r.file.Columns {
		if ref := column.Lookup; ref != nil {
			all = append(all, mapping.Reference{Object: ref.Object, Match: ref.Match})
		}
	}
	return all
}

// learn tells the lookups what an accepted record is known by; nil where nobody
// will ask.
func (r *pushRun) learn() func(match, recordID string) {
	asked := false
	for _, ref := range r.shared.learns {
		asked = asked || ref.Object == r.object
	}
	if !asked || r.settings.dryRun && r.part == nil {
		return nil
	}
	peers := r.peers()
	return func(match, recordID string) {
		for _, l := range peers {
			l.Learn(r.object, r.match, match, recordID)
		}
	}
}

// peers are the lookups of the push's CRM: pushes of a job that differ in their
// retries, say, have lookups of their own.
func (r *pushRun) peers() (all []*lookups) {
	for key, l := range r.shared.lookups {
		if key.service == r.service() {
			all = append(all, l)
		}
	}
	return all
}

// tellLookups has the later pushes of a job find the records that this one wrote,
// and in a dry run those that it would write.
func (r *pushRun) tellLookups(result *push.Result) {
	for _, l := range r.peers() {
		if result.Created+result.Updated > 0 {
			l.Reread(r.object, r.match, r.written())
		}
		l.Arrive()
	}
}

// written are the attributes that the push may have written; nil where that isn't
// known, as of the JSON keys that an earlier part of it met.
func (r *pushRun) written() []string {
	if r.resume != nil {
		return nil
	}
	all := []string{}
	for _, in := range r.inputs {
		for _, plan := range in.mapper.Columns() {
			all = append(all, plan.Attribute)
		}
	}
	return all
}
