package cmd

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// pushed runs a push with an empty environment and gives its exit code and what
// it said on stderr.
func pushed(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out, err bytes.Buffer
	code := Main(t.Context(), Streams{In: strings.NewReader(""), Out: &out, Err: &err}, append([]string{"push"}, args...))
	return code, err.String()
}

// Every pair of push's flags that makes no sense has a sentence that names both
// of them, or what the one is about, and a way out.
func TestFlagsThatMakeNoSenseTogetherAreRefused(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"p.csv": "sku,price\nA-1,29\n", "p.ndjson": `{"sku":"A-1"}` + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const workbook = "p.xlsx"
	book := excelize.NewFile()
	defer book.Close()
	if err := errors.Join(book.SetSheetRow("Sheet1", "A1", &[]any{"sku", "price"}), book.SetSheetRow("Sheet1", "A2", &[]any{"A-1", 29}),
		book.SaveAs(workbook)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ file, flags, want string }{
		{"p.csv", "--sandbox --base-url https://crm.example", "--sandbox and --base-url contradict each other"},
		{"p.csv", "--sandbox --token-file t", "--sandbox needs no token"},
		{"p.csv", "--sandbox --only-changed", "--sandbox begins with an empty CRM"},
		{"p.csv", "--schema off --locale de", "--locale does nothing with --schema off"},
		{"p.csv", "--schema off --timezone UTC", "--timezone does nothing with --schema off"},
		{"p.csv", "--schema off --list-separator |", "--list-separator does nothing with --schema off"},
		{"p.csv", "--schema off --unknown-columns drop", "--unknown-columns does nothing with --schema off"},
		{"p.csv", "--format ndjson --columns a,b", "--columns is for files without a header"},
		{"p.csv", "--format ndjson --delimiter ,", "--delimiter is what divides CSV cells, and the input is ndjson"},
		{"p.csv", "--format tsv --delimiter ,", "--format tsv means that cells are divided by tabs"},
		{"p.csv", "--columns a,b --header-row 2", "--columns is for files without a header, and --header-row says where the header is"},
		{"p.csv", "--format csv --sheet Prices", "--sheet names a sheet of a workbook, and the input is csv"},
		{"p.ndjson", "--columns a,b", "--columns is for files without a header; p.ndjson is JSON"},
		{"p.ndjson", "--header-row 2", "--header-row says where the column names are; p.ndjson is JSON"},
		{"p.ndjson", "--delimiter ,", "--delimiter is what divides CSV cells, and p.ndjson is ndjson"},
		{"p.ndjson", "--sheet Prices", "--sheet names a sheet of a workbook, and p.ndjson is ndjson"},
		{workbook, "--delimiter ,", "--delimiter is what divides CSV cells, and " + workbook + " is xlsx"},
		{workbook, "--encoding utf-8", "--encoding is of text files"},
		{"p.csv", "-q -v", "contradict each other"},
		{"p.csv", "-q --progress always", "-q (nothing but errors) and --progress always contradict each other"},
		{"p.csv", "--full", "--full says how --only-changed works, and that is not on"},
		{"p.csv", "--max-age 7d", "--max-age says how --only-changed works"},
		{"p.csv", "--state s", "--state says how --only-changed works"},
		{"p.csv", "--report-missing", "--report-missing says how --only-changed works"},
		{"p.csv", "--only-changed --full --max-age 7d", "--full sends everything, so --max-age has nothing to choose"},
		{"p.csv", "--only-changed --report-missing --limit 3", "--report-missing compares with the whole input, and --limit reads a part of it"},
	} {
		t.Run(test.flags, func(t *testing.T) {
			args := append([]string{test.file, "--object", "products", "-m", "sku"}, strings.Fields(test.flags)...)
			code, said := pushed(t, args...)
			if code != int(exitUsage) || !strings.Contains(said, "error: ") || !strings.Contains(said, test.want) {
				t.Errorf("exit code %d:\n%s\nwant %d and %q", code, said, exitUsage, test.want)
			}
			if !strings.Contains(said, "\nhint: ") {
				t.Errorf("it says no way out:\n%s", said)
			}
		})
	}
}
