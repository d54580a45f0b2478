package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// scratch is what one request works with; it goes back into the pool when the
// answer is out.
type scratch struct {
	body     []byte // the request's, read whole
	reader   *bytes.Buffer
	decoder  *jsontext.Decoder
	fields   []field
	cells    []cell
	place    []int    // by attribute: where in cells it is, plus one
	slots    []string // by attribute: the stored JSON
	blob     []byte
	key      []byte
	done     record // as it stands after the write
	answer   []byte
	problems []problem
}

// field is one member of a request's body. Both parts point into it.
type field struct {
	name  []byte
	value jsontext.Value
}

// cell is a value to write, checked; null is nil.
type cell struct {
	attr int
	raw  []byte
}

// problem is what is wrong with one field.
type problem struct{ field, message string }

func newScratch() *scratch {
	s := &scratch{reader: new(bytes.Buffer)}
	s.decoder = jsontext.NewDecoder(s.reader)
	return s
}

// reset makes the scratch ready for the next request.
func (s *scratch) reset() {
	s.body, s.fields, s.cells = s.body[:0], s.fields[:0], s.cells[:0]
	s.answer, s.problems = s.answer[:0], s.problems[:0]
}

var errTooLarge = errors.New("the body is too large")

// read takes in a request's body of at most limit bytes.
func (s *scratch) read(r io.Reader, limit int64) error {
	if r == nil {
		return nil
	}
	for {
		if len(s.body) == cap(s.body) {
			s.body = append(s.body, 0)[:len(s.body)]
		}
		n, err := r.Read(s.body[len(s.body):cap(s.body)])
		s.body = s.body[:len(s.body)+n]
		switch {
		case int64(len(s.body)) > limit:
			return errTooLarge
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("reading the request: %w", err)
		}
	}
}

// parse splits a flat JSON object into its fields.
func (s *scratch) parse(object []byte) ([]field, error) {
	s.reader.Reset()
	s.reader.Write(object)
	s.decoder.Reset(s.reader)
	start := len(s.fields)
	token, err := s.decoder.ReadToken()
	if err != nil {
		return nil, err
	}
	if token.Kind() != '{' {
		return nil, errors.New("the body must be a JSON object")
	}
	for s.decoder.PeekKind() != '}' {
		name, err := s.next(object)
		if err != nil {
			return nil, err
		}
		value, err := s.next(object)
		if err != nil {
			return nil, err
		}
		s.fields = append(s.fields, field{bare(name), value})
	}
	if _, err := s.decoder.ReadToken(); err != nil {
		return nil, err
	}
	if _, err := s.decoder.ReadToken(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return s.fields[start:], nil
}

// bare is the text of a JSON string, without a copy where that is possible.
func bare(quoted jsontext.Value) []byte {
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return text
}

// next reads a value and gives it as a part of the source, which unlike the
// decoder's own copy stays as it is.
func (s *scratch) next(source []byte) (jsontext.Value, error) {
	v, err := s.decoder.ReadValue()
	if err != nil {
		return nil, err
	}
	end := int(s.decoder.InputOffset())
	return source[end-len(v) : end], nil
}

// get finds a field by name.
func get(fields []field, name string) (jsontext.Value, bool) {
	for _, f := range fields {
		if string(f.name) == name {
			return f.value, true
		}
	}
	return nil, false
}

// stringsIn lists the texts of a JSON array of strings; anything else has none.
func stringsIn(raw jsontext.Value) []string {
	list, _ := stringList(raw)
	return list
}

// stringList reads a JSON array of strings; ok is false for anything else.
func stringList(raw jsontext.Value) (list []string, ok bool) {
	items, ok := elements(raw)
	if !ok {
		return nil, false
	}
	for _, item := range items {
		if item.Kind() != '"' {
			return nil, false
		}
		list = append(list, unquoted(string(item)))
	}
	return list, true
}

// elements splits a JSON array.
func elements(raw jsontext.Value) (items []jsontext.Value, ok bool) {
	if raw.Kind() != '[' {
		return nil, false
	}
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	if _, err := d.ReadToken(); err != nil {
		return nil, false
	}
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil, false
		}
		end := int(d.InputOffset())
		items = append(items, raw[end-len(v):end])
	}
	return items, true
}

// members splits a JSON object.
func members(raw jsontext.Value) (fields []field, ok bool) {
	s := newScratch()
	fields, err := s.parse(raw)
	return fields, err == nil
}

// appendStrings writes a JSON array of strings.
func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, text := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, text)
	}
	return append(dst, ']')
}

func appendQuoted(dst []byte, text string) []byte {
	dst, _ = jsontext.AppendQuote(dst, text) // its one error, invalid UTF-8, is mended in dst
	return dst
}

// trimmed cuts the outer blanks of every string in a value.
func trimmed(raw jsontext.Value) jsontext.Value {
	switch raw.Kind() {
	case '"':
		if text := unquoted(string(raw)); text != strings.TrimSpace(text) {
			return appendQuoted(nil, strings.TrimSpace(text))
		}
	case '[':
		items, _ := elements(raw)
		out := jsontext.Value{'['}
		for i, item := range items {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, trimmed(item)...)
		}
		return append(out, ']')
	case '{':
		fields, _ := members(raw)
		out := jsontext.Value{'{'}
		for i, f := range fields {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(appendQuoted(out, string(f.name)), ':')
			out = append(out, trimmed(f.value)...)
		}
		return append(out, '}')
	}
	return raw
}
