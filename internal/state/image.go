package state

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// The file begins with a head: magic, version, length and checksum of the tables
// behind it, and the head's own checksum. The log follows the tables.
const (
	magic    = "crmsync state\n\x00\xff"
	version  = 1
	headSize = 40
)

// image is a file as it was opened.
type image struct {
	bytes  []byte // the whole file
	unmap  func()
	tables []*table
	logAt  int64
	logs   []map[uint64]change // by table

	told   []told // taken in, and still lying beside it
	untold []int  // tables that go whole because of it
}

// loadImage opens a state with what it was told; nil where there is none. The
// error is one of errForeign, errVersion, errBroken, or the system's.
func loadImage(path string) (*image, error) {
	m, err := loadOwn(path)
	if err != nil || m == nil {
		return nil, err
	}
	if m.told, err = readTold(path, m.forget); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// loadOwn opens a state without what it was told.
func loadOwn(path string) (*image, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, errForeign
	}
	if st.Size() == 0 { // made by mktemp or the like
		return nil, nil
	}
	b, unmap, err := mapFile(f, st.Size())
	if err != nil {
		return nil, err
	}
	m := &image{bytes: b, unmap: unmap}
	if err := m.parse(); err != nil {
		unmap()
		return nil, err
	}
	return m, nil
}

func (m *image) close() {
	if m != nil && m.unmap != nil {
		m.unmap()
		m.unmap = nil
	}
}

func (m *image) parse() error {
	b := m.bytes
	if !bytes.HasPrefix(b, []byte(magic)) {
		return errForeign
	}
	if len(b) < headSize {
		return errBroken
	}
	if binary.LittleEndian.Uint32(b[16:]) != version {
		return errVersion
	}
	if checksum(b[:headSize-4]) != binary.LittleEndian.Uint32(b[headSize-4:]) {
		return errBroken
	}
	end := binary.LittleEndian.Uint64(b[24:])
	if end < headSize || end > uint64(len(b)) {
		return errBroken
	}
	if checksum(b[headSize:end]) != binary.LittleEndian.Uint32(b[32:]) {
		return errBroken
	}
	for rest := b[headSize:end]; len(rest) > 0; {
		t, n, err := parseTable(rest)
		if err != nil {
			return err
		}
		m.tables = append(m.tables, t)
		rest = rest[n:]
	}
	m.logAt = int64(end)
	logs, err := readLog(b[end:], len(m.tables))
	m.logs = logs
	return err
}

// makeHead is the head for tables of so many bytes (the head included).
func makeHead(end uint64, sum uint32) []byte {
	b := make([]byte, headSize)
	copy(b, magic)
	binary.LittleEndian.PutUint32(b[16:], version)
	binary.LittleEndian.PutUint64(b[24:], end)
	binary.LittleEndian.PutUint32(b[32:], sum)
	binary.LittleEndian.PutUint32(b[headSize-4:], checksum(b[:headSize-4]))
	return b
}

// tableHead is the length of a table's numbers: of its scope's name, of its
// records, and of its details.
const tableHead = 4 + 8 + 8

func appendTableHead(dst []byte, scope Scope, n, details int) []byte {
	name, err := json.Marshal(scope)
	if err != nil {
		panic("four strings can't be encoded: " + err.Error())
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(name)))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(n))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(details))
	return append(dst, name...)
}

func parseTable(b []byte) (*table, int, error) {
	if len(b) < tableHead {
		return nil, 0, errBroken
	}
	all := uint64(len(b))
	name := uint64(binary.LittleEndian.Uint32(b))
	n := binary.LittleEndian.Uint64(b[4:])
	details := binary.LittleEndian.Uint64(b[12:])
	if name > all || n > all || details > all {
		return nil, 0, errBroken
	}
	index := (n + indexEvery - 1) / indexEvery * 8
	if tableHead+name+n*rowSize+details+index > all {
		return nil, 0, errBroken
	}
	t := &table{n: int(n)}
	at := uint64(tableHead)
	if err := json.Unmarshal(b[at:at+name], &t.scope); err != nil {
		return nil, 0, errBroken
	}
	at += name
	t.rows, at = b[at:at+n*rowSize], at+n*rowSize
	t.details, at = b[at:at+details], at+details
	t.index, at = b[at:at+index], at+index
	if n > 1<<32-2 {
		return nil, 0, errBroken
	}
	t.build()
	return t, int(at), nil
}
