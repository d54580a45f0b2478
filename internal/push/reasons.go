package push

import (
	"cmp"
	"slices"
)

// mostReasons bounds the kinds of reject that are told apart; the others are
// counted together.
const mostReasons = 1000

const otherReasons = "other reasons: see the reject file"

// reasons counts rejects by status and kind.
type reasons struct {
	byKey map[reasonKey]*Reason
}

type reasonKey struct {
	status int
	kind   string
}

func (r *reasons) add(end ending, line int64) {
	if r.byKey == nil {
		r.byKey = make(map[reasonKey]*Reason)
	}
	key := reasonKey{end.status, end.kind}
	if _, known := r.byKey[key]; !known && len(r.byKey) >= mostReasons {
		key = reasonKey{0, otherReasons}
		end.reason = otherReasons
	}
	reason := r.byKey[key]
	if reason == nil {
		reason = &Reason{Status: key.status, Error: end.reason, Kind: key.kind, FirstLine: line}
		r.byKey[key] = reason
	}
	reason.Count++
}

// restore takes over a count of an earlier part of the run.
func (r *reasons) restore(reason Reason) {
	if r.byKey == nil {
		r.byKey = make(map[reasonKey]*Reason)
	}
	r.byKey[reasonKey{reason.Status, reason.Kind}] = &reason
}

// most returns the n most frequent reasons, those that came first first.
func (r *reasons) most(n int) []Reason {
	all := make([]Reason, 0, len(r.byKey))
	for _, reason := range r.byKey {
		all = append(all, *reason)
	}
	slices.SortFunc(all, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.FirstLine, b.FirstLine),
			cmp.Compare(a.Status, b.Status), cmp.Compare(a.Kind, b.Kind))
	})
	return all[:min(n, len(all))]
}
