package shellwords

import "testing"

func TestQuote(t *testing.T) {
	for _, test := range []struct{ name, want, word string }{
		{"plain words stay", "--map", "--map"},
		{"paths and assignments stay", "/a/b-1.csv=x", "/a/b-1.csv=x"},
		{"blanks are quoted", "'Item No=sku'", "Item No=sku"},
		{"quotes within are closed and opened", `'it'\''s'`, "it's"},
		{"nothing is quoted to be seen", "''", ""},
		{"letters of any language stay", "größe=x", "größe=x"},
		{"what the shell expands is quoted", "'$HOME/*'", "$HOME/*"},
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
