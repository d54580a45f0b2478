package state

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var products = Scope{BaseURL: "https://crm.example/v2", Object: "products", Match: "sku"}

var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string, scope Scope, o Options) *Store {
	t.Helper()
	s, err := Open(path, scope, o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func print(match, body string) Fingerprint {
	var h Hasher
	return h.Sum("sku", match, []byte(body))
}

// send takes a record through the state as a push does, and says whether it was
// sent.
func send(t *testing.T, s *Store, match, body string) bool {
	t.Helper()
	keys := []string{strings.ToLower(match)}
	fp := print(match, body)
	unchanged, ticket := s.Check(keys, fp)
	if unchanged {
		return false
	}
	must(t, s.Ready(ticket))
	must(t, s.Settle(keys, &Accepted{Fingerprint: fp, Match: match, ID: id(match), At: day}))
	return true
}

// known counts the lane keys that a state knows.
func known(t *testing.T, s *Store) (n int) {
	t.Helper()
	must(t, merged(s.table, s.log, nil, false, func(*record) (bool, error) {
		n++
		return true, nil
	}))
	return n
}

func id(match string) string { return fmt.Sprintf("c1d2e3f4-a5b6-7890-cdef-%012x", match) }

func statePath(t *testing.T) string { return filepath.Join(t.TempDir(), "made", "products.state") }

func TestOnlyWhatChangedIsSent(t *testing.T) {
	path := statePath(t)
	want := map[string]bool{"A": true, "B": true, "C": true}
	for run := range 3 {
		s := open(t, path, products, Options{})
		body := `{"n":1}`
		for _, match := range []string{"A", "B", "C"} {
			b := body
			if run == 1 && match == "B" {
				b = `{"n":2}`
			}
			if got := send(t, s, match, b); got != want[match] {
				t.Errorf("run %d: %s was sent: %t", run, match, got)
			}
		}
		want = map[string]bool{"B": true}
		if known(t, s) != 3 {
			t.Errorf("it knows %d", known(t, s))
		}
		must(t, s.Close())
		must(t, s.Close())
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("the directory has %v", left)
	}
}

func TestTwoRecordsOfOneKey(t *testing.T) {
	path := statePath(t)
	s := open(t, path, products, Options{})
	send(t, s, "A", "1")
	t.Run("the second is compared with the first, not with the run before", func(t *testing.T) {
		if !send(t, s, "A", "2") || !send(t, s, "A", "1") || send(t, s, "A", "1") {
			t.Error("a record was compared with the wrong one")
		}
	})
	t.Run("nothing is known of a key while a later request is expected", func(t *testing.T) {
		key := []string{"a"}
		two, three := print("A", "2"), print("A", "3")
		_, ticket := s.Check(key, two)
		must(t, s.Ready(ticket))
		_, ticket = s.Check(key, three)
		must(t, s.Ready(ticket))
		must(t, s.Settle(key, &Accepted{Fingerprint: two, Match: "A", At: day}))
		if s.same(hashKey("a"), two) {
			t.Error("the first answer was remembered though the second request is out")
		}
		must(t, s.Settle(key, &Accepted{Fingerprint: three, Match: "A", At: day}))
		if !s.same(hashKey("a"), three) {
			t.Error("the last answer was not remembered")
		}
	})
	t.Run("spellings of one lane are different values", func(t *testing.T) {
		send(t, s, "B", "1")
		if !send(t, s, "b", "1") || !send(t, s, "B", "1") {
			t.Error("another spelling was taken for unchanged")
		}
	})
}

func TestWhatWasNotAcceptedIsSentAgain(t *testing.T) {
	path := statePath(t)
	s := open(t, path, products, Options{})
	send(t, s, "A", "1")
	_, ticket := s.Check([]string{"a"}, print("A", "2"))
	must(t, s.Ready(ticket))
	must(t, s.Settle([]string{"a"}, nil))
	must(t, s.Close())
	if s := open(t, path, products, Options{}); !send(t, s, "A", "1") {
		t.Error("what was accepted before a rejected change was taken for unchanged")
	}
}

func TestARecordOfSeveralKeys(t *testing.T) {
	path := statePath(t)
	s := open(t, path, products, Options{})
	both := []string{"a@x", "b@x"}
	fp := print("a@x, b@x", "1")
	s.Check(both, fp)
	must(t, s.Settle(both, &Accepted{Fingerprint: fp, Match: "a@x, b@x", At: day}))
	if unchanged, _ := s.Check(both, fp); !unchanged {
		t.Error("it was not remembered")
	}
	send(t, s, "b@x", "2")
	if unchanged, _ := s.Check(both, fp); unchanged {
		t.Error("it is unchanged though one of its keys was sent with another body")
	}
}

func TestOptions(t *testing.T) {
	path := statePath(t)
	s := open(t, path, products, Options{})
	send(t, s, "A", "1")
	must(t, s.Close())
	before, err := os.ReadFile(path)
	must(t, err)
	t.Run("a dry run looks and changes nothing", func(t *testing.T) {
		s := open(t, path, products, Options{ReadOnly: true})
		if unchanged, _ := s.Check([]string{"a"}, print("A", "1")); !unchanged {
			t.Error("it finds nothing")
		}
		if unchanged, _ := s.Check([]string{"a"}, print("A", "2")); unchanged {
			t.Error("it finds what isn't there")
		}
		must(t, s.Close())
		if after, err := os.ReadFile(path); !cmp.Equal(before, after) {
			t.Errorf("the file was changed: %v", err)
		}
		none := filepath.Join(t.TempDir(), "none", "state")
		must(t, open(t, none, products, Options{ReadOnly: true}).Close())
		if _, err := os.Stat(filepath.Dir(none)); err == nil {
			t.Error("it made a directory")
		}
	})
	t.Run("what was sent before a time counts as changed", func(t *testing.T) {
		for _, tt := range []struct {
			since time.Time
			sent  bool
		}{{day, false}, {day.Add(time.Second), true}} {
			s := open(t, path, products, Options{NotBefore: tt.since})
			if got := send(t, s, "A", "1"); got != tt.sent {
				t.Errorf("since %v it was sent: %t", tt.since, got)
			}
			must(t, s.Close())
		}
	})
	t.Run("a full run sends everything and remembers it", func(t *testing.T) {
		s := open(t, path, products, Options{Full: true})
		if !send(t, s, "A", "1") || !send(t, s, "A", "9") {
			t.Error("a record was not sent")
		}
		must(t, s.Close())
		if s := open(t, path, products, Options{}); send(t, s, "A", "9") {
			t.Error("it was not remembered")
		}
	})
}

func TestMissing(t *testing.T) {
	path := statePath(t)
	s := open(t, path, products, Options{})
	for _, match := range []string{"A", "B", "C", "D"} {
		send(t, s, match, "1")
	}
	must(t, s.Close())
	s = open(t, path, products, Options{})
	send(t, s, "A", "1") // unchanged
	send(t, s, "B", "2")
	s.Check([]string{"c"}, print("C", "2")) // rejected
	must(t, s.Settle([]string{"c"}, nil))
	missing := func() (list []Entry) {
		must(t, s.Missing(func(e Entry) bool { list = append(list, e); return true }))
		return list
	}
	want := []Entry{{Match: "D", ID: id("D"), Fingerprint: print("D", "1"), SentAt: day}}
	if diff := cmp.Diff(want, missing(), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Error(diff)
	}
	must(t, s.mergeNow())
	if diff := cmp.Diff(want, missing(), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("after a merge: %s", diff)
	}
}

func TestScopes(t *testing.T) {
	path := statePath(t)
	other := products
	other.Object = "deals"
	for _, scope := range []Scope{products, other} {
		s := open(t, path, scope, Options{})
		if !send(t, s, "A", "1") || !send(t, s, scope.Object, "1") {
			t.Errorf("%s knows what it was never told", scope.Object)
		}
		must(t, s.Close())
	}
	all, err := List(path)
	must(t, err)
	if len(all) != 2 || all[0].Scope != products || all[1].Count != 2 || !all[0].Oldest.Equal(day) || !all[0].Newest.Equal(day) || all[0].Bytes == 0 {
		t.Errorf("%+v", all)
	}
	found, err := Show(path, "A")
	must(t, err)
	if len(found) != 2 || found[1].Scope != other || found[1].ID != id("A") {
		t.Errorf("%+v", found)
	}
	n, err := Forget(path, func(s Scope) bool { return s.Object == "products" })
	if n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if s := open(t, path, other, Options{}); send(t, s, "A", "1") {
		t.Error("the other scope was forgotten too")
	} else {
		must(t, s.Close())
	}
	if s := open(t, path, products, Options{ReadOnly: true}); known(t, s) != 0 {
		t.Error("it was not forgotten")
	}
	n, err = Forget(path, func(Scope) bool { return true })
	if left, _ := os.ReadDir(filepath.Dir(path)); n != 1 || err != nil || len(left) != 0 {
		t.Errorf("%d, %v, %v", n, err, left)
	}
}

func TestManyAtOnce(t *testing.T) {
	path := statePath(t)
	const n = 500
	for run := range 2 {
		s := open(t, path, products, Options{})
		var tickets [n]Ticket
		for i := range n {
			_, tickets[i] = s.Check([]string{fmt.Sprint(i)}, print(fmt.Sprint(i), fmt.Sprint(run)))
		}
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := w; i < n; i += 8 {
					if err := s.Ready(tickets[i]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range n {
			match := fmt.Sprint(i)
			must(t, s.Settle([]string{match}, &Accepted{Fingerprint: print(match, fmt.Sprint(run)), Match: match, At: day}))
		}
		wg.Wait()
		must(t, s.Flush())
		must(t, s.Close())
	}
	s := open(t, path, products, Options{})
	for i := range n {
		if send(t, s, fmt.Sprint(i), "1") {
			t.Fatalf("%d was forgotten", i)
		}
	}
}
