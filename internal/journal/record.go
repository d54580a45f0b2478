package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// version is that of the file's form. Another one is not read: starting anew
// sends too much, misreading would send too little.
const version = 1

// mostBytes bounds what is read of a journal; a real one is far smaller.
const mostBytes = 64 << 20

// record is a journal's content.
type record struct {
	Run        Run
	ID         string // of this run, also where several processes went on with it
	PID        int
	Started    time.Time
	Checkpoint *Checkpoint `json:",omitempty"`
	Stale      []Rejects   `json:",omitempty"` // see [Journal.Stale]
	Ended      *Ended      `json:",omitempty"` // see [Journal.Over]
}

// seal puts a line before a body that says of which kind and how long it is, and
// what its checksum is.
func seal(kind string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %d %d %x\n", kind, version, len(body), sha256.Sum256(body))
	b.Write(body)
	return b.Bytes()
}

var (
	errDamaged = errors.New("it is damaged")
	errVersion = errors.New("it was written by another version of crmsync")
)

// unseal gives the body that seal was given.
func unseal(kind string, b []byte) ([]byte, error) {
	head, body, _ := bytes.Cut(b, []byte("\n"))
	var v, length int
	var sum string
	if _, err := fmt.Sscanf(string(head), kind+" %d %d %s", &v, &length, &sum); err != nil {
		return nil, errDamaged
	}
	if v != version {
		return nil, errVersion
	}
	want := sha256.Sum256(body)
	if len(body) != length || sum != hex.EncodeToString(want[:]) {
		return nil, errDamaged
	}
	return body, nil
}

// readFile reads a journal as far as a real one goes. Its error is fs.ErrNotExist
// where there is none.
func readFile(path string) ([]byte, error) {
	st, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular() || st.Size() > mostBytes:
		return nil, errDamaged
	}
	return os.ReadFile(path)
}

const runKind = "crmsync-journal"

func encode(r *record) []byte {
	body, err := json.Marshal((*storedRecord)(r))
	if err != nil {
		// Nothing in a record can fail to be encoded but a time or a number
		// that no run has.
		panic(fmt.Sprintf("encoding a journal: %v", err))
	}
	return seal(runKind, body)
}

func decode(b []byte) (*record, error) {
	body, err := unseal(runKind, b)
	if err != nil {
		return nil, err
	}
	var r storedRecord
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, errDamaged
	}
	return (*record)(&r), nil
}

// readRecord returns nil where there is no journal.
func readRecord(path string) (r *record, err error) {
	b, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		r, err = decode(b)
	}
	if err != nil {
		return nil, problem("reading the journal", path, err)
	}
	return r, nil
}

// key names a run's files. A hash says nothing about them to others.
func key(run Run) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q", run.BaseURL, run.Shard)
	for _, in := range run.Inputs {
		fmt.Fprintf(h, " %q", in.Path)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// differences says in sentences why a run is not the one of a journal.
func differences(was, is Run) []string {
	var list []string
	if len(was.Inputs) != len(is.Inputs) { // impossible with one key
		return []string{"the inputs have changed"}
	}
	for i, in := range is.Inputs {
		name, old := filepath.Base(in.Path), was.Inputs[i]
		switch {
		case old.Size >= 0 && in.Size >= 0 && old.Size != in.Size:
			list = append(list, fmt.Sprintf("%s has changed (it had %d bytes and has %d)", name, old.Size, in.Size))
		case old.Fingerprint != in.Fingerprint:
			list = append(list, name+" has changed")
		}
	}
	for _, d := range []struct{ what, was, is string }{
		{"the object", was.Object, is.Object},
		{"the match attribute", was.Match, is.Match},
	} {
		if d.was != d.is {
			list = append(list, fmt.Sprintf("%s was %s and is %s", d.what, d.was, d.is))
		}
	}
	if was.Mapping != is.Mapping {
		list = append(list, changedFlags(was.MappedBy, is.MappedBy, "how records are mapped has changed (mapping, locale, time zone, or the attributes in the CRM)")...)
	}
	if was.Choice != is.Choice {
		list = append(list, changedFlags(was.ChosenBy, is.ChosenBy, "how the input is read, or which of its records are sent, has changed")...)
	}
	if was.Limit != is.Limit {
		list = append(list, fmt.Sprintf("--limit was %s and is %s", limit(was.Limit), limit(is.Limit)))
	}
	if was.Workspace != is.Workspace {
		list = append(list, "the workspace is another")
	}
	return list
}

// changedFlags names the flags that differ, else says it in other words: a mapping
// file or the CRM may have changed as well.
func changedFlags(was, is map[string]string, otherwise string) (list []string) {
	if len(was) == 0 { // it doesn't tell
		return []string{otherwise}
	}
	all := maps.Clone(was)
	maps.Copy(all, is)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		before, had := was[name]
		now, has := is[name]
		switch {
		case !had:
			list = append(list, name+" was added")
		case !has:
			list = append(list, name+" was left out")
		case before != now:
			list = append(list, name+" has changed")
		}
	}
	if len(list) == 0 {
		return []string{otherwise}
	}
	return list
}

func limit(n int64) string {
	if n == 0 {
		return "none"
	}
	return strconv.FormatInt(n, 10)
}

// sharedInput is a file that both runs push. Shards of a run don't meet, if they
// are of one division.
func sharedInput(a, b Run) (path string, ok bool) {
	_, ofA, shardA := strings.Cut(a.Shard, "/")
	_, ofB, shardB := strings.Cut(b.Shard, "/")
	if shardA && shardB && ofA == ofB && a.Shard != b.Shard {
		return "", false
	}
	for _, in := range a.Inputs {
		if slices.ContainsFunc(b.Inputs, func(other Input) bool { return sameFile(other.Path, in.Path) }) {
			return in.Path, true
		}
	}
	return "", false
}

// sameFile tells whether two paths lead to one file: there are hard links, and file
// systems to which case is nothing.
func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	is, err := os.Stat(a)
	other, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(is, other)
}

// isWithin tells whether a run pushes to the same place what the whole one pushes as
// well, and more: whoever begins the whole one needs the smaller no longer.
func isWithin(run, whole Run) bool {
	if run.BaseURL != whole.BaseURL || run.Shard != whole.Shard || run.Object != whole.Object || run.Match != whole.Match {
		return false
	}
	for _, in := range run.Inputs {
		if !slices.ContainsFunc(whole.Inputs, func(other Input) bool { return other.Path == in.Path }) {
			return false
		}
	}
	return len(run.Inputs) > 0 // else it is damaged
}

// inputPaths is where the inputs are.
func inputPaths(run Run) string { return inputsAs(filepath.Clean, run) }

func inputsAs(name func(path string) string, run Run) string {
	var names []string
	for _, in := range run.Inputs {
		names = append(names, name(in.Path))
	}
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
	}
	return strings.Join(names, ", ")
}
