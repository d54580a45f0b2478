package main

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// The documentation is run. In README.md and docs/*.md
//
//   - a block "sh" is a script for the program, run in the order of the page;
//     "sh exit=3" says with which code it ends, 0 otherwise;
//   - a block with "file=NAME" is a file that the scripts after it find;
//   - a block "sh serve" has servers: each line is started, and ended once it is
//     ready;
//   - a block "text output" quotes what the script before it printed: each line
//     stands there, in this order, and "…" is any text.
//
// recipes_test.go runs what other programs start, recipes_go_test.go what builds
// the program, and recipes_psql_test.go a query. Blocks of other kinds are for
// reading, and a test sees to it that none of them has a command of the program.
// docs/reference is left out: it is made from the commands themselves, and a test
// in cmd compares it with them.

// contributorPages speak to those who work on crmsync: they are about building
// and measuring it.
var contributorPages = []string{"docs/pace.md", "docs/performance.md", "docs/scale.md"}

// quickEnd keeps the race detector from sleeping a second at the end of each
// process.
const quickEnd = "GORACE=atexit_sleep_ms=10"

// docPages are the pages for users.
func docPages(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append([]string{"README.md"}, pages...)
	return slices.DeleteFunc(pages, func(page string) bool {
		return slices.Contains(contributorPages, filepath.ToSlash(page))
	})
}

// docBlock is a fenced block of a page.
type docBlock struct {
	line  int    // of its fence
	lang  string // the first word after the fence
	attrs string // the other words
	text  string
}

func (b docBlock) attr(name string) string {
	for word := range strings.FieldsSeq(b.attrs) {
		if value, found := strings.CutPrefix(word, name+"="); found {
			return value
		}
	}
	return ""
}

func blocksOf(t *testing.T, page string) []docBlock {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []docBlock
	var open *docBlock
	for i, line := range strings.Split(string(content), "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			lang, attrs, _ := strings.Cut(info, " ")
			open = &docBlock{line: i + 1, lang: lang, attrs: attrs}
		case fence:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block is not closed", page, open.line)
	}
	return blocks
}

func TestEveryCommandInTheDocumentationRuns(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh on this machine")
	}
	for _, page := range append(docPages(t), "CONTRIBUTING.md") {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			desk := newDesk(t)
			var output string
			for _, b := range blocksOf(t, page) {
				where := fmt.Sprintf("%s:%d", page, b.line)
				switch {
				case b.attr("file") != "":
					desk.write(t, b.attr("file"), b.text)
				case b.lang == "sh" && b.attrs == "serve":
					desk.serve(t, where, b)
				case b.lang == "sh":
					output = desk.run(t, where, b)
				case b.lang == "text" && b.attrs == "output":
					quotes(t, where, b.text, output)
				}
			}
		})
	}
}

// desk is the directory of somebody who follows a page: the samples are there,
// the token is in its file, and the CRM is on loopback.
type desk struct{ dir, baseURL string }

func newDesk(t *testing.T) *desk {
	crm, err := sandbox.New(sandbox.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	d := &desk{t.TempDir(), server.URL + "/v2"}
	samples, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	exports, err := filepath.Glob("testdata/exports/*.*")
	if err != nil {
		t.Fatal(err)
	}
	samples = append(samples, exports...)
	for _, sample := range samples {
		content, err := os.ReadFile(sample)
		if err != nil {
			t.Fatal(err)
		}
		d.write(t, filepath.Base(sample), string(content))
		d.write(t, sample, string(content))
	}
	d.write(t, "home/.crmsync-token", token+"\n")
	return d
}

func (d *desk) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a block and gives what it printed.
func (d *desk) run(t *testing.T, where string, b docBlock) string {
	t.Helper()
	script := program(b.text)
	if strings.TrimSpace(script) == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-euc", script)
	command.Dir = d.dir
	command.WaitDelay = time.Second
	home := filepath.Join(d.dir, "home")
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "USERPROFILE=" + home, "TMPDIR=" + os.TempDir(), "TZ=UTC",
		quickEnd, "CRMSYNC_BASE_URL=" + d.baseURL, "CRMSYNC_TOKEN_FILE=" + filepath.Join(home, ".crmsync-token"),
	}
	if covered := os.Getenv("GOCOVERDIR"); covered != "" {
		command.Env = append(command.Env, "GOCOVERDIR="+covered)
	}
	output, _ := command.CombinedOutput() // the exit code says it all
	want := 0
	if code := b.attr("exit"); code != "" {
		var err error
		if want, err = strconv.Atoi(code); err != nil {
			t.Fatalf("%s: exit=%s is no number", where, code)
		}
	}
	if got := command.ProcessState.ExitCode(); got != want {
		t.Fatalf("%s: exit code %d, want %d\n%s%s", where, got, want, script, output)
	}
	return string(output)
}

// serve starts the servers of a block, one after the other, each on a port of its
// own.
func (d *desk) serve(t *testing.T, where string, b docBlock) {
	t.Helper()
	for line := range strings.Lines(b.text) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		command := exec.CommandContext(ctx, "sh", "-c", "exec "+strings.TrimSpace(line)+" --port 0")
		command.Dir, command.Env, command.WaitDelay = d.dir, append(os.Environ(), quickEnd), time.Second
		said, err := command.StdoutPipe()
		if err == nil {
			err = command.Start()
		}
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		first := make([]byte, len("export CRMSYNC_BASE_URL"))
		if _, err := io.ReadFull(said, first); err != nil || string(first) != "export CRMSYNC_BASE_URL" {
			t.Errorf("%s: %s: it began with %q, %v", where, line, first, err)
		}
		cancel()
		_ = command.Wait() // it was killed
	}
}

// program leaves out what only a checkout can do: the program is built already,
// and the tests don't run themselves.
func program(script string) string {
	var lines []string
	for line := range strings.Lines(script) {
		if arguments, found := strings.CutPrefix(line, "go run . "); found {
			line = "crmsync " + arguments
		}
		if !strings.HasPrefix(line, "go ") && line != "bash .ci/run\n" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// quotes checks that each line of a quotation stands in an output, in order.
func quotes(t *testing.T, where, quotation, output string) {
	t.Helper()
	rest := strings.Split(output, "\n")
	for line := range strings.Lines(quotation) {
		line = strings.TrimSpace(line)
		if line == "" || line == "…" {
			continue
		}
		var parts []string
		for part := range strings.SplitSeq(line, "…") {
			parts = append(parts, regexp.QuoteMeta(part))
		}
		form := regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
		at := slices.IndexFunc(rest, func(s string) bool { return form.MatchString(strings.TrimSpace(s)) })
		if at < 0 {
			t.Fatalf("%s: this line was not printed there:\n%s\nbut this was:\n%s", where, line, output)
		}
		rest = rest[at+1:]
	}
}

// What the pages say in code must be there: flags of the program, and files that
// links lead to.
func TestFlagsAndLinksInTheDocumentationLeadSomewhere(t *testing.T) {
	flags := flagsOfTheProgram(t)
	pages := append(docPages(t), "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
	flag := regexp.MustCompile("(?:^|[ `(/|])--([a-z][a-z-]+)")
	link := regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range flag.FindAllStringSubmatch(prose(string(content)), -1) {
			if !flags[found[1]] {
				t.Errorf("%s: the program has no flag --%s", page, found[1])
			}
		}
		for _, found := range link.FindAllStringSubmatch(string(content), -1) {
			if strings.Contains(found[1], "://") || strings.HasPrefix(found[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), found[1])); err != nil {
				t.Errorf("%s: a link leads to %s, which is not there", page, found[1])
			}
		}
	}
}

// prose is a page without the blocks that show other programs' commands.
func prose(page string) string {
	var kept []string
	inside, skip := false, false
	for line := range strings.Lines(page) {
		if info, fence := strings.CutPrefix(line, "```"); fence {
			inside = !inside
			skip = inside && strings.TrimSpace(info) != "" && !strings.HasPrefix(info, "sh")
			continue
		}
		if !skip {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// flagsOfTheProgram are the long flags of all its commands, as their help says.
func flagsOfTheProgram(t *testing.T) map[string]bool {
	t.Helper()
	flags := map[string]bool{}
	help := func(command ...string) string {
		program := exec.CommandContext(t.Context(), "crmsync", append(command, "--help")...)
		program.Env = append(os.Environ(), quickEnd)
		output, err := program.Output()
		if err != nil {
			t.Fatalf("crmsync %s --help: %v", strings.Join(command, " "), err)
		}
		for _, found := range regexp.MustCompile(`(?m)^\s+(?:-\w, )?--([a-z][a-z-]+)`).FindAllStringSubmatch(string(output), -1) {
			flags[found[1]] = true
		}
		return string(output)
	}
	_, commands, _ := strings.Cut(help(), "\nCommands:\n")
	commands, _, _ = strings.Cut(commands, "\n\n")
	for line := range strings.Lines(commands) {
		help(strings.Fields(line)[0])
	}
	return flags
}
