package cmd

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/state"
)

func TestStatesThatDisagreeAboutAnIDSayNothing(t *testing.T) {
	scope := state.Scope{Object: "companies", Match: "domain", Keys: "text"}
	opened := func(ids map[string]string) *state.IDs {
		t.Helper()
		path := filepath.Join(t.TempDir(), "x.state")
		s, err := state.Open(path, scope, state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for match, id := range ids {
			key, _ := mapping.LaneKey(scope.Keys, match)
			err = errors.Join(err, s.Settle([]string{key}, &state.Accepted{Match: match, ID: id, At: time.Unix(1e9, 0)}))
		}
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		found, err := state.OpenIDs(path, scope, mapping.LaneKey)
		if err != nil || found == nil {
			t.Fatal(found, err)
		}
		return found
	}
	m := memory{
		opened(map[string]string{"both.example": "1", "MÜLLER.example": "2", "one.example": "3", "Case.example": "5"}),
		opened(map[string]string{"both.example": "1", "müller.example": "2", "Case.example": "6", "other.example": "4"}),
	}
	defer m.Close()
	for _, tt := range []struct{ name, value, sent, id string }{
		{"both know it", "both.example", "both.example", "1"},
		{"the very spelling before another", "müller.example", "müller.example", "2"},
		{"the first knows it", "one.example", "one.example", "3"},
		{"the second knows it", "OTHER.example", "other.example", "4"},
		{"two ids", "Case.example", "", ""},
		{"none knows it", "none.example", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if sent, id, ok := m.Find(tt.value); sent != tt.sent || id != tt.id || ok != (tt.id != "") {
				t.Errorf("%q, %q, %t", sent, id, ok)
			}
		})
	}
}
