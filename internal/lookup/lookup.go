// Package lookup finds the id of a related record or member by a value that is
// known: a company by its domain, a member by an e-mail address. It is the
// [mapping.Lookup] of a run.
//
// It looks in three places, in this order: the ids that the answers of this run's
// asserts gave ([Lookup.Learn]), those that earlier runs remember
// ([Options.Memory]), then the CRM's own list of the object, which is read once
// for an object and attribute, when the first value asks for it. What a cell looks
// like, and which columns are looked up, is package mapping's; how fast requests
// may leave is the caller's ([Options.Pace]).
//
// # Which record has a value
//
// The API matches by exact equality [assert-a-crm-record], so the record whose
// value is exactly the cell's wins. Domains and e-mail addresses are commonly
// written in another case, though: where no record has the very value, one that
// differs by case, outer blanks or the composition of accents is taken, provided
// it is the only one. Several records rejects the cell with their ids; a value
// that this run asserted stands for the record of the last answer, which is the
// one that the API itself matches.
//
// What earlier runs remember stands for the very value alone, too. Another
// spelling asks the list; only where that isn't to be had is it taken.
//
// # What a value can't find
//
// Values are looked up when their record is read, some hundreds or thousands of
// records before it is sent. A record that refers to one earlier in the same
// file, as employees do to their managers, finds it only if the CRM answered in
// the meantime or had it before: otherwise it is rejected, and finds it when the
// reject file is pushed. The list isn't read again for records that others add
// during the run.
//
// # Records that are created
//
// Find doesn't create a missing record that a Reference with Create asks for: it
// says how to, in a [mapping.AbsentError], for when nothing else is wrong with the
// record that asks. It is asserted by its one attribute, once a value. Only this
// Lookup keeps two such asserts from being under way at the same
// time, so processes that run side by side on parts of one input must not create
// records: both could create the same one.
package lookup

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
)

// The members of the workspace, as mapping names them.
const (
	objectUsers = "users"
	matchEmail  = "email"
)

// Client is what a Lookup needs of the CRM. *client.Client is one.
type Client interface {
	RecordPages(object string) *client.RecordPages
	Users(ctx context.Context) ([]client.User, error)
	Object(ctx context.Context, slug string) (*client.Object, error)
	Assert(ctx context.Context, object, match string, body []byte) client.Result
}

// Options says how values are looked up. Only Client is required.
type Options struct {
	Client  Client
	Context context.Context // ends whatever Find waits for; nil is context.Background()
	Log     *slog.Logger    // nil discards

	Retries int           // tries of a request after the first; a 429 doesn't count
	MaxWait time.Duration // longest wait for the server over one request; 0 is no bound

	// DryRun writes nothing: a record that would be created gets an id that no
	// record has, one that begins with 00000000-0000-0000-0000-. What can be
	// checked without the CRM is checked.
	DryRun bool

	// NestCustom is mapping's option of that name, for records that are created.
	NestCustom bool

	// References are those that the run's mappings may ask for. Learn keeps the
	// ids of these alone, so that a run of millions of records holds no ids that
	// nobody will ask for. nil keeps all.
	References []mapping.Reference

	// Memory, where set, opens what earlier runs remember of the records of object
	// by the attribute match; nil is nothing. It is asked once a reference, when
	// the first value needs it.
	Memory func(object, match string) Memory

	// Large, where set, is called once, when so many ids are kept that they are
	// most of a process's memory. They hold no pointers, so that collecting garbage
	// often costs little then, and keeps what is garbage from being as large again.
	Large func()

	// Doing, where set, is told what a value waits for that is being looked up, and
	// of the zero value when it waits no longer.
	Doing func(Doing)

	// Pace, where set, makes every request: it waits until one may leave, calls
	// attempt once, and may tell the pacer what it came to. Only an assert's
	// Result has a Latency: pages of a list take longer and say nothing about
	// how long an assert should take. Its error ends the run.
	Pace func(ctx context.Context, attempt func() client.Result) error
}

// Doing is what a Lookup is at while a record waits for it.
type Doing struct {
	What  string    // "reading the CRM's list of companies: 1200 so far"
	Until time.Time // when it tries again what failed; zero while it waits for no such time
}

// Lookup finds ids by values. It is safe for concurrent use: Learn never waits
// for a request that a Find makes.
type Lookup struct {
	o      Options
	log    *slog.Logger
	wanted map[reference]bool // nil: all
	pushed atomic.Pointer[string]
	kept   atomic.Int64 // ids that tables were told of
	large  sync.Once

	mu      sync.RWMutex
	indexes map[reference]*index
	wrote   map[string][]writing // by object
	schemas map[string]*client.Object
}

// reference is what an index is about: a Reference with one name for what has
// two.
type reference struct{ object, match string }

func referenceTo(object, match string) reference {
	if object == "people" && match == "emails" {
		match = matchEmail // both mean every address [update-a-crm-person]
	}
	return reference{object, match}
}

// New makes a Lookup; it sends nothing.
func New(o Options) *Lookup {
	if o.Context == nil {
		o.Context = context.Background()
	}
	l := &Lookup{o: o, log: o.Log, indexes: map[reference]*index{}, wrote: map[string][]writing{}, schemas: map[string]*client.Object{}}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.o.Doing == nil {
		l.o.Doing = func(Doing) {}
	}
	if o.References != nil {
		l.wanted = map[reference]bool{}
		for _, r := range o.References {
			l.wanted[referenceTo(r.Object, r.Match)] = true
		}
	}
	return l
}

// Pushing says which object the run asserts from now on. No records of it are
// created: a record of the same value may be in flight, and two asserts of one new
// value at the same time may both create [assert-a-crm-record].
func (l *Lookup) Pushing(object string) { l.pushed.Store(&object) }

// Created counts the related records that were created, by object; in a dry run,
// those that it would have.
func (l *Lookup) Created() map[string]int64 {
	all := map[string]int64{}
	for _, x := range l.all() {
		if n := x.created.Load(); n > 0 {
			all[x.object] += n
		}
	}
	return all
}

// Learn takes note of the id that the CRM gave the record of object whose
// attribute match has the value. A later id for the same value replaces it. An
// answer without an id teaches nothing, except in a dry run, where there are no
// answers and the record that would be written gets an id that no record has;
// Find gives that one after [Lookup.Arrive].
func (l *Lookup) Learn(object, match, value, id string) {
	ref := referenceTo(object, match)
	if l.wanted != nil && !l.wanted[ref] {
		return
	}
	switch v := newValue(value); {
	case v.blank:
	case id != "":
		l.index(ref).learn(v, id)
		l.grow(1)
	case l.o.DryRun:
		l.index(ref).expect(v, placeholder(v))
		l.grow(1)
	}
}

// manyIDs is from where on ids are most of the memory: some 6 MB.
const manyIDs = 100_000

// grow counts ids that a table was told of.
func (l *Lookup) grow(ids int64) {
	if l.kept.Add(ids) > manyIDs && l.o.Large != nil {
		l.large.Do(l.o.Large)
	}
}

// Arrive has Find give the ids of what a dry run would have written so far. A
// record finds an earlier one of the same file only if that was answered in time,
// which a dry run can't know: so it is for the end of a push.
func (l *Lookup) Arrive() {
	for _, x := range l.all() {
		x.arrive()
	}
}

// placeholder is an id that no record has: its version is none that is in use. All
// spellings of a value have the same.
func placeholder(v value) string {
	var id [16]byte
	copy(id[10:], v.key[:])
	return formatUUID(id)
}

// IsPlaceholder tells the ids that a dry run gives to records which it would
// write.
func IsPlaceholder(id string) bool { return strings.HasPrefix(id, placeholderStart) }

const placeholderStart = "00000000-0000-0000-0000-"

// HoldsPlaceholder tells whether one of the ids in a JSON value is a placeholder.
func HoldsPlaceholder(value string) bool { return strings.Contains(value, `"`+placeholderStart) }

// Reread takes note that records of object were written, which are known by the
// attribute match. What is known of them by another attribute may be wrong now, if
// it is among those written (nil: it may be any): the CRM's list is read again
// where it is next needed, and neither what this run learnt by it nor what
// earlier ones remember is used any more.
func (l *Lookup) Reread(object, match string, written []string) {
	w := writing{match: referenceTo(object, match).match}
	for _, attribute := range written {
		w.attributes = append(w.attributes, referenceTo(object, attribute).match)
	}
	l.mu.Lock()
	l.wrote[object] = append(l.wrote[object], w)
	l.mu.Unlock()
	for _, x := range l.all() {
		if x.object == object && w.mayChange(x.match) {
			x.slow.Lock()
			x.unlearn()
			x.unlist()
			x.closeMemory()
			x.slow.Unlock()
		}
	}
}

// writing is what a push wrote of an object's records.
type writing struct {
	match      string
	attributes []string // nil: any
}

// mayChange tells whether records may have another value of an attribute now, and
// nobody was told of it.
func (w writing) mayChange(attribute string) bool {
	return w.match != attribute && (w.attributes == nil || slices.Contains(w.attributes, attribute))
}

// Close lets go of what earlier runs remember.
func (l *Lookup) Close() {
	for _, x := range l.all() {
		x.slow.Lock()
		x.closeMemory()
		x.slow.Unlock()
	}
}

func (l *Lookup) all() []*index {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Collect(maps.Values(l.indexes))
}

// Find gives the id of the record of ref.Object whose attribute ref.Match has
// the value. The first value that is neither learnt nor remembered has the CRM's
// list read.
//
// The error is a *mapping.AbsentError where ref.Create asks for the missing record
// and it can be created, and a *mapping.LookupError where the value has no id
// otherwise, or several. Any other error ends the run: the
// list could not be read to its end, the token isn't valid, or the context
// ended. It has a Hint where something can be done about it.
//
// Where the CRM has no such list, doesn't let the token read it or answers in a
// form that isn't known, that is logged once, and Find goes on with the ids that
// the run's own answers gave and earlier runs remember. With ref.Create any other
// value is asserted then, which finds the record that has it.
func (l *Lookup) Find(ref mapping.Reference, value string) (id string, err error) {
	x := l.index(referenceTo(ref.Object, ref.Match))
	v := newValue(value)
	if v.blank {
		return "", &mapping.LookupError{Problem: "a blank value can't be looked up"}
	}
	if id, ok := x.learntAs(v); ok {
		return id, nil
	}
	x.slow.Lock()
	defer x.slow.Unlock()
	l.recall(x)
	remembered, exact := x.remembers(v)
	if exact {
		return remembered, nil
	}
	if err := l.read(x, ref.Create); err != nil {
		return "", err
	}
	f := x.find(v)
	switch {
	case f.id != "":
		return f.id, nil
	case len(f.several) > 0:
		return "", x.ambiguous(v, f)
	case remembered != "" && x.list.missing != "":
		return remembered, nil
	case x.members():
		return "", x.noMember(v)
	case ref.Create:
		return "", l.absent(x, v)
	}
	return "", &mapping.LookupError{Problem: x.noRecord(v) + "; looked in " + strings.Join(x.places(), " and ")}
}

// Listless tells whether the CRM's list was needed for a reference and isn't to be
// had.
func (l *Lookup) Listless(ref mapping.Reference) bool {
	x := l.index(referenceTo(ref.Object, ref.Match))
	x.slow.Lock()
	defer x.slow.Unlock()
	return x.list.missing != ""
}

func (l *Lookup) index(ref reference) *index {
	l.mu.RLock()
	x := l.indexes[ref]
	l.mu.RUnlock()
	if x != nil {
		return x
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if x = l.indexes[ref]; x == nil {
		x = &index{reference: ref}
		l.indexes[ref] = x
	}
	return x
}
