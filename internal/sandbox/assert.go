package sandbox

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// matcher is how one assert finds its record.
type matcher struct {
	attr  int      // place of the matching attribute
	value []string // JSON of what is looked up; several only for e-mail addresses
	id    string   // the record's id, where that is the matching attribute
}

// assert updates the record that has the match value or creates one
// [assert-a-crm-record].
func (c *CRM) assert(ctx context.Context, s *scratch, t *table, match string, fields []field) (n int32, created bool, no *refusal) {
	o := t.object.Load()
	if no := c.writable(o); no != nil {
		return 0, false, no
	}
	m, no := c.matcher(s, o, match, fields)
	if no != nil {
		return 0, false, no
	}
	c.resolve(s, o, fields, opAssert)
	if len(s.problems) > 0 {
		return 0, false, c.refuseProblems(s)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n, found := c.lookup(t, s, m)
	if c.opts.AssertPause > 0 {
		t.mu.Unlock()
		err := sleep(ctx, c.opts.AssertPause)
		t.mu.Lock()
		if err != nil {
			return 0, false, &refusal{gone: true}
		}
		if n, found, no = c.lookAgain(t, s, m, n, found); no != nil {
			return 0, false, no
		}
	}
	return c.write(t, o, s, m, n, found)
}

// write is the second half of an assert: the insert or the update.
func (c *CRM) write(t *table, o *object, s *scratch, m matcher, n int32, found bool) (int32, bool, *refusal) {
	if m.id != "" && !found {
		return 0, false, &refusal{status: http.StatusBadRequest, message: "There is no record with this id."}
	}
	if c.require(s, o, !found); len(s.problems) > 0 {
		return 0, false, c.refuseProblems(s)
	}
	if found {
		c.combine(t, o, s, n)
	}
	owner := n
	if !found {
		owner = -1
	}
	skip := -1
	if !found && m.id == "" && c.opts.AssertPause > 0 && c.quirks.Race == RaceDuplicates {
		skip = m.attr // another assert may have inserted the value during the pause
	}
	if a := t.clash(o, s, owner, skip); a != nil {
		return 0, false, c.refuseClash(a)
	}
	now := c.opts.Now().UnixNano()
	if found {
		t.update(s, n, now)
		return n, false, nil
	}
	return t.insert(s, now), true, nil
}

// lookAgain decides what another assert during the pause did to this one.
func (c *CRM) lookAgain(t *table, s *scratch, m matcher, n int32, found bool) (int32, bool, *refusal) {
	if found {
		if t.records[n].deleted {
			return 0, false, &refusal{status: http.StatusConflict, message: "The record was deleted in the meantime."}
		}
		return n, true, nil
	}
	if c.quirks.Race == RaceDuplicates {
		return 0, false, nil
	}
	n, found = c.lookup(t, s, m)
	if !found {
		return 0, false, nil
	}
	switch c.quirks.Race {
	case RaceInvalid:
		return 0, false, &refusal{status: http.StatusBadRequest, message: "The record could not be saved."}
	case RaceConflict:
		return 0, false, &refusal{status: http.StatusConflict, message: "The record exists already."}
	case RaceError:
		return 0, false, &refusal{status: http.StatusInternalServerError, message: "Server Error"}
	}
	return n, true, nil
}

// lookup finds the record of the match value. The caller holds the lock.
func (c *CRM) lookup(t *table, s *scratch, m matcher) (n int32, found bool) {
	if m.id != "" {
		return t.at(m.id)
	}
	ix, a := t.index(m.attr), t.object.Load().Attributes[m.attr]
	for _, value := range m.value {
		if a.kind == kindEmails {
			s.key = t.appendText(s.key[:0], a, unquoted(value))
		} else {
			s.key = t.appendKey(s.key[:0], a, value)
		}
		if n, found = ix.find(s.key, c.quirks.NewestFirst); found {
			return n, true
		}
	}
	return 0, false
}

// matcher checks the matching attribute and its value, which must be there and
// neither null nor empty.
func (c *CRM) matcher(s *scratch, o *object, match string, fields []field) (m matcher, no *refusal) {
	if match == "" {
		return m, &refusal{status: http.StatusBadRequest, message: "Missing required parameter: matchingAttribute."}
	}
	if match == "id" && c.quirks.MatchByID {
		return c.matchID(o, fields)
	}
	key := match
	if o.Slug == "people" && key == "email" {
		key = "emails"
	}
	at, ok := o.byKey[key]
	if ok {
		ok = matchable(o.Attributes[at]) && !o.Attributes[at].IsArchived
	}
	if o.Slug == "companies" && key != "domain" {
		ok = false
	}
	if !ok {
		status := c.quirks.BadMatch
		if status == 0 {
			status = http.StatusBadRequest
		}
		return m, &refusal{status: status, message: fmt.Sprintf("Records can't be matched by %q.", match)}
	}
	a := o.Attributes[at]
	m.attr = at
	value, given := get(fields, a.body)
	if a.custom && c.quirks.NestedCustom {
		outer, _ := get(fields, "customAttributes")
		inner, _ := members(outer)
		value, given = get(inner, a.body)
	}
	if given {
		m.value = c.matchValues(a, value)
	}
	if len(m.value) == 0 {
		message := fmt.Sprintf("The matching attribute %q must have a value.", match)
		return m, &refusal{status: http.StatusBadRequest, message: message, problems: []problem{{a.body, message}}}
	}
	return m, nil
}

// matchID is the matcher of an assert by the record's own id.
func (c *CRM) matchID(o *object, fields []field) (m matcher, no *refusal) {
	if id, ok := get(fields, "id"); ok && id.Kind() == '"' {
		m.id = unquoted(string(id))
	}
	if m.id == "" {
		return m, &refusal{status: http.StatusBadRequest, message: `The matching attribute "id" must have a value.`}
	}
	return m, nil
}

// matchValues gives what is to be looked up: nothing for null and "".
func (c *CRM) matchValues(a *attribute, value jsontext.Value) []string {
	if c.quirks.TrimStrings {
		value = trimmed(value)
	}
	if a.kind == kindEmails {
		var quoted []string
		for _, address := range stringsIn(value) {
			if address == "" {
				return nil
			}
			if quoted = append(quoted, quote(address)); !c.quirks.MatchEveryEmail {
				break
			}
		}
		return quoted
	}
	if k := value.Kind(); k == 'n' || k == '"' && len(value) == 2 {
		return nil
	}
	stored, problem := c.check(a, value)
	if problem != "" { // resolve says so
		return []string{string(value)}
	}
	return []string{string(stored)}
}

// matchable tells whether records can be matched by the attribute: those with
// a single plain value, and people's e-mail addresses.
func matchable(a *attribute) bool {
	switch a.kind {
	case kindText, kindNumber, kindPhone, kindDate, kindDatetime, kindCheckbox, kindRating, kindCurrency, kindEmails:
		return true
	}
	return false
}

// writable refuses records of an object that takes none.
func (c *CRM) writable(o *object) *refusal {
	if c.quirks.InactiveReadOnly && !*o.IsActive {
		return &refusal{status: http.StatusBadRequest, message: fmt.Sprintf("The object %q is not active.", o.Slug)}
	}
	return nil
}
