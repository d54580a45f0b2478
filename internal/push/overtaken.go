package push

import "hash/maphash"

// mostWaiting bounds the keys of rejected records that are remembered.
const mostWaiting = 100_000

// overtaken counts the rejected records of which a later one of the same key was
// accepted: once they are mended and pushed again, they overwrite it.
type overtaken struct {
	seed    maphash.Seed
	waiting map[uint64]rejects // by the hash of a key; nil where nothing was rejected
	count   int64
	at      Place // of one of them
}

// rejects are the rejected records of one key of which none was accepted since.
type rejects struct {
	count int64
	at    Place // of the first
}

// reject takes note of a rejected record of the named input. A person with several
// addresses is matched by the first.
func (o *overtaken) reject(it *item, input string) {
	if len(it.lanes) == 0 || len(o.waiting) == mostWaiting {
		return
	}
	if o.waiting == nil {
		o.seed, o.waiting = maphash.MakeSeed(), map[uint64]rejects{}
	}
	key := maphash.String(o.seed, it.lanes[0])
	was := o.waiting[key]
	if was.count == 0 {
		was.at = Place{Input: input, Line: it.rec.Line}
	}
	was.count++
	o.waiting[key] = was
}

// accept counts the rejected records that an accepted one comes after.
func (o *overtaken) accept(it *item) {
	if len(o.waiting) == 0 {
		return
	}
	for _, lane := range it.lanes {
		key := maphash.String(o.seed, lane)
		was := o.waiting[key]
		if was.count > 0 && o.count == 0 {
			o.at = was.at
		}
		o.count += was.count
		delete(o.waiting, key)
	}
}

// concerns tells whether an earlier record of the item's key was rejected.
func (o *overtaken) concerns(it *item) bool {
	for _, lane := range it.lanes {
		if len(o.waiting) > 0 && o.waiting[maphash.String(o.seed, lane)].count > 0 {
			return true
		}
	}
	return false
}
