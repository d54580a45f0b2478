package mapping

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProfile(t *testing.T) {
	m := mustNew(t, Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku", "price", "name"}, Profile: true, HasNull: true, Null: "-"})
	for _, cells := range [][]string{{"A1", "1", ""}, {"A2", "x", " "}, {"A3", "", ""}, {"A4", "-", ""}, {"A5", "1", ""}, {"A6", "y", ""}} {
		_, _ = m.MapCells(cells)
	}
	want := []ColumnProfile{
		{Columns: []string{"sku"}, Attribute: "sku", Type: "text", Match: true, Filled: 6, Samples: []string{`"A1"`, `"A2"`, `"A3"`}},
		{Columns: []string{"price"}, Attribute: "price", Type: "number", Filled: 2, Blank: 1, Null: 1, Bad: 2, Samples: []string{"1"}, BadValues: []string{"x", "y"}},
		{Columns: []string{"name"}, Attribute: "name", Type: "text", Blank: 6},
	}
	if diff := cmp.Diff(want, m.Profile()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"name"}, m.NeverFilled()); diff != "" {
		t.Error(diff)
	}
}

func TestManyKeysAreBounded(t *testing.T) {
	m := mustNew(t, Options{Object: "products", Match: "sku"})
	names, values := object(t, `{"sku":"A1","x":1}`)
	for i := range 2 * maxSlots {
		names[1] = "key " + string(rune('a'+i%26)) + string(rune(0x4e00+i))
		if _, err := m.MapObject(names, values); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.bySlot) > maxSlots || len(m.fields) > maxSlots {
		t.Errorf("%d keys and %d fields are remembered", len(m.bySlot), len(m.fields))
	}
}
