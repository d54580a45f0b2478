package lookup

import "slices"

// Memory is what earlier runs remember of the records of one object by one
// attribute. It is used by one goroutine at a time.
type Memory interface {
	// Find gives the id that a record had whose value was sent as something that
	// the API may take for value, and how it was sent.
	Find(value string) (sent, id string, ok bool)
	Close()
}

// recall opens what earlier runs remember, once. Where this run wrote the attribute
// of records that it knows by another, they may have other values than is
// remembered.
func (l *Lookup) recall(x *index) {
	if x.recalled || l.o.Memory == nil || x.members() {
		return
	}
	x.recalled = true
	l.mu.RLock()
	stale := slices.ContainsFunc(l.wrote[x.object], func(w writing) bool { return w.mayChange(x.match) })
	l.mu.RUnlock()
	if !stale {
		x.memory = l.o.Memory(x.object, x.match)
	}
}

// remembers gives the id that earlier runs remember of a value, or of one other
// spelling of it; "" is none.
func (x *index) remembers(v value) (id string, exact bool) {
	if x.memory == nil {
		return "", false
	}
	sent, id, ok := x.memory.Find(v.text)
	if !ok || sent != v.text && fold(sent) != fold(v.text) {
		return "", false
	}
	return id, sent == v.text
}

// closeMemory lets go of what earlier runs remember; it isn't opened again.
func (x *index) closeMemory() {
	x.recalled = true
	if x.memory != nil {
		x.memory.Close()
		x.memory = nil
	}
}
