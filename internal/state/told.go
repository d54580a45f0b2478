package state

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"crypto/rand"

	"github.com/gofrs/flock"
)

// Beside a state may lie files that tell it what others sent. A push that sends
// records without holding the state writes one: see [Teller]. Whoever reads the
// state takes them in, and forgets what was sent otherwise than it remembers;
// whoever may change it does so for good. A damaged file has it forget everything.
//
// Such a file begins with a mark and a scope, with its length and checksum; frames
// of hashes with fingerprints follow, each with their number and checksum. A frame
// of none tells of all. The last may be cut off: nothing was sent before it was
// whole.
const (
	toldSuffix = ".told"
	toldMark   = "crmsync told\n\x00\xff\x01"
	toldFrame  = 12 // number, checksum of the requests, and of these two
	toldOne    = 8 + 12
)

// told is what one file tells.
type told struct {
	path  string
	size  int64 // of the file when it was read
	scope Scope // its Workspace says nothing
	any   bool  // what it is about can't be made out
}

// sentAs is a request about a hash.
type sentAs struct {
	hash uint64
	fp   Fingerprint
}

// concerns tells whether a table is about records that were told of. Two tokens
// may be of one workspace, so they don't keep two tables apart.
func (t *told) concerns(scope Scope) bool { return t.any || t.scope.SameRecords(scope) }

// readTold reads what lies beside a state, and hands out what each file tells, a
// frame at a time: nothing sent stands for all. A file without any content is one
// that was made a moment ago: nothing was sent that it would tell of.
func readTold(path string, forget func(t *told, sent []sentAs)) ([]told, error) {
	names, err := filesBeside(path, toldSuffix)
	if err != nil {
		return nil, err
	}
	var list []told
	for _, name := range names {
		t := told{path: name}
		err := t.read(forget)
		if errors.Is(err, fs.ErrNotExist) || err == nil && t.size == 0 {
			continue
		}
		if err != nil {
			t.any = true
			forget(&t, nil)
		}
		list = append(list, t)
	}
	return list, nil
}

func (t *told) read(forget func(t *told, sent []sentAs)) error {
	f, err := os.Open(t.path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := &counting{r: bufio.NewReaderSize(f, 1<<16)}
	defer func() {
		io.Copy(io.Discard, r) // behind damage, too
		t.size = r.n
	}()
	mark := make([]byte, len(toldMark)+8)
	switch _, err := io.ReadFull(r, mark); {
	case err == io.EOF:
		return nil
	case err != nil || !bytes.HasPrefix(mark, []byte(toldMark)):
		return errBroken
	}
	sums := mark[len(toldMark):]
	name, err := readSummed(r, uint64(binary.LittleEndian.Uint32(sums)), binary.LittleEndian.Uint32(sums[4:]))
	if err != nil || json.Unmarshal(name, &t.scope) != nil {
		return errBroken
	}
	var head [toldFrame]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return cutOffAt(err)
		}
		if checksum(head[:8]) != binary.LittleEndian.Uint32(head[8:]) {
			return errBroken
		}
		b, err := readSummed(r, toldOne*uint64(binary.LittleEndian.Uint32(head[:])), binary.LittleEndian.Uint32(head[4:]))
		if err != nil {
			return cutOffAt(err)
		}
		sent := make([]sentAs, 0, len(b)/toldOne)
		for ; len(b) > 0; b = b[toldOne:] {
			sent = append(sent, sentAs{binary.LittleEndian.Uint64(b), Fingerprint(b[8:toldOne])})
		}
		forget(t, sent)
	}
}

// cutOffAt is no error where a file ends, in its last frame or before it.
func cutOffAt(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

// readSummed reads n bytes that have a checksum. It makes no more room than
// there are bytes, whatever a damaged file says.
func readSummed(r io.Reader, n uint64, sum uint32) ([]byte, error) {
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return nil, err
	}
	if checksum(b.Bytes()) != sum {
		return nil, errBroken
	}
	return b.Bytes(), nil
}

// counting counts the bytes that are read.
type counting struct {
	r io.Reader
	n int64
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// forget takes out of an image what a file told it to: nothing sent stands for
// all. So does what was sent with keys of another way.
func (m *image) forget(what *told, sent []sentAs) {
	for i, t := range m.tables {
		switch {
		case !what.concerns(t.scope):
		case len(sent) > 0 && what.scope.Keys == t.scope.Keys:
			m.drop(i, sent)
		case !slices.Contains(m.untold, i):
			m.tables[i], m.logs[i] = &table{scope: t.scope}, nil
			m.untold = append(m.untold, i)
		}
	}
}

// drop forgets what was sent as something else than what a table has of it. What
// was sent just so did no harm, however it ended.
func (m *image) drop(i int, sent []sentAs) {
	for _, what := range sent {
		if c, ok := m.logs[i][what.hash]; ok {
			if c.drop || c.fp == what.fp {
				continue
			}
		} else if row := m.tables[i].find(what.hash); row < 0 || m.tables[i].fingerprint(row) == what.fp {
			continue
		}
		if m.logs[i] == nil {
			m.logs[i] = map[uint64]change{}
		}
		m.logs[i][what.hash] = change{drop: true}
	}
}

// sweepTold removes what the state has taken in for good, but for the files of
// those who are still at it, or said more since they were read. The state's lock
// must be held.
func sweepTold(list []told) {
	for _, t := range list {
		lock := flock.New(t.path, flock.SetPermissions(0o600))
		ok, err := lock.TryLock()
		var size int64
		if ok && err == nil {
			var is os.FileInfo
			if is, err = lock.Stat(); err == nil {
				size = is.Size()
			}
		}
		lock.Close() // whoever wrote it has gone, and nobody else would
		if ok && err == nil && size == t.size {
			os.Remove(t.path)
		}
	}
}

// takeIn puts into a state what it was told, unless somebody uses it: then it is
// for them, or for whoever opens it next.
func takeIn(path string) error {
	lock, err := takeLock(path)
	if errors.Is(err, ErrLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	defer releaseLock(lock)
	m, err := loadImage(path)
	if err != nil {
		return err
	}
	if m == nil {
		return takeInNothing(path)
	}
	defer m.close()
	if len(m.told) == 0 {
		return nil
	}
	var parts []part
	for i, t := range m.tables {
		parts = append(parts, part{t: t, log: m.logs[i]})
	}
	if _, err := writeImage(osDisk{}, path, parts); err != nil {
		return err
	}
	sweepTold(m.told)
	return nil
}

// takeInNothing is for a state that isn't there, so it has nothing to forget.
func takeInNothing(path string) error {
	list, err := readTold(path, func(*told, []sentAs) {})
	sweepTold(list)
	return err
}

// Teller tells a state, which this process doesn't hold, of records before they
// are sent, so that it forgets them. Its methods may be called by several
// goroutines at a time.
type Teller struct {
	path  string
	scope Scope
	all   bool

	mu      sync.Mutex
	pending []byte // a frame that is not written yet
	spoke   bool   // all was told

	writing sync.Mutex
	file    *os.File // nil until there is something to tell
	lock    *flock.Flock
	failed  error
}

// Tell is for records of a scope, the workspace aside, that are sent although
// the state in path can't be held. all tells the state to forget the whole of
// the scope: for one that doesn't exist, but may by the end.
func Tell(path string, scope Scope, all bool) *Teller {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	scope.Workspace = ""
	return &Teller{path: path, scope: scope, all: all}
}

// Begin finds out whether there is a way to tell, before anything is sent. A
// Teller of all says so at once and has nothing more to say. The error is an
// [*Error].
func (t *Teller) Begin() error {
	if t.all {
		t.Sending(nil, Fingerprint{})
		return t.Flush()
	}
	// Should this process be killed, the next who opens the state removes it.
	f, name, err := createBeside(t.path, tempSuffix)
	if err != nil {
		return problem("telling", t.path, err)
	}
	f.Close()
	os.Remove(name)
	return nil
}

// createBeside makes a file whose name can't be guessed, not following a link
// that is there already.
func createBeside(path, suffix string) (f *os.File, name string, err error) {
	name = path + "." + strings.ToLower(rand.Text()[:16]) + suffix
	f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	return f, name, err
}

// Sending says what is about to be sent for a record's lane keys. [Teller.Flush]
// must be called before it is.
func (t *Teller) Sending(keys []string, fp Fingerprint) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all && t.spoke {
		return
	}
	t.spoke = true
	if len(t.pending) == 0 {
		t.pending = append(t.pending, make([]byte, toldFrame)...)
	}
	for _, k := range keys {
		if !t.all {
			t.pending = append(binary.LittleEndian.AppendUint64(t.pending, hashKey(k)), fp[:]...)
		}
	}
}

// Flush brings to disk what was said. After an error nothing more may be sent.
// It is an [*Error].
func (t *Teller) Flush() error {
	t.writing.Lock()
	defer t.writing.Unlock()
	t.mu.Lock()
	frame := t.pending
	t.pending = nil
	t.mu.Unlock()
	if t.failed == nil && len(frame) > 0 {
		t.failed = t.write(frame)
	}
	if t.failed != nil {
		return problem("telling", t.path, t.failed)
	}
	return nil
}

func (t *Teller) write(frame []byte) error {
	if t.file == nil {
		if err := t.begin(); err != nil {
			return err
		}
	}
	sent := frame[toldFrame:]
	binary.LittleEndian.PutUint32(frame, uint32(len(sent)/toldOne))
	binary.LittleEndian.PutUint32(frame[4:], checksum(sent))
	binary.LittleEndian.PutUint32(frame[8:], checksum(frame[:8]))
	if _, err := t.file.Write(frame); err != nil {
		return err
	}
	return t.file.Sync()
}

// begin makes the file. It is locked before it has any content, so that nobody
// sweeps it away.
func (t *Teller) begin() error {
	file, name, err := createBeside(t.path, toldSuffix)
	if err != nil {
		return err
	}
	t.file = file
	t.lock = flock.New(name, flock.SetPermissions(0o600))
	if ok, err := t.lock.TryLock(); err != nil || !ok {
		return errors.Join(err, ErrLocked)
	}
	scope, err := json.Marshal(t.scope)
	if err != nil {
		return err
	}
	head := binary.LittleEndian.AppendUint32([]byte(toldMark), uint32(len(scope)))
	head = binary.LittleEndian.AppendUint32(head, checksum(scope))
	if _, err := file.Write(append(head, scope...)); err != nil {
		return err
	}
	return osDisk{}.SyncDir(filepath.Dir(name))
}

// Close lets go, and has the state take in what it was told where nobody uses
// it. What can't be taken in now is when the state is next opened. Further calls
// do nothing.
func (t *Teller) Close() {
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.file == nil {
		return
	}
	t.file.Close()
	t.lock.Close()
	t.file = nil
	if t.failed == nil {
		t.failed = fs.ErrClosed
	}
	_ = takeIn(t.path) // the file stays where it fails, which is safe
}
