package state

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"github.com/crmsync/crmsync/internal/durable"
)

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
	closed  bool
	file    *os.File // nil until there is something to tell
	lock    *flock.Flock
	failed  error
}

// Tell is for records of a scope, the workspace aside, that are sent although
// the state in path can't be held. all tells the state to forget the whole of
// the scope: for one that doesn't exist, but may by the end.
func Tell(path string, scope Scope, all bool) *Teller {
	scope.Workspace = ""
	return &Teller{path: ownFile(path), scope: scope, all: all}
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
	f, name, err := createBeside(t.path, durable.TempSuffix)
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
// sweeps it away; one that was swept before that is left to whoever did it.
func (t *Teller) begin() error {
	for range 100 {
		file, name, err := createBeside(t.path, toldSuffix)
		if err != nil {
			return err
		}
		lock := lockOf(name)
		ok, err := lock.TryLock()
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		if ok {
			ok, err = stillNamed(file, name)
		}
		if ok {
			t.file, t.lock = file, lock
			return t.head(name)
		}
		lock.Close()
		file.Close()
		if err != nil {
			os.Remove(name)
			return err
		}
	}
	return ErrLocked
}

// head writes what the file begins with.
func (t *Teller) head(name string) (err error) {
	defer func() {
		if err != nil { // nobody could tell it from one that is about to be begun
			os.Remove(name)
		}
	}()
	scope, err := json.Marshal(t.scope)
	if err != nil {
		return err
	}
	head := binary.LittleEndian.AppendUint32([]byte(toldMark), uint32(len(scope)))
	head = binary.LittleEndian.AppendUint32(head, checksum(scope))
	if _, err := t.file.Write(append(head, scope...)); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(name))
}

// Close lets go, and has the state take in what it was told where nobody uses
// it, also by processes that were killed. What can't be taken in now is when the
// state is next opened. Further calls do nothing.
func (t *Teller) Close() {
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.closed {
		return
	}
	t.closed = true
	if t.failed == nil {
		t.failed = fs.ErrClosed
	}
	if t.file != nil {
		t.file.Close()
		t.lock.Close()
		t.file = nil
	}
	if anythingBeside(t.path) {
		_ = takeIn(t.path) // the files stay where it fails, which is safe
	}
}

// anythingBeside tells whether something lies beside a state, left there or in use.
func anythingBeside(path string) bool {
	if _, err := os.Lstat(path + lockSuffix); err == nil {
		return true
	}
	for _, suffix := range []string{toldSuffix, durable.TempSuffix} {
		if names, err := filesBeside(path, suffix); err == nil && len(names) > 0 {
			return true
		}
	}
	return false
}
