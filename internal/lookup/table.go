package lookup

import (
	"encoding/binary"
	"iter"
)

// mostMore is how many further entries a key may have. Who looks up by an
// attribute that thousands of records share gets no id, however many of them are
// kept, and the few ids that a message names are among the first.
const mostMore = 15

// table holds ids by value. Neither keys nor entries hold pointers, so that the
// garbage collector doesn't walk a million of them.
type table struct {
	first  slots
	more   map[key][]entry // further spellings and ids; full at mostMore: there may be others
	others []string        // ids that are no UUIDs
}

// entry is an id and how the value that has it is spelt.
type entry struct {
	id       [16]byte // the UUID, or in its first 8 bytes a place in others
	spelling uint64   // of value; the lowest bit tells that the id is in others
}

func (e entry) spelt(v value) bool { return e.spelling&^1 == v.spelling }

// add makes id one of those that have the value. To add the same again changes
// nothing: a page that failed half-way is read again from its beginning.
func (t *table) add(v value, id string) {
	e, ok := t.first.get(v.key)
	if !ok {
		t.first.put(v.key, t.entry(v, id))
		return
	}
	more := t.more[v.key]
	if len(more) == mostMore || t.same(e, v, id) {
		return
	}
	for _, e := range more {
		if t.same(e, v, id) {
			return
		}
	}
	if t.more == nil {
		t.more = map[key][]entry{}
	}
	t.more[v.key] = append(more, t.entry(v, id))
}

// set makes id the only one that has the value in this spelling. It is for
// tables that only set is used on.
func (t *table) set(v value, id string) {
	if e, ok := t.first.get(v.key); ok && e.spelt(v) {
		if !t.same(e, v, id) {
			t.first.put(v.key, t.entry(v, id))
		}
		return
	}
	for i, e := range t.more[v.key] {
		if e.spelt(v) {
			t.more[v.key][i] = t.entry(v, id)
			return
		}
	}
	t.add(v, id)
}

func (t *table) empty() bool { return t.more == nil && t.first.empty() }

// all are the values of a table, without their texts, and their ids.
func (t *table) all() iter.Seq2[value, string] {
	return func(yield func(value, string) bool) {
		for k, first := range t.first.all() {
			for _, e := range append([]entry{first}, t.more[k]...) {
				if !yield(value{key: k, spelling: e.spelling &^ 1}, t.id(e)) {
					return
				}
			}
		}
	}
}

func (t *table) entry(v value, id string) entry {
	if uuid, ok := parseUUID(id); ok {
		return entry{uuid, v.spelling}
	}
	e := entry{spelling: v.spelling | 1}
	binary.BigEndian.PutUint64(e.id[:], uint64(len(t.others)))
	t.others = append(t.others, id)
	return e
}

func (t *table) same(e entry, v value, id string) bool { return e.spelt(v) && t.id(e) == id }

func (t *table) id(e entry) string {
	if e.spelling&1 == 0 {
		return formatUUID(e.id)
	}
	return t.others[binary.BigEndian.Uint64(e.id[:])]
}

// matches are the ids that a value has in a table.
type matches struct {
	exact  []string // of records with the very value
	folded []string // of records with another spelling
	full   bool     // there may be more of both
}

func (t *table) find(v value) (m matches) {
	e, ok := t.first.get(v.key)
	if !ok {
		return m
	}
	m.take(t, e, v)
	more := t.more[v.key]
	for _, e := range more {
		m.take(t, e, v)
	}
	m.full = len(more) == mostMore
	return m
}

func (m *matches) take(t *table, e entry, v value) {
	if e.spelt(v) {
		m.exact = appendNew(m.exact, t.id(e))
	} else {
		m.folded = appendNew(m.folded, t.id(e))
	}
}

func appendNew(ids []string, more ...string) []string {
next:
	for _, id := range more {
		for _, have := range ids {
			if have == id {
				continue next
			}
		}
		ids = append(ids, id)
	}
	return ids
}
