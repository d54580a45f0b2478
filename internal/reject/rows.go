package reject

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// bom is the byte order mark, as a character.
const bom = "\uFEFF"

// The columns behind the input's own. The last one is in the finished file only
// where a record could not be parsed.
var ownColumns = [...]string{"crmsync_line", "crmsync_status", "crmsync_error", "crmsync_raw"}

// csvRows writes CSV and TSV. While the run goes on all rows have the column
// crmsync_raw, since a later record may need it; see narrow.
type csvRows struct {
	delim      rune
	eol        string
	columns    int
	head       string // the header with crmsync_raw
	narrowHead string // the header without
	text       *charset
}

func newCSV(o Options, text *charset) (*csvRows, error) {
	r := &csvRows{delim: o.Delimiter, eol: "\n", columns: len(o.Columns), text: text}
	if r.delim == 0 {
		r.delim = ','
		if o.Format == "tsv" {
			r.delim = '\t'
		}
	}
	if o.CRLF {
		r.eol = "\r\n"
	}
	if r.delim == '"' || r.delim == '\r' || r.delim == '\n' || !utf8.ValidRune(r.delim) || r.delim == utf8.RuneError || !text.has(r.delim) {
		return nil, fmt.Errorf("%q can't separate cells", r.delim)
	}
	var head []byte
	if o.BOM {
		head = append(head, bom...)
	}
	for i, name := range o.Columns {
		if err := text.check(name); err != nil {
			return nil, fmt.Errorf("column %d: %w", i+1, err)
		}
		// What would be taken for a byte order mark or for Excel's line that
		// names the delimiter, isn't at the beginning of a quoted cell.
		if i == 0 && (strings.HasPrefix(name, bom) || len(name) >= 4 && strings.EqualFold(name[:4], "sep=")) {
			head = appendQuoted(head, name)
		} else {
			head = r.appendCell(head, name)
		}
		head = utf8.AppendRune(head, r.delim)
	}
	for i, name := range ownColumns {
		if i == len(ownColumns)-1 {
			r.narrowHead = string(head) + r.eol
		}
		if i > 0 {
			head = utf8.AppendRune(head, r.delim)
		}
		head = r.appendCell(head, name)
	}
	r.head = string(head) + r.eol
	return r, nil
}

func (r *csvRows) begin(dst []byte) ([]byte, error) { return append(dst, r.head...), nil }

func (r *csvRows) end(dst []byte) []byte { return dst }

func (r *csvRows) row(dst []byte, e *Entry, _ bool) ([]byte, error) {
	cells := e.Cells
	if e.Unread {
		cells = nil
	}
	if len(cells) > r.columns {
		return dst, fmt.Errorf("it has %d cells, but there are %d columns", len(cells), r.columns)
	}
	for i := range r.columns {
		if i < len(cells) {
			if err := r.text.check(cells[i]); err != nil {
				return dst, fmt.Errorf("cell %d: %w", i+1, err)
			}
			dst = r.appendCell(dst, cells[i])
		}
		dst = utf8.AppendRune(dst, r.delim)
	}
	dst = r.appendCell(dst, strconv.FormatInt(e.Line, 10)) // a digit may be the delimiter
	dst = utf8.AppendRune(dst, r.delim)
	dst = r.appendCell(dst, strconv.Itoa(e.Status))
	dst = utf8.AppendRune(dst, r.delim)
	dst = r.appendCell(dst, r.text.plain(e.Error))
	dst = utf8.AppendRune(dst, r.delim)
	if e.Unread {
		dst = r.appendCell(dst, r.text.plain(e.Raw))
	}
	return append(dst, r.eol...), nil
}

// appendCell quotes what needs it. Line ends inside a cell stay as they are,
// which is why encoding/csv doesn't do: it makes them the file's own.
func (r *csvRows) appendCell(dst []byte, cell string) []byte {
	if r.needsQuotes(cell) {
		return appendQuoted(dst, cell)
	}
	return append(dst, cell...)
}

func (r *csvRows) needsQuotes(cell string) bool {
	if cell == "" {
		return false
	}
	if r.delim < utf8.RuneSelf {
		d := byte(r.delim)
		for i := range len(cell) {
			if c := cell[i]; c == '"' || c == '\n' || c == '\r' || c == d {
				return true
			}
		}
	} else if strings.ContainsRune(cell, r.delim) || strings.ContainsAny(cell, "\"\r\n") {
		return true
	}
	first, _ := utf8.DecodeRuneInString(cell)
	last, _ := utf8.DecodeLastRuneInString(cell)
	return unicode.IsSpace(first) || unicode.IsSpace(last) // some readers trim
}

func appendQuoted(dst []byte, cell string) []byte {
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(cell, '"')
		if i < 0 {
			break
		}
		dst = append(dst, cell[:i+1]...)
		dst = append(dst, '"')
		cell = cell[i+1:]
	}
	dst = append(dst, cell...)
	return append(dst, '"')
}

// jsonRows writes NDJSON, or an array with one object a line.
type jsonRows struct {
	array bool
	crlf  bool
	bom   bool
	text  *charset
}

func (r *jsonRows) eol(dst []byte) []byte {
	if r.crlf {
		dst = append(dst, '\r')
	}
	return append(dst, '\n')
}

func (r *jsonRows) begin(dst []byte) ([]byte, error) {
	if r.bom {
		dst = append(dst, bom...)
	}
	if r.array {
		dst = r.eol(append(dst, '['))
	}
	return dst, nil
}

func (r *jsonRows) end(dst []byte) []byte {
	if r.array {
		dst = r.eol(append(r.eol(dst), ']'))
	}
	return dst
}

func (r *jsonRows) row(dst []byte, e *Entry, first bool) ([]byte, error) {
	if len(e.Names) != len(e.Values) {
		return dst, fmt.Errorf("it has %d keys, but %d values", len(e.Names), len(e.Values))
	}
	if r.array && !first {
		dst = r.eol(append(dst, ','))
	}
	dst = append(dst, '{')
	if !e.Unread {
		for i, name := range e.Names {
			dst = append(r.quote(dst, name), ':')
			dst = append(r.value(dst, e.Values[i]), ',')
		}
	}
	dst = append(dst, `"_crmsync":{"line":`...)
	dst = strconv.AppendInt(dst, e.Line, 10)
	dst = append(dst, `,"status":`...)
	dst = strconv.AppendInt(dst, int64(e.Status), 10)
	dst = append(dst, `,"error":`...)
	dst = r.quote(dst, e.Error)
	if e.Unread {
		dst = append(dst, `,"raw":`...)
		dst = r.quote(dst, e.Raw)
	}
	dst = append(dst, "}}"...)
	if !r.array {
		dst = r.eol(dst)
	}
	return dst, nil
}

// quote appends a string, with what the encoding lacks as an escape.
func (r *jsonRows) quote(dst []byte, s string) []byte {
	from := len(dst)
	// The error is about invalid UTF-8, which becomes U+FFFD: JSON has nothing
	// better, and texts come as valid UTF-8.
	dst, _ = jsontext.AppendQuote(dst, s)
	return r.text.escape(dst, from)
}

// value appends a value byte for byte, but on one line: outside of strings, where
// JSON allows no line end, one means nothing.
func (r *jsonRows) value(dst []byte, v jsontext.Value) []byte {
	from := len(dst)
	dst = append(dst, v...)
	if bytes.ContainsAny(v, "\r\n") {
		for i := from; i < len(dst); i++ {
			if dst[i] == '\r' || dst[i] == '\n' {
				dst[i] = ' '
			}
		}
	}
	return r.text.escape(dst, from)
}
