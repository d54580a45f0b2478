package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/state"
)

func (a *app) stateCommand() *cobra.Command {
	c := a.stateListCommand()
	c.Use, c.Short = "state", "Look into what --only-changed and resume remember"
	c.Long = "State lists the runs and jobs that did not come to their end, which the same command\n" +
		"goes on with, and what --only-changed remembers of records that the CRM accepted. forget\n" +
		"has things sent again; it asks nothing:\n\n" +
		"  FILE             the unfinished run of FILE starts from the beginning; of a job\n" +
		"                   file, with its first push\n" +
		"  --object SLUG    what was sent to one object\n" +
		"  --all            everything"
	c.Example = "  crmsync state list\n  crmsync state show BOOK-1001\n  crmsync state forget products.csv"
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usage(didYouMean(args[0], []string{"list", "show", "forget"}, "crmsync state ", "crmsync state --help lists them"),
				"%q is not something that crmsync state does", args[0])
		}
		return nil
	}
	c.AddCommand(a.stateListCommand(), a.stateShowCommand(), a.stateForgetCommand())
	return c
}

// stateReader is a command that looks into states and changes nothing.
func (a *app) stateReader(c *cobra.Command, look func(*settings, *configuration, []string) error) *cobra.Command {
	s := newSettings()
	s.addTo(c, "state", "output", "config", "profile")
	c.Flags().Lookup("state").Usage = "`FILE` that push was given as --state (those in your state directory)"
	setHelp(c, s.groups)
	c.RunE = func(c *cobra.Command, args []string) error {
		conf, err := a.configure(c, s)
		if err != nil {
			return err
		}
		return look(s, conf, args)
	}
	return c
}

// rememberedFile is a file of --only-changed.
type rememberedFile struct {
	path      string
	size      int64
	summaries []state.Summary
	err       error // why it can't be read
}

const stateSuffix = ".state"

// rememberedFiles reads what the states say of themselves: the one that is
// named, or else those in the state directory.
func rememberedFiles(s *settings) ([]rememberedFile, error) {
	if s.state != "" {
		f := rememberedIn(s.state)
		if errors.Is(f.err, fs.ErrNotExist) {
			return nil, &hinted{fmt.Errorf("there is no state %s", s.state), "a push with --only-changed and --state makes it; without --state, the states in " + stateDirectory() + " are meant"}
		}
		return []rememberedFile{f}, f.err
	}
	entries, err := os.ReadDir(stateDirectory())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &hinted{fmt.Errorf("listing the state directory: %w", err), "make it readable, or name another place in XDG_STATE_HOME"}
	}
	var files []rememberedFile
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), stateSuffix) {
			continue
		}
		f := rememberedIn(filepath.Join(stateDirectory(), e.Name()))
		if !errors.Is(f.err, fs.ErrNotExist) { // forgotten since the directory was read
			files = append(files, f)
		}
	}
	return files, nil
}

func rememberedIn(path string) rememberedFile {
	f := rememberedFile{path: path}
	if f.summaries, f.err = state.List(path); f.err != nil && !errors.Is(f.err, state.ErrDamaged) && !errors.Is(f.err, state.ErrVersion) {
		return f
	}
	info, err := os.Stat(path)
	if err != nil {
		f.err = err // it is not there, or no longer
		return f
	}
	f.size = info.Size()
	return f
}

// bytes is what a scope takes on disk. In a file of its own that is all of it,
// what is not merged yet included.
func (f rememberedFile) bytes(s state.Summary) int64 {
	if len(f.summaries) == 1 {
		return f.size
	}
	return s.Bytes
}
