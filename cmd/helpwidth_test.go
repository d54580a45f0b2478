package cmd

import (
	"strings"
	"testing"
)

func TestHelpFitsTheTerminal(t *testing.T) {
	const text = "Push asserts every record of the files into\none CRM object.\n\n" +
		"Examples:\n" +
		"  crmsync push products.csv --match sku    the object is products\n" +
		"  crmsync push export.csv --object products --match sku --unknown-columns drop\n\n" +
		"Target:\n" +
		"  -m, --match ATTR   ATTR that identifies a record, such as sku or email (required)\n\n" +
		"Every flag can also be set in the environment.\n"
	for width, want := range map[int]string{
		0: text,
		50: "Push asserts every record of the files into one\nCRM object.\n\n" +
			"Examples:\n" +
			"  crmsync push products.csv --match sku\n          the object is products\n" +
			"  crmsync push export.csv --object products --match sku --unknown-columns drop\n\n" +
			"Target:\n" +
			"  -m, --match ATTR   ATTR that identifies a\n" +
			"                     record, such as sku or email\n" +
			"                     (required)\n\n" +
			"Every flag can also be set in the environment.\n",
	} {
		if got := fitHelp(text, width); got != want {
			t.Errorf("%d columns:\n%s\nwant\n%s", width, got, want)
		}
	}
	a := &app{}
	for _, width := range []int{60, 80} {
		for line := range strings.Lines(fitHelp(usageText(a.pushCommand()), width)) {
			if len([]rune(line)) > width+1 && !strings.HasPrefix(line, "  crmsync ") && !strings.Contains(line, " | crmsync ") {
				t.Errorf("%d columns: %q is too long", width, line)
			}
		}
	}
}
