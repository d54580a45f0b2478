package lookup

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
)

// slots is a hash table from keys to entries. A map of the language doubles its
// memory when it grows, all of it at nearly the same time: just after that a
// million ids took 100 MB, against 60 MB here. The shards grow by half, one after
// the other.
type slots struct{ shards [256]shard }

type shard struct {
	slots []slot
	used  int
}

// slot is free while its key is zero, which no value's SHA-256 begins with.
type slot struct {
	key   key
	entry entry
}

// at gives the place of a key: its slot, or the free one where it belongs.
func (s *shard) at(k key) *slot {
	i, _ := bits.Mul64(binary.BigEndian.Uint64(k[8:]), uint64(len(s.slots)))
	for {
		at := &s.slots[i]
		if at.key == k || at.key == (key{}) {
			return at
		}
		if i++; i == uint64(len(s.slots)) {
			i = 0
		}
	}
}

// get gives the entry of a key.
func (t *slots) get(k key) (entry, bool) {
	s := &t.shards[k[0]]
	if s.used == 0 {
		return entry{}, false
	}
	at := s.at(k)
	return at.entry, at.key == k
}

func (t *slots) empty() bool {
	return !slices.ContainsFunc(t.shards[:], func(s shard) bool { return s.used > 0 })
}

// all are the entries with their keys.
func (t *slots) all() iter.Seq2[key, entry] {
	return func(yield func(key, entry) bool) {
		for i := range t.shards {
			for _, s := range t.shards[i].slots {
				if s.key != (key{}) && !yield(s.key, s.entry) {
					return
				}
			}
		}
	}
}

// put sets the entry of a key.
func (t *slots) put(k key, e entry) {
	s := &t.shards[k[0]]
	if s.used*5 >= len(s.slots)*4 {
		s.grow(int(k[0]))
	}
	at := s.at(k)
	if at.key != k {
		at.key = k
		s.used++
	}
	at.entry = e
}

// grow makes room for half as many again. That shards begin with different sizes
// keeps them from growing all at once, since their keys come evenly.
func (s *shard) grow(number int) {
	old := s.slots
	s.slots = make([]slot, max(16+number/32, len(old)+len(old)/2))
	for _, o := range old {
		if o.key != (key{}) {
			*s.at(o.key) = o
		}
	}
}
