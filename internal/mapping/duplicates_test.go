package mapping

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDuplicatesNameTheFirstPlacesOfAValue(t *testing.T) {
	d := NewDuplicates()
	for i, match := range []string{"A", "B", "A", "C", "A", "A", "A", "A"} {
		d.add(match, match, "a.csv", int64(i)+2)
	}
	d.add("C", "C", "b.csv", 2)
	d.add("D", "D", "b.csv", 3)
	d.add("D", "D", "c.csv", 9)
	want := DuplicateCount{Values: 3, Repeats: 7, Exact: true, First: []Duplicate{
		{Value: "A", Count: 6, Places: []Place{{"a.csv", 2}, {"a.csv", 4}, {"a.csv", 6}, {"a.csv", 7}, {"a.csv", 8}}},
		{Value: "C", Count: 2, Places: []Place{{"a.csv", 5}, {"b.csv", 2}}},
		{Value: "D", Count: 2, Places: []Place{{"b.csv", 3}, {"c.csv", 9}}},
	}}
	if diff := cmp.Diff(want, d.Count()); diff != "" {
		t.Error(diff)
	}
}

func TestDuplicatesTellSpellingsOfOneValue(t *testing.T) {
	d := NewDuplicates()
	for i, match := range []string{"A-1", "a-1", "B", " A-1", "a-1", "A-1", "b"} {
		d.add(match, laneKey("text", match), "a.csv", int64(i)+2)
	}
	d.add("B ", "b", "b.csv", 2)
	want := DuplicateCount{Values: 2, Repeats: 2, Respelt: 4, Exact: true, First: []Duplicate{
		{Value: "a-1", Count: 2, Places: []Place{{"a.csv", 3}, {"a.csv", 6}}},
		{Value: "A-1", Count: 2, Places: []Place{{"a.csv", 2}, {"a.csv", 7}}},
	}, FirstRespelt: []Respelt{
		{"a-1", Place{"a.csv", 3}, Place{"a.csv", 2}},
		{" A-1", Place{"a.csv", 5}, Place{"a.csv", 2}},
		{"b", Place{"a.csv", 8}, Place{"a.csv", 4}},
		{"B ", Place{"b.csv", 2}, Place{"a.csv", 4}},
	}}
	if diff := cmp.Diff(want, d.Count()); diff != "" {
		t.Error(diff)
	}
}

func TestDuplicatesOfAFullTableAreTheLeastThereCanBe(t *testing.T) {
	d := newDuplicates(100)
	for round := range 2 {
		for i := range 200 {
			d.add(fmt.Sprint("value ", i), fmt.Sprint("value ", i), "a.csv", int64(200*round+i))
		}
	}
	count := d.Count()
	if count.Exact || count.Values != 90 || count.Repeats != 90 {
		t.Errorf("%d values, %d repeats, exact %t; want 90, 90 and false", count.Values, count.Repeats, count.Exact)
	}
}

func TestDuplicatesShowABoundedNumberOfValues(t *testing.T) {
	d := NewDuplicates()
	for i := range 5 * mostDuplicates {
		match := fmt.Sprint(i / 2)
		d.add(match, match, "a.csv", 1<<40)
	}
	count := d.Count()
	if len(count.First) != mostDuplicates || count.Values != 5*mostDuplicates/2 {
		t.Errorf("%d values are shown, %d are counted", len(count.First), count.Values)
	}
	if first := count.First[0].Places[0]; first.Line != 0 {
		t.Errorf("a line beyond those remembered came back as %d", first.Line)
	}
}

func TestDuplicatesCountWhatAMapWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		matches := rapid.SliceOfN(rapid.StringMatching(`[abAB]{0,3}`), 0, 300).Draw(t, "matches")
		d := NewDuplicates()
		seen, again := map[string]int64{}, int64(0)
		lanes, respelt := map[string]bool{}, int64(0)
		for i, match := range matches {
			lane := laneKey("text", match)
			d.add(match, lane, "a.csv", int64(i))
			if seen[match] == 0 && lanes[lane] {
				respelt++
			}
			lanes[lane] = true
			if seen[match]++; seen[match] > 1 {
				again++
			}
		}
		values := int64(0)
		for _, n := range seen {
			if n > 1 {
				values++
			}
		}
		count := d.Count()
		if count.Values != values || count.Repeats != again || count.Respelt != respelt || !count.Exact {
			t.Fatalf("%d values, %d repeats, %d respelt, exact %t; want %d, %d, %d and true",
				count.Values, count.Repeats, count.Respelt, count.Exact, values, again, respelt)
		}
		for _, one := range count.First {
			if one.Count != seen[one.Value] {
				t.Fatalf("%q comes %d times, not %d", one.Value, seen[one.Value], one.Count)
			}
		}
	})
}

func BenchmarkDuplicates(b *testing.B) {
	d := NewDuplicates()
	values := make([]string, 1<<20)
	for i := range values {
		values[i] = fmt.Sprintf("SKU-%07d", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d.add(values[i%len(values)], values[i%len(values)], "a.csv", int64(i))
	}
}
