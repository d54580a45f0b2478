package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// Fingerprint identifies what was sent for a match value: 96 bits of a SHA-256.
type Fingerprint [12]byte

// String is the fingerprint in hexadecimal.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// Hasher makes fingerprints. It is used by one goroutine at a time.
type Hasher struct {
	text    []byte
	members [][]byte
	sorted  [][]byte
	order   []int // that sorted the body before, and mostly sorts the next
}

// Sum is the fingerprint of a request: matching attribute, match value and body.
// The order of the body's members doesn't count, their values do byte by byte.
func (h *Hasher) Sum(attribute, match string, body []byte) Fingerprint {
	// Lengths keep two parts from being taken for one.
	t := binary.AppendUvarint(h.text[:0], uint64(len(attribute)))
	t = append(t, attribute...)
	t = binary.AppendUvarint(t, uint64(len(match)))
	t = append(t, match...)
	h.members = appendMembers(h.members[:0], body)
	h.sort()
	t = binary.AppendUvarint(t, uint64(len(h.sorted)))
	for _, m := range h.sorted {
		t = binary.AppendUvarint(t, uint64(len(m)))
		t = append(t, m...)
	}
	if len(h.sorted) == 0 {
		t = append(t, body...)
	}
	h.text = t
	sum := sha256.Sum256(t)
	return Fingerprint(sum[:len(Fingerprint{})])
}

func (h *Hasher) sort() {
	if len(h.order) != len(h.members) {
		h.order = h.order[:0]
		for i := range h.members {
			h.order = append(h.order, i)
		}
	}
	h.sorted = h.sorted[:0]
	ordered := true
	for i, at := range h.order {
		h.sorted = append(h.sorted, h.members[at])
		ordered = ordered && (i == 0 || bytes.Compare(h.sorted[i-1], h.sorted[i]) <= 0)
	}
	if ordered {
		return
	}
	slices.SortFunc(h.order, func(a, b int) int { return bytes.Compare(h.members[a], h.members[b]) })
	for i, at := range h.order {
		h.sorted[i] = h.members[at]
	}
}

// appendMembers cuts a JSON object at its commas. It gives nothing for what
// isn't an object; of what isn't valid JSON it loses nothing.
func appendMembers(dst [][]byte, body []byte) [][]byte {
	if len(body) < 2 || body[0] != '{' || body[len(body)-1] != '}' {
		return dst
	}
	body = body[1 : len(body)-1]
	depth, start := 0, 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			i = endOfString(body, i+1)
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				dst = append(dst, body[start:i])
				start = i + 1
			}
		}
	}
	return append(dst, body[start:])
}

// endOfString is where the quote stands that ends what begins at i.
func endOfString(b []byte, i int) int {
	for i < len(b) {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			break
		}
		i += n
		slashes := 0
		for slashes < n && b[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
		i++
	}
	return len(b)
}

// hashKey is where a lane key stands in a table: FNV-1a, with its bits mixed so
// that the upper ones are spread evenly. Two keys that share a hash share an
// entry, which makes them be sent needlessly and nothing worse, since the
// fingerprint is over the match value too.
func hashKey(key string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
