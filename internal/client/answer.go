package client

import (
	"bytes"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// answer is what matters of an accepted assert's body [assert-a-crm-record].
type answer struct {
	refused bool   // it says "success": false
	id      string // of the record, person or company
}

// scanner is a decoder that starts over without an allocation.
type scanner struct {
	buf bytes.Buffer
	dec jsontext.Decoder
}

// scanners is shared by all clients: it holds memory to use again, no state.
var scanners = sync.Pool{New: func() any { return new(scanner) }}

// scan calls f with a decoder on body. Duplicate names and broken UTF-8 are let
// pass: an answer is worth reading as far as it can be read.
func scan(body []byte, f func(*jsontext.Decoder)) {
	s := scanners.Get().(*scanner)
	s.buf = *bytes.NewBuffer(body)
	s.dec.Reset(&s.buf, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	f(&s.dec)
	s.buf = bytes.Buffer{}
	s.dec.Reset(&s.buf)
	scanners.Put(s)
}

// readAnswer takes success and the record's id from a body and skips the rest.
// A body that is cut off or isn't JSON gives what was found until there.
func readAnswer(body []byte) (a answer) {
	scan(bytes.TrimPrefix(body, []byte(byteOrderMark)), func(dec *jsontext.Decoder) { a.read(dec) })
	return a
}

func (a *answer) read(dec *jsontext.Decoder) {
	var fallback string
	known := false // what success says
	eachMember(dec, func(name []byte) bool {
		switch string(name) {
		case `"success"`:
			v, err := dec.ReadValue()
			a.refused = err == nil && isFalse(v)
			known = true
			return err == nil && !a.refused && a.id == ""
		case `"record"`, `"person"`, `"company"`, `"data"`:
			if dec.PeekKind() != '{' {
				break
			}
			return a.readID(dec, known)
		case `"id"`:
			v, err := dec.ReadValue()
			fallback = text(v)
			return err == nil
		}
		return dec.SkipValue() == nil
	})
	if a.id == "" && !a.refused {
		a.id = fallback
	}
}

// isFalse tells whether a value says no, in whatever type. Anything else, also null,
// leaves it to the status.
func isFalse(v jsontext.Value) bool {
	t := text(v)
	return t == "0" || strings.EqualFold(t, "false")
}

// readID reads one record's object, only to its id where that is all that is
// wanted, and tells whether it came to the object's end.
func (a *answer) readID(dec *jsontext.Decoder, enough bool) bool {
	return eachMember(dec, func(name []byte) bool {
		if string(name) != `"id"` {
			return dec.SkipValue() == nil
		}
		v, err := dec.ReadValue()
		if err == nil {
			a.id = text(v)
		}
		return err == nil && !(enough && a.id != "")
	})
}

// eachMember reads an object: f gets each name, in quotes, and must consume the
// value; it returns false to stop. eachMember tells whether the object was read
// to its end.
func eachMember(dec *jsontext.Decoder, f func(name []byte) bool) bool {
	if t, err := dec.ReadToken(); err != nil || t.Kind() != '{' {
		return false
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadValue()
		if err != nil || !f(name) {
			return false
		}
	}
	t, err := dec.ReadToken()
	return err == nil && t.Kind() == '}'
}

// text is a scalar as it reads: a string without quotes and escapes, a number
// with its own digits, "" for anything else.
func text(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		if bytes.IndexByte(v, '\\') < 0 {
			return string(v[1 : len(v)-1])
		}
		b, _ := jsontext.AppendUnquote(nil, v)
		return string(b)
	case '0', 't', 'f':
		return string(v)
	}
	return ""
}
