package state

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"iter"
	"maps"
	"math/bits"
	"slices"

	"github.com/crmsync/crmsync/internal/durable"
)

// record is a row with its details, of a table or of the log.
type record struct {
	hash    uint64
	fp      Fingerprint
	seconds uint32
	detail  string
	row     int // in the table; -1 of the log
	seen    bool
}

// merged hands out, by hash, the records of a table with the log's changes put
// in, until yield says no. Details are left out where they are not wanted: they
// cost the most.
func merged(t *table, log map[uint64]change, seen bitmap, details bool, yield func(*record) (more bool, err error)) error {
	return mergedAt(t, log, slices.Sorted(maps.Keys(log)), seen, details, yield)
}

// mergedAt is merged with the log's hashes in order.
func mergedAt(t *table, log map[uint64]change, hashes []uint64, seen bitmap, details bool, yield func(*record) (more bool, err error)) error {
	var r record
	walk := detailWalk{t: t}
	for i := 0; i < t.n || len(hashes) > 0; {
		if len(hashes) == 0 || i < t.n && t.hash(i) < hashes[0] {
			if t.gone.has(i) {
				i++
				continue
			}
			r = record{hash: t.hash(i), fp: t.fingerprint(i), seconds: t.seconds(i), row: i, seen: seen.has(i)}
			if details {
				d, err := walk.at(i)
				if err != nil {
					return err
				}
				r.detail = d
			}
			i++
		} else {
			if i < t.n && t.hash(i) == hashes[0] {
				i++
			}
			c := log[hashes[0]]
			r = record{hash: hashes[0], fp: c.fp, seconds: c.seconds, detail: c.detail, row: -1, seen: c.seen}
			hashes = hashes[1:]
			if c.drop {
				continue
			}
		}
		if more, err := yield(&r); err != nil || !more {
			return err
		}
	}
	return nil
}

// detailWalk reads details in order of rows without beginning at the index each
// time.
type detailWalk struct {
	t    *table
	next int
	rest []byte
}

func (w *detailWalk) at(i int) (string, error) {
	if i == 0 || i != w.next {
		rest, err := w.t.from(i)
		if err != nil {
			return "", err
		}
		w.rest = rest
	}
	n, err := detailLen(w.rest)
	if err != nil {
		return "", err
	}
	d := string(w.rest[:n])
	w.next, w.rest = i+1, w.rest[n:]
	return d, nil
}

// bitmap is a set of rows.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (b bitmap) has(i int) bool { return i>>6 < len(b) && b[i>>6]&(1<<(i&63)) != 0 }
func (b bitmap) set(i int)      { b[i>>6] |= 1 << (i & 63) }

// all are the rows in the set.
func (b bitmap) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for n, word := range b {
			for ; word != 0; word &= word - 1 {
				if !yield(n<<6 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// part is a table to be written, with what its log changes.
type part struct {
	t    *table
	log  map[uint64]change
	seen bitmap
}

// writeImage puts a file with these tables in path's place at one stroke. The
// bitmaps are those of the new tables.
func writeImage(d durable.Disk, path string, parts []part) (seen []bitmap, err error) {
	err = durable.Replace(d, path, func(f durable.File) (err error) {
		seen, err = writeTables(f, parts)
		return err
	})
	return seen, err
}

func writeTables(f durable.File, parts []part) ([]bitmap, error) {
	sum := &summing{w: io.NewOffsetWriter(f, headSize)}
	w := bufio.NewWriterSize(sum, 1<<18)
	var seen []bitmap
	for _, p := range parts {
		s, err := writeTable(w, p)
		if err != nil {
			return nil, err
		}
		seen = append(seen, s)
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	_, err := f.WriteAt(makeHead(uint64(headSize+sum.n), sum.crc), 0)
	return seen, err
}

// summing keeps the checksum of what goes through it.
type summing struct {
	w   io.Writer
	n   int64
	crc uint32
}

func (s *summing) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.n += int64(n)
	s.crc = crc32.Update(s.crc, castagnoli, b[:n])
	return n, err
}

func writeTable(w *bufio.Writer, p part) (bitmap, error) {
	hashes := slices.Sorted(maps.Keys(p.log))
	n, details, err := measure(p, hashes)
	if err != nil {
		return nil, err
	}
	w.Write(appendTableHead(nil, p.t.scope, n, details))
	seen, at := newBitmap(n), 0
	var row []byte
	if err := mergedAt(p.t, p.log, hashes, p.seen, false, func(r *record) (bool, error) {
		row = binary.LittleEndian.AppendUint64(row[:0], r.hash)
		row = append(row, r.fp[:]...)
		row = binary.LittleEndian.AppendUint32(row, r.seconds)
		if r.seen {
			seen.set(at)
		}
		at++
		_, err := w.Write(row)
		return true, err
	}); err != nil {
		return nil, err
	}
	var index []byte
	off, at := 0, 0
	if err := mergedAt(p.t, p.log, hashes, nil, true, func(r *record) (bool, error) {
		if at%indexEvery == 0 {
			index = binary.LittleEndian.AppendUint64(index, uint64(off))
		}
		at++
		off += len(r.detail)
		_, err := w.WriteString(r.detail)
		return true, err
	}); err != nil {
		return nil, err
	}
	_, err = w.Write(index)
	return seen, err
}

// measure says how many records and how many bytes of details a part comes to.
func measure(p part, hashes []uint64) (n, details int, err error) {
	n, details = p.t.n-p.t.removed, len(p.t.details)
	for row := range p.t.gone.all() {
		old, err := p.t.detailLen(row)
		if err != nil {
			return 0, 0, err
		}
		details -= old
	}
	for _, h := range hashes {
		if row := p.t.find(h); row >= 0 {
			old, err := p.t.detailLen(row)
			if err != nil {
				return 0, 0, err
			}
			n--
			details -= old
		}
		if c := p.log[h]; !c.drop {
			n++
			details += len(c.detail)
		}
	}
	return n, details, nil
}
