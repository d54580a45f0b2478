package lookup

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// key stands for all spellings of a value: 128 bits of the SHA-256 of its folded
// form. A table of a million keys has a collision with a chance of 1 in 10^27,
// and a collision would link the wrong record without anybody noticing.
type key [16]byte

// value is a value as tables know it.
type value struct {
	text     string
	key      key
	spelling uint64 // 63 bits of the SHA-256 of the text as it is; the lowest bit is 0
	blank    bool
}

func newValue(text string) value {
	sum := sha256.Sum256([]byte(text))
	v := value{text: text, spelling: binary.BigEndian.Uint64(sum[16:24]) &^ 1}
	folded := fold(text)
	if folded != text {
		sum = sha256.Sum256([]byte(folded))
	}
	v.blank = folded == ""
	copy(v.key[:], sum[:16])
	return v
}

// fold gives spellings that differ by case, outer blanks or the composition of
// accents one form.
func fold(s string) string {
	s = strings.TrimSpace(s)
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			// Upper case comes first because folding alone swaps the two cases of
			// Cherokee letters instead of making them one.
			s = norm.NFC.String(cases.Fold().String(strings.ToUpper(norm.NFC.String(s))))
			return strings.TrimSpace(s)
		}
	}
	return strings.ToLower(s)
}

// parseUUID reads a UUID in the one form that formatUUID gives back as it was.
func parseUUID(s string) (id [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false
	}
	var digits [32]byte
	n := copy(digits[:], s[:8])
	n += copy(digits[n:], s[9:13])
	n += copy(digits[n:], s[14:18])
	n += copy(digits[n:], s[19:23])
	copy(digits[n:], s[24:])
	for _, c := range digits {
		if 'A' <= c && c <= 'F' {
			return id, false
		}
	}
	_, err := hex.Decode(id[:], digits[:])
	return id, err == nil
}

func formatUUID(id [16]byte) string {
	var s [36]byte
	hex.Encode(s[:8], id[:4])
	hex.Encode(s[9:13], id[4:6])
	hex.Encode(s[14:18], id[6:8])
	hex.Encode(s[19:23], id[8:10])
	hex.Encode(s[24:], id[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
