package push

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/state"
)

// aPush is one of a history: which of the ways it goes, and what it sends.
type aPush struct {
	Only    bool   // --only-changed
	Full    bool   // and --full
	Token   string // with which it goes
	Sharded bool   // as two processes
	Numbers bool   // the schema is off: 07 and 7 share a lane
	Suffix  string // that another mapping gives each value
	Busy    bool   // somebody else holds the state
	Records []int  // key × 4 + value
	Cut     int    // after so many milliseconds it is over; none from 300 on
	Killed  bool   // and nothing more is written
	Limit   int64
}

func drawPush(t *rapid.T) aPush {
	one := func(n int, name string) bool { return rapid.IntRange(1, n).Draw(t, name) == 1 }
	return aPush{
		Only: !one(3, "plain"), Full: one(8, "full"), Token: rapid.SampledFrom([]string{"t1", "t1", "t2"}).Draw(t, "token"),
		Sharded: one(4, "sharded"), Numbers: one(5, "numbers"), Suffix: rapid.SampledFrom([]string{"", "", "#"}).Draw(t, "suffix"),
		Busy:    one(6, "busy"),
		Records: rapid.SliceOfN(rapid.IntRange(0, 80), 0, 40).Draw(t, "records"),
		Cut:     rapid.IntRange(0, 600).Draw(t, "cut"), Killed: rapid.Bool().Draw(t, "killed"),
		Limit: int64(rapid.SampledFrom([]int{0, 0, 0, 5}).Draw(t, "limit")),
	}
}

func (p aPush) cells() [][2]string {
	var cells [][2]string
	for _, n := range p.Records {
		key := fmt.Sprint(n / 4)
		if n/4%3 == 0 { // 3 and 03 are two records, but of one lane where numbers are
			key = "0" + fmt.Sprint(n/4+1)
		}
		cells = append(cells, [2]string{key, fmt.Sprint("v", n%4, p.Suffix)})
	}
	return cells
}

// numbers maps as plain does, with keys that are taken for numbers.
type numbers struct{ plain }

func (m numbers) MapCells(cells []string) (mapping.Assertion, error) {
	a, err := m.plain.MapCells(cells)
	for i, lane := range a.Lanes {
		a.Lanes[i] = strings.TrimLeft(lane, "0")
	}
	return a, err
}

// skips is a history of pushes to one CRM.
type skips struct {
	*testing.T
	crm  *crm
	dir  string // of the states
	seed uint32
	kept int // directories so far
}

// newDir begins a directory with what the one before it has: a process that is
// killed goes on writing to that, and nobody sees it.
func (h *skips) newDir(root string) {
	h.Helper()
	h.kept++
	dir := filepath.Join(root, fmt.Sprint("states-", h.kept))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		h.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(h.dir, "*"))
	if err != nil {
		h.Fatal(err)
	}
	// What lies beside a state goes first: it is taken away once the state holds it.
	for _, f := range slices.Backward(files) {
		if strings.HasSuffix(f, ".lock") || strings.HasSuffix(f, ".tmp") { // which the next process only removes
			continue
		}
		content, err := os.ReadFile(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(f)), content, 0o600)
		}
		if err != nil {
			h.Fatal(err)
		}
	}
	h.dir = dir
}

// states opens what a process would: its own state, and those to tell.
func (h *skips) states(p aPush, shard Shard) (own *state.Store, others []*state.Teller) {
	h.Helper()
	scope := state.Scope{Workspace: p.Token, Object: "products", Match: "sku", Keys: fmt.Sprint("numbers ", p.Numbers)}
	name := func(token string, shard Shard) string {
		return filepath.Join(h.dir, token+strings.ReplaceAll(shard.String(), "/", "-of-")+".state")
	}
	path := name(p.Token, shard)
	_, err := os.Stat(path)
	exists := err == nil
	switch {
	case p.Only:
		if own, err = state.Open(path, scope, state.Options{Full: p.Full}); err != nil {
			h.Fatal(err)
		}
	case exists && !p.Busy:
		if own, err = state.Open(path, scope, state.Options{Full: true}); err != nil {
			h.Fatal(err)
		}
	default:
		others = append(others, state.Tell(path, scope, !exists))
	}
	for _, token := range []string{"t1", "t2"} {
		for _, division := range []Shard{{}, {1, 2}, {2, 2}} {
			other := name(token, division)
			if _, err := os.Stat(other); err == nil && other != path && (division.Count == 0 || division.Count != shard.Count || division == shard) {
				others = append(others, state.Tell(other, scope, false))
			}
		}
	}
	return own, others
}

// run is one process of a push.
func (h *skips) run(p aPush, shard Shard, root string) {
	h.Helper()
	cells := p.cells()
	own, others := h.states(p, shard)
	opts, _ := options(h.crm, cells)
	opts.Drain, opts.Shard, opts.Limit = time.Millisecond, shard, p.Limit
	opts.MaxRejects = MaxRejects{Set: true, Percentage: true, Percent: 100}
	if p.Numbers {
		opts.Inputs[0].Mapper = numbers{}
	}
	switch {
	case len(others) > 0:
		opts.State = state.NewGroup(own, others)
	case own != nil:
		opts.State = own
	}
	ctx, cancel := context.WithCancel(h.Context())
	defer cancel()
	var mu sync.Mutex // a process is killed before it lets go of its states, or not
	killed, over := false, false
	if p.Cut < 300 {
		defer time.AfterFunc(time.Duration(p.Cut)*time.Millisecond, func() {
			mu.Lock()
			defer mu.Unlock()
			if p.Killed && !over {
				killed = true
				h.crm.hangUp()
				h.newDir(root)
			}
			cancel()
		}).Stop()
	}
	res := Run(ctx, opts)
	balanced(h, res)
	h.crm.answerAgain()
	mu.Lock()
	defer mu.Unlock()
	over = true
	if own != nil {
		if err := own.Close(); err != nil {
			h.Fatal(err)
		}
	}
	for _, other := range others {
		other.Close()
	}
	if res.Whole && !killed {
		h.check(p, shard, res)
	}
}

// check compares the CRM with what a complete run says of it: a record that is
// skipped although the CRM lacks it is the one unforgivable error.
func (h *skips) check(p aPush, shard Shard, res *Result) {
	h.Helper()
	mapper := Mapper(plain{})
	if p.Numbers {
		mapper = numbers{}
	}
	want := make(map[string]string)
	for i, cell := range p.cells() {
		if p.Limit > 0 && int64(i) >= p.Limit {
			break
		}
		a, _ := mapper.MapCells(cell[:])
		if shard.Count > 0 && shardOf(a.Lanes[0], shard.Count) != shard.Index {
			continue
		}
		if res, refused := passing(h.seed)(cell[0], cell[1], 99); !refused || res.Outcome != client.Rejected {
			want[cell[0]] = cell[1]
		}
	}
	for key, value := range want {
		if got := h.crm.records[key]; len(got) != 1 || got[0] != value {
			h.Fatalf("after %+v (shard %s) the CRM has %v for %s, want %s (%+v)", p, shard, got, key, value, res.Tally)
		}
	}
}

// After every complete run the CRM must hold what the file says, whatever
// happened before: pushes with and without the state, of other tokens, shards and
// mappings, in parts, killed, and while somebody else held the state.
func TestNothingIsSkippedThatTheCRMLacks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		root := t.TempDir()
		seed := rapid.Uint32().Draw(rt, "seed")
		history := rapid.SliceOfN(rapid.Custom(drawPush), 1, 8).Draw(rt, "pushes")
		synctest.Test(t, func(t *testing.T) {
			h := &skips{T: t, crm: newCRM(), seed: seed}
			h.crm.pause, h.crm.answer = 5*time.Millisecond, passing(seed)
			h.newDir(root)
			for _, p := range history {
				if !p.Sharded {
					h.run(p, Shard{}, root)
					continue
				}
				p.Limit = 0 // which would be each shard's own
				for i := 1; i <= 2; i++ {
					h.run(p, Shard{i, 2}, root)
				}
			}
		})
	})
}
