package source

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

func TestAnArchiveWithoutAWorkbookIsCalledWhatItIs(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	e, err := w.Create("p.csv")
	if err != nil {
		t.Fatal(err)
	}
	e.Write([]byte("sku,name\nA,b\n"))
	w.Close()
	got, hint := failure(t, "p.xlsx", b.String(), Options{})
	if got != "p.xlsx: this is a ZIP archive without an Excel workbook in it" || !strings.Contains(hint, "unpack it") {
		t.Errorf("got %s, hint %q", got, hint)
	}
}
