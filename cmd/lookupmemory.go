package cmd

import (
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/lookup"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/state"
)

// memory is what the states of one scope know of record ids.
type memory []*state.IDs

// memory gives what opens the ids that --only-changed remembers; nil for the
// sandbox, which begins empty. That saves requests and no more: a state that
// can't be read is left to the push that it belongs to.
func (s *session) memory(r *pushRun) func(object, match string) lookup.Memory {
	if r.crm != nil {
		return nil
	}
	return func(object, match string) lookup.Memory {
		scope, log := r.scope(), r.app.log
		scope.Object, scope.Match = object, match
		var m memory
		for _, path := range s.statesOf(scope) {
			ids, err := state.OpenIDs(path, scope, mapping.LaneKey)
			if err != nil {
				log.Debug("lookups go without a state", "cause", err)
			}
			if ids != nil {
				m = append(m, ids)
			}
		}
		if m == nil {
			return nil
		}
		return m
	}
}

// statesOf are the files that may remember records of a scope: those in the state
// directory, of any shard, since what each knows is true by itself, and those that
// the pushes of this command name.
func (s *session) statesOf(scope state.Scope) []string {
	paths, _ := statesIn(stateDirectory(), func(name string) bool {
		return strings.HasPrefix(name, stateStem(scope)) && ownState(name, scope.Object)
	})
	for _, r := range s.runs {
		if own := r.scope(); own.SameRecords(scope) && own.Workspace == scope.Workspace {
			path := r.statePath()
			same := func(other string) bool { return samePlace(other, path) }
			if r.settings.state != "" && !slices.ContainsFunc(paths, same) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// Find gives the id that all states agree on which know the value: where they
// don't, nothing tells which of them the CRM has.
func (m memory) Find(value string) (sent, id string, ok bool) {
	for _, ids := range m {
		e, found := ids.Find(value)
		switch {
		case !found:
			continue
		case ok && e.ID != id:
			return "", "", false
		case !ok || e.Match == value:
			sent, id, ok = e.Match, e.ID, true
		}
	}
	return sent, id, ok
}

// Close lets go of the states.
func (m memory) Close() {
	for _, ids := range m {
		ids.Close()
	}
}
