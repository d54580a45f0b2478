package cmd

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/crmsync/crmsync/internal/durable"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/push"
)

// learntPath is where the limit that a service has for a token is kept.
func (r *pushRun) learntPath() string {
	return filepath.Join(stateDirectory(), "pace-"+fingerprint(plainURL(r.settings.baseURL), r.workspace)+".json")
}

// learnt is what an earlier run found out about the rate limit. It only saves
// time, so that whatever is wrong with it is as good as nothing.
func (r *pushRun) learnt() *pace.Learnt {
	if r.crm != nil {
		return nil
	}
	data, err := os.ReadFile(r.learntPath())
	if err != nil {
		return nil
	}
	var known pace.Learnt
	if json.Unmarshal(data, &known) != nil {
		return nil
	}
	r.app.log.Info("begins with the pace that an earlier run found", "per_second", math.Round(10*known.Limit)/10, "found", known.At.Format(time.DateTime))
	return &known
}

// forgetLearnt forgets the paces that earlier runs found, and tells how many.
func forgetLearnt() (forgotten int, failed error) {
	paths, _ := filepath.Glob(filepath.Join(stateDirectory(), "pace-*.json"))
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			failed = err
			continue
		}
		forgotten++
	}
	return forgotten, failed
}

// slowestKept is the lowest limit, in requests a second, that is kept. One below
// it may be a quota or an outage, and would hold up the next run for nothing.
const slowestKept = 0.2

// keepLearnt keeps what this run found out for the next, unless it was sent away.
func (r *pushRun) keepLearnt(known *pace.Learnt, result *push.Result) {
	if known == nil || known.Limit < slowestKept || result.Outcome == push.Failed || r.crm != nil || r.settings.dryRun {
		return
	}
	data, err := json.Marshal(known)
	if err == nil {
		err = makeStateDirectory()
	}
	if err == nil {
		err = durable.WriteCache(r.learntPath(), data)
	}
	if err != nil {
		r.app.log.Debug("could not keep what was learnt about the rate limit", "error", err)
	}
}
