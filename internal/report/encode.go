package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
)

// EncodeJSON writes a value as JSON. Characters that a terminal may obey, or that turn
// the direction of text, are escaped: to programs they are what they were.
func EncodeJSON(w io.Writer, value any, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(value); err != nil {
		return err
	}
	_, err := w.Write(escaped(b.Bytes()))
	return err
}

// escaped is JSON of which such characters are left in strings alone.
func escaped(text []byte) []byte {
	harmful := func(r rune) bool {
		return r > ' ' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}
	if bytes.IndexFunc(text, harmful) < 0 {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		if harmful(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}
