package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAReleaseMakesItsHomebrewFormula(t *testing.T) {
	needs(t, "sh", "sed")
	if runtime.GOOS == "windows" {
		t.Skip("a release is made on Linux")
	}
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

// The action's scripts are run as a runner does, with a release in a directory.
func TestTheActionInstallsAReleaseAndRunsIt(t *testing.T) {
	needs(t, "bash", "curl", "tar", "xargs")
	system := map[string]string{"linux": "Linux", "darwin": "macOS"}[runtime.GOOS]
	if system == "" {
		t.Skip("the release is an archive for Linux and macOS")
	}
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(script string, variables ...string) (string, int) {
		command := exec.CommandContext(t.Context(), "bash", "packaging/"+script)
		command.Env = append(variables, "PATH="+filepath.Join(dir, "crmsync")+string(filepath.ListSeparator)+os.Getenv("PATH"),
			"RUNNER_OS="+system, "RUNNER_ARCH=X64", "RUNNER_TEMP="+dir, "CRMSYNC_RELEASES=file://"+filepath.Join(dir, "releases"),
			"GITHUB_PATH="+filepath.Join(dir, "path"), "GITHUB_OUTPUT="+filepath.Join(dir, "output"))
		said, _ := command.CombinedOutput() // the exit code says it all
		return string(said), command.ProcessState.ExitCode()
	}
	name := "crmsync_1.2.3_" + runtime.GOOS + "_amd64.tar.gz"
	release := filepath.Join(dir, "releases", "download", "v1.2.3")
	write("program/crmsync", "#!/bin/sh\nprintf '<%s>' \"$@\"\nexit 3\n")
	write("releases/download/v1.2.3/"+name, "")
	pack := exec.CommandContext(t.Context(), "tar", "-czf", filepath.Join(release, name), "-C", filepath.Join(dir, "program"), "crmsync")
	if said, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	archive, err := os.ReadFile(filepath.Join(release, name))
	if err != nil {
		t.Fatal(err)
	}

	write("releases/download/v1.2.3/checksums.txt", strings.Repeat("ab", 32)+"  "+name+"\n")
	if said, code := run("action-install.sh", "VERSION=1.2.3"); code != 1 || !strings.Contains(said, "::error::"+name+" is not the file") {
		t.Errorf("another archive: exit code %d, %s", code, said)
	}
	write("releases/download/v1.2.3/checksums.txt", fmt.Sprintf("%[1]x  %[2]s.sbom.json\n%[1]x  %[2]s\n", sha256.Sum256(archive), name))
	if said, _ := run("action-install.sh", "VERSION=v1.2.3"); said != "<version>" {
		t.Errorf("the script ended with %s", said)
	}
	if path, err := os.ReadFile(filepath.Join(dir, "path")); err != nil || string(path) != filepath.Join(dir, "crmsync")+"\n" {
		t.Errorf("the program was put on the path as %q, %v", path, err)
	}

	said, code := run("action-run.sh", "CRMSYNC_TOKEN=", `ARGS=push 'my products.csv' --map "Item No=sku" --set note=$(date);*`)
	if want := "<push><my products.csv><--map><Item No=sku><--set><note=$(date);*>"; code != 3 || !strings.HasPrefix(said, want+"::warning::") {
		t.Errorf("exit code %d, and it was run with %s, want %s", code, said, want)
	}
	if output, err := os.ReadFile(filepath.Join(dir, "output")); err != nil || string(output) != "exit-code=3\n" {
		t.Errorf("the steps after it are told %q, %v", output, err)
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
