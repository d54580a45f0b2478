package mapping

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/client"
)

// addresses are those of one person.
type addresses struct {
	first, rest []string
	null, empty bool // the list is to be cleared
	problem     bool
}

// addressConverter reads a person's e-mail addresses.
type addressConverter struct {
	list      bool
	separator string
}

// read gives the addresses of a cell.
func (c *addressConverter) read(cell string) ([]string, string) {
	if !c.list {
		address := strings.TrimSpace(cell)
		problem := emailProblem(address)
		if problem != "" {
			return nil, show(cell) + " is not an e-mail address" + problem
		}
		return []string{address}, ""
	}
	var addresses []string
	problem := eachElement(cell, c.separator, func(s string) string {
		if problem := emailProblem(s); problem != "" {
			return show(s) + " is not an e-mail address" + problem
		}
		addresses = append(addresses, s)
		return ""
	})
	if problem == "" && len(addresses) == 0 {
		problem = noElements(cell)
	}
	return addresses, problem
}

// readJSON gives the addresses of a text or list.
func (c *addressConverter) readJSON(v jsontext.Value) ([]string, string) {
	switch {
	case v.Kind() == '"':
		return c.read(jsonText(v))
	case v.Kind() == '[' && c.list:
		var addresses []string
		problem := elements(v, func(element jsontext.Value) string {
			if element.Kind() != '"' {
				return wrongKind(element, "an e-mail address")
			}
			s := jsonText(element)
			if problem := emailProblem(s); problem != "" {
				return show(s) + " is not an e-mail address" + problem
			}
			addresses = append(addresses, s)
			return ""
		})
		return addresses, problem
	}
	return nil, wrongKind(v, "an e-mail address")
}

// cell and json make it a converter: the addresses as one JSON list.
func (c *addressConverter) cell(dst []byte, cell string) ([]byte, string) {
	addresses, problem := c.read(cell)
	if problem != "" {
		return dst, problem
	}
	return appendAddresses(dst, addresses)
}

func (c *addressConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	addresses, problem := c.readJSON(v)
	if problem != "" {
		return dst, problem
	}
	return appendAddresses(dst, addresses)
}

// appendAddresses appends a list of addresses, each once whatever its case.
func appendAddresses(dst []byte, addresses []string) ([]byte, string) {
	dst = append(dst, '[')
	start := len(dst)
	for i, address := range addresses {
		if slices.ContainsFunc(addresses[:i], func(other string) bool { return foldCase(other) == foldCase(address) }) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		var problem string
		if dst, problem = appendText(dst, address); problem != "" {
			return dst, problem
		}
	}
	return append(dst, ']'), ""
}

// address adds the e-mail addresses of a cell.
func (m *Mapper) address(f *field, cell string) {
	found, problem := f.conv.(*addressConverter).read(cell)
	m.addAddresses(f, found, cell, problem)
}

func (m *Mapper) addAddresses(f *field, found []string, value, problem string) {
	if problem != "" {
		m.addresses.problem = true
		m.fail(f, value, problem)
		return
	}
	if f.profile != nil {
		shown, _ := appendAddresses(nil, found)
		f.profile.fill(shown)
	}
	if f.target.address == firstAddress {
		m.addresses.first = append(m.addresses.first, found...)
		return
	}
	m.addresses.rest = append(m.addresses.rest, found...)
}

// finishAddresses adds a person's list of addresses, and gives a lane for each
// where they are what the person is matched by [update-a-crm-person].
func (m *Mapper) finishAddresses() []string {
	all := append(m.addresses.first, m.addresses.rest...)
	m.addresses.first = all[:0]
	start := len(m.buf)
	switch {
	case m.addresses.problem:
		return nil
	case len(all) > 0:
		m.buf = append(m.buf, `,"emails":`...)
		m.buf, _ = appendAddresses(m.buf, all)
	case m.matchMail:
		m.problems = append(m.problems, Problem{
			Attribute: m.o.Match, Text: "the match value " + show(m.o.Match) + " is blank, null or missing, so the person can't be found again",
		})
		return nil
	case m.addresses.empty:
		m.buf = append(m.buf, `,"emails":[]`...)
	case m.addresses.null:
		m.buf = append(m.buf, `,"emails":null`...)
	default:
		return nil
	}
	m.pieces = append(m.pieces, piece{0, start, len(m.buf)})
	if !m.matchMail {
		return nil
	}
	m.matched, m.match = true, all[0]
	lanes := make([]string, 0, len(all))
	for _, address := range all {
		if lane := laneKey(client.TypeText, address); !slices.Contains(lanes, lane) {
			lanes = append(lanes, lane)
		}
	}
	return lanes
}
