package source

import "testing"

func TestAHeaderBelowATitleIsFound(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       int
	}{
		{"a title alone", "Price list 2025\nsku,name\nA,Cup\n", 2},
		{"and a blank line", "Price list 2025\r\n\r\nsku;name\r\nA;Cup\r\n", 3},
		{"a title with empty cells", "Price list;;\nsku;name;price\nA;Cup;3\n", 2},
		{"two lines above", "Acme\nas of today\nsku\tname\nA\tCup\n", 3},
		{"no title", "sku,name\nA,Cup\n", 0},
		{"one column", "name\nAnn\nBob\n", 0},
		{"values below the title", "Price list\n1,2\n3,4\n", 0},
		{"lines of several lengths", "Price list\na,b\na,b,c\na\n", 0},
		{"nothing", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := headerBelow([]byte(tt.text)); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
