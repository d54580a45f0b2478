package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// The pages' go install is run with a module proxy that is a directory.
func TestGoInstallGivesTheProgram(t *testing.T) {
	notWithTheRaceDetector(t)
	version := module.Version{Path: "github.com/crmsync/crmsync", Version: "v0.1.0"}
	proxy, bin := serveModule(t, version), t.TempDir()
	said, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	downloaded, usual, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
	command := exec.CommandContext(t.Context(), "go", strings.Fields(goInstall(t))[1:]...)
	command.Dir = bin
	command.Env = append(os.Environ(), "GOBIN="+bin, "GOMODCACHE="+t.TempDir(), "GOSUMDB=off",
		"GOFLAGS=-modcacherw -trimpath", "CGO_ENABLED=0", // as .ci/run builds a release: most of it is in the build cache
		"GOPROXY="+fileURL(proxy)+","+fileURL(filepath.Join(strings.TrimSpace(downloaded), "cache", "download"))+","+usual)
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command.Args, err, said)
	}
	said, err = exec.CommandContext(t.Context(), filepath.Join(bin, "crmsync"), "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(said), "crmsync 0.1.0\n") || !strings.Contains(string(said), "\nsource "+version.String()+" h1:") {
		t.Errorf("crmsync version: %v\n%s", err, said)
	}
}

// goInstall is the one command that all pages install the program with.
func goInstall(t *testing.T) string {
	t.Helper()
	var commands []string
	for _, page := range docPages(t) {
		for _, b := range blocksOf(t, page) {
			commands = append(commands, regexp.MustCompile(`go install [^ \n]+`).FindAllString(b.text, -1)...)
		}
	}
	slices.Sort(commands)
	if commands = slices.Compact(commands); len(commands) != 1 {
		t.Fatalf("the pages install with %q, want one command", commands)
	}
	return commands[0]
}

// serveModule makes a module proxy that has this tree as the only version.
func serveModule(t *testing.T, version module.Version) (dir string) {
	t.Helper()
	dir, tree := t.TempDir(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cmd", "internal"} {
		must(os.CopyFS(filepath.Join(tree, name), os.DirFS(name)))
	}
	for _, name := range []string{"go.mod", "go.sum", "main.go", "LICENSE"} {
		content, err := os.ReadFile(name)
		must(err)
		must(os.WriteFile(filepath.Join(tree, name), content, 0o600))
	}
	served := filepath.Join(dir, filepath.FromSlash(version.Path), "@v")
	must(os.MkdirAll(served, 0o700))
	archive, err := os.Create(filepath.Join(served, version.Version+".zip"))
	must(err)
	must(zip.CreateFromDir(archive, version, tree))
	must(archive.Close())
	gomod, err := os.ReadFile("go.mod")
	must(err)
	for name, content := range map[string]string{"list": version.Version + "\n", version.Version + ".mod": string(gomod),
		version.Version + ".info": `{"Version":"` + version.Version + `"}`} {
		must(os.WriteFile(filepath.Join(served, name), []byte(content), 0o600))
	}
	return dir
}

func fileURL(path string) string {
	return "file:///" + strings.TrimPrefix(filepath.ToSlash(path), "/")
}

// The profile that docs/performance.md shows is taken, with each benchmark run once.
func TestTheProfileOfThePerformancePageCanBeTaken(t *testing.T) {
	notWithTheRaceDetector(t)
	needs(t, "sh")
	const page = "docs/performance.md"
	i := slices.IndexFunc(blocksOf(t, page), func(b docBlock) bool { return strings.HasPrefix(b.text, "go test ") })
	if i < 0 {
		t.Fatalf("%s has no go test", page)
	}
	dir := filepath.ToSlash(t.TempDir())
	script := blocksOf(t, page)[i].text
	short := strings.NewReplacer(" -bench . ", " -bench Pipeline -benchtime 1x -outputdir "+dir+" -o "+dir+"/push.test ",
		"-top cpu.prof", "-top "+dir+"/cpu.prof").Replace(script)
	said, err := exec.CommandContext(t.Context(), "sh", "-ec", short).CombinedOutput()
	if err != nil || !strings.Contains(string(said), "flat%") {
		t.Errorf("%s: %v\n%s%s", page, err, short, said)
	}
}

// notWithTheRaceDetector skips what builds programs of its own, in which the race
// detector would see nothing.
func notWithTheRaceDetector(t *testing.T) {
	t.Helper()
	info, ok := debug.ReadBuildInfo()
	if ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("it builds a program without the race detector")
	}
}

// Commands of Go that the pages name have the package, and the tests, benchmarks
// and fuzz targets that they ask for.
func TestTheGoCommandsOfThePagesNameWhatThereIs(t *testing.T) {
	commands := regexp.MustCompile("go (?:test|run) [^`\n#]*")
	names := map[string]string{"-run": "Test", "-bench": "Benchmark", "-fuzz": "Fuzz"}
	checked := 0
	for _, page := range allPages(t) {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range commands.FindAllString(string(content), -1) {
			command, _, _ = strings.Cut(command, "&&")
			words := strings.Fields(command)
			dir := "."
			for _, word := range words[2:] {
				if strings.HasPrefix(word, "./") && word != "./..." {
					dir = word
				}
			}
			if _, err := os.Stat(dir); err != nil {
				t.Errorf("%s: %s: %v", page, command, err)
			}
			for i, word := range words[:len(words)-1] {
				name := strings.Trim(words[i+1], "'^$")
				name, _, _ = strings.Cut(name, "/")
				if names[word] == "" || name == "" || name == "." {
					continue
				}
				checked++
				name = strings.TrimPrefix(name, names[word])
				if !declares(t, dir, regexp.MustCompile(`(?m)^func `+names[word]+`\w*`+name)) {
					t.Errorf("%s: %s: no %s* in %s has %s in its name", page, command, names[word], dir, name)
				}
			}
		}
	}
	if checked < 5 {
		t.Errorf("%d names were looked for, want 5 at least", checked)
	}
}

func declares(t *testing.T, dir string, form *regexp.Regexp) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(name string) bool {
		content, err := os.ReadFile(name)
		return err == nil && form.Match(content)
	})
}
