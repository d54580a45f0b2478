package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// operation is one of the ways to write a record.
type operation int

const (
	opAssert operation = iota + 1
	opCreate
	opPatch
)

// resolve checks a request's fields against the schema and leaves in s.cells
// what is to be written, in s.problems what is wrong with the rest.
func (c *CRM) resolve(s *scratch, o *object, fields []field, op operation) {
	s.cells, s.problems = s.cells[:0], s.problems[:0]
	for _, f := range fields {
		if o.named() && c.quirks.NestedCustom && string(f.name) == "customAttributes" {
			inner, ok := members(f.value)
			if !ok {
				s.problem("customAttributes", `The value of "customAttributes" must be an object.`)
			}
			for _, g := range inner {
				c.resolveField(s, o, g, true, op)
			}
			continue
		}
		c.resolveField(s, o, f, false, op)
	}
}

// resolveField takes one field; nested ones are from customAttributes.
func (c *CRM) resolveField(s *scratch, o *object, f field, nested bool, op operation) {
	at, known := o.byBody[string(f.name)]
	if known && o.named() && c.quirks.NestedCustom {
		known = nested == o.Attributes[at].custom
	}
	if !known {
		if c.quirks.Unknown == Refuse {
			s.problem(string(f.name), fmt.Sprintf("There is no attribute %q.", f.name))
		}
		return
	}
	a := o.Attributes[at]
	switch {
	case a.kind == kindSystem:
		if c.quirks.System == Refuse {
			s.problem(a.body, fmt.Sprintf("The value of %q can't be set.", a.body))
		}
		return
	case a.IsArchived && c.quirks.Archived != Accept:
		if c.quirks.Archived == Refuse {
			s.problem(a.body, fmt.Sprintf("The attribute %q is archived.", a.body))
		}
		return
	}
	raw := f.value
	if c.quirks.TrimStrings {
		raw = trimmed(raw)
	}
	if len(raw) == 2 && raw[0] == '"' {
		switch c.quirks.Empty {
		case EmptyIsNull:
			raw = jsontext.Value("null")
		case EmptyRefused:
			s.problem(a.body, fmt.Sprintf("The value of %q may not be empty.", a.body))
			return
		}
	}
	if raw.Kind() == 'n' {
		switch {
		case c.quirks.Null == NullKeeps && op != opCreate:
		case c.quirks.Null == NullRefused:
			s.problem(a.body, fmt.Sprintf("The value of %q may not be null.", a.body))
		default:
			s.cells = append(s.cells, cell{attr: at})
		}
		return
	}
	stored, wrong := c.check(a, raw)
	if wrong != "" {
		s.problem(a.body, fmt.Sprintf("The value of %q %s", a.body, wrong))
		return
	}
	if len(stored) == 2 && stored[0] == '[' {
		if c.quirks.EmptyList == EmptyListKeeps && op != opCreate {
			return
		}
	}
	s.cells = append(s.cells, cell{attr: at, raw: stored})
}

func (s *scratch) problem(field, message string) {
	s.problems = append(s.problems, problem{field, message})
}

// require adds a problem for each attribute that must be in the body and isn't.
func (c *CRM) require(s *scratch, o *object, creating bool) {
	if o.Slug == "people" && (creating || !c.quirks.NamelessUpdates) && !s.sets(o, "first_name") && !s.sets(o, "last_name") {
		s.problem("firstName", "One of firstName and lastName is required.")
	}
	if c.quirks.Required == RequiredNever || c.quirks.Required == RequiredOnCreate && !creating {
		return
	}
	for _, a := range o.Attributes {
		if a.IsRequired && !a.IsStandard && a.kind != kindSystem && !s.sets(o, a.Key) {
			s.problem(a.body, fmt.Sprintf("The value of %q is required.", a.body))
		}
	}
}

// sets tells whether the request gives the attribute a value.
func (s *scratch) sets(o *object, key string) bool {
	at := o.byKey[key]
	return slices.ContainsFunc(s.cells, func(c cell) bool { return c.attr == at && c.raw != nil })
}

// clash finds an attribute of the request whose value must be unique and
// belongs to another record than n; n is -1 for a new one. The attribute skip
// isn't looked at. The caller holds the lock.
func (t *table) clash(o *object, s *scratch, n int32, skip int) *attribute {
	for _, cell := range s.cells {
		a := o.Attributes[cell.attr]
		if cell.raw == nil || cell.attr == skip || !t.unique(a) {
			continue
		}
		ix, taken := t.index(cell.attr), false
		t.eachKey(a, string(cell.raw), func(key []byte) { taken = taken || ix.other(key, n) })
		if taken {
			return a
		}
	}
	return nil
}

// insert stores a new record. The caller holds the lock.
func (t *table) insert(s *scratch, now int64) int32 {
	n := int32(len(t.records))
	t.records = append(t.records, record{created: now, updated: now})
	t.live++
	t.put(s, n)
	return n
}

// update writes the request's attributes over the record's. The caller holds
// the lock.
func (t *table) update(s *scratch, n int32, now int64) {
	t.records[n].updated = now
	t.put(s, n)
}

// put merges s.cells into a record and keeps the indexes in step.
func (t *table) put(s *scratch, n int32) {
	o := t.object.Load()
	r := &t.records[n]
	s.place = resized(s.place, len(o.Attributes))
	for i, cell := range s.cells {
		s.place[cell.attr] = i + 1
	}
	s.blob = s.blob[:0]
	for rest := r.cells; rest != ""; {
		var attr int
		var raw string
		attr, raw, rest = nextCell(rest)
		if s.place[attr] == 0 {
			s.blob = appendCell(s.blob, attr, raw)
			continue
		}
		t.reindex(o, attr, n, raw, s.cells[s.place[attr]-1].raw)
		s.place[attr] = -s.place[attr] // indexed
	}
	for i, cell := range s.cells {
		place := s.place[cell.attr]
		if place != i+1 && place != -i-1 || cell.raw == nil {
			continue
		}
		if place > 0 {
			t.reindex(o, cell.attr, n, "", cell.raw)
		}
		s.blob = appendCell(s.blob, cell.attr, cell.raw)
	}
	r.cells = string(s.blob)
	s.done = *r
}

// reindex moves a record in the attribute's index from its old value to the new.
func (t *table) reindex(o *object, attr int, n int32, before string, after []byte) {
	ix := t.indexes[attr]
	if ix == nil || before == string(after) {
		return
	}
	a := o.Attributes[attr]
	t.eachKey(a, before, func(key []byte) { ix.remove(key, n) })
	t.eachKey(a, string(after), func(key []byte) { ix.add(key, n) })
}

// combine replaces, in s.cells, values that an update joins with the stored
// ones. The caller holds the lock.
func (c *CRM) combine(t *table, o *object, s *scratch, n int32) {
	for i := range s.cells {
		cell := &s.cells[i]
		if cell.raw == nil {
			continue
		}
		switch a := o.Attributes[cell.attr]; {
		case a.kind == kindRelation && c.quirks.MergeRelations, a.kind == kindEmails && c.quirks.MergeEmails:
			have := cellOf(t.records[n].cells, cell.attr)
			cell.raw = appendStrings(nil, union(stringsIn([]byte(have)), stringsIn(cell.raw)))
		case a.kind == kindSocials && !c.quirks.ReplaceSocials:
			have := cellOf(t.records[n].cells, cell.attr)
			cell.raw = mergeSocials([]byte(have), cell.raw)
		}
	}
}

// union is the first list and what the second has besides.
func union(a, b []string) []string {
	for _, id := range b {
		if !slices.Contains(a, id) {
			a = append(a, id)
		}
	}
	return a
}

// mergeSocials lays new links over the stored ones.
func mergeSocials(have, next jsontext.Value) []byte {
	before, _ := members(have)
	after, _ := members(next)
	var parts []string
	for _, network := range socialNetworks {
		link, ok := get(after, network)
		if !ok {
			link, ok = get(before, network)
		}
		if ok {
			parts = append(parts, quote(network)+":"+string(link))
		}
	}
	return []byte("{" + strings.Join(parts, ",") + "}")
}

// refuseProblems is the answer to values that aren't accepted.
func (c *CRM) refuseProblems(s *scratch) *refusal {
	status := c.quirks.ValueStatus
	if status == 0 {
		status = http.StatusBadRequest
	}
	return &refusal{status: status, message: s.problems[0].message, problems: s.problems}
}

// refuseClash is the answer to a unique value that another record has.
func (c *CRM) refuseClash(a *attribute) *refusal {
	status := c.quirks.ClashStatus
	if status == 0 {
		status = http.StatusBadRequest
	}
	message := fmt.Sprintf("The value of %q is already used by another record.", a.body)
	return &refusal{status: status, message: message, problems: []problem{{a.body, message}}}
}

// resized gives n zeros, in the same memory where it is enough.
func resized(s []int, n int) []int {
	if cap(s) < n {
		return make([]int, n)
	}
	s = s[:n]
	clear(s)
	return s
}
