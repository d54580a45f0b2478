package sandbox

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestIndexFindsTheOldestAndTheNewest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ix := index{first: make(map[string]int32)}
		want := make(map[string][]int32)
		for range rapid.IntRange(1, 80).Draw(rt, "changes") {
			key := rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "key")
			n := rapid.Int32Range(0, 8).Draw(rt, "number")
			have := slices.Contains(want[key], n)
			if have {
				ix.remove([]byte(key), n)
				want[key] = slices.DeleteFunc(want[key], func(m int32) bool { return m == n })
			} else {
				ix.add([]byte(key), n)
				want[key] = append(want[key], n)
			}
			for key, numbers := range want {
				oldest, found := ix.find([]byte(key), false)
				newest, _ := ix.find([]byte(key), true)
				if found != (len(numbers) > 0) || found && (oldest != slices.Min(numbers) || newest != slices.Max(numbers)) {
					rt.Fatalf("%q: oldest %d, newest %d, found %v; the records are %v", key, oldest, newest, found, numbers)
				}
				if ix.other([]byte(key), n) != slices.ContainsFunc(numbers, func(m int32) bool { return m != n }) {
					rt.Fatalf("%q: another than %d among %v: %v", key, n, numbers, ix.other([]byte(key), n))
				}
			}
		}
	})
}
