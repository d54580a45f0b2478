package source

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// charset is how an input's bytes become text.
type charset struct {
	name    string // IANA, lower case
	enc     encoding.Encoding
	bom     int    // bytes of the byte order mark, 0 without one
	clean   bool   // the whole input was checked: every character is valid
	guessed bool   // nothing but the beginning of a stream says that this is Windows-1252
	sample  string // of what was detected as Windows-1252: a cell that tells whether it is
	reason  string
}

const (
	utf8Name        = "utf-8"
	windows1252Name = "windows-1252"
)

var (
	utf8BOM    = []byte("\xEF\xBB\xBF")
	utf16leBOM = []byte("\xFF\xFE")
	utf16beBOM = []byte("\xFE\xFF")
)

func utf16le() encoding.Encoding { return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM) }
func utf16be() encoding.Encoding { return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM) }

// chooseCharset decides on the encoding: the user's word, then a byte order
// mark, then zero bytes in every second place, then what the text counts say.
func chooseCharset(name, wanted string, s *survey) (charset, error) {
	marked := charsetOfBOM(s.sample)
	if bytes.HasPrefix(s.sample, []byte("\xFF\xFE\x00\x00")) || bytes.HasPrefix(s.sample, []byte("\x00\x00\xFE\xFF")) {
		return charset{}, &InputError{
			Input: name, Problem: "this text is UTF-32, which is not read",
			Advice: "convert it from UTF-32 to UTF-8, with iconv -f UTF-32 -t UTF-8 for instance",
		}
	}
	if wanted != "" {
		c, err := charsetByName(wanted, marked)
		if err != nil {
			return c, err
		}
		if marked.bom > 0 && marked.name != c.name {
			return c, &InputError{
				Input:   name,
				Problem: fmt.Sprintf("the encoding was given as %s, but the text begins with the byte order mark of %s", c.name, marked.name),
				Advice:  "leave --encoding away",
			}
		}
		if marked.bom == 0 && strings.HasPrefix(c.name, "utf-16") && len(s.sample) > 1 && bytes.IndexByte(s.sample, 0) < 0 {
			return c, &InputError{
				Input:   name,
				Problem: fmt.Sprintf("the encoding was given as %s, but the text isn't: in that, a comma and a line end have a zero byte each", c.name),
				Advice:  "leave --encoding away",
			}
		}
		c.bom = marked.bom
		c.clean = c.name == utf8Name && s.checked && s.text.broken == 0
		return c, nil
	}
	switch {
	case marked.bom > 0:
		marked.clean = marked.name == utf8Name && s.checked && s.text.broken == 0
		return marked, nil
	case zeroPattern(s.sample, 1):
		return charset{name: "utf-16le", enc: utf16le(), reason: "every second byte is zero, as in UTF-16 without a byte order mark"}, nil
	case zeroPattern(s.sample, 0):
		return charset{name: "utf-16be", enc: utf16be(), reason: "every second byte is zero, as in UTF-16 without a byte order mark"}, nil
	}
	c := charsetByCount(s)
	c.guessed = c.name == windows1252Name && !s.checked && !s.whole
	if c.name == windows1252Name {
		if problem, advice := notWestern(s.sample); problem != "" {
			return c, &InputError{
				Input:   name,
				Problem: "the text is not UTF-8, and not Western European (Windows-1252) either: " + problem,
				Advice:  advice,
			}
		}
		c.sample = s.text.sample()
	}
	return c, nil
}

// charsetByCount tells UTF-8 from Windows-1252. Text in Windows-1252 looks like
// a valid multi-byte character by accident only, so a few of these among many
// broken places say nothing; any more of them, and reading the text as
// Windows-1252 could silently garble what is valid: then a broken place costs
// its record instead.
func charsetByCount(s *survey) charset {
	where := "the whole input was checked"
	if !s.checked && !s.whole {
		where = "the first " + byteSize(len(s.sample)) + " were checked"
	}
	t := s.text
	switch {
	case t.broken == 0:
		return charset{name: utf8Name, clean: s.checked, reason: "all of it is valid UTF-8; " + where}
	case t.multi/2*20 > t.broken:
		return charset{name: utf8Name, reason: fmt.Sprintf(
			"it holds valid multi-byte characters, and %s that can't be UTF-8, each of which costs its record; %s", plural(t.broken, "place"), where)}
	}
	return charset{name: windows1252Name, enc: charmap.Windows1252, reason: fmt.Sprintf(
		"%s can't be UTF-8; %s", plural(t.broken, "place"), where)}
}

func charsetOfBOM(b []byte) charset {
	const reason = "the byte order mark says so"
	switch {
	case bytes.HasPrefix(b, utf8BOM):
		return charset{name: utf8Name, bom: 3, reason: reason}
	case bytes.HasPrefix(b, utf16leBOM):
		return charset{name: "utf-16le", enc: utf16le(), bom: 2, reason: reason}
	case bytes.HasPrefix(b, utf16beBOM):
		return charset{name: "utf-16be", enc: utf16be(), bom: 2, reason: reason}
	}
	return charset{}
}

// zeroPattern tells whether nearly all zero bytes are at even (0) or odd (1)
// places, and common there: Latin text in UTF-16.
func zeroPattern(b []byte, place int) bool {
	b = b[:min(len(b), 4096)&^1]
	var zeros [2]int
	for i, c := range b {
		if c == 0 {
			zeros[i&1]++
		}
	}
	pairs := len(b) / 2
	return pairs >= 2 && zeros[place]*10 >= pairs*4 && zeros[1-place]*20 <= zeros[place]
}

// CheckEncoding tells what is wrong with the name of an encoding. Its error is
// of type *[InputError].
func CheckEncoding(name string) error {
	_, err := charsetByName(name, charset{})
	return err
}

// charsetByName finds the encoding the user names. "utf-16" alone leaves the
// byte order to the mark.
func charsetByName(wanted string, marked charset) (charset, error) {
	c := charset{reason: "--encoding says so"}
	label := strings.ToLower(strings.TrimSpace(wanted))
	switch label {
	case "utf8", "utf-8", "utf-8-sig", "utf-8-bom", "utf8-bom":
		c.name = utf8Name
		return c, nil
	case "utf-16", "utf16":
		if marked.bom == 2 {
			marked.reason = c.reason
			return marked, nil
		}
		label = "utf-16le"
	}
	if enc, err := htmlindex.Get(label); err == nil && enc != encoding.Replacement {
		c.enc = enc
		c.name, _ = htmlindex.Name(enc)
	} else if enc, err := ianaindex.IANA.Encoding(label); err == nil && enc != nil {
		c.enc = enc
		c.name, _ = ianaindex.IANA.Name(enc)
		c.name = strings.ToLower(c.name)
	} else {
		return c, &InputError{
			Input: "--encoding " + wanted, Problem: "no encoding of this name is known",
			Advice: "common ones are utf-8, utf-16, windows-1252, iso-8859-2, windows-1251, shift_jis, gb18030",
		}
	}
	switch c.name {
	case utf8Name:
		c.enc = nil
	case "utf-16le":
		c.enc = utf16le()
	case "utf-16be":
		c.enc = utf16be()
	}
	return c, nil
}

// decode turns src, without its byte order mark, into UTF-8.
func (c charset) decode(src io.Reader) io.Reader {
	if c.enc == nil {
		return src
	}
	return transform.NewReader(src, c.enc.NewDecoder())
}

// text is the sample as UTF-8. A character cut in two at its end is left out.
func (c charset) text(s *survey) []byte {
	b := s.sample[min(c.bom, len(s.sample)):]
	if c.enc == nil {
		return b
	}
	t, _, _ := transform.Bytes(c.enc.NewDecoder(), b)
	return t
}

// width says how many bytes of the input a piece of decoded text took up, which may
// begin and end within a character; nil where that can't be told.
func (c charset) width() func(b []byte) int64 {
	if c.enc == nil {
		return func(b []byte) int64 { return int64(len(b)) }
	}
	if _, single := c.enc.(*charmap.Charmap); single {
		return firstBytes
	}
	return nil
}

// firstBytes counts the characters that begin in b.
func firstBytes(b []byte) (n int64) {
	for _, c := range b {
		if c&0xC0 != 0x80 {
			n++
		}
	}
	return n
}

// badChar finds the first place of b that is no character: invalid UTF-8, or
// what a decoder puts where the input's bytes mean nothing. It returns -1 where
// all is well.
func (c charset) badChar(b []byte) int {
	if c.clean {
		return -1
	}
	if c.enc == nil {
		if utf8.Valid(b) {
			return -1
		}
		for i := 0; ; {
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size == 1 {
				return i
			}
			i += size
		}
	}
	bad := bytes.Index(b, []byte("\uFFFD"))
	if c.name != windows1252Name {
		return bad
	}
	// Windows-1252 leaves five bytes without a meaning; the decoder passes them
	// on as control characters.
	for i := 0; i+1 < len(b); i++ {
		if b[i] != 0xC2 {
			continue
		}
		switch b[i+1] {
		case 0x81, 0x8D, 0x8F, 0x90, 0x9D:
			if bad < 0 || i < bad {
				bad = i
			}
			return bad
		}
	}
	if bad < 0 && c.guessed {
		bad, _ = foreignIn(b)
	}
	return bad
}

// badCharProblem says what stands at place i of b.
func (c charset) badCharProblem(b []byte, i int) string {
	if c.enc == nil {
		return fmt.Sprintf("the byte 0x%02X is not valid UTF-8", b[i])
	}
	if c.name == windows1252Name && b[i] == 0xC2 {
		return fmt.Sprintf("the byte 0x%02X means nothing in %s", b[i+1], c.name)
	}
	if at, what := foreignIn(b); c.guessed && at == i {
		return what
	}
	return "the bytes mean nothing in " + c.name
}
