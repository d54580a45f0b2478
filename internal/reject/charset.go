package reject

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

// charset writes text in the input's encoding.
type charset struct {
	name   string
	utf8   bool
	utf16  func(dst []byte, unit uint16) []byte
	other  encoding.Encoding
	enc    *encoding.Encoder
	known  map[rune]bool // of other: what it has
	source []byte
}

func newCharset(name string) (*charset, error) {
	c := &charset{name: name}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "utf-8", "utf8":
		c.utf8 = true
		return c, nil
	case "utf-16le":
		c.utf16 = func(dst []byte, u uint16) []byte { return append(dst, byte(u), byte(u>>8)) }
		c.other = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
		return c, nil
	case "utf-16be", "utf-16":
		c.utf16 = func(dst []byte, u uint16) []byte { return append(dst, byte(u>>8), byte(u)) }
		c.other = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
		return c, nil
	}
	// As the web does, and so the readers of inputs: iso-8859-1 is windows-1252.
	e, err := htmlindex.Get(name)
	if err != nil || e == encoding.Replacement {
		e, err = ianaindex.IANA.Encoding(name)
	}
	if err != nil || e == nil {
		return nil, fmt.Errorf("the encoding %q is not known", name)
	}
	c.other, c.enc, c.known = e, e.NewEncoder(), map[rune]bool{}
	return c, nil
}

// has says whether the encoding has a character.
func (c *charset) has(r rune) bool {
	if c.known == nil {
		return true
	}
	ok, seen := c.known[r]
	if !seen {
		c.enc.Reset()
		_, err := c.enc.Bytes(utf8.AppendRune(nil, r))
		ok = err == nil
		c.known[r] = ok
	}
	return ok
}

// check makes sure that original text comes back as it was. U+FFFD is let
// through: it stands for bytes that already could not be read.
func (c *charset) check(s string) error {
	if c.known == nil {
		return nil
	}
	for _, r := range s {
		if r != utf8.RuneError && !c.has(r) {
			return fmt.Errorf("%q doesn't exist in the encoding %s", r, c.name)
		}
	}
	return nil
}

// plain replaces what the encoding lacks in texts that are not the input's own:
// by something alike from ASCII, or else by a question mark.
func (c *charset) plain(s string) string {
	if c.known == nil {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if c.has(r) {
			if b.Len() > 0 {
				b.WriteRune(r)
			}
			continue
		}
		if b.Len() == 0 {
			b.WriteString(s[:i])
		}
		b.WriteString(alike(r))
	}
	if b.Len() == 0 {
		return s
	}
	return b.String()
}

func alike(r rune) string {
	switch r {
	case '‘', '’', '‚', '‛', '′':
		return "'"
	case '“', '”', '„', '‟', '″', '«', '»':
		return `"`
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return "-"
	case '…':
		return "..."
	case '\u00a0', '\u2009', '\u202f', '\u2007':
		return " "
	case '×':
		return "x"
	case '€':
		return "EUR"
	}
	return "?"
}

// escape replaces what the encoding lacks in dst[from:], which is JSON, by
// escapes: only strings have such characters.
func (c *charset) escape(dst []byte, from int) []byte {
	if c.known == nil {
		return dst
	}
	text := string(dst[from:])
	dst = dst[:from]
	for _, r := range text {
		switch {
		case c.has(r):
			dst = utf8.AppendRune(dst, r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, hi, lo)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		}
	}
	return dst
}

// encode appends text in the encoding. Text ends in ASCII, so that encodings
// with states are back in the first one.
func (c *charset) encode(dst, text []byte) ([]byte, error) {
	switch {
	case c.utf8:
		return append(dst, text...), nil
	case c.utf16 != nil:
		for len(text) > 0 {
			r, n := utf8.DecodeRune(text)
			text = text[n:]
			if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
				dst = c.utf16(c.utf16(dst, uint16(hi)), uint16(lo))
			} else {
				dst = c.utf16(dst, uint16(r))
			}
		}
		return dst, nil
	}
	c.source = c.source[:0]
	for _, r := range string(text) { // U+FFFD, see check
		if r == utf8.RuneError && !c.has(r) {
			r = '?'
		}
		c.source = utf8.AppendRune(c.source, r)
	}
	c.enc.Reset()
	out, err := c.enc.Bytes(c.source)
	if err != nil {
		return dst, fmt.Errorf("writing %s: %w", c.name, err)
	}
	return append(dst, out...), nil
}

// decoded reads text back as UTF-8.
func (c *charset) decoded(r io.Reader) io.Reader {
	if c.other == nil {
		return r
	}
	return c.other.NewDecoder().Reader(r)
}

// encoded writes UTF-8 in the encoding. What is written to it must have come
// from decoded.
func (c *charset) encoded(w io.Writer) io.WriteCloser {
	if c.other == nil {
		return nopCloser{w}
	}
	return c.other.NewEncoder().Writer(w).(io.WriteCloser)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
