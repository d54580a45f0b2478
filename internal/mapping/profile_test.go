package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProfile(t *testing.T) {
	m := mustNew(t, Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku", "price", "name"}, Profile: true, HasNull: true, Null: "-"})
	for i, cells := range [][]string{{"A1", "1", ""}, {"A2", "x", " "}, {"A3", "", ""}, {"A4", "-", ""}, {"A5", "1", ""}, {"A6", "y", ""}, {" ", "1", ""}} {
		m.At(int64(i) + 2)
		_, _ = m.MapCells(cells)
	}
	want := []ColumnProfile{
		{Columns: []string{"sku"}, Attribute: "sku", Type: "text", Match: true, Required: true, Filled: 6, Bad: 1, Samples: []string{`"A1"`, `"A2"`, `"A3"`},
			BadValues: []BadValue{{"", "the match value is blank, so the record can't be found again", 8}}},
		{Columns: []string{"price"}, Attribute: "price", Type: "number", Filled: 3, Blank: 1, Null: 1, Bad: 2, Samples: []string{"1"},
			BadValues: []BadValue{{"x", `"x" is not a number (a number looks like 1234.50)`, 3}, {"y", `"y" is not a number (a number looks like 1234.50)`, 7}}},
		{Columns: []string{"name"}, Attribute: "name", Type: "text", Required: true, Blank: 7},
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

func TestProfileOfKeys(t *testing.T) {
	m := mustNew(t, Options{Object: "products", Match: "sku", Schema: products(), Profile: true, DropUnknown: true})
	for _, text := range []string{
		`{"sku":"A1","colour":"red","name":"` + strings.Repeat("x", 200) + `"}`,
		`{"SKU":"A2","price":"cheap","colour":"blue"}`,
	} {
		names, values := object(t, text)
		_, _ = m.MapObject(names, values)
	}
	got := m.Profile()
	if len(got) != 3 || got[0].Filled != 2 || got[1].Samples[0] != `"`+strings.Repeat("x", 200)+`"` || got[2].BadValues[0].Value != "cheap" {
		t.Errorf("profile: %+v", got)
	}
	dropped := 0
	for _, plan := range m.Columns() {
		if plan.Column == "colour" && plan.Attribute == "" {
			dropped++
		}
	}
	if dropped != 1 {
		t.Errorf("a dropped key is told %d times", dropped)
	}
}
