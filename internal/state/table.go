package state

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/bits"
	"time"
)

// A row is what a lookup needs of a record: hash, fingerprint and the time of
// sending, in seconds since 1970.
const (
	rowSize = 8 + 12 + 4
	rowFP   = 8
	rowTime = 20
)

// indexEvery is how many records share an entry in a table's index of details.
const indexEvery = 16

// table is a scope's records, in the bytes of the file: rows sorted by hash, and
// in the same order their details (id and match value), which differ in length,
// with an index of where they begin.
type table struct {
	scope   Scope
	n       int
	rows    []byte
	details []byte
	index   []byte

	chapters []uint32 // the first row of each value of a hash's upper bits
	shift    int      // that leaves the upper bits

	gone    bitmap // rows that don't count any more: others sent something else
	removed int    // how many
}

// remove has a row not count any more. It takes a bit, however many there are.
func (t *table) remove(i int) {
	if t.gone == nil {
		t.gone = newBitmap(t.n)
	}
	t.gone.set(i)
	t.removed++
}

func (t *table) hash(i int) uint64 { return binary.LittleEndian.Uint64(t.rows[i*rowSize:]) }

func (t *table) fingerprint(i int) Fingerprint {
	return Fingerprint(t.rows[i*rowSize+rowFP:][:len(Fingerprint{})])
}

func (t *table) seconds(i int) uint32 {
	return binary.LittleEndian.Uint32(t.rows[i*rowSize+rowTime:])
}

// chapterRows is about how many rows share the upper bits of their hash that
// chapters goes by. A lookup waits for memory and for little else, so a chapter
// is what one look there brings.
const chapterRows = 2

// build makes the chapters, once the rows are there.
func (t *table) build() {
	width := bits.Len64(uint64(t.n) / chapterRows)
	t.shift = 64 - width
	t.chapters = make([]uint32, 1<<width+1)
	at := uint64(0)
	for i := range t.n {
		for c := t.hash(i) >> t.shift; at <= c; at++ {
			t.chapters[at] = uint32(i)
		}
	}
	for ; at < uint64(len(t.chapters)); at++ {
		t.chapters[at] = uint32(t.n)
	}
}

// find returns the row of a hash, or -1.
func (t *table) find(h uint64) int {
	if t.n == 0 {
		return -1
	}
	c := h >> t.shift
	for i := int(t.chapters[c]); i < int(t.chapters[c+1]); i++ {
		if at := t.hash(i); at >= h {
			if at == h && !t.gone.has(i) {
				return i
			}
			break
		}
	}
	return -1
}

// from returns the details of a row and of all behind it.
func (t *table) from(i int) ([]byte, error) {
	off := binary.LittleEndian.Uint64(t.index[i/indexEvery*8:])
	if off > uint64(len(t.details)) {
		return nil, errBroken
	}
	rest := t.details[off:]
	for range i % indexEvery {
		n, err := detailLen(rest)
		if err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	return rest, nil
}

// detailLen is how many bytes a row's details take.
func (t *table) detailLen(i int) (int, error) {
	rest, err := t.from(i)
	if err != nil {
		return 0, err
	}
	return detailLen(rest)
}

func makeEntry(fp Fingerprint, seconds uint32, detail []byte) (Entry, error) {
	e := Entry{Fingerprint: fp, SentAt: time.Unix(int64(seconds), 0)}
	var err error
	e.ID, e.Match, err = parseDetail(detail)
	return e, err
}

// errBroken is about bytes that can't be a state's.
var errBroken = errors.New("its content is damaged")

// The first byte of details says what the id is: its length, or one of these.
const (
	longID = 0xfe // the length follows
	uuidID = 0xff // the 16 bytes of a UUID follow
)

// appendDetail writes id and match value. The usual id, a UUID, takes 16 bytes
// instead of 36.
func appendDetail(dst []byte, id, match string) []byte {
	var raw [16]byte
	switch {
	case parseUUID(&raw, id):
		dst = append(append(dst, uuidID), raw[:]...)
	case len(id) < longID:
		dst = append(append(dst, byte(len(id))), id...)
	default:
		dst = binary.AppendUvarint(append(dst, longID), uint64(len(id)))
		dst = append(dst, id...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(match)))
	return append(dst, match...)
}

// splitDetail finds id and match value; n is how many bytes they take.
func splitDetail(b []byte) (id, match []byte, uuid bool, n int, err error) {
	if len(b) == 0 {
		return nil, nil, false, 0, errBroken
	}
	at, length := 1, uint64(b[0])
	switch b[0] {
	case uuidID:
		uuid, length = true, 16
	case longID:
		v, w := binary.Uvarint(b[at:])
		if w <= 0 {
			return nil, nil, false, 0, errBroken
		}
		at, length = at+w, v
	}
	if length > uint64(len(b)-at) {
		return nil, nil, false, 0, errBroken
	}
	id = b[at : at+int(length)]
	at += int(length)
	v, w := binary.Uvarint(b[at:])
	if w <= 0 || v > uint64(len(b)-at-w) {
		return nil, nil, false, 0, errBroken
	}
	at += w
	return id, b[at : at+int(v)], uuid, at + int(v), nil
}

func detailLen(b []byte) (int, error) {
	_, _, _, n, err := splitDetail(b)
	return n, err
}

func parseDetail(b []byte) (id, match string, err error) {
	rawID, rawMatch, uuid, _, err := splitDetail(b)
	if err != nil {
		return "", "", err
	}
	if uuid {
		return formatUUID(rawID), string(rawMatch), nil
	}
	return string(rawID), string(rawMatch), nil
}

func parseUUID(dst *[16]byte, s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	var digits [32]byte
	n := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			continue
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f': // capitals would not come back
			digits[n] = c
			n++
		default:
			return false
		}
	}
	_, err := hex.Decode(dst[:], digits[:])
	return err == nil
}

func formatUUID(b []byte) string {
	var s [36]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
