// Reference writes the reference of the command line into a directory, as
// Markdown or as man pages. docs/reference is made by
//
//	go run ./internal/reference markdown docs/reference
//
// and the man pages of a release by
//
//	go run ./internal/reference man DIRECTORY
//
// Pages of commands that are no more are removed from the directory.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/crmsync/crmsync/cmd"
)

func main() {
	if err := write(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func write(args []string) error {
	forms := map[string]func() map[string]string{"markdown": cmd.ReferenceMarkdown, "man": cmd.ReferenceMan}
	if len(args) != 2 || forms[args[0]] == nil {
		return errors.New("usage: reference markdown|man DIRECTORY")
	}
	pages, dir := forms[args[0]](), args[1]
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "crmsync*"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, stays := pages[filepath.Base(path)]; !stays {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
