package report

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSONHoldsNothingThatATerminalObeys(t *testing.T) {
	text := "a\u009b31m\x7f\u202e<b>\u2066\u061cü\n"
	for _, indent := range []string{"", " "} {
		var b strings.Builder
		if err := EncodeJSON(&b, []string{text}, indent); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), `"a\u009b31m\u007f\u202e<b>\u2066\u061cü\n"`) {
			t.Errorf("written as %q", b.String())
		}
		var back []string
		if err := json.Unmarshal([]byte(b.String()), &back); err != nil || back[0] != text {
			t.Errorf("read back as %q: %v", back, err)
		}
	}
}
