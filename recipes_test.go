package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// What other programs start is run as far as crmsync goes:
//
//   - "cron": the command behind the times;
//   - "ini unit=NAME.service": ExecStart with its Environment;
//   - "yaml ci=github", "yaml ci=gitlab": the steps that are shell commands;
//   - "yaml config": as the config file, which is read;
//   - "yaml alerts": parsed, and its metrics looked for in the program;
//   - "bash pipe=FILE": what stands behind the pipe, with FILE piped in;
//   - "bash file=NAME.sh": as the command of --on-finish, with mail and curl that
//     do nothing;
//   - "python loop": against the CRM.
func TestEveryRecipeRuns(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh on this machine")
	}
	ran := map[string]int{}
	for _, page := range docPages(t) {
		desk := newDesk(t)
		for name, content := range otherPrograms {
			desk.write(t, name, content)
		}
		blocks := blocksOf(t, page)
		for _, b := range blocks { // what is piped in may be shown below the pipe
			if name := b.attr("file"); name != "" {
				desk.write(t, name, b.text)
			}
		}
		for _, b := range blocks {
			where := fmt.Sprintf("%s:%d", page, b.line)
			switch {
			case b.lang == "python":
				desk.loop(t, where, b)
			case b.lang == "yaml" && b.attrs == "alerts":
				knownMetrics(t, where, b)
			case b.lang == "yaml" && b.attrs == "config":
				desk.write(t, "shown.yaml", b.text)
				desk.run(t, where, docBlock{text: "crmsync config show --config shown.yaml"})
			}
			for _, command := range commandsOf(t, where, b) {
				command = strings.ReplaceAll(command, "/srv/", desk.dir+"/")
				command = strings.ReplaceAll(command, "%h", filepath.Join(desk.dir, "home"))
				if said := desk.run(t, where, docBlock{text: command + "\n"}); strings.Contains(said, "warning: --on-finish") {
					t.Errorf("%s: %s", where, said)
				}
			}
			if n := len(commandsOf(t, where, b)); n > 0 {
				ran[b.lang+b.attr("ci")] += n
			} else {
				ran[b.lang+b.attrs]++
			}
		}
	}
	for kind, want := range map[string]int{"cron": 3, "ini": 1, "yamlgithub": 2, "yamlgitlab": 2, "bash": 8,
		"pythonloop": 1, "yamlconfig": 1, "yamlalerts": 1, "shserve": 1} {
		if ran[kind] < want {
			t.Errorf("%d recipes of the kind %s were run, want %d", ran[kind], kind, want)
		}
	}
}

// otherPrograms are files that other programs would have left, and two of these
// programs that do nothing.
var otherPrograms = map[string]string{
	"export/products.csv": "sku,name\nA-1,one\n",
	"prices.json":         `[{"sku":"A-1","price":11.89},{"sku":"A-2","price":5}]`,
	"export.json":         `{"products":[{"sku":"A-1","title":"one"}]}`,
	"titles.ndjson":       `{"sku":"A-1","name":"one"}` + "\n",
	"bin/mail":            "#!/bin/sh\ncat >/dev/null\n",
	"bin/curl":            "#!/bin/sh\ncat >/dev/null\n",
}

// Nobody should find out by trying that a command of a page is not right.
func TestNoCommandOfThePagesIsLeftOut(t *testing.T) {
	run := func(b docBlock) bool {
		return b.lang == "sh" || b.lang == "cron" || b.attr("unit") != "" || b.attr("ci") != "" || b.attr("pipe") != "" ||
			b.lang == "text" && b.attrs == "output"
	}
	for _, page := range docPages(t) {
		for _, b := range blocksOf(t, page) {
			if run(b) {
				continue
			}
			for line := range strings.Lines(b.text) {
				line = strings.TrimSpace(line)
				if regexp.MustCompile(`(^|[|;&$(] *)crmsync [a-z]`).MatchString(line) {
					t.Errorf("%s:%d: this is not run: %s", page, b.line, line)
				}
			}
		}
	}
}

// A unit that systemd reads with warnings would run at no time, or otherwise than
// the page says.
func TestSystemdTakesTheUnitsOfThePages(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze on this machine")
	}
	dir := t.TempDir()
	command := exec.Command(analyze, "verify")
	var enabled []string
	for _, page := range docPages(t) {
		for _, b := range blocksOf(t, page) {
			if name := b.attr("unit"); name != "" {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, []byte(b.text), 0o600); err != nil {
					t.Fatal(err)
				}
				command.Args = append(command.Args, path)
			}
			for _, found := range regexp.MustCompile(`(?m)^systemctl --user enable --now (.+)$`).FindAllStringSubmatch(b.text, -1) {
				enabled = append(enabled, found[1])
			}
		}
	}
	if said, err := command.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%v: %s", err, said)
	}
	if len(enabled) != 1 || !slices.Contains(command.Args, filepath.Join(dir, enabled[0])) {
		t.Errorf("%q is enabled, of the units %q", enabled, command.Args[2:])
	}
}

// loop runs the few lines of Python that a page shows, with records that are texts,
// and with a price, which the page says the CRM refuses.
func (d *desk) loop(t *testing.T, where string, b docBlock) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		return
	}
	d.write(t, "loop.py", `
import csv, json, urllib.request

URL, AUTH = "`+d.baseURL+`", {"Authorization": "Bearer `+token+`"}

class requests:
    @staticmethod
    def put(url, json=None, headers={}):
        data = __import__("json").dumps(json).encode()
        asked = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method="PUT")
        urllib.request.urlopen(asked).read()
        return requests
    @staticmethod
    def raise_for_status():
        pass
`+b.text)
	for content, works := range map[string]bool{"sku,name\nLOOP-1,one\n": true, "sku,price\nLOOP-2,12.50\n": false} {
		d.write(t, "products.csv", content)
		command := exec.CommandContext(t.Context(), python, "loop.py")
		command.Dir = d.dir
		if said, err := command.CombinedOutput(); (err == nil) != works || !works && !strings.Contains(string(said), "400") {
			t.Errorf("%s: with %q: %v\n%s", where, content, err, said)
		}
	}
}

// knownMetrics checks that a page asks for metrics that the program writes.
func knownMetrics(t *testing.T, where string, b docBlock) {
	t.Helper()
	var alerts []struct{ Alert, Expr string }
	parseYAML(t, where, b.text, &alerts)
	texts := stringLiterals(t)
	for _, alert := range alerts {
		names := regexp.MustCompile(`crmsync_[a-z_]+`).FindAllString(alert.Expr, -1)
		if alert.Alert == "" || len(names) == 0 {
			t.Errorf("%s: an alert without a name or a metric: %+v", where, alert)
		}
		for _, name := range names {
			if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, name) }) {
				t.Errorf("%s: the program writes no metric %s", where, name)
			}
		}
	}
}

func commandsOf(t *testing.T, where string, b docBlock) (commands []string) {
	t.Helper()
	switch {
	case b.lang == "cron":
		line := regexp.MustCompile(`(?m)^\s*\d+ +\d+ +\S+ +\S+ +\S+ +(.+)$`)
		for _, found := range line.FindAllStringSubmatch(b.text, -1) {
			commands = append(commands, strings.ReplaceAll(found[1], `\%`, "%"))
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
	case b.lang == "bash" && strings.HasSuffix(b.attr("file"), ".sh"):
		if _, err := exec.LookPath("jq"); err == nil || !strings.Contains(b.text, "jq ") {
			commands = append(commands, fmt.Sprintf("chmod +x bin/*; PATH=$PWD/bin:$PATH SLACK_WEBHOOK=https://hooks.example "+
				"crmsync push export/products.csv --match sku --on-finish 'sh -e %s'", b.attr("file")))
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
