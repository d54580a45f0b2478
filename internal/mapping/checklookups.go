package mapping

import (
	"fmt"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/strictyaml"
)

// CheckLookups tells whether values can be looked up by what the file's lookups
// name: the other object has that attribute, and where records are to be created,
// they can be. schema gives the other object's schema, nil where it isn't to be
// had; its errors are handed out. Otherwise the error is a *strictyaml.Error, whose hint
// names the command that lists an object's attributes.
func (f *File) CheckLookups(schema func(Reference) (*client.Object, error), command func(object string) string) error {
	for _, fc := range f.Columns {
		ref := fc.Lookup
		if ref == nil || ref.Object == objectUsers { // New knows what members are found by
			continue
		}
		related, err := schema(*ref)
		if err != nil {
			return err
		}
		if related == nil {
			continue
		}
		if problem, hint := ref.problem(related, command); problem != "" {
			return strictyaml.NewError(f.Name, fc.matchAt.line, fc.matchAt.column, hint, "lookup: "+problem)
		}
	}
	return nil
}

// problem says why nothing can be looked up by the reference, or created.
func (r Reference) problem(schema *client.Object, command func(object string) string) (problem, hint string) {
	o := &Options{Object: r.Object, Match: r.Match, Schema: schema}
	p := &planner{o: o, catalog: newCatalog(o), errs: &SetupError{}}
	if p.catalog.exact[r.Match] == nil {
		return fmt.Sprintf("%s is no attribute of %s%s", show(r.Match), r.Object, p.catalog.suggest(r.Match)), command(r.Object) + " lists its attributes"
	}
	p.matchAttribute()
	problems := p.errs.Problems
	if r.Object == objectPeople && r.Match != "first_name" && r.Match != "last_name" { // /api/crm/update-a-crm-person
		problems = append(problems, "people need a first or a last name, and a lookup knows their "+r.Match+" alone")
	}
	if !r.Create || len(problems) == 0 {
		return "", ""
	}
	return "no record can be created: " + problems[0], "write another match, or leave create out"
}
