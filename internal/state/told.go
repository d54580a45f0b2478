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
	"slices"
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
// frame at a time, which is good until forget returns: nothing sent stands for
// all. A file without any content is one that was made a moment ago: nothing was
// sent that it would tell of.
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
	var room bytes.Buffer
	name, err := readSummed(r, &room, uint64(binary.LittleEndian.Uint32(sums)), binary.LittleEndian.Uint32(sums[4:]))
	if err != nil || json.Unmarshal(name, &t.scope) != nil {
		return errBroken
	}
	var head [toldFrame]byte
	var sent []sentAs
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return cutOffAt(err)
		}
		if checksum(head[:8]) != binary.LittleEndian.Uint32(head[8:]) {
			return errBroken
		}
		b, err := readSummed(r, &room, toldOne*uint64(binary.LittleEndian.Uint32(head[:])), binary.LittleEndian.Uint32(head[4:]))
		if err != nil {
			return cutOffAt(err)
		}
		sent = sent[:0]
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

// readSummed reads n bytes that have a checksum into room, which grows no larger
// than there are bytes, whatever a damaged file says.
func readSummed(r io.Reader, room *bytes.Buffer, n uint64, sum uint32) ([]byte, error) {
	room.Reset()
	if _, err := io.CopyN(room, r, int64(n)); err != nil {
		return nil, err
	}
	if checksum(room.Bytes()) != sum {
		return nil, errBroken
	}
	return room.Bytes(), nil
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
			if !c.drop && c.fp != what.fp {
				m.logs[i][what.hash] = change{drop: true}
			}
			continue
		}
		// Not in the log: there may be any number of them.
		if row := m.tables[i].find(what.hash); row >= 0 && m.tables[i].fingerprint(row) != what.fp {
			m.tables[i].remove(row)
		}
	}
}

// sweepTold removes what the state has taken in for good, but for the files of
// those who are still at it, or said more since they were read. The state's lock
// must be held.
func sweepTold(list []told) {
	for _, t := range list {
		lock := lockOf(t.path)
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
	removeLeftovers(path)
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
