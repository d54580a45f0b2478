package state

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/crmsync/crmsync/internal/durable"
)

const (
	// mergeAt is how many changes are kept beside the tables, in memory and in
	// the log.
	mergeAt = 1 << 16
	// flushAt is how many bytes of changes that nobody waits for are gathered.
	flushAt = 1 << 20
)

// Store is an open state, for one scope. Its methods may be called by several
// goroutines at a time.
type Store struct {
	path  string
	scope Scope
	opts  Options
	disk  disk
	lock  *flock.Flock
	anew  *Error

	mu       sync.Mutex
	synced   sync.Cond // a sync ended
	image    *image
	at       int // the scope's table; -1 while the file has none
	table    *table
	log      map[uint64]change // what changed since the table was written
	seen     bitmap            // of the table's rows
	inFlight map[uint64]int    // requests about a hash that are not settled

	file    durable.File // open for appending to the log; nil until needed
	end     int64        // of the log
	pending []byte       // a frame of changes not written yet
	spare   []byte
	last    Ticket // the latest change
	durable Ticket // the latest change on disk
	syncing bool
	failed  error
	dirty   bool // the log has something that the table hasn't
	closed  bool
}

// Open opens the state in a file, which is made when there is something to
// remember. A link is followed. Where the file is damaged the state is empty, so
// that everything is sent, and [Store.Anew] says so. Errors are [*Error]; see
// [ErrLocked], [ErrForeign], [ErrVersion].
func Open(path string, scope Scope, o Options) (*Store, error) {
	return openOn(osDisk{}, path, scope, o)
}

// ownFile is where a state lies that path may be a link to: beside it lies what it
// was told, and there it is replaced.
func ownFile(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

func openOn(d disk, path string, scope Scope, o Options) (*Store, error) {
	if err := durable.CheckTarget(path); errors.Is(err, durable.ErrTarget) {
		return nil, problem("opening", path, err)
	}
	path = ownFile(path)
	s := &Store{path: path, scope: scope, opts: o, disk: d, at: -1, inFlight: map[uint64]int{}}
	s.synced.L = &s.mu
	if !o.ReadOnly {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, problem("opening", path, err)
		}
		lock, err := takeLock(path)
		if err != nil {
			return nil, problem("opening", path, err)
		}
		s.lock = lock
		removeLeftovers(path)
	}
	if err := s.load(); err != nil {
		s.release()
		return nil, problem("opening", path, err)
	}
	return s, nil
}

// load reads the file. What a killed run left in the log is merged at once, so
// that a run always begins with tables alone.
func (s *Store) load() error {
	m, err := loadImage(s.path)
	if errors.Is(err, errBroken) {
		s.anew = problem("opening", s.path, err)
		m, err = nil, nil
	}
	if err != nil {
		return err
	}
	s.use(m)
	if m == nil {
		return s.begin()
	}
	if s.at >= 0 && m.logs[s.at] != nil && s.table == m.tables[s.at] {
		s.log = m.logs[s.at]
	}
	switch {
	case s.at >= 0 && s.table != m.tables[s.at]:
		s.anew = problem("opening", s.path, errKeys)
	case slices.Contains(m.untold, s.at):
		s.anew = problem("opening", s.path, errUntold)
	case int64(len(m.bytes)) == m.logAt && len(m.told) == 0:
		return nil
	}
	if s.opts.ReadOnly {
		return nil
	}
	list := m.told
	if err := s.merge(); err != nil {
		return err
	}
	sweepTold(list)
	return nil
}

// begin is for a file that isn't there or can't be read.
func (s *Store) begin() error {
	if s.opts.ReadOnly {
		return nil
	}
	if s.anew != nil {
		// Should the damage be gone at the next look, what is sent in between
		// would not be known.
		if err := s.merge(); err != nil {
			return err
		}
	}
	return takeInNothing(s.path)
}

// use takes an image, nil for an empty one, in the place of the one before.
func (s *Store) use(m *image) {
	s.image.close()
	s.image, s.at, s.table = m, -1, &table{scope: s.scope}
	s.log = map[uint64]change{}
	if m != nil {
		s.end = m.logAt
		for i, t := range m.tables {
			if t.scope.sameTable(s.scope) {
				s.at = i
				if t.scope.Keys == s.scope.Keys {
					s.table = t
				}
			}
		}
	}
	s.seen = newBitmap(s.table.n)
}

// Anew says why the state begins anew: it was damaged, its keys were made in
// another way, or it could not be told of all that was sent. nil is the rule.
func (s *Store) Anew() error {
	if s.anew == nil {
		return nil
	}
	return s.anew
}

// Check looks whether what the fingerprint stands for is what was accepted last
// for all of a record's lane keys. If so, the record is to be skipped. If not,
// the keys are forgotten, a request is expected, [Store.Ready] must be called
// before it leaves and [Store.Settle] when it is over.
//
// For records that share a key, calls must be in the order in which they are
// sent. In a state opened ReadOnly Check only looks.
func (s *Store) Check(keys []string, fp Fingerprint) (unchanged bool, t Ticket) {
	var few [4]uint64
	hashes := few[:0]
	for _, k := range keys {
		hashes = append(hashes, hashKey(k))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	unchanged = len(hashes) > 0 && !s.opts.Full
	for _, h := range hashes {
		if !s.same(h, fp) {
			unchanged = false
		}
	}
	if unchanged || s.opts.ReadOnly {
		return unchanged, 0
	}
	for _, h := range hashes {
		s.inFlight[h]++
		t = max(t, s.forget(h))
	}
	return false, t
}

// See notes that the input has a record of these lane keys, though nothing of it
// will be sent: it is not [Store.Missing].
func (s *Store) See(keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		s.same(hashKey(k), Fingerprint{})
	}
}

// same looks a hash up and notes that the input has it.
func (s *Store) same(h uint64, fp Fingerprint) bool {
	if c, ok := s.log[h]; ok {
		if !c.seen {
			c.seen = true
			s.log[h] = c
		}
		return !c.drop && c.fp == fp && s.recent(c.seconds)
	}
	i := s.table.find(h)
	if i < 0 {
		return false
	}
	s.seen.set(i)
	return s.table.fingerprint(i) == fp && s.recent(s.table.seconds(i))
}

func (s *Store) recent(seconds uint32) bool {
	return s.opts.NotBefore.IsZero() || !time.Unix(int64(seconds), 0).Before(s.opts.NotBefore)
}

// forget drops a hash that the state has, and returns the change that must be
// on disk before a request about it leaves: 0 where the disk never knew it.
func (s *Store) forget(h uint64) Ticket {
	c, inLog := s.log[h]
	switch {
	case inLog && c.drop:
		return c.seq
	case !inLog && s.table.find(h) < 0:
		return 0
	}
	return s.change(h, change{drop: true, seen: true})
}

func (s *Store) change(h uint64, c change) Ticket {
	s.last++
	c.seq = s.last
	s.log[h] = c
	s.dirty = true
	if len(s.pending) == 0 {
		s.pending = beginFrame(s.pending, s.at)
	}
	s.pending = appendChange(s.pending, h, c)
	return c.seq
}

// Ready waits until what the ticket stands for is on disk. It costs nothing for
// a record the state didn't know, and goroutines that wait share one write. After
// an error the request must not be sent, and the run should end.
func (s *Store) Ready(t Ticket) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sync(t)
}

// Settle ends what Check began. It remembers what was accepted, unless a later
// request about the same keys is already expected; nil is for a record that was
// not accepted, or of which nobody knows. Calls for records that share a key must
// be in the order in which they were sent. What it remembers is on disk after the
// next Flush.
func (s *Store) Settle(keys []string, a *Accepted) error {
	if s.opts.ReadOnly {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range keys {
		h := hashKey(k)
		if s.inFlight[h]--; s.inFlight[h] > 0 {
			continue
		}
		delete(s.inFlight, h)
		if a != nil {
			// The match value is kept once, for a record of several keys.
			s.change(h, newChange(a, i == 0))
		}
	}
	if len(s.log) >= mergeAt {
		return s.mergeNow()
	}
	if len(s.pending) >= flushAt {
		return s.sync(s.last)
	}
	return nil
}

// Flush brings to disk what was settled. A crash before it makes records be sent
// once more and does no other harm.
func (s *Store) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sync(s.last)
}

// Missing hands out what the state knows and neither Check nor See of this run asked for.
// It means something only when the input was read from beginning to end. yield
// must not use the Store.
func (s *Store) Missing(yield func(Entry) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := merged(s.table, s.log, s.seen, true, func(r *record) (bool, error) {
		if r.seen {
			return true, nil
		}
		e, err := makeEntry(r.fp, r.seconds, []byte(r.detail))
		if err != nil || e.Match == "" { // a record's further keys
			return true, err
		}
		return yield(e), nil
	})
	if err != nil {
		return problem("reading", s.path, err)
	}
	return nil
}

// Close writes what was not written yet and lets go of the file. Further calls do
// nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	for s.syncing {
		s.synced.Wait()
	}
	var err error
	if s.dirty && s.failed == nil {
		err = s.mergeNow()
	}
	s.release()
	return err
}

func (s *Store) release() {
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
	s.image.close()
	if s.lock != nil {
		releaseLock(s.lock)
		s.lock = nil
	}
}
