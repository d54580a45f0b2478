package push

import (
	"time"

	"github.com/crmsync/crmsync/internal/source"
	"github.com/crmsync/crmsync/internal/state"
)

// item is one record on its way from reader to committer, or several in a row
// that are unchanged.
type item struct {
	seq   int64 // number of the (first) record in the run, from 0
	slot  int64 // number of the item in the run, from 0
	count int64 // of records
	input int   // index of its input
	rec   source.Record

	match string // match value as text
	body  []byte // JSON to send; nil for a record that can't be sent
	lanes []string
	lane  [1]string // room for them
	bytes int64     // memory it holds, roughly, while in the window

	// Owned by the scheduler: its place in the lanes of its keys. links holds
	// one link a lane; ahead counts the lanes in which an earlier record waits
	// or is in flight.
	links []link
	one   [1]link
	ahead int

	print  state.Fingerprint // of what is sent, where a state is kept
	ticket state.Ticket      // what must be on disk before it may be sent
	watch  bool              // the state expects to hear how it ended

	failures int       // tries that count against the record
	due      time.Time // when a retry may leave
	sent     bool      // a first request has left, perhaps of an earlier part of the run

	end ending
}

// link is an item's place in one lane: the lane's key and who comes next.
type link struct {
	key  string
	next *item
}

// fate is what became of a record.
type fate uint8

const (
	notSent fate = iota
	created
	updated
	unchanged
	rejected
)

// ending is a record's fate with what the reject file says of it.
type ending struct {
	fate     fate
	status   int    // last HTTP status, 0 where there was none
	reason   string // why it was rejected
	kind     string // reason without the record's own values, for grouping
	recordID string
}

// weigh sets the item's share of the window's memory.
func (it *item) weigh() {
	const overhead = 512 // the structs, headers and slices of a record
	n := overhead + len(it.body) + len(it.rec.Raw) + len(it.end.reason) + len(it.end.kind)
	for _, c := range it.rec.Cells {
		n += len(c) + 16
	}
	for i, v := range it.rec.Values {
		n += len(v) + len(it.rec.Names[i]) + 40
	}
	it.bytes = int64(n)
}
