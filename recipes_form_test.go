package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crmsync/crmsync/cmd"
)

// allPages are those for users, those for people who work on crmsync, and those
// beside what they are about.
func allPages(t *testing.T) []string {
	t.Helper()
	beside, err := filepath.Glob("deploy/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(docPages(t), contributorPages, []string{"CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"}, beside)
}

// Where the other program is missing, a block is still what a shell can read, and
// the command of crmsync in it one that crmsync takes.
func TestEveryCommandOfThePagesCanBeParsed(t *testing.T) {
	needs(t, "sh")
	where := map[string]string{} // a page that has the command
	for _, page := range allPages(t) {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		commands := inlineCommand.FindAllString(string(content), -1)
		for _, b := range blocksOf(t, page) {
			if b.lang == "sh" || b.lang == "bash" {
				if said, err := exec.CommandContext(t.Context(), "sh", "-nc", b.text).CombinedOutput(); err != nil {
					t.Errorf("%s:%d: %v: %s", page, b.line, err, said)
				}
			}
			if b.lang != "text" || b.attrs != "output" {
				commands = append(commands, blockCommand.FindAllString(strings.ReplaceAll(b.text, "\\\n", " "), -1)...)
			}
			for _, found := range regexp.MustCompile(`kubectl apply -f (\S+)`).FindAllStringSubmatch(b.text, -1) {
				if _, err := os.Stat(filepath.Join(filepath.Dir(page), found[1])); err != nil {
					t.Errorf("%s:%d: %v", page, b.line, err)
				}
			}
		}
		for _, command := range commands {
			where[command[strings.Index(command, "crmsync "):]] = page
		}
	}
	if len(where) < 80 {
		t.Errorf("%d commands were found, want 80 at least", len(where))
	}
	for command, page := range where {
		words := wordsOf(t, command)
		var help, said strings.Builder
		code := cmd.Main(t.Context(), cmd.Streams{In: strings.NewReader(""), Out: &help, Err: &said}, append(words[1:], "--help"))
		if code != 0 || !strings.Contains(help.String(), "crmsync "+words[1]) { // of what is no command there is the program's help
			t.Errorf("%s: %s: exit code %d\n%s", page, command, code, &said)
		}
	}
}

// wordsOf has a shell read a command.
func wordsOf(t *testing.T, command string) []string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), "sh", "-fc", `printf '%s\0' `+command).Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return strings.Split(strings.TrimSuffix(string(said), "\x00"), "\x00")
}

// A command ends where the shell's next one begins, outside of quotes.
var (
	blockCommand  = regexp.MustCompile(`(?m)(?:^|[ |;&(])crmsync [a-z](?:'[^']*'|"[^"]*"|[^|;&<>#'"` + "`" + `\n])*`)
	inlineCommand = regexp.MustCompile("`crmsync [a-z](?:'[^']*'|\"[^\"]*\"|[^|;&<>#'\"`\n])*")
)
