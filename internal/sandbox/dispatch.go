package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// dispatch finds what the request is for, checks the scope and does it.
func (c *CRM) dispatch(ctx context.Context, q *request, s *scratch, have scopes) reply {
	switch path := q.path; {
	case len(path) == 0:
	case path[0] == "whoami" && len(path) == 1:
		return c.guarded(q, s, have, "users:read", func() reply { return c.whoami(s) }, http.MethodGet)
	case path[0] == "organizations" && len(path) == 2 && path[1] == "users":
		return c.guarded(q, s, have, "users:read", func() reply { return c.listMembers(q, s) }, http.MethodGet)
	case path[0] == "crm" && c.quirks.PlanWithoutCRM:
		return c.refuse(s, &refusal{status: http.StatusForbidden, message: "Your plan does not include the CRM."})
	case path[0] == "crm" && len(path) >= 2 && path[1] == "objects" && len(path) <= 3:
		return c.guarded(q, s, have, "crm:read or crm:write", func() reply { return c.schema(q, s) }, http.MethodGet)
	case path[0] == "crm" && len(path) >= 2 && path[1] != "objects" && len(path) <= 4:
		return c.records(ctx, q, s, have)
	}
	return c.refuse(s, notFound("There is no such endpoint."))
}

// guarded does what the method asks for, if the token has the scope.
func (c *CRM) guarded(q *request, s *scratch, have scopes, need string, do func() reply, method string) reply {
	if q.method != method {
		return c.refuse(s, &refusal{status: http.StatusMethodNotAllowed, message: "The method is not allowed here."})
	}
	if !have.cover(need, c.quirks.AdminCoversCRM) {
		return c.refuse(s, missingScope(need))
	}
	return do()
}

// records serves everything under /crm/{objectSlug}.
func (c *CRM) records(ctx context.Context, q *request, s *scratch, have scopes) reply {
	need := "crm:write"
	if q.method == http.MethodGet {
		need = "crm:read"
	}
	if !have.cover(need, c.quirks.AdminCoversCRM) {
		return c.refuse(s, missingScope(need))
	}
	t := c.table(q.path[1])
	if t == nil {
		return c.refuse(s, notFound(fmt.Sprintf("There is no object %q.", q.path[1])))
	}
	if q.method != http.MethodGet && q.method != http.MethodDelete && (q.invalid != nil || q.fields == nil && len(s.body) == 0) {
		return c.refuse(s, &refusal{status: http.StatusBadRequest, message: "The body is not a JSON object."})
	}
	switch {
	case len(q.path) == 2 && q.method == http.MethodPut:
		n, created, no := c.assert(ctx, s, t, q.match, q.fields)
		return c.written(s, t, n, created, no)
	case len(q.path) == 2 && q.method == http.MethodPost:
		n, no := c.create(s, t, q.fields)
		return c.written(s, t, n, true, no)
	case len(q.path) == 2 && q.method == http.MethodGet:
		return c.listRecords(q, s, t)
	case len(q.path) == 3 && q.method == http.MethodGet:
		return c.getRecord(s, t, q.path[2])
	case len(q.path) == 3 && q.method == http.MethodPatch:
		n, no := c.patch(s, t, q.path[2], q.fields)
		return c.written(s, t, n, false, no)
	case len(q.path) == 3 && q.method == http.MethodDelete:
		return c.deleteRecord(s, t, q.path[2])
	case len(q.path) == 4 && q.path[3] == "relation" && q.method == http.MethodPatch:
		n, no := c.patchRelation(s, t, q.path[2], q.fields)
		return c.written(s, t, n, false, no)
	case len(q.path) == 4:
		return c.refuse(s, notFound("There is no such endpoint."))
	}
	return c.refuse(s, &refusal{status: http.StatusMethodNotAllowed, message: "The method is not allowed here."})
}

// written is the answer to a write: the record as it stands now.
func (c *CRM) written(s *scratch, t *table, n int32, created bool, no *refusal) reply {
	if no != nil {
		return c.refuse(s, no)
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.stats.created.Add(1)
	} else {
		c.stats.updated.Add(1)
	}
	return c.oneRecord(s, t, n, s.done, status)
}

// create stores a new record; it never matches [create-a-crm-record].
func (c *CRM) create(s *scratch, t *table, fields []field) (int32, *refusal) {
	o := t.object.Load()
	if no := c.writable(o); no != nil {
		return 0, no
	}
	c.resolve(s, o, fields, opCreate)
	c.require(s, o, true)
	if len(s.problems) > 0 {
		return 0, c.refuseProblems(s)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.clash(o, s, -1, -1); a != nil {
		return 0, c.refuseClash(a)
	}
	return t.insert(s, c.opts.Now().UnixNano()), nil
}

// patch changes the attributes that are sent and no others [patch-a-crm-record].
func (c *CRM) patch(s *scratch, t *table, id string, fields []field) (int32, *refusal) {
	o := t.object.Load()
	c.resolve(s, o, fields, opPatch)
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.at(id)
	switch {
	case !ok:
		return 0, noRecord(id)
	case len(s.problems) > 0:
		return 0, c.refuseProblems(s)
	}
	if a := t.clash(o, s, n, -1); a != nil {
		return 0, c.refuseClash(a)
	}
	t.update(s, n, c.opts.Now().UnixNano())
	return n, nil
}

// patchRelation adds and removes single ids of a relation or user attribute
// [update-relation-crm-record].
func (c *CRM) patchRelation(s *scratch, t *table, id string, fields []field) (int32, *refusal) {
	o := t.object.Load()
	slug, _ := get(fields, "attributeSlug")
	var a *attribute
	at := -1
	if slug.Kind() == '"' {
		if i, ok := o.byKey[unquoted(string(slug))]; ok {
			at, a = i, o.Attributes[i]
		}
	}
	if a == nil || a.kind != kindRelation && a.kind != kindUser {
		return 0, &refusal{status: http.StatusBadRequest, message: "attributeSlug must name a relation or user attribute."}
	}
	add, remove, problem := c.relationChange(a, fields)
	if problem != "" {
		return 0, &refusal{status: http.StatusBadRequest, message: fmt.Sprintf("The value of %q %s", a.body, problem)}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.at(id)
	if !ok {
		return 0, noRecord(id)
	}
	var list []string
	for _, have := range union(stringsIn([]byte(cellOf(t.records[n].cells, at))), add) {
		if !slices.Contains(remove, have) {
			list = append(list, have)
		}
	}
	s.cells = append(s.cells[:0], cell{at, appendStrings(nil, list)})
	t.update(s, n, c.opts.Now().UnixNano())
	return n, nil
}

// relationChange reads add and remove.
func (c *CRM) relationChange(a *attribute, fields []field) (add, remove []string, problem string) {
	if raw, ok := get(fields, "add"); ok {
		stored, problem := c.check(a, raw)
		if problem != "" {
			return nil, nil, problem
		}
		add = stringsIn(stored)
	}
	if raw, ok := get(fields, "remove"); ok {
		if remove, ok = stringList(raw); !ok {
			return nil, nil, "must be changed by lists of ids."
		}
	}
	return add, remove, ""
}

// deleteRecord deletes for good; a second time there is nothing to delete
// [delete-a-crm-record].
func (c *CRM) deleteRecord(s *scratch, t *table, id string) reply {
	t.mu.Lock()
	n, ok := t.at(id)
	if ok {
		t.drop(n)
	}
	t.mu.Unlock()
	if !ok {
		return c.refuse(s, noRecord(id))
	}
	c.stats.deleted.Add(1)
	s.answer = append(s.answer[:0], `{"success":true,"status":200,"message":"The record was deleted."}`...)
	return reply{status: http.StatusOK, body: s.answer}
}

func noRecord(id string) *refusal { return notFound(fmt.Sprintf("There is no record %q.", id)) }

func notFound(message string) *refusal {
	return &refusal{status: http.StatusNotFound, message: message}
}

func missingScope(need string) *refusal {
	return &refusal{status: http.StatusForbidden, message: "This token lacks the scope " + need + "."}
}
