package state

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"time"
)

// A frame of the log is written and synced as one: a mark, the length of what
// follows the head, and its checksum.
const (
	frameMark = "\xc5SLG"
	frameHead = 12
)

// The changes in a frame; the number of the table comes before them.
const (
	opPut  = 1 // hash, fingerprint, seconds, details
	opDrop = 2 // hash
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// change is what the log says of a hash, as against the table.
type change struct {
	drop    bool
	seen    bool   // by this run's input
	seq     Ticket // the change's number
	fp      Fingerprint
	seconds uint32
	detail  string // as in a table
}

func newChange(a *Accepted, named bool) change {
	match := a.Match
	if !named {
		match = ""
	}
	return change{fp: a.Fingerprint, seconds: seconds(a.At), seen: true, detail: string(appendDetail(nil, a.ID, match))}
}

// seconds is a time as rows have it. What doesn't fit counts as long ago, which
// at worst sends a record again.
func seconds(t time.Time) uint32 {
	s := t.Unix()
	if s < 0 || s > 1<<32-1 {
		return 0
	}
	return uint32(s)
}

func appendChange(dst []byte, h uint64, c change) []byte {
	if c.drop {
		return binary.LittleEndian.AppendUint64(append(dst, opDrop), h)
	}
	dst = binary.LittleEndian.AppendUint64(append(dst, opPut), h)
	dst = append(dst, c.fp[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, c.seconds)
	return append(dst, c.detail...)
}

// beginFrame leaves room for the head.
func beginFrame(dst []byte, table int) []byte {
	dst = append(dst[:0], make([]byte, frameHead)...)
	return binary.LittleEndian.AppendUint32(dst, uint32(table))
}

// endFrame fills the head in.
func endFrame(b []byte) {
	copy(b, frameMark)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-frameHead))
	binary.LittleEndian.PutUint32(b[8:], checksum(b[frameHead:]))
}

// validFrame returns the length of the whole frame that b begins with, or 0.
func validFrame(b []byte) int {
	if len(b) < frameHead+4 || string(b[:4]) != frameMark {
		return 0
	}
	n := uint64(binary.LittleEndian.Uint32(b[4:])) + frameHead
	if n < frameHead+4 || n > uint64(len(b)) || checksum(b[frameHead:n]) != binary.LittleEndian.Uint32(b[8:]) {
		return 0
	}
	return int(n)
}

// readLog gives the changes of each table. Only the last frame may be cut off:
// each is synced before the next is written, so no request waited for what that
// one says. Still the hashes that can be made out in it are dropped, in case it
// is another kind of damage. Any other break is damage for certain.
func readLog(b []byte, tables int) ([]map[uint64]change, error) {
	logs := make([]map[uint64]change, tables)
	for len(b) > 0 {
		n := validFrame(b)
		if n == 0 {
			if !cutOff(b) {
				return nil, errBroken
			}
			if len(b) > frameHead {
				// It ends somewhere, so an error is what is expected of it.
				_ = readFrame(b[frameHead:], logs, true)
			}
			return logs, nil
		}
		if err := readFrame(b[frameHead:n], logs, false); err != nil {
			return nil, err
		}
		b = b[n:]
	}
	return logs, nil
}

// cutOff says whether b may be the beginning of a frame that a crash kept from
// being written to its end, or room that was made for one.
func cutOff(b []byte) bool {
	if len(bytes.Trim(b, "\x00")) == 0 {
		return true
	}
	if len(b) < frameHead {
		return bytes.HasPrefix(b, []byte(frameMark)[:min(len(b), len(frameMark))])
	}
	n := uint64(binary.LittleEndian.Uint32(b[4:])) + frameHead
	return string(b[:4]) == frameMark && n > uint64(len(b)) && !laterFrame(b[1:])
}

func laterFrame(b []byte) bool {
	for {
		i := bytes.Index(b, []byte(frameMark))
		if i < 0 {
			return false
		}
		if validFrame(b[i:]) > 0 {
			return true
		}
		b = b[i+1:]
	}
}

func readFrame(b []byte, logs []map[uint64]change, dropAll bool) error {
	if len(b) < 4 {
		return errBroken
	}
	at := int(binary.LittleEndian.Uint32(b))
	if at < 0 || at >= len(logs) {
		return errBroken
	}
	if logs[at] == nil {
		logs[at] = map[uint64]change{}
	}
	for b = b[4:]; len(b) > 0; {
		if len(b) < 9 {
			return errBroken
		}
		op, h := b[0], binary.LittleEndian.Uint64(b[1:])
		b = b[9:]
		switch op {
		case opDrop:
			logs[at][h] = change{drop: true}
			continue
		case opPut:
		default:
			return errBroken
		}
		if dropAll {
			logs[at][h] = change{drop: true}
		}
		if len(b) < 16 {
			return errBroken
		}
		c := change{fp: Fingerprint(b[:12]), seconds: binary.LittleEndian.Uint32(b[12:])}
		b = b[16:]
		n, err := detailLen(b)
		if err != nil {
			return err
		}
		c.detail = string(b[:n])
		b = b[n:]
		if !dropAll {
			logs[at][h] = c
		}
	}
	return nil
}
