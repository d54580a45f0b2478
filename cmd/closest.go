package cmd

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/crmsync/crmsync/internal/shellwords"
	"github.com/crmsync/crmsync/internal/spelling"
)

// didYouMean is a hint that names the closest candidate, or the other hint
// where none is close.
func didYouMean(name string, candidates []string, prefix, otherwise string) string {
	if best := spelling.Closest(name, candidates); best != "" {
		return "did you mean " + prefix + best + "?"
	}
	return otherwise
}

// withClosestFile adds to the error about a file that isn't there which one was
// likely meant, of those in its directory.
func withClosestFile(err error, path string) error {
	if _, problem := os.Lstat(path); path == "-" || !errors.Is(problem, fs.ErrNotExist) {
		return err
	}
	if strings.ContainsAny(path, "*?[") {
		return &hinted{err, "the shell found no file for this pattern and left it as it is: check the directory, and whether the export ran"}
	}
	dir, name := filepath.Split(path)
	entries, _ := os.ReadDir(cmp.Or(dir, "."))
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if best := spelling.ClosestFile(name, names); best != "" {
		return &hinted{err, "did you mean " + shellwords.File(dir+best) + "?"}
	}
	return err
}
