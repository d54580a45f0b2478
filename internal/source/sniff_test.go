package source

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestADelimiterIsFoundBehindAHeaderWithOneName(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		delimiter  rune
		columns    []string
		want       []string
	}{
		{"semicolons", "sku;;;\nA-1;;;\n\"B;2\"\n", ';', []string{"sku"}, []string{`2: "A-1"`, `3: "B;2"`}},
		{"commas", "sku,\nA;1,\n", ',', []string{"sku"}, []string{`2: "A;1"`}},
		{"a cell without a name", "sku;;\nA-1;red;\n", ';', []string{"sku"},
			[]string{`2: BAD the record has 3 cells, but the header names 1 column RAW "A-1;red;"`}},
		{"none", "sku\nA;1\n", ',', []string{"sku"}, []string{`2: "A;1"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := opened(t, "products.csv", tt.text, Options{})
			if r.Info().Delimiter != tt.delimiter {
				t.Errorf("the delimiter is %q", r.Info().Delimiter)
			}
			if diff := cmp.Diff(tt.columns, r.Columns()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.want, shown(all(t, r))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
