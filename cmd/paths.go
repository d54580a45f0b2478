package cmd

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/adrg/xdg"

	"github.com/crmsync/crmsync/internal/source"
)

// samePlace tells whether two paths lead to one file, be it there or not.
func samePlace(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	return absolute(a) == absolute(b)
}

// realPath is a file's path from the root with all links followed, as far as it is
// there: the name by which it is known again.
func realPath(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", path, err)
	}
	if target, err := filepath.EvalSymlinks(full); err == nil {
		full = target
	}
	return full, nil
}

// absolute is the path from the root, with the links on the way to its
// directory followed.
func absolute(path string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		dir = filepath.Dir(path)
	}
	full, err := filepath.Abs(filepath.Join(dir, filepath.Base(path)))
	if err != nil {
		return path
	}
	return full
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isYAML tells files that say what to do with records.
func isYAML(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	info, err := os.Stat(path)
	return (ext == ".yaml" || ext == ".yml") && err == nil && info.Mode().IsRegular()
}

// isRecords tells by a file's name that it holds records, where something else
// was to be read.
func isRecords(path string) bool {
	ext := strings.ToLower(filepath.Ext(source.WithoutPacking(path)))
	return slices.Contains([]string{".csv", ".tsv", ".ndjson", ".jsonl", ".json", ".xlsx"}, ext)
}

// FindHome gives a process without HOME, as services are started, the home of its user,
// as far as that is known: what it remembers belongs where the same command looks for
// it in a shell.
func FindHome() {
	if runtime.GOOS == "windows" || os.Getenv("HOME") != "" {
		return
	}
	if u, err := user.Current(); err == nil && filepath.IsAbs(u.HomeDir) {
		os.Setenv("HOME", u.HomeDir)
		xdg.Reload()
	}
}

// stateDirectory is where journals, states, and the paces that were found are kept.
func stateDirectory() string { return filepath.Join(xdg.StateHome, "crmsync") }

// makeStateDirectory makes the directory that is the user's alone.
func makeStateDirectory() error { return os.MkdirAll(stateDirectory(), 0o700) }
