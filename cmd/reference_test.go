package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func TestTheReferenceIsThatOfTheCommands(t *testing.T) {
	dir := filepath.Join("..", "docs", "reference")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		kept[e.Name()] = strings.ReplaceAll(string(content), "\r\n", "\n")
	}
	if diff := cmp.Diff(ReferenceMarkdown(), kept); diff != "" {
		t.Errorf("go run ./internal/reference markdown docs/reference brings it up to date (-want +got):\n%s", diff)
	}
}

func TestEveryCommandHelpsWithExamplesFirst(t *testing.T) {
	eachPage(func(c *cobra.Command) {
		if c.Short == "" {
			t.Errorf("%s doesn't say what it does", c.CommandPath())
		}
		usage := usageText(c)
		if !strings.HasPrefix(usage, "Examples:\n  crmsync") {
			t.Errorf("the help of %s doesn't begin with examples:\n%s", c.CommandPath(), usage)
		}
	})
}

func TestManPagesEscapeWhatRoffWouldRead(t *testing.T) {
	for _, test := range []struct{ name, want, text string }{
		{"a dot at the beginning of a line", "a\n\\&.b", "a\n.b"},
		{"a hyphen", `\-\-map`, "--map"},
		{"a quote at the beginning of a line", `\(aqa\(aq`, "'a'"},
		{"a backslash", `\et`, `\t`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := roffLines(test.text); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
