package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAReleaseMakesItsHomebrewFormula(t *testing.T) {
	needs(t, "sh", "sed")
	dist := t.TempDir()
	formula := func() (string, error) {
		said, err := exec.CommandContext(t.Context(), "sh", "packaging/homebrew/formula.sh", dist).CombinedOutput()
		return string(said), err
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dist, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// As goreleaser writes them.
	write("metadata.json", `{"project_name":"crmsync","tag":"v1.2.3","previous_tag":"v1.2.2","version":"1.2.3",`+
		`"commit":"0123456789abcdef0123456789abcdef01234567","date":"2026-11-26T10:00:00.5Z",`+
		`"runtime":{"goos":"linux","goarch":"amd64"}}`)
	other, sum := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	write("checksums.txt", other+"  crmsync-1.2.3.tar.gz.sbom.json\n"+other+"  crmsync_1.2.3_linux_amd64.tar.gz\n")
	if said, err := formula(); err == nil || !strings.Contains(said, "crmsync-1.2.3.tar.gz is to be in checksums.txt") {
		t.Errorf("a release without its sources: %v, %s", err, said)
	}

	write("checksums.txt", other+"  crmsync-1.2.3.tar.gz.sbom.json\n"+sum+"  crmsync-1.2.3.tar.gz\n")
	said, err := formula()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, line := range []string{
		`url "https://github.com/crmsync/crmsync/releases/download/v1.2.3/crmsync-1.2.3.tar.gz"`,
		`sha256 "` + sum + `"`,
		`-X github.com/crmsync/crmsync/cmd.commit=0123456789abcdef0123456789abcdef01234567`,
	} {
		if !strings.Contains(said, "  "+line+"\n") {
			t.Errorf("the formula doesn't say %s:\n%s", line, said)
		}
	}
	if strings.Contains(said, "@") {
		t.Errorf("something was not filled in:\n%s", said)
	}
	write("crmsync.rb", said)
	if ruby, err := exec.LookPath("ruby"); err == nil {
		if said, err := exec.CommandContext(t.Context(), ruby, "-c", filepath.Join(dist, "crmsync.rb")).CombinedOutput(); err != nil {
			t.Errorf("ruby: %v: %s", err, said)
		}
	}
}

// needs skips a test on a machine that lacks one of the programs.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s on this machine", program)
		}
	}
}
