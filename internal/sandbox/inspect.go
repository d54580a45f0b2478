package sandbox

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Record is a record as it is stored.
type Record struct {
	ID         string
	CreatedAt  time.Time
	UpdatedAt  time.Time
	Attributes map[string]jsontext.Value // by schema key, those that aren't null
}

// Text is an attribute's value as text: a string without its quotes, other JSON
// as it is, "" where it isn't set.
func (r Record) Text(key string) string {
	raw := r.Attributes[key]
	if raw.Kind() == '"' {
		return unquoted(string(raw))
	}
	return string(raw)
}

// Records gives an object's records in the order of their creation.
func (c *CRM) Records(slug string) []Record {
	t := c.table(slug)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.object.Load()
	all := make([]Record, 0, t.live)
	for n := range t.records {
		r := &t.records[n]
		if r.deleted {
			continue
		}
		out := Record{
			ID:        string(t.appendID(nil, int32(n))),
			CreatedAt: time.Unix(0, r.created), UpdatedAt: time.Unix(0, r.updated),
			Attributes: make(map[string]jsontext.Value),
		}
		for rest := r.cells; rest != ""; {
			var attr int
			var raw string
			attr, raw, rest = nextCell(rest)
			out.Attributes[o.Attributes[attr].Key] = jsontext.Value(bytes.Clone([]byte(raw)))
		}
		all = append(all, out)
	}
	return all
}

// Count is the number of an object's records.
func (c *CRM) Count(slug string) int {
	t := c.table(slug)
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live
}

// Duplicates gives the values of an attribute that stand in more than one
// record, with the number of those records. Each address of a person counts.
// Values are the same as the CRM's quirks say.
func (c *CRM) Duplicates(slug, key string) map[string]int {
	t := c.table(slug)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	attr, ok := t.object.Load().byKey[key]
	if !ok {
		return nil
	}
	counts := make(map[string]int)
	for value, more := range t.index(attr).more {
		counts[value] = len(more) + 1
	}
	return counts
}
