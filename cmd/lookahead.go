package cmd

import (
	"io"

	"github.com/crmsync/crmsync/internal/source"
)

// The beginning of an input that is looked at before the first write.
const (
	peekRecords = 1000
	peekBytes   = 4 << 20
)

// ahead is a reader of which the first records have been looked at.
type ahead struct {
	*source.Reader
	records []source.Record
	next    int
	err     error // what ended the look, if anything
}

// readAhead reads the first records of an input.
func readAhead(from *source.Reader) *ahead {
	a := &ahead{Reader: from}
	held := 0
	for len(a.records) < peekRecords && held < peekBytes {
		rec, err := from.Read()
		if err != nil {
			a.err = err
			break
		}
		a.records = append(a.records, rec)
		held += len(rec.Raw)
		for _, cell := range rec.Cells {
			held += len(cell)
		}
		for _, v := range rec.Values {
			held += len(v)
		}
	}
	return a
}

// Read hands out what was read ahead, then reads on.
func (a *ahead) Read() (source.Record, error) {
	if a.next < len(a.records) {
		a.next++
		rec := a.records[a.next-1]
		a.records[a.next-1] = source.Record{}
		return rec, nil
	}
	if a.err != nil {
		return source.Record{}, a.err
	}
	rec, err := a.Reader.Read()
	if err == io.EOF {
		a.err = err
	}
	return rec, err
}

// passing is a reader of which the first records are looked at once they have
// passed: a stream's next may be long in coming, and a resumed run begins elsewhere.
type passing struct {
	*source.Reader
	records []source.Record
	look    func([]source.Record) // nil once they were looked at
}

func (p *passing) Read() (source.Record, error) {
	rec, err := p.Reader.Read()
	if p.look == nil {
		return rec, err
	}
	if err == nil {
		p.records = append(p.records, rec)
	}
	if err != nil || len(p.records) == peekRecords {
		p.look(p.records)
		p.look, p.records = nil, nil
	}
	return rec, err
}
