package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/crmsync/crmsync/internal/durable"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/state"
)

// keptStates is where --only-changed remembers, kept true of what a run sends.
type keptStates struct {
	own  *state.Store    // the run's own; nil where there is none
	told []*state.Teller // of others that remember some of the same records
}

// tell has a state be told what is sent.
func (k *keptStates) tell(teller *state.Teller) error {
	if err := teller.Begin(); err != nil {
		return err
	}
	k.told = append(k.told, teller)
	return nil
}

// keeper is what the pipeline tells of requests; nil where nobody wants to know.
func (k *keptStates) keeper() push.State {
	switch {
	case len(k.told) > 0:
		return state.NewGroup(k.own, k.told)
	case k.own != nil:
		return k.own
	}
	return nil
}

func (k *keptStates) close() {
	if k.own != nil {
		k.own.Close()
	}
	for _, other := range k.told {
		other.Close()
	}
}

// openState opens what --only-changed remembers of the records that are to be
// sent. A push without --only-changed keeps it true as well, where there is such
// a state: one that doesn't know of a request would later take for unchanged what
// the CRM no longer has. So do the states of other shards and tokens.
func (r *pushRun) openState(ctx context.Context) error {
	s := r.settings
	if r.crm != nil || s.dryRun && !s.onlyChanged {
		return nil
	}
	open := r.openKnown
	if s.onlyChanged {
		open = r.openOnlyChanged
	}
	if err := open(ctx); err != nil || s.dryRun {
		return err
	}
	others, err := r.otherStates()
	for _, path := range others {
		if err := r.tell(path); err != nil {
			return err
		}
	}
	return err
}

// tell has the run tell a state, which it doesn't hold, what it sends. Where
// there is no way to, the state would take for unchanged what this run changes,
// so nothing may be sent.
func (r *pushRun) tell(path string) error {
	if err := r.states.tell(state.Tell(path, r.scope(), false)); err != nil {
		return untold(err)
	}
	return nil
}

func untold(err error) error {
	mend := "make its directory writable"
	if durable.NoRoom(err) {
		mend = "make room on the disk"
	}
	return &hinted{fmt.Errorf("what --only-changed remembers would be wrong after this push: %w", err),
		mend + ", or remove the file if nobody needs it: everything is then sent once more"}
}

// tellUnread tells a state of another user, which can't be read, what is sent.
// Where there is no way to, it is as if the other user's were another machine.
func (r *pushRun) tellUnread(path string, unread error) {
	if r.tell(path) == nil {
		return
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil { // somebody has a state directory there
		r.app.warn(fmt.Sprintf("what --only-changed may remember there won't know of this push (%v): add --full to the next push that uses it", unread))
	}
}

// openKnown opens the run's own state without --only-changed, if there is one.
func (r *pushRun) openKnown(context.Context) error {
	path := r.statePath()
	scopes, err := state.Scopes(path)
	switch {
	case errors.Is(err, state.ErrVersion):
		r.app.warn(fmt.Sprintf("%v, so it can't be told of this push: before that version uses it again, remove it", err))
		return nil
	case errors.Is(err, state.ErrForeign):
		return nil // and so nobody will use it
	case errors.Is(err, fs.ErrPermission):
		r.tellUnread(path, err)
		return nil
	case err != nil && !errors.Is(err, state.ErrDamaged):
		return err
	}
	if err == nil && !slices.ContainsFunc(scopes, r.scope().SameRecords) {
		r.tellOfAll(path)
		return nil
	}
	r.states.own, err = state.Open(path, r.scope(), state.Options{Full: true})
	if errors.Is(err, state.ErrLocked) {
		r.app.note("another push uses what --only-changed remembers; it is told what this one sends, and the next push with --only-changed sends that once more")
		return r.tell(path)
	}
	if err != nil {
		return untold(err)
	}
	r.warnOfAnew("will be sent again by the next push with --only-changed")
	return nil
}

// tellOfAll is for a state that isn't there, but that a push with --only-changed
// may begin before this one ends: it will forget everything. Where it can't be
// told of that, none can begin.
func (r *pushRun) tellOfAll(path string) {
	if r.settings.state == "" && makeStateDirectory() != nil {
		return
	}
	teller := state.Tell(path, r.scope(), true)
	if err := r.states.tell(teller); err != nil {
		r.app.log.Debug("no state can be begun while this push runs", "error", err)
		teller.Close()
	}
}

func (r *pushRun) warnOfAnew(consequence string) {
	if why := r.states.own.Anew(); why != nil {
		r.app.warn(fmt.Sprintf("what was sent before is forgotten (%v): everything %s", why, consequence))
	}
}

// otherStates are the files in the state directory, and beside the one that
// --state names, that remember some of the same records.
func (r *pushRun) otherStates() ([]string, error) {
	own := r.statePath()
	candidates, err := statesIn(stateDirectory(), func(name string) bool { return ownState(name, r.object) })
	if err != nil {
		return nil, err
	}
	if named := r.settings.state; named != "" {
		stem, ext := strings.TrimSuffix(filepath.Base(named), filepath.Ext(named)), filepath.Ext(named)
		shards := regexp.MustCompile(`^` + regexp.QuoteMeta(stem) + `(\.\d+-of-\d+)?` + regexp.QuoteMeta(ext) + `$`)
		beside, err := statesIn(filepath.Dir(named), shards.MatchString)
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, beside...)
	}
	var others []string
	for _, path := range candidates {
		if samePlace(path, own) || r.ofSibling(path) {
			continue
		}
		// One that can't be read is of no use to any push either, but for one of
		// another user's.
		scopes, err := state.Scopes(path)
		if errors.Is(err, fs.ErrPermission) {
			r.tellUnread(path, err)
		}
		if err == nil && slices.ContainsFunc(scopes, r.scope().SameRecords) {
			others = append(others, path)
		}
	}
	return others, nil
}

func statesIn(dir string, is func(name string) bool) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.ENOTDIR) {
		return nil, &hinted{fmt.Errorf("looking for what --only-changed remembers: %w", err),
			"look after the disk or the network share, or name another place in XDG_STATE_HOME"}
	}
	for _, e := range entries {
		if is(e.Name()) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

var shardOfFile = regexp.MustCompile(`\.(\d+)-of-(\d+)(\.[^.]*)?$`)

// ofSibling tells whether a state is of another shard of the same division: its
// keys are others.
func (r *pushRun) ofSibling(path string) bool {
	found := shardOfFile.FindStringSubmatch(filepath.Base(path))
	shard := r.settings.shard
	return found != nil && shard.Count > 0 && found[2] == strconv.Itoa(shard.Count) && found[1] != strconv.Itoa(shard.Index)
}

// scope is what a state is about. The token stands for its workspace, which no
// page says how to ask for: with another one everything is sent once more.
func (r *pushRun) scope() state.Scope {
	scope := state.Scope{BaseURL: plainURL(r.settings.baseURL), Workspace: r.workspace, Object: r.object, Match: r.match}
	if scope.Object == "people" && scope.Match == "emails" { // both look at all addresses [update-a-crm-person]
		scope.Match = "email"
	}
	if len(r.inputs) > 0 && r.inputs[0].mapper != nil { // lookups may ask before it is made
		scope.Keys = r.inputs[0].mapper.LaneForm()
	}
	return scope
}
