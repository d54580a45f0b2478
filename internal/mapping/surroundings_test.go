package mapping

import (
	"strings"
	"testing"
)

func TestWhatMayBeASignIsNeverAdvisedAway(t *testing.T) {
	const minus = " (write a negative number with a minus before it)"
	mayBe := func(word string) string {
		return " (send the number alone, with a minus before it if " + show(word) + " makes it negative)"
	}
	for _, tt := range []struct{ locale, cell, hint string }{
		{"", "12.50-", minus}, {"de", "12,50-", minus}, {"de", "12,50−", minus}, {"de", "1.234,50 -", minus}, {"", "(12.50)", minus},
		{"de", "12,50- €", minus}, {"de", "12,50-EUR", minus}, {"de", "12,50 €-", minus}, {"de", "€ 12,50-", minus}, {"", "€(12.50)", minus}, {"", "EUR (12.50)", minus},
		{"de", "12,50 H", mayBe("H")}, {"de", "12,50S", mayBe("S")}, {"de", "S 12,50", mayBe("S")}, {"de", "12,50 € H", mayBe("H")}, {"de", "H 12,50 €", mayBe("H")},
		{"", "12.50 CR", mayBe("CR")}, {"", "12.50 Dr.", mayBe("Dr.")}, {"", "DR 12.50", mayBe("DR")}, {"de", "12,50 Soll", mayBe("Soll")}, {"", "minus 12.50", mayBe("minus")},
	} {
		for _, attribute := range []string{"price", "cost"} {
			got := sent(t, Options{Locale: tt.locale}, attribute, tt.cell)
			if !strings.HasPrefix(got, show(tt.cell)+" is not a") || !strings.HasSuffix(got, tt.hint) {
				t.Errorf("%s in %q for %s: %s, want%s", tt.cell, tt.locale, attribute, got, tt.hint)
			}
		}
	}
}

func TestALetterThatNoBookkeeperWritesIsAUnit(t *testing.T) {
	for _, cell := range []string{"5 m", "12 g", "5h", "10 t", "3 d"} {
		want := " (send the number alone, without " + show(strings.TrimLeft(cell, "0123456789 ")) + ")"
		if got := sent(t, Options{}, "price", cell); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s", cell, got)
		}
	}
	if got := sent(t, Options{}, "price", "x1"); !strings.HasSuffix(got, `without "x")`) {
		t.Error(got)
	}
}

func TestADashForNoCentsIsNamedRatherThanTheCurrencyBesideIt(t *testing.T) {
	for _, cell := range []string{"€ 12,—", "12,–", "12,-", "12,-- €", "1.234,— EUR", "12.-"} {
		for _, attribute := range []string{"price", "cost"} {
			want := show(cell) + " is not a number (write digits instead of the dash behind the separator)"
			got := strings.Replace(sent(t, Options{Locale: "de"}, attribute, cell), "an amount", "a number", 1)
			if got != want {
				t.Errorf("%s for %s: %s", cell, attribute, got)
			}
		}
	}
}
