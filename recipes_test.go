package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The recipes that other programs start are run as far as crmsync goes:
//
//   - "cron": the command behind the times;
//   - "ini unit=NAME.service": ExecStart with its Environment;
//   - "yaml ci=github", "yaml ci=gitlab": the steps that are shell commands;
//   - "bash pipe=FILE": what stands behind the pipe, with FILE piped in.
func TestEveryRecipeRuns(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh on this machine")
	}
	const page = "docs/recipes.md"
	desk := newDesk(t)
	blocks := blocksOf(t, page)
	for _, b := range blocks { // what is piped in may be shown below the pipe
		if name := b.attr("file"); name != "" {
			desk.write(t, name, b.text)
		}
	}
	ran := map[string]int{}
	for _, b := range blocks {
		where := fmt.Sprintf("%s:%d", page, b.line)
		for _, command := range commandsOf(t, where, b) {
			command = strings.ReplaceAll(command, "/srv/", desk.dir+"/")
			command = strings.ReplaceAll(command, "%h", filepath.Join(desk.dir, "home"))
			desk.run(t, where, docBlock{text: command + "\n"})
			ran[b.lang+b.attr("ci")]++
		}
	}
	for kind, want := range map[string]int{"cron": 2, "ini": 1, "yamlgithub": 2, "yamlgitlab": 2, "bash": 3} {
		if ran[kind] < want {
			t.Errorf("%d recipes of the kind %s were run, want %d", ran[kind], kind, want)
		}
	}
}

func commandsOf(t *testing.T, where string, b docBlock) (commands []string) {
	t.Helper()
	switch {
	case b.lang == "cron":
		line := regexp.MustCompile(`(?m)^\s*\d+ +\d+ +\S+ +\S+ +\S+ +(.+)$`)
		for _, found := range line.FindAllStringSubmatch(b.text, -1) {
			commands = append(commands, found[1])
		}
	case strings.HasSuffix(b.attr("unit"), ".service"):
		environment := ""
		for line := range strings.Lines(b.text) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch key {
			case "Environment":
				environment += value + " "
			case "ExecStart":
				commands = append(commands, environment+value)
			}
		}
	case b.attr("ci") == "github":
		var flow struct {
			Jobs map[string]struct{ Steps []struct{ Run string } }
		}
		parseYAML(t, where, b.text, &flow)
		for _, job := range flow.Jobs {
			for _, step := range job.Steps {
				if strings.HasPrefix(step.Run, "crmsync ") {
					commands = append(commands, step.Run)
				}
			}
		}
	case b.attr("ci") == "gitlab":
		var flow map[string]struct{ Script []string }
		parseYAML(t, where, b.text, &flow)
		for _, job := range flow {
			commands = append(commands, job.Script...)
		}
	case b.attr("pipe") != "":
		before, behind, found := strings.Cut(b.text, "| crmsync ")
		if !found {
			t.Fatalf("%s: nothing is piped into crmsync", where)
		}
		commands = append(commands, "cat "+b.attr("pipe")+" | crmsync "+behind)
		if _, err := exec.LookPath("jq"); err == nil && strings.HasPrefix(before, "jq ") {
			commands = append(commands, b.text)
		}
	}
	return commands
}

func parseYAML(t *testing.T, where, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
}
