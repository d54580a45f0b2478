package state

// IDs finds the ids of records by their match values in a state as it was when it
// was opened. Nothing is locked, changed or held in memory: the file is searched
// where it lies. Its methods are called by one goroutine at a time.
type IDs struct {
	image *image
	at    int
	key   func(keys, match string) (string, bool)
}

// OpenIDs opens what a state remembers of a scope, whichever way its keys were
// made; nil where it remembers nothing of it. key makes the lane key of a match
// value in the way that [Scope] names in Keys, and says whether it knows that
// way: where it doesn't, the state is as good as none. Errors are [*Error].
func OpenIDs(path string, scope Scope, key func(keys, match string) (string, bool)) (*IDs, error) {
	path = ownFile(path)
	m, err := loadImage(path)
	if err != nil {
		return nil, problem("reading", path, err)
	}
	if m == nil {
		return nil, nil
	}
	for i, t := range m.tables {
		if !t.scope.sameTable(scope) || t.n == 0 && len(m.logs[i]) == 0 {
			continue
		}
		if _, known := key(t.scope.Keys, ""); known {
			return &IDs{m, i, key}, nil
		}
	}
	m.close()
	return nil, nil
}

// Find gives what is remembered under the lane key of a match value. The Entry's
// Match is how it was sent, which may be another spelling, or in theory another
// value: two that share a hash share an entry. Who relies on the id must compare.
// What has no id or no match value, as a record's further keys, isn't found.
func (s *IDs) Find(match string) (e Entry, ok bool) {
	key, known := s.key(s.image.tables[s.at].scope.Keys, match)
	if !known {
		return Entry{}, false
	}
	h, t := hashKey(key), s.image.tables[s.at]
	var err error
	if c, changed := s.image.logs[s.at][h]; changed {
		if c.drop {
			return Entry{}, false
		}
		e, err = makeEntry(c.fp, c.seconds, []byte(c.detail))
	} else {
		row := t.find(h)
		if row < 0 {
			return Entry{}, false
		}
		var detail []byte
		if detail, err = t.from(row); err == nil {
			e, err = makeEntry(t.fingerprint(row), t.seconds(row), detail)
		}
	}
	return e, err == nil && e.ID != "" && e.Match != ""
}

// Close lets go of the file. Nothing may be found after it.
func (s *IDs) Close() { s.image.close() }
