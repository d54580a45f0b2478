package lookup

import (
	"sync"
	"sync/atomic"

	"github.com/crmsync/crmsync/internal/mapping"
)

// index is what is known of one attribute of one object.
type index struct {
	reference

	mu     sync.RWMutex // never held over a request
	learnt table        // from answers of this run
	coming table        // in a dry run: what the push that is tried would write
	listed table        // from the CRM's list; what is in learnt with the same spelling isn't here
	whole  bool         // the list was read to its end, so that listed stays

	created atomic.Int64 // records that were missing; in a dry run, that would have been

	slow     sync.Mutex // held while the list is read or a record created; guards what follows
	list     listing
	inactive table // deactivated members
	refused  map[spelling]string
	memory   Memory          // nil where there is none
	recalled bool            // memory was asked for, or must not be
	mapper   *mapping.Mapper // makes the bodies of records to create; nil until there is one
}

// spelling identifies a value as it is written.
type spelling struct {
	key      key
	spelling uint64
}

// listing is what became of reading the CRM's list.
type listing struct {
	done    bool
	missing string // why it isn't to be had; "" where it was read
	records int64
	values  int64
}

// members tells whether the index is about the workspace's members.
func (x *index) members() bool { return x.object == objectUsers }

// learn takes an id from an answer. What the whole list says too needs no second
// place.
func (x *index) learn(v value, id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, known := x.learnt.first.get(v.key)
	if e, ok := x.listed.first.get(v.key); ok && x.whole && !known && x.listed.more[v.key] == nil && x.listed.same(e, v, id) {
		return
	}
	x.learnt.set(v, id)
}

// expect takes an id that a record will be known by when the push is over.
func (x *index) expect(v value, id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.coming.set(v, id)
}

// arrive learns what was expected.
func (x *index) arrive() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.learnt.empty() {
		x.learnt, x.coming = x.coming, table{}
		return
	}
	for v, id := range x.coming.all() {
		x.learnt.set(v, id)
	}
	x.coming = table{}
}

// unlearn forgets what answers gave.
func (x *index) unlearn() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.learnt = table{}
}

// learntAs gives the id of the very value where the run's answers gave one.
func (x *index) learntAs(v value) (string, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if e, ok := x.learnt.first.get(v.key); ok && e.spelt(v) {
		return x.learnt.id(e), true
	}
	for _, e := range x.learnt.more[v.key] {
		if e.spelt(v) {
			return x.learnt.id(e), true
		}
	}
	return "", false
}

// enlist takes a value from the list. Where an answer of this run gave its id,
// that one stands.
func (x *index) enlist(v value, id string) {
	if _, ok := x.learntAs(v); ok {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.listed.add(v, id)
}

// unlist forgets what a list gave that could not be read to its end: whether a
// value is the only one of its kind can't be told from a part.
func (x *index) unlist() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.listed, x.inactive, x.list, x.whole = table{}, table{}, listing{}, false
}

// listEnds keeps what the list gave.
func (x *index) listEnds() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.whole, x.list.done = true, true
}

// found is what looking for a value came to: one id, several, or none.
type found struct {
	id      string
	several []string
	more    bool // there may be others beside several
	folded  bool // they differ from the value by case or outer blanks
}

func (x *index) find(v value) found {
	x.mu.RLock()
	defer x.mu.RUnlock()
	learnt, listed := x.learnt.find(v), x.listed.find(v)
	if len(learnt.exact) > 0 {
		return found{id: learnt.exact[0]}
	}
	if len(listed.exact) > 0 {
		return judge(listed.exact, listed.full, false)
	}
	return judge(appendNew(learnt.folded, listed.folded...), learnt.full || listed.full, true)
}

func judge(ids []string, more, folded bool) found {
	if len(ids) == 1 && !more {
		return found{id: ids[0]}
	}
	return found{several: ids, more: more, folded: folded}
}
