package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/crmsync/crmsync/internal/durable"
)

const (
	rejectsSuffix = ".rejects"
	rejectsKind   = "crmsync-rejects"
)

// RejectNote is what is known of a reject file that a run left.
type RejectNote struct {
	Path   string // absolute
	Of     string // what was pushed; "" for what will not come again, as a stream
	Into   string // the CRM and its object that refused what it holds
	Digest string // of the file's content
	Pushed bool   // what it holds was pushed there since
}

// RejectFile is the name of a reject file, held against other processes until
// Close, and the note on the file that bears it.
type RejectFile struct {
	claim
	note *RejectNote
}

// RejectsLockedError says that another process writes to a reject file.
type RejectsLockedError struct{ Path string }

func (e *RejectsLockedError) Error() string {
	return fmt.Sprintf("another push that is under way has the same reject file, %s", filepath.Base(e.Path))
}

// Hint says what to do about it.
func (e *RejectsLockedError) Hint() string {
	return "give this one a file of its own, --rejects NAME, or wait until the other ends"
}

// HoldRejects takes hold of the name of a reject file. The path is absolute. The
// error is a [*RejectsLockedError] where another process holds it, and an [*Error]
// where nothing can be kept in dir.
func HoldRejects(dir, path string) (*RejectFile, error) {
	guard, err := enter(dir)
	if err != nil {
		return nil, err
	}
	defer guard.release()
	f := &RejectFile{claim: claim{
		dir: dir, key: rejectsKey(path), suffix: rejectsSuffix, what: "the note on " + path, disk: durable.System{},
	}}
	if f.lock, err = takeLock(filepath.Join(dir, f.key+lockSuffix)); err != nil {
		return nil, err
	}
	if f.lock == nil {
		return nil, &RejectsLockedError{Path: path}
	}
	removeLeftovers(dir, f.key)
	// What can't be read is as good as nothing: the file is then taken for one of
	// which nothing is known.
	f.note, _ = readRejectNote(f.path())
	return f, nil
}

func rejectsKey(path string) string {
	sum := sha256.Sum256([]byte(rejectsKind + "\x00" + path))
	return hex.EncodeToString(sum[:16])
}

// KnowsRejects tells whether there is a note on a file, without holding it.
func KnowsRejects(dir, path string) bool {
	return exists(filepath.Join(dir, rejectsKey(path)+rejectsSuffix))
}

// Note is what the last run left; nil where that is not known.
func (f *RejectFile) Note() *RejectNote { return f.note }

// SetNote notes what the file is now, nil where there is none. Notes on files that
// are gone are removed.
func (f *RejectFile) SetNote(n *RejectNote) error {
	f.note = n
	removeRejectNotes(f.dir)
	if n == nil {
		if err := f.disk.Remove(f.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return problem("removing", f.path(), err)
		}
		return nil
	}
	stored := *n
	stored.Path, stored.Of, stored.Into = escape(n.Path), escape(n.Of), escape(n.Into)
	body, err := json.Marshal(stored)
	if err == nil {
		err = replace(f.disk, f.path(), seal(rejectsKind, body))
	}
	if err != nil {
		return problem("writing", f.path(), err)
	}
	return nil
}

func readRejectNote(path string) (*RejectNote, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	body, err := unseal(rejectsKind, b)
	if err != nil {
		return nil, err
	}
	n := &RejectNote{}
	if err := json.Unmarshal(body, n); err != nil {
		return nil, errDamaged
	}
	for _, text := range []*string{&n.Path, &n.Of, &n.Into} {
		if *text, err = url.PathUnescape(*text); err != nil {
			return nil, errDamaged
		}
	}
	return n, nil
}

// removeRejectNotes removes the notes on files that are gone.
func removeRejectNotes(dir string) {
	all, err := keys(dir, rejectsSuffix)
	if err != nil {
		return
	}
	for _, key := range all {
		path := filepath.Join(dir, key+rejectsSuffix)
		n, err := readRejectNote(path)
		if err != nil {
			continue
		}
		if _, err := os.Lstat(n.Path); errors.Is(err, fs.ErrNotExist) {
			os.Remove(path)
		}
	}
}
