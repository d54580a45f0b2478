package cmd

import "testing"

func TestACommandIsShownWithoutWhatMayBeSecret(t *testing.T) {
	for line, want := range map[string]string{
		"":                                  "",
		"notify.sh":                         "notify.sh",
		"notify.sh --key sk_live_1":         "notify.sh …",
		"notify.sh\t--key\nsk_live_1":       "notify.sh …",
		"API_KEY=sk_live_1 notify.sh":       "…",
		"  API_KEY='sk live 1' notify.sh  ": "…",
	} {
		if got := firstWord(line); got != want {
			t.Errorf("%q is shown as %q, want %q", line, got, want)
		}
	}
}
