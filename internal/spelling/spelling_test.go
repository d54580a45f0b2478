package spelling

import "testing"

func TestTheClosestWordIsOneThatFingersMeant(t *testing.T) {
	names := []string{"push", "schema", "objects", "sandbox", "version", "map", "rate", "match", "max-wait"}
	for _, test := range []struct{ name, word, want string }{
		{"swapped letters", "psuh", "push"},
		{"a missing letter", "schma", "schema"},
		{"a beginning", "obj", "objects"},
		{"other case", "PUSH", "push"},
		{"the first two swapped", "upsh", "push"},
		{"the first left out", "chema", "schema"},
		{"a short word with a letter too many", "mapp", "map"},
		{"a short word with two letters swapped", "amp", "map"},
		{"another short word", "man", ""},
		{"a short word that is the beginning of another", "max", "max-wait"},
		{"another word that rhymes", "batch", ""},
		{"another word that ends alike", "create", ""},
		{"another word in which much is alike", "rejects", ""},
		{"nothing like it", "frobnicate", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Closest(test.word, names); got != test.want {
				t.Errorf("the closest to %q is %q, want %q", test.word, got, test.want)
			}
		})
	}
}

func TestTheClosestFileIsOfTheSameDay(t *testing.T) {
	names := []string{"products-2025-01.csv", "people.csv", "Deals.xlsx", "x.csv"}
	for name, want := range map[string]string{
		"prodcuts-2025-01.csv": "products-2025-01.csv",
		"products-2025-02.csv": "",
		"people":               "people.csv",
		"deals.xlsx":           "Deals.xlsx",
		"y.csv":                "",
	} {
		if got := ClosestFile(name, names); got != want {
			t.Errorf("the closest to %q is %q, want %q", name, got, want)
		}
	}
}

func TestDistanceCountsLettersInsertedRemovedReplacedAndSwapped(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"price", "price", 0}, {"prise", "price", 1}, {"pirce", "price", 1},
		{"prices", "price", 1}, {"größe", "grosse", 3}, {"ca", "abc", 3}, {"kitten", "sitting", 3},
	} {
		if got := Distance(test.a, test.b); got != test.want {
			t.Errorf("from %q to %q it is %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
