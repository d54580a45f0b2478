package mapping

import "testing"

func TestRecordsWithTheSameFaultHaveTheSameKind(t *testing.T) {
	kind := func(values ...string) string {
		e := &RowError{}
		for i, v := range values {
			column := []string{"price", "stock"}[i]
			e.Problems = append(e.Problems, Problem{
				Column: column, Value: clean(v),
				Text: "column " + show(column) + ": " + show(v) + " is not a number (if it is German, use --locale de)",
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
