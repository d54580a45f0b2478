package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// model is the CRM as the simplest program that could be right: a list of
// records, searched from the front.
type model []map[string]string

// assert does what the API page says and gives the status.
func (m *model) assert(match string, body map[string]string) int {
	value := body[match]
	if value == "" || value == "null" || value == `""` {
		return 400
	}
	found := -1
	for i, r := range *m {
		if r[match] == value {
			found = i
			break
		}
	}
	for _, unique := range []string{"sku", "ean"} {
		for i, r := range *m {
			if v := body[unique]; v != "" && v != "null" && r[unique] == v && i != found {
				return 400
			}
		}
	}
	status := 200
	if found < 0 {
		status, found = 201, len(*m)
		*m = append(*m, map[string]string{})
	}
	for key, v := range body {
		(*m)[found][key] = v
		if v == "null" {
			delete((*m)[found], key)
		}
	}
	return status
}

func TestAssertsLikeTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, err := New(Options{Seed: rapid.Uint64().Draw(rt, "seed")})
		if err != nil {
			rt.Fatal(err)
		}
		t := tester{t, c, "t"}
		var m model
		text := rapid.SampledFrom([]string{`"a"`, `"A"`, `" a"`, `"b"`, `"c"`, `""`, `null`})
		number := rapid.SampledFrom([]string{`1`, `2`, `-3`, `null`})
		for range rapid.IntRange(1, 60).Draw(rt, "asserts") {
			body := make(map[string]string)
			for _, key := range []string{"sku", "name", "ean"} {
				if rapid.IntRange(0, 3).Draw(rt, "has "+key) > 0 {
					body[key] = text.Draw(rt, key)
				}
			}
			if rapid.Bool().Draw(rt, "has price") {
				body["price"] = number.Draw(rt, "price")
			}
			match := rapid.SampledFrom([]string{"sku", "sku", "name", "ean", "price"}).Draw(rt, "match")
			var parts []string
			for key, v := range body {
				parts = append(parts, quote(key)+":"+v)
			}
			a, err := t.try(t.Context(), "PUT", "/crm/products?matchingAttribute="+match, "{"+strings.Join(parts, ",")+"}")
			if want := m.assert(match, body); err != nil || a.status != want {
				rt.Fatalf("assert by %s of %v: status %d, want %d, %v: %s\nthe model: %v", match, body, a.status, want, err, a.text, m)
			}
		}
		compare(rt, c, m)
	})
}

// compare finds the first record in which CRM and model differ.
func compare(rt *rapid.T, c *CRM, m model) {
	records := c.Records("products")
	if len(records) != len(m) || c.Count("products") != len(m) {
		rt.Fatalf("%d records, want %d", len(records), len(m))
	}
	ids := make(map[string]bool)
	for i, r := range records {
		got := make(map[string]string)
		for key, v := range r.Attributes {
			got[key] = string(v)
		}
		if fmt.Sprint(got) != fmt.Sprint(m[i]) || ids[r.ID] {
			rt.Fatalf("record %d is %v, want %v", i, got, m[i])
		}
		ids[r.ID] = true
	}
}

func TestIDsTellTheirRecord(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		table := &table{salt: rapid.Uint64().Draw(rt, "salt")}
		n := rapid.Int32Range(0, 1<<30).Draw(rt, "number")
		id := string(table.appendID(nil, n))
		if got, ok := table.numberOf(strings.ToUpper(id)); !ok || got != n {
			rt.Fatalf("%s is %d, %v, want %d", id, got, ok, n)
		}
		if id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) {
			rt.Fatalf("%s isn't a random UUID in form", id)
		}
		other := []byte(id)
		at := rapid.SampledFrom([]int{0, 9, 20, 30, 35}).Draw(rt, "place")
		other[at] = "0123456789abcdef0"[strings.IndexByte("0123456789abcdef", other[at])+1]
		if got, ok := table.numberOf(string(other)); ok {
			rt.Fatalf("%s is taken for record %d", other, got)
		}
	})
}

func TestEqualNumbersHaveOneKey(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Int64Range(-1e15, 1e15).Draw(rt, "number")
		zeros := rapid.IntRange(0, 5).Draw(rt, "zeros")
		key := func(raw string) string { return string(appendDecimal(nil, raw)) }
		plain := key(fmt.Sprint(n))
		for _, raw := range []string{fmt.Sprintf("%d.%s0", n, strings.Repeat("0", zeros)), fmt.Sprintf("%d%se-%d", n, strings.Repeat("0", zeros), zeros)} {
			if key(raw) != plain {
				rt.Fatalf("%s has the key %s, %d has %s", raw, key(raw), n, plain)
			}
		}
		if key(fmt.Sprint(n+1)) == plain || key(fmt.Sprint(n)+".5") == plain {
			rt.Fatal("different numbers have one key")
		}
	})
}

// FuzzAssert looks for bodies on which the CRM falls over or answers in a way
// that isn't JSON.
func FuzzAssert(f *testing.F) {
	for _, body := range []string{`{"sku":"A1","price":1.5e3}`, `{"sku":"\u00e4","tags":[{"id":"opt_new"}]}`, `{"sku":1}`, `{"sku":"x","category":{"id":{"id":1}}}`,
		`{"emails":["a@x.de",""],"firstName":"x","socials":{"linkedin":null}}`, `[]`, `{"customAttributes":{"newsletter":true}}`, `{"sku":"a","supplier":["00000000-0000-4000-8000-000000000000"]}`} {
		f.Add("products", "sku", body)
		f.Add("people", "email", body)
	}
	f.Fuzz(func(t *testing.T, object, match, body string) {
		for _, quirks := range []Quirks{{}, {TrimStrings: true, FoldCase: true, FoldAccents: true, NestedCustom: true, OptionsByText: true, Empty: EmptyIsNull,
			ValueStatus: 422, NumbersAsText: true, FloatNumbers: true, OptionsRead: OptionWhole, RelationsRead: RelationObjects, MergeEmails: true, MatchEveryEmail: true, Unknown: Ignore}} {
			c, err := New(Options{Quirks: quirks})
			if err != nil {
				t.Fatal(err)
			}
			s := newScratch()
			for range 2 {
				s.reset()
				s.body = append(s.body, body...)
				q := request{method: "PUT", path: []string{"crm", object}, match: match, token: "t"}
				q.fields, q.invalid = s.parse(s.body)
				c.keys.laneKeys(object, match, q.fields)
				a := c.dispatch(t.Context(), &q, s, nil)
				if !json.Valid(a.body) || a.status < 200 || a.status > 422 {
					t.Fatalf("status %d: %s", a.status, a.body)
				}
			}
		}
	})
}
