package cmd

import (
	"os/user"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/adrg/xdg"
)

func TestAServiceWithoutHomeRemembersWhereAShellLooks(t *testing.T) {
	u, err := user.Current()
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("no home is known: ", err)
	}
	t.Cleanup(xdg.Reload) // after the variables are back
	t.Setenv("XDG_STATE_HOME", "")
	for was, home := range map[string]string{"": u.HomeDir, "/srv/crm": "/srv/crm"} {
		t.Setenv("HOME", was)
		xdg.Reload()
		FindHome()
		if got := stateDirectory(); !below(home, got) {
			t.Errorf("with HOME %q the state directory is %s, not below %s", was, got, home)
		}
	}
}

func below(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
