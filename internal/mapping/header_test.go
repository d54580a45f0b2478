package mapping

import "testing"

func TestTheClosestNameHasSomethingInCommon(t *testing.T) {
	names := []named{{"n", []string{"n"}}, {"at", []string{"at"}}, {"price", []string{"price"}}}
	for name, want := range map[string]string{"📦": "", "~": "", "=": "", "N.": "n", "ad": "at", "prise": "price", "product price": "price", "quux": ""} {
		if got, _ := closest(name, names); got != want {
			t.Errorf("the closest to %q is %q, want %q", name, got, want)
		}
	}
}
