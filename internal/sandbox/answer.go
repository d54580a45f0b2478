package sandbox

import (
	"fmt"
	"html"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// refusal is the answer to a request that isn't done.
type refusal struct {
	status   int
	message  string
	problems []problem // by field, where the trouble is with values
	gone     bool      // the client gave up: there is nobody to answer

	retryIn time.Duration // when to come back, where the body says it
}

// refuse is the answer to a request that isn't done, counted.
func (c *CRM) refuse(s *scratch, no *refusal) reply {
	if no.gone {
		return reply{ending: endReset}
	}
	c.stats.refused(no.status)
	return c.errorReply(s, no)
}

// errorReply writes an error in the shape that the quirks ask for [errors].
func (c *CRM) errorReply(s *scratch, no *refusal) reply {
	out := s.answer[:0]
	switch shape := c.quirks.Errors; {
	case no.status == http.StatusOK: // a value refused with a 2xx: only "success" tells
		out = appendQuoted(append(out, `{"success":false,"message":`...), no.message)
		out = append(out, `,"status":200}`...)
	case shape == ErrorEmpty:
	case shape == ErrorHTML:
		s.answer = fmt.Appendf(out, "<!DOCTYPE html>\n<html><head><title>%d %s</title></head>\n<body><h1>%s</h1></body></html>\n",
			no.status, http.StatusText(no.status), html.EscapeString(no.message))
		return reply{status: no.status, kind: "text/html; charset=utf-8", body: s.answer}
	case shape == ErrorText:
		out = appendQuoted(append(out, `{"error":`...), no.message)
		out = append(c.appendFieldErrors(out, no), '}')
	default:
		out = appendQuoted(append(out, `{"success":false,"message":`...), no.message)
		out = append(out, `,"status":`...)
		out = strconv.AppendInt(out, int64(no.status), 10)
		if no.retryIn > 0 {
			out = append(out, `,"retry_after":`...)
			out = strconv.AppendInt(out, int64((no.retryIn+time.Second-1)/time.Second), 10)
		}
		out = append(c.appendFieldErrors(out, no), '}')
	}
	s.answer = out
	return reply{status: no.status, body: out}
}

// appendFieldErrors writes the errors object of a 422.
func (c *CRM) appendFieldErrors(out []byte, no *refusal) []byte {
	if no.status != http.StatusUnprocessableEntity || len(no.problems) == 0 || c.quirks.Fields == FieldNone {
		return out
	}
	out = append(out, `,"errors":{`...)
	seen := make(map[string]bool, len(no.problems))
	for _, p := range no.problems {
		if seen[p.field] {
			continue
		}
		if len(seen) > 0 {
			out = append(out, ',')
		}
		seen[p.field] = true
		out = append(appendQuoted(out, p.field), ':')
		switch c.quirks.Fields {
		case FieldTexts:
			out = appendQuoted(out, p.message)
		case FieldNested:
			out = append(appendQuoted(append(out, `{"value":[`...), p.message), `]}`...)
		default:
			out = append(appendQuoted(append(out, '['), p.message), ']')
		}
	}
	return append(out, '}')
}

// oneRecord is the answer that holds one record.
func (c *CRM) oneRecord(s *scratch, t *table, n int32, r record, status int) reply {
	out := append(s.answer[:0], `{"success":true,"status":`...)
	out = strconv.AppendInt(out, int64(status), 10)
	out = append(out, `,"`...)
	out = append(append(out, c.envelope(t.object.Load())...), `":`...)
	out = append(c.appendRecord(out, s, t, n, r), '}')
	s.answer = out
	return reply{status: status, body: out}
}

// envelope is the name of one record in answers.
func (c *CRM) envelope(o *object) string {
	switch {
	case !c.apart(o):
		return "record"
	case o.Slug == "people":
		return "person"
	}
	return "company"
}

// apart tells whether answers keep the standard attributes apart from the others.
func (c *CRM) apart(o *object) bool {
	return o.named() && !(o.Slug == "companies" && c.quirks.PlainCompanies)
}

// recordTime is how the CRM writes points in time.
const recordTime = `2006-01-02T15:04:05-07:00`

// appendRecord writes a record as answers and lists show it: with attributes in
// one object [assert-a-crm-record], or for people and companies the standard
// ones beside the id and the others in customAttributes [update-a-crm-person].
func (c *CRM) appendRecord(out []byte, s *scratch, t *table, n int32, r record) []byte {
	o := t.object.Load()
	if cap(s.slots) < len(o.Attributes) {
		s.slots = make([]string, len(o.Attributes))
	}
	s.slots = s.slots[:len(o.Attributes)]
	clear(s.slots)
	for rest := r.cells; rest != ""; {
		var attr int
		var raw string
		attr, raw, rest = nextCell(rest)
		s.slots[attr] = raw
	}
	out = t.appendID(append(out, `{"id":"`...), n)
	if c.apart(o) {
		out = append(out, `",`...)
		before := len(out)
		if out = c.appendAttributes(out, o, s.slots, false); len(out) > before {
			out = append(out, ',')
		}
		out = append(out, `"customAttributes":{`...)
		out = c.appendAttributes(out, o, s.slots, true)
	} else {
		out = append(out, `","objectSlug":`...)
		out = append(appendQuoted(out, o.Slug), `,"attributes":{`...)
		out = c.appendAttributes(out, o, s.slots, false)
	}
	out = append(out, `},"createdAt":"`...)
	out = time.Unix(0, r.created).UTC().AppendFormat(out, recordTime)
	out = append(out, `","updatedAt":"`...)
	out = time.Unix(0, r.updated).UTC().AppendFormat(out, recordTime)
	return append(out, `"}`...)
}

// appendAttributes writes the custom or the other attributes, without braces.
func (c *CRM) appendAttributes(out []byte, o *object, slots []string, custom bool) []byte {
	first := true
	for i, a := range o.Attributes {
		if a.kind == kindSystem || a.custom != custom && c.apart(o) || slots[i] == "" && c.quirks.UnsetAbsent {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		if a.kind == kindCompany {
			out = c.appendCompany(out, a, slots[i])
			continue
		}
		out = append(out, a.opening...)
		out = c.appendRead(out, a, slots[i])
	}
	return out
}

// appendCompany writes a person's company as an object, where the request had
// its id [update-a-crm-person].
func (c *CRM) appendCompany(out []byte, a *attribute, raw string) []byte {
	out = append(out, `"company":`...)
	t := c.table(a.RelatedObjectSlug)
	if raw == "" || t == nil {
		return append(out, "null"...)
	}
	id := unquoted(raw)
	t.mu.Lock()
	n, ok := t.at(id)
	var cells string
	if ok {
		cells = t.records[n].cells
	}
	t.mu.Unlock()
	if !ok {
		return append(out, "null"...)
	}
	o := t.object.Load()
	out = append(appendQuoted(append(out, `{"id":`...), id), `,"name":`...)
	out = appendOrNull(out, cellOf(cells, o.byKey["name"]))
	out = append(out, `,"domain":`...)
	return append(appendOrNull(out, cellOf(cells, o.byKey["domain"])), '}')
}

func appendOrNull(out []byte, raw string) []byte {
	if raw == "" {
		raw = "null"
	}
	return append(out, raw...)
}

// appendRead writes a value in its form for reading.
func (c *CRM) appendRead(out []byte, a *attribute, raw string) []byte {
	switch {
	case raw == "" && a.kind == kindSocials:
		return append(out, `{"linkedin":null,"twitter":null,"facebook":null,"instagram":null}`...)
	case raw == "":
		return append(out, "null"...)
	case a.kind == kindSocials:
		return appendSocials(out, raw)
	case a.kind == kindOption && c.quirks.OptionsRead != OptionByID:
		return c.appendOption(out, a, raw)
	case a.kind == kindOptions && c.quirks.OptionsRead != OptionByID:
		items, _ := elements([]byte(raw))
		return appendList(out, items, func(out []byte, item jsontext.Value) []byte {
			return c.appendOption(out, a, string(item))
		})
	case (a.kind == kindRelation || a.kind == kindUser) && c.quirks.RelationsRead == RelationObjects:
		items, _ := elements([]byte(raw))
		return appendList(out, items, func(out []byte, item jsontext.Value) []byte {
			return append(append(append(out, `{"id":`...), item...), '}')
		})
	}
	return append(out, raw...)
}

func appendSocials(out []byte, raw string) []byte {
	links, _ := members([]byte(raw))
	out = append(out, '{')
	for i, network := range socialNetworks {
		if i > 0 {
			out = append(out, ',')
		}
		link, _ := get(links, network)
		out = appendOrNull(append(appendQuoted(out, network), ':'), string(link))
	}
	return append(out, '}')
}

func appendList(out []byte, items []jsontext.Value, one func([]byte, jsontext.Value) []byte) []byte {
	out = append(out, '[')
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = one(out, item)
	}
	return append(out, ']')
}

// appendOption writes a stored option, {"id":1}, in its form for reading.
func (c *CRM) appendOption(out []byte, a *attribute, raw string) []byte {
	at, ok := a.byForm[raw]
	if !ok {
		return append(out, raw...)
	}
	o := a.Options[at]
	switch c.quirks.OptionsRead {
	case OptionBareID:
		return append(out, o.ID...)
	case OptionText:
		return appendQuoted(out, o.Value)
	}
	out = append(append(out, `{"id":`...), o.ID...)
	out = appendQuoted(append(out, `,"value":`...), o.Value)
	return append(appendQuoted(append(out, `,"color":`...), o.Color), '}')
}
