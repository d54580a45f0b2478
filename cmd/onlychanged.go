package cmd

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/crmsync/crmsync/internal/durable"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/report"
	"github.com/crmsync/crmsync/internal/state"
)

// checkOnlyChanged refuses flags that belong to --only-changed without it.
func (r *pushRun) checkOnlyChanged() error {
	s, explicit := r.settings, r.conf.explicit
	if s.onlyChanged && s.sandbox {
		return usage("leave out --only-changed", "--sandbox begins with an empty CRM, so everything has changed")
	}
	for _, name := range []string{"full", "max-age", "state", "report-missing"} {
		if explicit[name] && !s.onlyChanged {
			return usage("add --only-changed", "--%s says how --only-changed works, and that is not on", name)
		}
	}
	if s.state == "-" {
		return usage("name a file, or leave out --state", "--state -: what was sent is remembered in a file, which stdin and stdout are not")
	}
	if s.full && s.maxAge > 0 {
		return usage("leave one of them out", "--full sends everything, so --max-age has nothing to choose")
	}
	if s.reportMissing && s.limit > 0 {
		return usage("leave out --limit", "--report-missing compares with the whole input, and --limit reads a part of it")
	}
	return nil
}

// statePath is where the state of a scope lies. Each has a file of its own, so
// that pushes into two objects don't wait for each other.
func (r *pushRun) statePath() string {
	if r.settings.state != "" {
		return r.ofShard(r.settings.state)
	}
	scope := r.scope()
	return filepath.Join(stateDirectory(), stateStem(scope)+r.shardSuffix()+stateSuffix)
}

// stateStem is how the names of a scope's files begin in the state directory.
func stateStem(scope state.Scope) string {
	return scope.Object + "-" + fingerprint(scope.BaseURL, scope.Workspace, scope.Object, scope.Match)
}

// shardSuffix tells the files of a shard from those of its siblings.
func (r *pushRun) shardSuffix() string {
	if r.settings.shard.Count == 0 {
		return ""
	}
	return fmt.Sprintf(".%d-of-%d", r.settings.shard.Index, r.settings.shard.Count)
}

// openOnlyChanged opens what --only-changed remembers, or begins it.
func (r *pushRun) openOnlyChanged(context.Context) error {
	s := r.settings
	opts := state.Options{ReadOnly: s.dryRun, Full: s.full}
	if s.maxAge > 0 {
		opts.NotBefore = r.started.Add(-s.maxAge)
	}
	if !s.dryRun && s.state == "" {
		if err := makeStateDirectory(); err != nil {
			return &hinted{fmt.Errorf("making the state directory %s: %w", stateDirectory(), durable.Cause(err)),
				"make it writable, or name the file for what --only-changed remembers with --state"}
		}
	}
	var err error
	if r.states.own, err = state.Open(r.statePath(), r.scope(), opts); err != nil {
		return err
	}
	r.warnOfAnew("is sent again")
	return nil
}

// mostMissing is how many missing match values the summary names.
const mostMissing = 1000

// missed is what --report-missing tells.
type missed struct {
	Absent  *report.Missing `json:",omitempty"` // nil where nothing can be told
	Absence string          `json:",omitempty"` // what must be known of it
}

// missing lists what the state knows and the input no longer has. It means
// something only when this process read the whole input.
func (r *pushRun) missing(result *push.Result) (told missed, err error) {
	if !r.settings.reportMissing {
		return told, nil
	}
	whole := result.Whole || r.settings.dryRun && result.Err == nil
	if !whole { // that it came to no end is told anyway
		return told, nil
	}
	switch {
	case result.ResumedAtLine > 0:
		told.Absence = "--report-missing tells nothing: only a run that reads the input from its beginning to its end knows what is missing"
	case result.Nameless:
		told.Absence = "records whose match value could not be read count as missing, since nobody knows which they are"
	}
	if told.Absence != "" && r.wantsJSON() { // it has no place in there
		r.app.warn(told.Absence)
	}
	if result.ResumedAtLine > 0 {
		return told, nil
	}
	missing := &report.Missing{Values: []string{}}
	err = r.states.own.Missing(func(e state.Entry) bool {
		missing.Count++
		if len(missing.Values) < mostMissing {
			missing.Values = append(missing.Values, e.Match)
		}
		return true
	})
	told.Absent = missing
	return told, err
}

// ofShard is the shard's own reject file: products.rejects.2-of-8.csv.
func (r *pushRun) ofShard(path string) string {
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + r.shardSuffix() + ext
}
