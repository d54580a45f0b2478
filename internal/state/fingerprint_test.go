package state

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestFingerprint(t *testing.T) {
	base := print("A", `{"a":1,"b":"x,y","c":{"d":[1,2]}}`)
	for _, tt := range []struct {
		name  string
		other Fingerprint
		same  bool
	}{
		{"another order of the members is the same", print("A", `{"c":{"d":[1,2]},"a":1,"b":"x,y"}`), true},
		{"another value isn't", print("A", `{"a":2,"b":"x,y","c":{"d":[1,2]}}`), false},
		{"another spelling of a number isn't", print("A", `{"a":1.0,"b":"x,y","c":{"d":[1,2]}}`), false},
		{"another match value isn't", print("a", `{"a":1,"b":"x,y","c":{"d":[1,2]}}`), false},
		{"another order inside a value isn't", print("A", `{"a":1,"b":"y,x","c":{"d":[2,1]}}`), false},
		{"a member less isn't", print("A", `{"a":1,"b":"x,y"}`), false},
		{"another attribute isn't", (&Hasher{}).Sum("ean", "A", []byte(`{"a":1,"b":"x,y","c":{"d":[1,2]}}`)), false},
	} {
		if (tt.other == base) != tt.same {
			t.Errorf("%s: %v", tt.name, tt.other)
		}
	}
	t.Run("keeps its value over versions", func(t *testing.T) {
		if got, want := base.String(), "db14ed9c89aa7fe0251b1ff7"; got != want {
			t.Errorf("it is %s", got)
		}
		if got, want := hashKey("sku-1"), uint64(0xb360dc87d45aee69); got != want {
			t.Errorf("the key's hash is %#x", got)
		}
	})
}

func TestDetails(t *testing.T) {
	for _, id := range []string{"", "42", "c1d2e3f4-a5b6-7890-cdef-123456789012", "C1D2E3F4-A5B6-7890-CDEF-123456789012",
		"c1d2e3f4-a5b6-7890-cdef-12345678901g", "c1d2e3f4+a5b6-7890-cdef-123456789012", strings.Repeat("x", 253), strings.Repeat("x", 254), strings.Repeat("x", 1000)} {
		for _, match := range []string{"", "A-1", "ü😀", strings.Repeat("y", 300)} {
			b := appendDetail(nil, id, match)
			gotID, gotMatch, err := parseDetail(b)
			if n, lerr := detailLen(append(b, "more"...)); err != nil || lerr != nil || n != len(b) || gotID != id || gotMatch != match {
				t.Errorf("%q %q: %q %q, %d of %d, %v %v", id, match, gotID, gotMatch, n, len(b), err, lerr)
			}
			for cut := range b {
				if _, _, err := parseDetail(b[:cut]); err == nil {
					t.Errorf("%q %q cut to %d bytes is read", id, match, cut)
				}
			}
		}
	}
}

func FuzzMembers(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":1}`, `{"a":"}\",","b":[{},[]]}`, `{"a":"\\","b":"\\\""}`, `[]`, `{"`, `{"a":"x\`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		members := appendMembers(nil, b)
		total := 0
		for _, m := range members {
			total += len(m) + 1
		}
		if len(members) > 0 && total != len(b)-1 {
			t.Fatalf("%q: %q", b, members)
		}
		var object map[string]json.RawMessage
		if json.Unmarshal(b, &object) == nil && len(object) > 0 && b[0] == '{' && b[len(b)-1] == '}' {
			for _, m := range members {
				if !json.Valid([]byte("{" + string(m) + "}")) {
					t.Fatalf("%q was cut to %q", b, members)
				}
			}
		}
	})
}
