package mapping

import (
	"hash/maphash"
)

// The bounds of a Duplicates, whatever the input: 16 MiB of table, and the few
// values that it can show.
const (
	duplicateSlots = 16 << 20 / 12 // of 12 bytes
	mostDuplicates = 100           // values that are shown
	mostPlaces     = 5             // places that are shown of each
)

// Duplicates counts match values that come more than once in one or several
// inputs, in bounded memory: up to some 1.2 million different values exactly,
// beyond that only repeats of the values that came first.
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
}

// seenValue is a slot of the table: a value's hash, 0 in a free slot, and where
// the value came first, see repeated.
type seenValue struct{ low, high, at uint32 }

func (v *seenValue) hash() uint64 { return uint64(v.high)<<32 | uint64(v.low) }

// pendingValue is a value that has not been looked up yet.
type pendingValue struct {
	hash  uint64
	match string
	input int // in inputs
	line  int64
}

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

// Add counts a match value that stands in a line of an input. Inputs come one
// after another.
func (d *Duplicates) Add(match, input string, line int64) {
	d.batch = append(d.batch, pendingValue{
		hash: max(1, maphash.String(d.seed, match)), match: match, input: d.inputOf(input, line), line: line,
	})
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
	i := d.slot(v.hash)
	slot := &d.table[i]
	for ; slot.hash() != v.hash; slot = &d.table[i] {
		if slot.hash() == 0 {
			d.take(slot, v)
			return
		}
		if i++; i == uint64(len(d.table)) {
			i = 0
		}
	}
	d.again++
	if slot.at&repeated == 0 {
		d.values++
		if len(d.shown) < mostDuplicates {
			d.byHash[v.hash] = len(d.shown)
			d.shown = append(d.shown, Duplicate{Value: v.match, Count: 1, Places: []Place{d.place(slot.at)}})
		}
		slot.at |= repeated
	}
	if n, shown := d.byHash[v.hash]; shown {
		one := &d.shown[n]
		one.Count++
		if len(one.Places) < mostPlaces {
			one.Places = append(one.Places, Place{d.inputs[v.input].name, v.line})
		}
	}
}

func (d *Duplicates) take(slot *seenValue, v *pendingValue) {
	if d.free == 0 {
		d.full = true
		return
	}
	d.free--
	at := min(d.inputs[v.input].before+v.line, beyondLines)
	*slot = seenValue{uint32(v.hash), uint32(v.hash >> 32), uint32(at)}
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
	// Exact tells whether every value was remembered. Where not, Values and
	// Repeats are the least that there can be.
	Exact bool
	First []Duplicate // the duplicates that were found first, 100 at most
}

// Count gives what was found so far.
func (d *Duplicates) Count() DuplicateCount {
	d.settle()
	return DuplicateCount{Values: d.values, Repeats: d.again, Exact: !d.full, First: d.shown}
}
