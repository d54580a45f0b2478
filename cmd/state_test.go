package cmd

import "testing"

func TestSizesAreToldShortly(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 54_500: "54.5 kB", 99_949: "99.9 kB", 99_950: "100 kB",
		545_001_630: "545 MB", 5_450_000_000: "5.5 GB", 7_000_000_000_000: "7000 GB",
	} {
		if got := sizeText(bytes); got != want {
			t.Errorf("%d bytes: %s, want %s", bytes, got, want)
		}
	}
}

func TestAStateThatCannotBeReadIsOfTheObjectInItsName(t *testing.T) {
	for _, tt := range []struct {
		name, slug string
		want       bool
	}{
		{"products-0123456789abcdef.state", "products", true},
		{"products-0123456789abcdef.2-of-8.state", "products", true},
		{"products-old-0123456789abcdef.state", "products", false},
		{"products-0123456789abcdef.state", "product", false},
		{"products-0123456789abcdef.state.lock", "products", false},
		{"xproducts-0123456789abcdef.state", "products", false},
		{"aXb-0123456789abcdef.state", "a.b", false},
	} {
		if got := ownState(tt.name, tt.slug); got != tt.want {
			t.Errorf("%s, forgetting %s: %t, want %t", tt.name, tt.slug, got, tt.want)
		}
	}
}
