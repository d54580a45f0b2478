package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/report"
)

func (a *app) stateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "state",
		Short:   "Look into what interrupted runs left behind",
		Long:    "State lists the runs that were interrupted and can be gone on with: the same push\ncommand does. forget makes such a run start from the beginning.",
		Example: "  crmsync state list\n  crmsync state forget products.csv",
		Args:    exactArgs(0, ""),
		RunE:    func(*cobra.Command, []string) error { return a.listState() },
	}
	list := &cobra.Command{
		Use:   "list",
		Short: "List the interrupted runs",
		Args:  exactArgs(0, ""),
		RunE:  func(*cobra.Command, []string) error { return a.listState() },
	}
	forget := &cobra.Command{
		Use:   "forget FILE",
		Short: "Forget the interrupted runs of FILE",
		Args:  exactArgs(1, "FILE"),
		RunE:  func(_ *cobra.Command, args []string) error { return a.forgetState(args[0]) },
	}
	for _, each := range []*cobra.Command{c, list, forget} {
		setHelp(each, nil)
	}
	c.AddCommand(list, forget)
	return c
}

func (a *app) listState() error {
	entries, err := journal.List(stateDirectory())
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		_, err := fmt.Fprintln(a.streams.Out, "no run is unfinished")
		return err
	}
	var text strings.Builder
	for _, e := range entries {
		fmt.Fprintln(&text, report.Clean(e.String()))
	}
	_, err = fmt.Fprint(a.streams.Out, text.String())
	return err
}

// forgetState removes the journals that speak of a file, with the rejects that
// they kept under temporary names.
func (a *app) forgetState(path string) error {
	entries, err := journal.List(stateDirectory())
	if err != nil {
		return err
	}
	forgotten := 0
	for _, e := range entries {
		if !concerns(e, path) {
			continue
		}
		if err := journal.Forget(stateDirectory(), e); err != nil {
			return err
		}
		forgotten++
		if e.Checkpoint == nil {
			continue
		}
		for _, mark := range e.Checkpoint.Rejects {
			if err := reject.Discard(reject.Mark(mark)); err != nil {
				return err
			}
		}
	}
	if forgotten == 0 {
		return &hinted{fmt.Errorf("no unfinished run of %s is known", path), "crmsync state list tells which there are"}
	}
	a.note(fmt.Sprintf("the next push of %s starts from the beginning", path))
	return nil
}

// concerns tells whether a journal is of a run with the file, which may be gone.
func concerns(e journal.Entry, path string) bool {
	if e.Damaged != nil {
		return e.Key == path
	}
	for _, in := range e.Run.Inputs {
		if samePlace(in.Path, path) {
			return true
		}
	}
	return false
}
