package sandbox

import (
	"encoding/binary"
	"encoding/hex"
	"sync"
	"sync/atomic"
)

// table holds the records of one object. A record is known by its number, the
// order in which it was created; numbers are not used again.
type table struct {
	object atomic.Pointer[object]
	quirks *Quirks
	salt   uint64 // makes ids of different objects differ

	mu      sync.Mutex // guards what follows; held shortly, never while waiting
	records []record
	live    int
	indexes []*index // by attribute; nil where nobody asked yet
}

// record is compact: a million of them fit in a few hundred megabytes. Its id
// follows from its number.
type record struct {
	created, updated int64  // Unix nanoseconds
	cells            string // see appendCell
	deleted          bool
}

func newTable(o *object, q *Quirks, seed uint64) *table {
	t := &table{quirks: q, salt: seed}
	for _, b := range []byte(o.Slug) {
		t.salt = mix(t.salt ^ uint64(b))
	}
	t.adopt(o)
	return t
}

// adopt puts a schema in place whose first attributes are the present ones. The
// caller holds the lock, or has the table alone.
func (t *table) adopt(o *object) {
	t.object.Store(o)
	t.indexes = append(t.indexes, make([]*index, len(o.Attributes)-len(t.indexes))...)
	for i, a := range o.Attributes {
		if t.unique(a) {
			t.index(i)
		}
	}
}

// unique tells whether a value of the attribute may stand in one record only.
func (t *table) unique(a *attribute) bool {
	if a.kind == kindEmails {
		return !t.quirks.SharedEmails
	}
	return a.IsUnique && a.kind != kindSystem
}

// index is the attribute's index, built where there is none yet.
func (t *table) index(attr int) *index {
	if t.indexes[attr] == nil {
		ix := &index{first: make(map[string]int32)}
		t.indexes[attr] = ix
		a := t.object.Load().Attributes[attr]
		for n := range t.records {
			if r := &t.records[n]; !r.deleted {
				t.eachKey(a, cellOf(r.cells, attr), func(key []byte) { ix.add(key, int32(n)) })
			}
		}
	}
	return t.indexes[attr]
}

// at finds a record by its id.
func (t *table) at(id string) (n int32, ok bool) {
	n, ok = t.numberOf(id)
	if !ok || int(n) >= len(t.records) || t.records[n].deleted {
		return 0, false
	}
	return n, true
}

// has tells whether there is a record of this id.
func (t *table) has(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.at(id)
	return ok
}

// drop deletes a record.
func (t *table) drop(n int32) {
	r := &t.records[n]
	for attr, ix := range t.indexes {
		if ix != nil {
			a := t.object.Load().Attributes[attr]
			t.eachKey(a, cellOf(r.cells, attr), func(key []byte) { ix.remove(key, n) })
		}
	}
	*r = record{deleted: true}
	t.live--
}

// A record's attributes that are set stand in one string: for each the place of
// the attribute, the length of its JSON, and the JSON.
func appendCell[T string | []byte](dst []byte, attr int, raw T) []byte {
	dst = binary.AppendUvarint(dst, uint64(attr))
	dst = binary.AppendUvarint(dst, uint64(len(raw)))
	return append(dst, raw...)
}

// nextCell takes the first attribute off a record's cells.
func nextCell(cells string) (attr int, raw, rest string) {
	a, cells := cutUvarint(cells)
	size, cells := cutUvarint(cells)
	return int(a), cells[:size], cells[size:]
}

// cellOf is the JSON of one attribute, "" where it isn't set.
func cellOf(cells string, attr int) string {
	for cells != "" {
		var a int
		var raw string
		if a, raw, cells = nextCell(cells); a == attr {
			return raw
		}
	}
	return ""
}

func cutUvarint(s string) (v uint64, rest string) {
	for i := 0; ; i++ {
		b := s[i]
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return v, s[i+1:]
		}
	}
}

// appendID writes the id of record n. It looks like any random UUID, but n can
// be read back from it, so ids need neither memory nor an index.
func (t *table) appendID(dst []byte, n int32) []byte {
	var b [16]byte
	hi := mix(t.salt+uint64(n))&^0xf000 | 0x4000
	check := mix(hi ^ t.salt)
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], check&^0xc0000000_00000000|0x80000000_00000000)
	binary.BigEndian.PutUint32(b[12:], uint32(check)^uint32(n))
	at := len(dst)
	dst = append(dst, "00000000-0000-0000-0000-000000000000"...)
	hex.Encode(dst[at:], b[:4])
	hex.Encode(dst[at+9:], b[4:6])
	hex.Encode(dst[at+14:], b[6:8])
	hex.Encode(dst[at+19:], b[8:10])
	hex.Encode(dst[at+24:], b[10:])
	return dst
}

// numberOf reads the number back from an id.
func (t *table) numberOf(id string) (int32, bool) {
	b, ok := parseUUID(id)
	if !ok {
		return 0, false
	}
	hi := binary.BigEndian.Uint64(b[:8])
	n := int32(binary.BigEndian.Uint32(b[12:]) ^ uint32(mix(hi^t.salt)))
	if n < 0 {
		return 0, false
	}
	var mine [36]byte
	return n, equalFold(string(t.appendID(mine[:0], n)), id)
}

func parseUUID(s string) (b [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return b, false
	}
	var digits [32]byte
	n := copy(digits[:], s[:8])
	n += copy(digits[n:], s[9:13])
	n += copy(digits[n:], s[14:18])
	n += copy(digits[n:], s[19:23])
	copy(digits[n:], s[24:])
	_, err := hex.Decode(b[:], digits[:])
	return b, err == nil
}

// mix spreads the bits of x over the whole word (the finisher of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
