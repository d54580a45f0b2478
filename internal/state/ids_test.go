package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// folding makes keys as tests need them, in one way that is known.
func folding(keys, match string) (string, bool) { return strings.ToLower(match), keys == "fold" }

func TestIDsAreFoundByTheMatchValuesThatWereSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "companies.state")
	scope := Scope{BaseURL: "https://crm.example", Workspace: "w", Object: "companies", Match: "domain", Keys: "fold"}
	const uuid = "c1d2e3f4-a5b6-7890-cdef-123456789012"
	accept := func(s *Store, keys []string, match, id string) {
		t.Helper()
		fp := Fingerprint{byte(len(match))}
		_, ticket := s.Check(keys, fp)
		if err := errors.Join(s.Ready(ticket), s.Settle(keys, &Accepted{fp, match, id, time.Unix(1e9, 0)})); err != nil {
			t.Fatal(err)
		}
	}
	open := func() *Store {
		t.Helper()
		s, err := Open(path, scope, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	accept(s, []string{"acme.example", "second.example"}, "Acme.example", uuid)
	accept(s, []string{"odd.example"}, "odd.example", "ID-7")
	accept(s, []string{"nameless.example"}, "nameless.example", "")
	accept(s, []string{"gone.example"}, "gone.example", "ID-8")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open() // it holds the lock, and what it does from here on stands in the log
	defer s.Close()
	accept(s, []string{"new.example"}, "new.example", "ID-9")
	_, ticket := s.Check([]string{"gone.example"}, Fingerprint{1})
	if err := errors.Join(s.Flush(), s.Ready(ticket)); err != nil {
		t.Fatal(err)
	}
	teller := Tell(path, scope, false)
	teller.Sending([]string{"odd.example"}, Fingerprint{99})

	ids, err := OpenIDs(path, scope, folding)
	if err != nil || ids == nil {
		t.Fatal(ids, err)
	}
	for _, tt := range []struct{ name, value, sent, id string }{
		{"as it was sent", "Acme.example", "Acme.example", uuid},
		{"in another spelling", "ACME.example", "Acme.example", uuid},
		{"an id that is no UUID", "odd.example", "odd.example", "ID-7"},
		{"out of the log", "new.example", "new.example", "ID-9"},
		{"a record's further key", "second.example", "", ""},
		{"a record without an id", "nameless.example", "", ""},
		{"one that is being sent", "gone.example", "", ""},
		{"one that nobody sent", "none.example", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, ok := ids.Find(tt.value)
			if ok != (tt.id != "") || ok && (e.ID != tt.id || e.Match != tt.sent) {
				t.Errorf("%+v, %t", e, ok)
			}
		})
	}
	ids.Close()

	t.Run("what others sent since is not there", func(t *testing.T) {
		if err := teller.Flush(); err != nil {
			t.Fatal(err)
		}
		defer teller.Close()
		ids, err := OpenIDs(path, scope, folding)
		if err != nil {
			t.Fatal(err)
		}
		defer ids.Close()
		if e, ok := ids.Find("odd.example"); ok {
			t.Errorf("found %+v", e)
		}
		if _, ok := ids.Find("acme.example"); ok {
			return
		}
		t.Error("more is gone than what was sent")
	})
}

func TestAStateThatCannotAnswerGivesNoIDs(t *testing.T) {
	dir := t.TempDir()
	scope := Scope{Object: "companies", Match: "domain", Keys: "fold"}
	good := filepath.Join(dir, "good.state")
	s, err := Open(good, scope, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Settle([]string{"a"}, &Accepted{Match: "a", ID: "1"}), s.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	altered := func(at int) string { return string(content[:at]) + "~" + string(content[at+1:]) }
	for _, tt := range []struct {
		name, content string
		scope         func(*Scope)
		want          error
		known         bool
	}{
		{"one that is in order", string(content), nil, nil, true},
		{"keys that the reader's schema would make in another way", string(content), func(s *Scope) { s.Keys = "other" }, nil, true},
		{"another workspace", string(content), func(s *Scope) { s.Workspace = "w" }, nil, false},
		{"another attribute", string(content), func(s *Scope) { s.Match = "name" }, nil, false},
		{"an empty file", "", nil, nil, false},
		{"a file of something else", "no state", nil, ErrForeign, false},
		{"another version", altered(16), nil, ErrVersion, false},
		{"damage", altered(len(content) - 1), nil, ErrDamaged, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, scope := filepath.Join(t.TempDir(), "x.state"), scope
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if tt.scope != nil {
				tt.scope(&scope)
			}
			ids, err := OpenIDs(path, scope, folding)
			if !errors.Is(err, tt.want) || (ids != nil) != tt.known {
				t.Errorf("%v, %v", ids, err)
			}
			if ids != nil {
				ids.Close()
			}
		})
	}
	t.Run("a way to make keys that nobody knows", func(t *testing.T) {
		ids, err := OpenIDs(good, scope, func(string, string) (string, bool) { return "", false })
		if ids != nil || err != nil {
			t.Error(ids, err)
		}
	})
	t.Run("no file", func(t *testing.T) {
		if ids, err := OpenIDs(filepath.Join(dir, "none.state"), scope, folding); ids != nil || err != nil {
			t.Error(ids, err)
		}
	})
}
