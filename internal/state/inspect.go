package state

import (
	"errors"
	"time"

	"github.com/crmsync/crmsync/internal/durable"
)

// Summary is what a state holds for one scope.
type Summary struct {
	Scope  Scope
	Count  int       // lane keys
	Bytes  int64     // on disk
	Oldest time.Time // sending; zero where there is none
	Newest time.Time
}

// List says what a state holds; none where there is no file. Errors are [*Error].
func List(path string) ([]Summary, error) {
	return ofTables(path, func(t *table, log map[uint64]change) ([]Summary, error) {
		s := Summary{Scope: t.scope, Bytes: int64(len(t.rows) + len(t.details) + len(t.index))}
		err := merged(t, log, nil, false, func(r *record) (bool, error) {
			at := time.Unix(int64(r.seconds), 0)
			if s.Count == 0 || at.Before(s.Oldest) {
				s.Oldest = at
			}
			if s.Count == 0 || at.After(s.Newest) {
				s.Newest = at
			}
			s.Count++
			return true, nil
		})
		return []Summary{s}, err
	})
}

// Scopes says what a state has tables about; none where there is no file. Errors
// are [*Error].
func Scopes(path string) ([]Scope, error) {
	return ofTables(path, func(t *table, _ map[uint64]change) ([]Scope, error) { return []Scope{t.scope}, nil })
}

// ofTables gathers what is found in each table of a file and in the log of it.
func ofTables[T any](path string, look func(t *table, log map[uint64]change) ([]T, error)) ([]T, error) {
	m, err := loadImage(path)
	if err != nil {
		return nil, problem("reading", path, err)
	}
	if m == nil {
		return nil, nil
	}
	defer m.close()
	var all []T
	for i, t := range m.tables {
		found, err := look(t, m.logs[i])
		if err != nil {
			return nil, problem("reading", path, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// Found is an entry with its scope.
type Found struct {
	Scope Scope
	Entry
}

// Show looks for a match value, as it was sent, in all scopes. Errors are
// [*Error].
func Show(path, match string) ([]Found, error) {
	return ofTables(path, func(t *table, log map[uint64]change) (all []Found, err error) {
		err = merged(t, log, nil, true, func(r *record) (bool, error) {
			_, text, _, _, err := splitDetail([]byte(r.detail))
			if err != nil || string(text) != match {
				return true, err
			}
			e, err := makeEntry(r.fp, r.seconds, []byte(r.detail))
			all = append(all, Found{t.scope, e})
			return true, err
		})
		return all, err
	})
}

// Forget removes what a state holds for the scopes that which picks, and the
// file with the last of them. A state that can't be read goes whole. It returns
// how many scopes went. Errors are [*Error].
func Forget(path string, which func(Scope) bool) (int, error) {
	return forgetOn(osDisk{}, path, which)
}

func forgetOn(d durable.Disk, path string, which func(Scope) bool) (int, error) {
	lock, err := takeLock(path)
	if err != nil {
		return 0, problem("changing", path, err)
	}
	defer releaseLock(lock)
	m, err := loadImage(path)
	if errors.Is(err, errBroken) || errors.Is(err, errVersion) {
		m, err = nil, durable.Remove(d, path)
	}
	if err != nil {
		return 0, problem("changing", path, err)
	}
	if m == nil {
		return 0, takeInNothing(path)
	}
	defer m.close()
	var stay []part
	for i, t := range m.tables {
		if !which(t.scope) {
			stay = append(stay, part{t: t, log: m.logs[i]})
		}
	}
	switch gone := len(m.tables) - len(stay); {
	case gone == 0:
		return 0, nil
	case len(stay) == 0:
		err = durable.Remove(d, path)
	default:
		_, err = writeImage(d, path, stay)
	}
	if err != nil {
		return 0, problem("changing", path, err)
	}
	sweepTold(m.told)
	return len(m.tables) - len(stay), nil
}
