package push

import (
	"path/filepath"
	"testing"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/state"
)

func openState(t *testing.T, path string) *state.Store {
	t.Helper()
	store, err := state.Open(path, state.Scope{Object: "products", Match: "sku"}, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestOnlyChangedRecordsAreSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	c := newCRM()
	push := func(cells [][2]string) *Result {
		store := openState(t, path)
		opts, _ := options(c, cells)
		opts.State = store
		res := Run(t.Context(), opts)
		balanced(t, res)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		return res
	}
	cells := distinct(2000)
	if res := push(cells); res.Created != 2000 {
		t.Fatalf("the first run created %d", res.Created)
	}
	if res := push(cells); res.Unchanged != 2000 || res.Requests != 0 {
		t.Errorf("the second run: %+v", res.Tally)
	}
	cells[7][1], cells[8][1] = "new", "unmappable"
	if res := push(cells); res.Unchanged != 1998 || res.Updated != 1 || res.Rejected != 1 {
		t.Errorf("with one change and one damage: %+v", res.Tally)
	}
	cells[8][1] = "8"
	if res := push(cells); res.Unchanged != 2000 {
		t.Errorf("the damage mended, which the CRM never saw: %+v", res.Tally)
	}
	there := append([][2]string{{"K00007", "x"}}, cells...)
	if res := push(there); res.Updated != 2 || c.records["k00007"][0] != "new" {
		t.Errorf("away and back within a file: %+v, the CRM has %v", res.Tally, c.records["k00007"])
	}
	damaged := append([][2]string{{"K00011", "unmappable"}}, cells...)
	if res := push(damaged); res.Unchanged != 2000 || res.Overtaken != 1 {
		t.Errorf("a damage whose key comes again, unchanged: %+v, %d overtaken", res.Tally, res.Overtaken)
	}
	c.answer = func(_, value string, _ int) (client.Result, bool) {
		return client.Result{Outcome: client.Rejected, Status: 400, Message: "no"}, value == "refused"
	}
	cells[9][1] = "refused"
	for range 2 {
		if res := push(cells); res.Rejected != 1 || res.Requests != 1 {
			t.Errorf("a refused record is sent again each time: %+v", res.Tally)
		}
	}
}

func TestShardsDivideTheRecordsByKey(t *testing.T) {
	cells := append(distinct(1000), [2]string{"x", "unmappable"}, [2]string{"y", "unreadable"}, [2]string{"K00001", "again"})
	c := newCRM()
	var read, rejected int64
	for i := 1; i <= 8; i++ {
		opts, _ := options(c, cells)
		opts.Shard = Shard{Index: i, Count: 8}
		res := Run(t.Context(), opts)
		balanced(t, res)
		read, rejected = read+res.Read, rejected+res.Rejected
		if res.Read < 80 || res.Read > 180 {
			t.Errorf("shard %d has %d of 1003 records", i, res.Read)
		}
	}
	if read != 1003 || rejected != 2 || len(c.records) != 1000 || c.records["k00001"][0] != "again" {
		t.Errorf("8 shards read %d and rejected %d of 1003 records; %d keys", read, rejected, len(c.records))
	}
}

func TestTheShardOfAKeyNeverChanges(t *testing.T) {
	for key, want := range map[string]int{"": 6, "a": 5, "dress-001": 3, "jane@example.com": 5, "küche": 2} {
		if got := shardOf(key, 8); got != want {
			t.Errorf("%q goes through shard %d of 8, want %d", key, got, want)
		}
	}
}

func TestParseShard(t *testing.T) {
	if s, err := ParseShard("2/8"); err != nil || s != (Shard{2, 8}) || s.String() != "2/8" {
		t.Errorf("2/8 is %+v, %v", s, err)
	}
	for _, text := range []string{"", "0/8", "9/8", "1/0", "-1/8", "1", "1/8/2", "a/b", "1/"} {
		if s, err := ParseShard(text); err == nil {
			t.Errorf("%q is accepted as %+v", text, s)
		}
	}
}
