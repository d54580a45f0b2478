package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.uber.org/goleak"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rows is a Reader of records with the cells key, value.
type rows struct {
	cells [][2]string
	next  atomic.Int64
	err   error // instead of io.EOF
}

func (r *rows) Read() (source.Record, error) {
	n := r.next.Load()
	if n >= int64(len(r.cells)) {
		if r.err != nil {
			return source.Record{}, r.err
		}
		return source.Record{}, io.EOF
	}
	r.next.Add(1)
	line := n + 2
	cells := r.cells[n]
	if cells[1] == "unreadable" {
		return source.Record{Line: line, Raw: cells[0], Err: errors.New("a stray quote"),
			End: source.Position{Offset: -1, Line: line + 1, Records: n + 1}}, nil
	}
	return source.Record{Line: line, Cells: cells[:], End: source.Position{Offset: -1, Line: line + 1, Records: n + 1}}, nil
}

func (r *rows) Seek(p source.Position) error {
	r.next.Store(p.Records)
	return nil
}

// plain maps the cells key, value; the value "unmappable" is refused, and at
// "the end" nothing more can be mapped.
type plain struct{}

func (plain) MapCells(cells []string) (mapping.Assertion, error) {
	key := strings.ToLower(strings.TrimSpace(cells[0]))
	if cells[1] == "unmappable" {
		return mapping.Assertion{Lanes: []string{key}}, &mapping.RowError{Problems: []mapping.Problem{{Column: "value", Text: "not a number"}}}
	}
	if cells[1] == "the end" {
		return mapping.Assertion{}, errors.New("the list of companies can't be read")
	}
	return mapping.Assertion{Match: cells[0], Lanes: []string{key}, Body: []byte(cells[0] + "=" + cells[1])}, nil
}

func (plain) MapObject([]string, []jsontext.Value) (mapping.Assertion, error) {
	return mapping.Assertion{}, errors.New("no objects here")
}

// kept is a RejectWriter that keeps its entries.
type kept struct {
	entries []reject.Entry
	err     error
}

func (k *kept) Write(e reject.Entry) error {
	if k.err != nil {
		return k.err
	}
	k.entries = append(k.entries, e)
	return nil
}

func (k *kept) Checkpoint() (reject.Mark, error) {
	return reject.Mark{Path: "kept", Length: int64(len(k.entries))}, k.err
}

func (k *kept) FinishPart() (string, error) { return k.Finish() }

func (k *kept) Finish() (string, error) {
	if len(k.entries) == 0 {
		return "", nil
	}
	return "kept", nil
}

// notes is a Journal that keeps every checkpoint as it would stand on disk.
type notes struct {
	saved []journal.Checkpoint
	room  int   // checkpoints that are kept before …
	err   error // … the disk is full
}

func (n *notes) Save(c journal.Checkpoint) error {
	if n.err != nil && len(n.saved) >= n.room {
		return n.err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var stored journal.Checkpoint
	if err := json.Unmarshal(text, &stored); err != nil {
		return err
	}
	n.saved = append(n.saved, stored)
	return nil
}

// crm is a CRM whose lookup and insert are two steps with a pause between, so
// that two asserts of one key at once make a duplicate.
type crm struct {
	pause  time.Duration
	answer func(key, value string, try int) (client.Result, bool) // a fault instead of the answer

	mu       sync.Mutex
	records  map[string][]string // key → values of its records
	tries    map[string]int      // by body
	flying   int
	peak     int
	requests int
	bodies   []string // in order of arrival
	gone     bool     // who sends has been killed
}

// hangUp takes no further requests; those under way come to their end.
func (c *crm) hangUp() { c.listen(true) }

// answerAgain is for the next process.
func (c *crm) answerAgain() { c.listen(false) }

func (c *crm) isGone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

func (c *crm) listen(gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = gone
}

func newCRM() *crm {
	return &crm{records: make(map[string][]string), tries: make(map[string]int)}
}

func (c *crm) Assert(ctx context.Context, _, _ string, body []byte) client.Result {
	key, value, _ := strings.Cut(string(body), "=")
	key = strings.ToLower(strings.TrimSpace(key))
	c.mu.Lock()
	if c.gone {
		c.mu.Unlock()
		return client.Result{Outcome: client.Cancelled}
	}
	c.requests++
	c.bodies = append(c.bodies, string(body))
	c.tries[string(body)]++
	try := c.tries[string(body)]
	c.flying++
	c.peak = max(c.peak, c.flying)
	exists := len(c.records[key]) > 0
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.flying--
		c.mu.Unlock()
	}()
	if c.pause > 0 {
		select {
		case <-time.After(c.pause):
		case <-ctx.Done():
			// What a killed process sent may arrive all the same.
			if !c.isGone() || len(body)%2 == 0 {
				return client.Result{Outcome: client.Cancelled}
			}
		}
	}
	if c.answer != nil {
		if res, fault := c.answer(key, value, try); fault {
			return res
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if exists {
		c.records[key][0] = value
		return client.Result{Outcome: client.Updated, Status: 200}
	}
	c.records[key] = append(c.records[key], value)
	return client.Result{Outcome: client.Created, Status: 201}
}

// unpaced lets everything go at once and blames every failure.
type unpaced struct{}

func (unpaced) Acquire(ctx context.Context) error { return ctx.Err() }
func (unpaced) Done(pace.Feedback) bool           { return true }
func (unpaced) Status() pace.Status               { return pace.Status{} }

// distinct makes n records with a key each.
func distinct(n int) [][2]string {
	cells := make([][2]string, n)
	for i := range cells {
		cells[i] = [2]string{fmt.Sprintf("K%05d", i), strconv.Itoa(i)}
	}
	return cells
}

// options pushes cells to c.
func options(c Asserter, cells [][2]string) (Options, *kept) {
	rejects := &kept{}
	return Options{
		Object: "products", Match: "sku",
		Inputs:  []Input{{Name: "products.csv", Reader: &rows{cells: cells}, Mapper: plain{}, Rejects: rejects}},
		Client:  c,
		Pacer:   unpaced{},
		Workers: 8,
		Retries: 8,
	}, rejects
}

// balanced checks the accounting equation.
func balanced(t interface {
	Helper()
	Errorf(string, ...any)
}, res *Result) {
	t.Helper()
	if sum := res.Created + res.Updated + res.Unchanged + res.Rejected + res.NotSent; res.Read != sum {
		t.Errorf("read %d records, but accounted for %d: %+v", res.Read, sum, res.Tally)
	}
}
