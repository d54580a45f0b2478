package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"
)

// index finds records by the value of one attribute. Most values belong to one
// record; the others' further records stand apart.
type index struct {
	first map[string]int32   // the oldest record
	more  map[string][]int32 // the younger ones, ascending
}

// find gives the oldest record of a value, or the newest.
func (ix *index) find(key []byte, newest bool) (int32, bool) {
	n, ok := ix.first[string(key)]
	if ok && newest {
		if more := ix.more[string(key)]; len(more) > 0 {
			return more[len(more)-1], true
		}
	}
	return n, ok
}

// other finds a record of the value that isn't n.
func (ix *index) other(key []byte, n int32) bool {
	first, ok := ix.first[string(key)]
	return ok && (first != n || len(ix.more[string(key)]) > 0)
}

func (ix *index) add(key []byte, n int32) {
	first, ok := ix.first[string(key)]
	switch {
	case !ok:
		ix.first[string(key)] = n
		return
	case first == n:
		return
	case n < first:
		ix.first[string(key)] = n
		n = first
	}
	if ix.more == nil {
		ix.more = make(map[string][]int32)
	}
	more := ix.more[string(key)]
	if at, have := slices.BinarySearch(more, n); !have {
		ix.more[string(key)] = slices.Insert(more, at, n)
	}
}

func (ix *index) remove(key []byte, n int32) {
	more := ix.more[string(key)]
	if ix.first[string(key)] == n {
		if len(more) == 0 {
			delete(ix.first, string(key))
			return
		}
		ix.first[string(key)] = more[0]
		more = slices.Delete(more, 0, 1)
	} else if at, have := slices.BinarySearch(more, n); have {
		more = slices.Delete(more, at, at+1)
	}
	if len(more) == 0 {
		delete(ix.more, string(key))
	} else {
		ix.more[string(key)] = more
	}
}

// eachKey calls f with each key under which a value is found: one for most
// types, one an address for emails, none where it isn't set. The key is f's
// only until it returns.
func (t *table) eachKey(a *attribute, raw string, f func(key []byte)) {
	if raw == "" {
		return
	}
	var room [64]byte
	if a.kind != kindEmails {
		f(t.appendKey(room[:0], a, raw))
		return
	}
	for _, address := range stringsIn([]byte(raw)) {
		f(t.appendText(room[:0], a, address))
	}
}

// appendKey writes the form of a value in which equal ones are the same bytes.
func (t *table) appendKey(dst []byte, a *attribute, raw string) []byte {
	switch raw[0] {
	case '"':
		return t.appendText(dst, a, unquoted(raw))
	case '{', '[', 't', 'f':
		return append(dst, raw...)
	}
	if t.quirks.NumbersByText {
		return append(dst, raw...)
	}
	return appendDecimal(dst, raw)
}

// appendText writes a text as equality sees it: as it is, apart from quirks.
func (t *table) appendText(dst []byte, a *attribute, s string) []byte {
	q := t.quirks
	if q.PhoneDigits && a.kind == kindPhone {
		for _, r := range s {
			if '0' <= r && r <= '9' {
				dst = append(dst, byte(r))
			}
		}
		return dst
	}
	if q.DomainHosts && a.Key == "domain" {
		s = host(s)
	}
	if q.FoldAccents {
		s = withoutAccents(s)
	}
	if q.FoldCase {
		s = strings.ToLower(s)
	}
	return append(dst, s...)
}

// appendDecimal writes a JSON number so that 29, 29.0 and 2.9e1 are the same:
// sign, digits without outer zeros, and the power of ten.
func appendDecimal(dst []byte, raw string) []byte {
	power := 0
	if at := strings.IndexAny(raw, "eE"); at >= 0 {
		power, _ = strconv.Atoi(raw[at+1:]) // too large for an int: refused when it came in
		raw = raw[:at]
	}
	before := len(dst)
	if raw[0] == '-' {
		dst, raw = append(dst, '-'), raw[1:]
	}
	start := len(dst)
	whole, fraction, _ := strings.Cut(raw, ".")
	dst = append(dst, strings.TrimLeft(whole, "0")...)
	if len(dst) == start {
		dst = append(dst, strings.TrimLeft(fraction, "0")...)
	} else {
		dst = append(dst, fraction...)
	}
	power -= len(fraction)
	for len(dst) > start && dst[len(dst)-1] == '0' {
		dst, power = dst[:len(dst)-1], power+1
	}
	if len(dst) == start {
		return append(dst[:before], '0')
	}
	return strconv.AppendInt(append(dst, 'e'), int64(power), 10)
}

// host is the bare host name of a domain given as an address.
func host(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if _, after, ok := strings.Cut(s, "://"); ok {
		s = after
	}
	s, _, _ = strings.Cut(s, "/")
	return strings.TrimPrefix(s, "www.")
}

func withoutAccents(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Mn, r) {
					return -1
				}
				return r
			}, norm.NFD.String(s))
		}
	}
	return s
}

// unquoted is the text of a JSON string that is known to be valid.
func unquoted(raw string) string {
	if inner := raw[1 : len(raw)-1]; strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	text, _ := jsontext.AppendUnquote(nil, raw)
	return string(text)
}
