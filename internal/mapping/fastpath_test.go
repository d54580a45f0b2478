package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

func TestTextIsQuotedLikeTheLibraryDoes(t *testing.T) {
	// Short pieces in any order, so that each stands at each place of a word.
	piece := rapid.OneOf(rapid.StringMatching(`[ -~]{0,9}`), rapid.SampledFrom([]string{`"`, `\`, "\x00", "\x1f", "\x7f", "ä", "日", "\xff", "\u2028"}))
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
		want, err := jsontext.AppendQuote(nil, s)
		got, problem := appendText(nil, s)
		switch {
		case (err != nil) != (problem != ""):
			t.Fatalf("%q: problem %q, the library's error is %v", s, problem, err)
		case problem == "" && string(got) != string(want):
			t.Fatalf("%q became %s, want %s", s, got, want)
		}
	})
}

func TestLowerCaseIsTheLibrarys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ -~]{0,80}`).Draw(t, "text")
		if got, ok := lowerASCII(s); !ok || got != strings.ToLower(s) {
			t.Fatalf("%q became %q, %t", s, got, ok)
		}
		if got, ok := lowerASCII(s + "É"); ok {
			t.Fatalf("%q was taken for ASCII: %q", s+"É", got)
		}
	})
}

// A converter remembers between which days the clocks don't change. What it
// says must be what each moment says for itself.
func TestOffsetsThatAreRememberedAreRight(t *testing.T) {
	// Zones with summer time, without, with a skipped day, with half-hour
	// shifts, and with changes in quick succession.
	names := []string{"Europe/Berlin", "UTC", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca", "America/New_York"}
	rapid.Check(t, func(t *rapid.T) {
		location, err := time.LoadLocation(rapid.SampledFrom(names).Draw(t, "location"))
		if err != nil {
			t.Fatal(err)
		}
		c := &datetimeConverter{location: location}
		start := time.Date(rapid.IntRange(1890, 2090).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC)
		for _, minutes := range rapid.SliceOfN(rapid.IntRange(0, 2*366*24*60), 1, 40).Draw(t, "minutes") {
			at := start.Add(time.Duration(minutes) * time.Minute)
			m := moment{day: day{at.Year(), int(at.Month()), at.Day()}, clock: clock{hour: at.Hour(), minute: at.Minute()}}
			offset, wantProblem := m.in(location)
			want := ""
			if wantProblem == "" {
				want = offsetText(offset)
			}
			if got, problem := c.offsetOf(m); got != want || problem != wantProblem {
				t.Fatalf("%s: offset %q%s, want %q%s", at, got, problem, want, wantProblem)
			}
		}
	})
}

func TestARecordThatIsOnlyCheckedHasNoBody(t *testing.T) {
	d := NewDuplicates()
	m := mustNew(t, Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku", "price"}, Input: "a.csv",
		Profile: true, CheckOnly: true, Duplicates: d})
	for i, cells := range [][]string{{"A1", "1"}, {"A1", "x"}, {"A1", "2"}} {
		m.At(int64(i) + 2)
		a, err := m.MapCells(cells)
		if (err != nil) != (i == 1) || a.Body != nil || a.Lanes != nil {
			t.Errorf("record %d: %+v, %v", i, a, err)
		}
	}
	// The second can't be sent, so it overwrites nothing.
	if count := d.Count(); count.Values != 1 || count.Repeats != 1 || count.First[0].Places[1].Line != 4 {
		t.Errorf("duplicates: %+v", count)
	}
}
