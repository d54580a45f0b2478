package mapping

import (
	"hash/maphash"
	"math/bits"
)

// The bounds of a Duplicates, whatever the input: 16 MiB of table, and the few
// values that it can show.
const (
	duplicateSlots = 16 << 20 / 16 // of 16 bytes
	mostDuplicates = 100           // values that are shown
	mostPlaces     = 5             // places that are shown of each
)

// Duplicates counts match values that come more than once in one or several
// inputs, and those that are earlier ones in another spelling, in bounded memory:
// up to some 900,000 different values exactly, beyond that only repeats of the
// values that came first.
type Duplicates struct {
	seed  maphash.Seed
	table []seenValue // open addressing
	free  int         // slots that may still be taken
	full  bool

	// Each look into the table misses the processor's caches. Those of a batch
	// are waited for together.
	batch   []pendingValue
	fetched uint32 // of no meaning: it keeps the loop that fetches the slots

	inputs []inputLines
	values int64
	again  int64
	shown  []Duplicate
	byHash map[uint64]int // index in shown

	respelt      int64
	shownRespelt []Respelt
}

// seenValue is a slot of the table: the hash of a value's lane key, 0 in a free
// slot, where the value came first, see repeated, and part of the hash of how it
// is spelt. Of values that share a lane key the first has that slot, the others
// have slots by otherHash.
type seenValue struct{ low, high, at, spelling uint32 }

func (v *seenValue) hash() uint64 { return uint64(v.high)<<32 | uint64(v.low) }

// pendingValue is a value that has not been looked up yet.
type pendingValue struct {
	hash     uint64 // of the lane key
	spelling uint64 // of the value itself
	match    string
	input    int // in inputs
	line     int64
}

// otherHash is the hash of a value whose lane key an earlier one has in another
// spelling.
func (v *pendingValue) otherHash() uint64 { return max(1, v.hash^bits.RotateLeft64(v.spelling, 32)) }

// inputLines is an input and how many lines were counted before it.
type inputLines struct {
	name   string
	before int64
	last   int64
}

// Duplicate is a match value that comes more than once.
type Duplicate struct {
	Value  string
	Count  int64
	Places []Place // the first of them
}

// Place is a record's first line in an input.
type Place struct {
	Input string
	Line  int64 // 0 where it is beyond the lines that are remembered
}

// Respelt is a match value that an earlier record has in another spelling, so that
// the API might take the two for one.
type Respelt struct {
	Value string
	Place Place // where it stands first
	Like  Place // where the first of the other spellings does
}

// NewDuplicates makes one with nothing in it.
func NewDuplicates() *Duplicates { return newDuplicates(duplicateSlots) }

func newDuplicates(slots int) *Duplicates {
	return &Duplicates{
		seed:  maphash.MakeSeed(),
		table: make([]seenValue, slots),
		// Beyond 9/10 the search for a free slot becomes long.
		free:   slots / 10 * 9,
		batch:  make([]pendingValue, 0, 64),
		byHash: map[uint64]int{},
	}
}

// repeated marks the place of a value that came again. The other bits hold its
// line, those of earlier inputs counted in; all set is a line beyond.
const (
	repeated    = 1 << 31
	beyondLines = repeated - 1
)

// add counts a match value, which has a lane key and stands in a line of an input.
// Inputs come one after another.
func (d *Duplicates) add(match, lane, input string, line int64) {
	v := pendingValue{hash: max(1, maphash.String(d.seed, lane)), match: match, input: d.inputOf(input, line), line: line}
	if v.spelling = v.hash; lane != match {
		v.spelling = maphash.String(d.seed, match)
	}
	d.batch = append(d.batch, v)
	if len(d.batch) == cap(d.batch) {
		d.settle()
	}
}

// settle looks the batch's values up.
func (d *Duplicates) settle() {
	for i := range d.batch {
		d.fetched += d.table[d.slot(d.batch[i].hash)].low
	}
	for i := range d.batch {
		d.look(&d.batch[i])
	}
	clear(d.batch)
	d.batch = d.batch[:0]
}

// slot is where the search for a hash begins: its upper half, scaled to the table.
func (d *Duplicates) slot(hash uint64) uint64 { return hash >> 32 * uint64(len(d.table)) >> 32 }

func (d *Duplicates) look(v *pendingValue) {
	slot, hash := d.find(v.hash), v.hash
	switch {
	case slot.hash() == 0:
		d.take(slot, hash, v)
		return
	case slot.spelling != uint32(v.spelling):
		first := slot
		hash = v.otherHash()
		if slot = d.find(hash); slot.hash() == 0 {
			if d.take(slot, hash, v); slot.hash() != 0 {
				d.respell(v, first)
			}
			return
		}
	}
	d.again++
	if slot.at&repeated == 0 {
		d.values++
		if len(d.shown) < mostDuplicates {
			d.byHash[hash] = len(d.shown)
			d.shown = append(d.shown, Duplicate{Value: v.match, Count: 1, Places: []Place{d.place(slot.at)}})
		}
		slot.at |= repeated
	}
	if n, shown := d.byHash[hash]; shown {
		one := &d.shown[n]
		one.Count++
		if len(one.Places) < mostPlaces {
			one.Places = append(one.Places, Place{d.inputs[v.input].name, v.line})
		}
	}
}

// find gives the slot of a hash, or the free one where it belongs.
func (d *Duplicates) find(hash uint64) *seenValue {
	i := d.slot(hash)
	for {
		slot := &d.table[i]
		if at := slot.hash(); at == hash || at == 0 {
			return slot
		}
		if i++; i == uint64(len(d.table)) {
			i = 0
		}
	}
}

func (d *Duplicates) take(slot *seenValue, hash uint64, v *pendingValue) {
	if d.free == 0 {
		d.full = true
		return
	}
	d.free--
	at := min(d.inputs[v.input].before+v.line, beyondLines)
	*slot = seenValue{low: uint32(hash), high: uint32(hash >> 32), at: uint32(at), spelling: uint32(v.spelling)}
}

// respell counts a value whose lane key first has in another spelling.
func (d *Duplicates) respell(v *pendingValue, first *seenValue) {
	d.respelt++
	if len(d.shownRespelt) < mostDuplicates {
		d.shownRespelt = append(d.shownRespelt, Respelt{v.match, Place{d.inputs[v.input].name, v.line}, d.place(first.at &^ repeated)})
	}
}

// inputOf is the index of an input, whose line has been reached.
func (d *Duplicates) inputOf(name string, line int64) int {
	last := len(d.inputs) - 1
	if last < 0 || d.inputs[last].name != name {
		before := int64(0)
		if last >= 0 {
			before = d.inputs[last].before + d.inputs[last].last
		}
		d.inputs = append(d.inputs, inputLines{name: name, before: before})
		last++
	}
	d.inputs[last].last = line
	return last
}

func (d *Duplicates) place(at uint32) Place {
	if at == beyondLines {
		return Place{}
	}
	for i := len(d.inputs) - 1; i > 0; i-- {
		if in := d.inputs[i]; int64(at) > in.before {
			return Place{in.name, int64(at) - in.before}
		}
	}
	return Place{d.inputs[0].name, int64(at)}
}

// DuplicateCount is what a Duplicates found so far.
type DuplicateCount struct {
	Values  int64 // different match values that come more than once
	Repeats int64 // records whose match value an earlier record has
	Respelt int64 // different match values that an earlier record has in another spelling
	// Exact tells whether every value was remembered. Where not, Values, Repeats
	// and Respelt are the least that there can be.
	Exact        bool
	First        []Duplicate // the duplicates that were found first, 100 at most
	FirstRespelt []Respelt   // as many of the others
}

// Count gives what was found so far.
func (d *Duplicates) Count() DuplicateCount {
	d.settle()
	return DuplicateCount{
		Values: d.values, Repeats: d.again, Respelt: d.respelt, Exact: !d.full, First: d.shown, FirstRespelt: d.shownRespelt,
	}
}
