package source

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/shellwords"
)

// foreign is content that is no text of records, told by its first bytes.
type foreign struct{ magic, what, advice string }

// unpackers are the programs that decompress what is not read compressed, and
// what the names of their files end in.
var unpackers = map[string]struct{ program, ext string }{"BZh": {"bzip2", ".bz2"}, "\xFD7zXZ\x00": {"xz", ".xz"}}

var foreigners = []foreign{
	{"\xD0\xCF\x11\xE0", "an old Excel workbook (XLS) or one that is protected with a password", "open it in Excel and save it, without a password, as XLSX or CSV"},
	{"%PDF-", "a PDF document", "export the data as CSV"},
	{"BZh", "compressed with bzip2", ""},
	{"\xFD7zXZ\x00", "compressed with xz", ""},
	{"7z\xBC\xAF\x27\x1C", "a 7z archive", "unpack it first"},
	{"Rar!\x1A\x07", "a RAR archive", "unpack it first"},
	{"PAR1", "a Parquet file", "export it as NDJSON or CSV, for instance with duckdb"},
	{"Obj\x01", "an Avro file", "export it as NDJSON or CSV"},
	{"SQLite format 3\x00", "a SQLite database", `export a table: sqlite3 -csv -header FILE "select * from products" >products.csv`},
	{"\x1F\x8B", "compressed twice", "decompress it once"},
	{"\x28\xB5\x2F\xFD", "compressed twice", "decompress it once"},
	{"\x89PNG", "an image", namesRecords},
	{"\xFF\xD8\xFF", "an image", namesRecords},
	{"\x7FELF", "a program", namesRecords},
}

const namesRecords = "name the file that holds the records: CSV, TSV, NDJSON, JSON or XLSX"

// isZip tells a ZIP archive, which a workbook is one of.
func isZip(sample []byte) bool { return bytes.HasPrefix(sample, []byte("PK\x03\x04")) }

// isWorkbook tells an XLSX workbook from other ZIP archives.
func isWorkbook(sample []byte) bool {
	return isZip(sample) && (bytes.Contains(sample, []byte("xl/")) || bytes.Contains(sample, []byte("[Content_Types].xml"))) &&
		!bytes.Contains(sample, []byte("word/")) && !bytes.Contains(sample, []byte("ppt/"))
}

// refuseForeign says what the content is, where it is nothing that is read.
func refuseForeign(name string, stdin bool, sample []byte) error {
	if isZip(sample) || bytes.HasPrefix(sample, []byte("PK\x05\x06")) {
		return &InputError{Input: name, Problem: "this is a ZIP archive", Advice: "unpack it first"}
	}
	for _, f := range foreigners {
		if !bytes.HasPrefix(sample, []byte(f.magic)) {
			continue
		}
		advice := strings.ReplaceAll(f.advice, "FILE", shellwords.File(name))
		if u, ok := unpackers[f.magic]; ok {
			advice = unpack(name, stdin, u.program, u.ext)
		}
		return &InputError{Input: name, Problem: "this is " + f.what + ", not text", Advice: advice}
	}
	if len(sample) > 262 && string(sample[257:262]) == "ustar" {
		return &InputError{Input: name, Problem: "this is a tar archive", Advice: "unpack it first"}
	}
	return nil
}

// unpack says how to decompress an input. What comes out has the name that tells
// the object.
func unpack(name string, stdin bool, program, ext string) string {
	if stdin {
		return "decompress it: put " + program + " -dc into the pipe before crmsync"
	}
	if plain := strings.TrimSuffix(name, ext); plain != name {
		return fmt.Sprintf("decompress it, and name %s then: %s -dk %s", shellwords.File(plain), program, shellwords.File(name))
	}
	return fmt.Sprintf("decompress it: %s -dc %s >%s", program, shellwords.File(name), shellwords.File(name+".csv"))
}

// refuseMarkup says that text is HTML or XML: a page where an export was meant.
func refuseMarkup(name string, text []byte) error {
	head := strings.ToLower(string(bytes.TrimSpace(text[:min(len(text), 512)])))
	for _, start := range []string{"<!doctype html", "<html", "<head", "<body", "<table", "<script", "<meta"} {
		if strings.HasPrefix(head, start) {
			return &InputError{
				Input: name, Problem: "this is a web page (HTML), not data",
				Advice: "a download that needs a login often ends as a page: open it in a browser to see; an HTML table must be exported as CSV",
			}
		}
	}
	if strings.HasPrefix(head, "<?xml") || strings.HasPrefix(head, "<!doctype") {
		return &InputError{Input: name, Problem: "this is XML, which is not read", Advice: "export the data as CSV or NDJSON"}
	}
	return nil
}

// WithoutPacking is a file's name without the ending of a compression that is read,
// in whatever case: products.csv of products.csv.gz.
func WithoutPacking(name string) string {
	ext := filepath.Ext(name)
	switch strings.ToLower(ext) {
	case ".gz", ".gzip", ".zst", ".zstd":
		return strings.TrimSuffix(name, ext)
	}
	return name
}

// formatOfName tells the format by the file's extension, under that of its
// compression. Auto means that the name says nothing.
func formatOfName(path string) (format Format, ext string) {
	switch ext = strings.ToLower(filepath.Ext(WithoutPacking(filepath.Base(path)))); ext {
	case ".csv":
		return CSV, ext
	case ".tsv", ".tab":
		return TSV, ext
	case ".ndjson", ".jsonl", ".ldjson", ".jsonlines":
		return NDJSON, ext
	case ".json":
		return JSON, ext
	case ".xlsx", ".xlsm":
		return XLSX, ext
	}
	return Auto, ext
}

// textFormat decides how text is read: as the user says, else by name and
// content.
func textFormat(name string, wanted, named Format, ext string, text []byte) (Format, string, error) {
	look := lookOfJSON(text)
	switch {
	case wanted == NDJSON && look == severalLines:
		return "", "", spreadObjects(name)
	case wanted != Auto:
		return wanted, "--format says so", nil
	}
	fail := func(problem, advice string) (Format, string, error) {
		return "", "", &InputError{Input: name, Problem: problem, Advice: advice}
	}
	switch named {
	case CSV, TSV:
		switch look {
		case array:
			return fail("this is a JSON array, not "+strings.ToUpper(string(named)), "rename it to .json, or say --format json")
		case severalLines:
			return fail("this is JSON, not "+strings.ToUpper(string(named)), "rename it to .json, or say --format json")
		case oneLine:
			return fail("this is NDJSON, not "+strings.ToUpper(string(named)), "rename it to .ndjson, or say --format ndjson")
		}
		return named, "the name ends in " + ext, nil
	case NDJSON:
		switch look {
		case array:
			return JSON, "the name ends in " + ext + ", but the content is one JSON array", nil
		case severalLines:
			return "", "", spreadObjects(name)
		}
		if look == noJSON && looksLikeCSV(text) {
			return fail("this looks like CSV, not NDJSON", "rename it to .csv, or say --format csv")
		}
		return NDJSON, "the name ends in " + ext, nil
	case JSON:
		switch look {
		case array, severalLines:
			return JSON, "the name ends in " + ext, nil
		case oneLine:
			return NDJSON, "the content is one JSON object a line", nil
		}
		begin := bytes.TrimSpace(text)
		switch {
		case len(begin) == 0:
			return fail("the file is empty: not even []", "an empty input of JSON is written []")
		case begin[0] == '[':
			return JSON, "the name ends in " + ext, nil
		case begin[0] == '{' && len(begin) > 1:
			return JSON, "the name ends in " + ext, nil
		}
		if looksLikeCSV(text) {
			return fail("this looks like CSV, not JSON", "rename it to .csv, or say --format csv")
		}
		return fail("this is not JSON: neither an array nor an object", "name the format with --format")
	case XLSX:
		return fail("this is not an Excel workbook, though its name says so", "name the format with --format")
	}
	switch {
	case look == array:
		return JSON, "the content is a JSON array", nil
	case look == severalLines:
		return JSON, "the content is JSON objects over several lines", nil
	case look == oneLine:
		return NDJSON, "the content is one JSON object a line", nil
	case len(bytes.TrimSpace(text)) == 0:
		return fail("the input is empty, so its format can't be told", "an empty input of CSV still has its header line, and one of JSON is written []; of NDJSON it may be nothing at all: --format ndjson")
	}
	return CSV, "the content is no JSON", nil
}

// looksLikeCSV tells whether the first two lines are cells with something
// between them, and neither begins like JSON.
func looksLikeCSV(text []byte) bool {
	lines := 0
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if line[0] == '{' || line[0] == '[' || !bytes.ContainsAny(line, ",;\t|") {
			return false
		}
		if lines++; lines == 2 {
			return true
		}
	}
	return false
}

func spreadObjects(name string) error {
	return &InputError{
		Input: name, Problem: "the JSON objects run over several lines, but NDJSON has one a line",
		Advice: fmt.Sprintf("say --format json, or convert it: jq -c . %s", shellwords.File(name)),
	}
}

// jsonLook is what a text looks like as JSON.
type jsonLook int

const (
	noJSON       jsonLook = iota
	array                 // begins an array of objects
	oneLine               // an object that ends on its line
	severalLines          // an object that runs over several lines
)

func lookOfJSON(text []byte) jsonLook {
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) < 1 {
		return noJSON
	}
	rest := bytes.TrimLeft(text[1:], " \t\r\n")
	switch {
	case text[0] == '[':
		line, _, several := bytes.Cut(text, []byte{'\n'})
		switch {
		case several && jsontext.Value(bytes.TrimSpace(line)).IsValid() && len(bytes.TrimSpace(text[len(line):])) > 0:
			return noJSON // a line of NDJSON that is no object: its reader says so
		case len(rest) == 0 || rest[0] == '{' || rest[0] == ']':
			return array
		}
	case text[0] == '{' && (len(rest) == 0 || rest[0] == '"' || rest[0] == '}'):
		line, after, _ := bytes.Cut(text, []byte{'\n'})
		after = bytes.TrimLeft(after, " \t\r\n")
		if n, ok := balanced(text); len(after) > 0 && after[0] != '{' && (!ok || n > len(line)) && !closed(line) {
			return severalLines
		}
		return oneLine
	}
	return noJSON
}

// closed tells whether the line ends with the brace that ends its object.
func closed(line []byte) bool {
	n, ok := balanced(line)
	return ok && len(bytes.TrimSpace(line[n:])) == 0
}

// balanced finds the end of the JSON object or array that b begins with: the
// index after its last bracket. Quotes are respected, nothing else is checked.
func balanced(b []byte) (int, bool) {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		}
	}
	return len(b), false
}

// ObjectName is the CRM object that a file's name suggests: its base name up to
// the first dot, "" for stdin.
func ObjectName(path string) string {
	if path == "-" {
		return ""
	}
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return name
}
