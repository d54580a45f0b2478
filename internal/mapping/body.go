package mapping

import (
	"bytes"
	"slices"
)

// piece is a stretch of Mapper.buf that belongs to a group.
type piece struct{ group, start, end int }

// body gives the JSON object, newly allocated at its exact size.
func (m *Mapper) body() []byte {
	if !m.grouped {
		body := make([]byte, len(m.buf)+len(m.tail)+1)
		n := copy(body, m.buf)
		n += copy(body[n:], m.tail)
		body[0], body[n] = '{', '}'
		return body
	}
	m.out = m.out[:0]
	for i, p := range m.pieces {
		if p.group == 0 {
			m.out = append(m.out, m.buf[p.start:p.end]...)
			continue
		}
		if slices.ContainsFunc(m.pieces[:i], func(before piece) bool { return before.group == p.group }) {
			continue
		}
		m.out, _ = appendText(append(m.out, ','), m.groups[p.group])
		m.out = append(m.out, ':')
		open := len(m.out)
		for _, member := range m.pieces[i:] {
			if member.group == p.group {
				m.out = append(m.out, m.buf[member.start:member.end]...)
			}
		}
		m.out[open] = '{'
		m.out = append(m.out, '}')
	}
	m.out = append(m.out, m.tail...)
	m.out[0] = '{'
	return bytes.Clone(append(m.out, '}'))
}
