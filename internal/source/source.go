// Package source turns bytes into records: it opens a file or stdin, finds out
// compression, encoding, format and delimiter, and reads CSV, TSV, NDJSON, JSON
// arrays and Excel workbooks one record at a time in bounded memory. A record that
// can't be read is handed out as such, with its raw text; reading goes on after it.
//
// What a cell means (types, attributes, blank cells) is package mapping's.
//
// # Where to begin reading
//
// [Open] (open.go) goes through these steps:
//
//	open      the file or stdin, and what unpacks it       input.go
//	survey    a file as a whole, or a stream's beginning   survey.go, stream.go
//	encoding  of its text, and whether that may be true    encoding.go, western.go, foreign.go
//	format    or what the content is that isn't read       format.go, wrapped.go
//	layout    of CSV: delimiter and header                 sniff.go, header.go, title.go
//
// Then [Reader.Read] hands on what the reader of the format gives. That of CSV
// (csv.go) takes records without quotes at a stroke, has csv_scan.go look at the
// others, and finds its way back after a damaged one in csv_resync.go. NDJSON
// (ndjson.go) and JSON arrays (json.go) share object.go. Workbooks (xlsx.go) are
// looked through beforehand (xlsx_archive.go, xlsx_check.go), since the library that
// reads them passes over what it doesn't understand.
package source

import (
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Format is how an input's records are written.
type Format string

// The formats. Auto finds the format from the file's name and content.
const (
	Auto   Format = ""
	CSV    Format = "csv"
	TSV    Format = "tsv"
	NDJSON Format = "ndjson"
	JSON   Format = "json" // one array of objects
	XLSX   Format = "xlsx"
)

// Options says how to read an input. The zero value detects everything.
type Options struct {
	Format    Format    // Auto detects it
	Delimiter rune      // between CSV cells; 0 sniffs it among , ; tab |
	Encoding  string    // IANA name, e.g. "windows-1252"; "" detects it
	Columns   []string  // names of the columns where the file has no header
	Sheet     string    // XLSX: the sheet's name; "" is the first
	HeaderRow int       // row that holds the column names, from 1; 0 finds it
	Decimal   string    // XLSX: what number cells have before their fraction; "" is a point
	Stdin     io.Reader // what the path "-" reads
	Once      bool      // nobody will want to know the input again: it gets no fingerprint

	// MaxRecordBytes is the longest record (CSV record, cell or line) that is
	// read whole; a longer one is a bad record. 0 means 16 MiB.
	MaxRecordBytes int
}

// Info is what was found out about an input when it was opened.
type Info struct {
	Name        string // the path as given; "stdin" for "-"
	Stdin       bool
	Format      Format
	Delimiter   rune   // CSV and TSV only
	Encoding    string // IANA name in lower case: "utf-8", "utf-16le", "windows-1252"
	BOM         bool   // the input begins with a byte order mark
	CRLF        bool   // CSV: the header line ends in CR LF
	Compression string // "", "gzip", "zstd"
	Size        int64  // bytes on disk; -1 where unknown (stdin)

	// HeaderBelow is the line in which the column names of CSV seem to stand where
	// the first line holds a title alone; else 0.
	HeaderBelow int

	// Doubtful is the first cell with letters beyond ASCII where nothing but the
	// absence of anything else says that the text is Windows-1252: a look at it tells
	// whether it is. "" where the encoding is known.
	Doubtful string

	// Fingerprint identifies the whole content ("sha256:…"); "" for stdin and
	// where Options.Once says that it isn't wanted.
	Fingerprint string

	// Reasons says in plain words why each of the above was chosen, for -v.
	Reasons []string
}

// Position is a place between two records of an input.
type Position struct {
	Offset  int64 `json:"offset"`  // bytes of the file before it; -1 where the file can't be entered there
	Line    int64 `json:"line"`    // line at which the next record begins, from 1
	Records int64 `json:"records"` // records before it
}

// Record is one record of an input. Either Err is set, or Cells (CSV, TSV,
// XLSX), or Names and Values (NDJSON, JSON). Columns that begin with "crmsync_"
// and the JSON key "_crmsync" are left out: they are a reject file's own.
// A record stays valid after the next Read.
type Record struct {
	Line   int64            // the record's first line in the input, from 1
	Cells  []string         // one for each of Reader.Columns
	Names  []string         // the object's keys, in order
	Values []jsontext.Value // the values of Names, byte for byte
	Raw    string           // with Err: the record's text as far as it was kept, as valid UTF-8
	Err    error            // why it could not be read: a *RecordError
	End    Position         // where the next record begins
}

// RecordError says why a record could not be read.
type RecordError struct {
	Problem string // e.g. `the record has 9 cells, but the header names 7 columns`
	Hint    string // what to do, may be ""
}

func (e *RecordError) Error() string {
	if e.Hint == "" {
		return e.Problem
	}
	return e.Problem + " (" + e.Hint + ")"
}
