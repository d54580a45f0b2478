package shellwords

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestQuote(t *testing.T) {
	for _, test := range []struct{ name, want, word string }{
		{"plain words stay", "--map", "--map"},
		{"paths and assignments stay", "/a/b-1.csv=x", "/a/b-1.csv=x"},
		{"blanks are quoted", "'Item No=sku'", "Item No=sku"},
		{"quotes within are closed and opened", `'it'\''s'`, "it's"},
		{"nothing is quoted to be seen", "''", ""},
		{"letters of any language stay", "größe=x", "größe=x"},
		{"what the shell expands is quoted", "'$HOME/*'", "$HOME/*"},
		{"a newline is spelled out", `"$(printf 'a\012b')"`, "a\nb"},
		{"so is what printf would take for its own beside it", `"$(printf '\055\045\134\047\011')"`, "-%\\'\t"},
		{"and what turns the direction of text", `"$(printf 'a\342\200\256b')"`, "a\u202eb"},
		{"and bytes that are no text", `"$(printf 'caf\351')"`, "caf\xe9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Quote(test.word); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestFile(t *testing.T) {
	for _, test := range []struct{ name, want, path string }{
		{"a plain name stays", "products.csv", "products.csv"},
		{"blanks are quoted", "'my products.csv'", "my products.csv"},
		{"a dash is no option", "./-x.csv", "-x.csv"},
		{"nor with blanks", "'./-my x.csv'", "-my x.csv"},
		{"stdin stays", "-", "-"},
		{"a dash within stays", "a-x.csv", "a-x.csv"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := File(test.path); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestAShellReadsBackWhatWasQuoted(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	word := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.RuneFrom([]rune("'\"\\%$`-\n\t *"))))
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.Map(word, func(s string) string {
			return strings.TrimRight(strings.ReplaceAll(s, "\x00", ""), "\n") // no word holds the one, $(…) loses the others
		}), 1, 3).Draw(t, "words")
		got, err := exec.Command(sh, "-c", `printf '%s\0' `+Quote(words...)).Output()
		if want := strings.Join(words, "\x00") + "\x00"; err != nil || string(got) != want {
			t.Fatalf("got %q, want %q: %v", got, want, err)
		}
	})
}
