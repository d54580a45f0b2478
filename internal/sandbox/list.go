package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"
)

// page is a part of a list.
type page struct{ number, size, total int }

// pages counts the pages of the list; an empty one has a first page.
func (p page) pages() int { return max(1, (p.total+p.size-1)/p.size) }

// bounds gives the places of the first entry and behind the last.
func (p page) bounds() (from, to int) {
	from = min((p.number-1)*p.size, p.total)
	return from, min(from+p.size, p.total)
}

// askedPage reads a list's parameters: the size, 1 to 100 with 20 if it isn't
// given, has several names, the page counts from 1 [pagination].
func askedPage(query string, sizes ...string) (page, *refusal) {
	p := page{number: 1, size: 20}
	values, err := url.ParseQuery(query)
	if err != nil {
		return p, &refusal{status: http.StatusBadRequest, message: "The query can't be read."}
	}
	read := func(name string, to *int, most int) *refusal {
		text := values.Get(name)
		if text == "" {
			return nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			return &refusal{status: http.StatusBadRequest, message: fmt.Sprintf("The parameter %s must be a number from 1 to %d.", name, most)}
		}
		*to = n
		return nil
	}
	for _, name := range sizes {
		if no := read(name, &p.size, 100); no != nil {
			return p, no
		}
	}
	return p, read("page", &p.number, 1<<30)
}

// schema serves the objects with their attributes [get-a-crm-object].
func (c *CRM) schema(q *request, s *scratch) reply {
	if len(q.path) == 3 {
		t := c.table(q.path[2])
		if t == nil {
			return c.refuse(s, notFound(fmt.Sprintf("There is no object %q.", q.path[2])))
		}
		s.answer = append(s.answer[:0], c.ObjectJSON(t.object.Load().Slug)...)
		return reply{status: http.StatusOK, body: s.answer}
	}
	out := append(s.answer[:0], `{"success":true,"status":200,"objects":[`...)
	if c.quirks.ListEnvelope == EnvelopeData {
		out = append(s.answer[:0], `{"data":[`...)
	}
	for i, t := range c.allTables() {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, t.object.Load().answer...)
	}
	s.answer = append(out, `]}`...)
	return reply{status: http.StatusOK, body: s.answer}
}

// listRecords serves the records of an object, a page at a time.
func (c *CRM) listRecords(q *request, s *scratch, t *table) reply {
	if c.quirks.ListEnvelope == EnvelopeNone {
		return c.refuse(s, notFound("There is no such endpoint."))
	}
	p, no := askedPage(q.query, "count", "per_page")
	if no != nil {
		return c.refuse(s, no)
	}
	if c.quirks.ListIgnoresCount {
		p.size = 20
	}
	numbers, records := t.slice(&p, c.quirks.ListNewestFirst)
	open := `{"collection":[`
	switch c.quirks.ListEnvelope {
	case EnvelopeRecords:
		open = `{"success":true,"status":200,"records":[`
	case EnvelopeData:
		open = `{"data":[`
	}
	out := append(s.answer[:0], open...)
	for i, r := range records {
		if i > 0 {
			out = append(out, ',')
		}
		out = c.appendRecord(out, s, t, numbers[i], r)
	}
	out = append(out, ']', ',')
	if c.quirks.ListEnvelope == EnvelopeData {
		out = appendMeta(out, p, len(records))
	} else {
		out = appendPagination(out, p, "/v2/crm/"+url.PathEscape(t.object.Load().Slug))
	}
	s.answer = append(out, '}')
	return reply{status: http.StatusOK, body: s.answer}
}

// slice copies the records of a page and fills in the list's length.
func (t *table) slice(p *page, newestFirst bool) (numbers []int32, records []record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.total = t.live
	from, to := p.bounds()
	if newestFirst {
		from, to = t.live-to, t.live-from
	}
	n := 0
	seen := 0
	if t.live == len(t.records) { // nothing was deleted: a record's number is its place
		n, seen = from, from
	}
	for ; n < len(t.records) && seen < to; n++ {
		if t.records[n].deleted {
			continue
		}
		if seen++; seen > from {
			numbers, records = append(numbers, int32(n)), append(records, t.records[n])
		}
	}
	if newestFirst {
		for i, j := 0, len(numbers)-1; i < j; i, j = i+1, j-1 {
			numbers[i], numbers[j] = numbers[j], numbers[i]
			records[i], records[j] = records[j], records[i]
		}
	}
	return numbers, records
}

// appendPagination writes the pagination of a list. Its nextPage is a path that
// drops the page size, as in the API's own sample [pagination].
func appendPagination(out []byte, p page, path string) []byte {
	link := func(n int) string {
		if n < 1 || n > p.pages() {
			return "null"
		}
		return quote(fmt.Sprintf("%s?page=%d", path, n))
	}
	return fmt.Appendf(out, `"pagination":{"total":%d,"count":%d,"totalPages":%d,"previousPage":%s,"currentPage":%d,"nextPage":%s}`,
		p.total, p.size, p.pages(), link(p.number-1), p.number, link(p.number+1))
}

// appendMeta writes the links and meta of a list in the shape with data.
func appendMeta(out []byte, p page, here int) []byte {
	return fmt.Appendf(out, `"links":{},"meta":{"current_page":%d,"last_page":%d,"per_page":%d,"count":%d,"total":%d}`,
		p.number, p.pages(), p.size, here, p.total)
}

// getRecord serves one record.
func (c *CRM) getRecord(s *scratch, t *table, id string) reply {
	t.mu.Lock()
	n, ok := t.at(id)
	var r record
	if ok {
		r = t.records[n]
	}
	t.mu.Unlock()
	if !ok {
		return c.refuse(s, noRecord(id))
	}
	return c.oneRecord(s, t, n, r, http.StatusOK)
}

// Member is a member of the workspace [list-users-in-a-workspace].
type Member struct {
	UUID      string `json:"uuid"` // not in the form of a UUID, in spite of its name
	IsActive  bool   `json:"isActive"`
	Email     string `json:"email"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Name      string `json:"name"`
	Role      string `json:"role"`
	CreatedAt string `json:"createdAt"`
	UpdatedAt string `json:"updatedAt"`
}

// listMembers serves the workspace's members, a page at a time.
func (c *CRM) listMembers(q *request, s *scratch) reply {
	p, no := askedPage(q.query, "per_page")
	if no != nil {
		return c.refuse(s, no)
	}
	p.total = len(c.members)
	from, to := p.bounds()
	list, err := json.Marshal(c.members[from:to])
	if err != nil {
		return c.refuse(s, &refusal{status: http.StatusInternalServerError, message: "Server Error"})
	}
	out := append(append(s.answer[:0], `{"collection":`...), list...)
	s.answer = append(appendPagination(append(out, ','), p, "/v2/organizations/users"), '}')
	return reply{status: http.StatusOK, body: s.answer}
}

// whoami serves the token's owner: the first member.
func (c *CRM) whoami(s *scratch) reply {
	if len(c.members) == 0 {
		return c.refuse(s, notFound("The workspace has no members."))
	}
	me, err := json.Marshal(c.members[0])
	if err != nil {
		return c.refuse(s, &refusal{status: http.StatusInternalServerError, message: "Server Error"})
	}
	s.answer = append(append(append(s.answer[:0], `{"resource":`...), me...), '}')
	return reply{status: http.StatusOK, body: s.answer}
}
