package push

import (
	"cmp"
	"slices"

	"github.com/crmsync/crmsync/internal/journal"
)

// mostReasons bounds the kinds of reject that are told apart; the others are
// counted together. Of each, so many places and examples are kept.
const (
	mostReasons     = 1000
	mostPlaces      = 10
	mostExamples    = 3
	longestExample  = 400 // bytes
	reasonsInResult = 20
)

const otherReasons = "other reasons: see the reject file"

// reasons counts rejects by status and kind.
type reasons struct {
	byKey map[reasonKey]*Reason
}

type reasonKey struct {
	status int
	kind   string
}

// add counts a rejected record of the named input.
func (r *reasons) add(it *item, input string) {
	if r.byKey == nil {
		r.byKey = make(map[reasonKey]*Reason)
	}
	end := it.end
	key := reasonKey{end.status, end.kind}
	first := end.reason
	if _, known := r.byKey[key]; !known && len(r.byKey) >= mostReasons {
		key = reasonKey{0, otherReasons}
		first = otherReasons
	}
	reason := r.byKey[key]
	if reason == nil {
		reason = &Reason{Status: key.status, Error: first, Kind: key.kind, FirstLine: it.rec.Line}
		r.byKey[key] = reason
	}
	reason.Count++
	place := Place{Input: input, Line: it.rec.Line}
	if len(reason.Places) < mostPlaces {
		reason.Places = append(reason.Places, place)
	}
	if len(reason.Examples) < mostExamples {
		reason.Examples = append(reason.Examples, Example{place, bounded(it.match, longestExample), bounded(end.reason, longestExample)})
	}
}

// bounded keeps so many bytes of a text at most.
func bounded(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && text[cut]&0xC0 == 0x80 { // not in the middle of a character
		cut--
	}
	return text[:cut] + "…"
}

// restore takes over a count of an earlier part of the run. Its places and
// examples are not in the journal, but for the first line.
func (r *reasons) restore(kept journal.Reason) {
	if r.byKey == nil {
		r.byKey = make(map[reasonKey]*Reason)
	}
	reason := &Reason{Status: kept.Status, Error: kept.Error, Kind: kept.Kind, Count: kept.Count, FirstLine: kept.FirstLine}
	first := Place{Input: kept.Input, Line: kept.FirstLine}
	reason.Places = []Place{first}
	reason.Examples = []Example{{Place: first, Error: bounded(kept.Error, longestExample)}}
	r.byKey[reasonKey{kept.Status, kept.Kind}] = reason
}

// kept is the reason as the journal keeps it.
func (r *Reason) kept() journal.Reason {
	kept := journal.Reason{Status: r.Status, Error: r.Error, Kind: r.Kind, Count: r.Count, FirstLine: r.FirstLine}
	if len(r.Places) > 0 {
		kept.Input = r.Places[0].Input
	}
	return kept
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
