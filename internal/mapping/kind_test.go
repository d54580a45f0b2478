package mapping

import (
	"errors"
	"slices"
	"testing"
)

func TestRecordsWithTheSameFaultHaveTheSameKind(t *testing.T) {
	kind := func(values ...string) string {
		e := &RowError{}
		for i, v := range values {
			column := []string{"price", "stock"}[i]
			e.Problems = append(e.Problems, Problem{
				Column: column, Value: clean(v),
				Text:  "column " + show(column) + ": " + show(v) + " is not a number (send the number alone, without \"kg\")",
				label: len("column " + show(column)),
			})
		}
		return e.Kind()
	}
	if a, b := kind("x1", "y"), kind("x2", "z"); a != b || a != `column "price": … is not a number; column "stock": … is not a number` {
		t.Errorf("kinds are %q and %q", a, b)
	}
	if kind("x1") == kind("x1", "y") {
		t.Error("one fault and two are told apart")
	}
	object := func(v string) string {
		return (&RowError{Problems: []Problem{{Value: v, Text: v + " contradicts the schema"}}}).Kind()
	}
	if a, b := object(`{"id":1}`), object(`{"id":2}`); a != b {
		t.Errorf("kinds are %q and %q", a, b)
	}
}

// Records that want different things of whoever mends them are counted apart:
// the summary shows the first of a kind for all of them.
func TestTheKindOfAFaultIsOneOfItsAdvice(t *testing.T) {
	m := mustNew(t, Options{Object: "products", Match: "sku", Schema: products(), Columns: []string{"sku", "Price (EUR)", "category"}, Map: []Column{{"Price (EUR)", "price"}}})
	kind := func(price, category string) string {
		_, err := m.MapCells([]string{"A", price, category})
		var row *RowError
		if !errors.As(err, &row) {
			t.Fatalf("%s, %s: %v", price, category, err)
		}
		return row.Kind()
	}
	for _, same := range [][2]string{{"1.234,50", "12,5"}, {"12,5", "1,234"}, {"12 kg", "3 m"}, {"abc", "Price (EUR)"}, {"007", "-01"}, {"1e5", "4,93E+11"}} {
		if a, b := kind(same[0], ""), kind(same[1], ""); a != b {
			t.Errorf("%q and %q are told apart: %s and %s", same[0], same[1], a, b)
		}
	}
	if a, b := kind("1", "Bookz"), kind("1", "none"); a != b {
		t.Errorf("two unknown options are told apart: %s and %s", a, b)
	}
	var all []string
	for _, other := range []string{"1.234,50", "12 kg", "abc", "007", "1e5"} {
		if k := kind(other, ""); slices.Contains(all, k) {
			t.Errorf("%q is counted with others: %s", other, k)
		} else {
			all = append(all, k)
		}
	}
}
