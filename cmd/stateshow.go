package cmd

import (
	"cmp"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/state"
)

func (a *app) stateShowCommand() *cobra.Command {
	return a.stateReader(&cobra.Command{
		Use:     "show KEY",
		Short:   "Show when a record was last accepted, by its match value",
		Example: "  crmsync state show BOOK-1001",
		Args:    exactArgs(1, "KEY"),
	}, func(s *settings, conf *configuration, args []string) error { return a.showState(s, conf, args[0]) })
}

type shownRecord struct {
	Object      string    `json:"object"`
	Match       string    `json:"match"`
	Value       string    `json:"value"`
	ID          string    `json:"id"`
	SentAt      time.Time `json:"sent_at"`
	Fingerprint string    `json:"fingerprint"`
	BaseURL     string    `json:"base_url"`
	File        string    `json:"file"`
}

// showState looks a match value up. A script gets its JSON also where nothing is
// found.
func (a *app) showState(s *settings, conf *configuration, key string) error {
	files, err := rememberedFiles(s)
	if err != nil {
		return err
	}
	shown := []shownRecord{}
	for _, f := range files {
		found, err := state.Show(f.path, key)
		if err != nil {
			a.warn(err.Error())
			continue
		}
		for _, e := range found {
			shown = append(shown, shownRecord{e.Scope.Object, e.Scope.Match, e.Match, e.ID, e.SentAt.UTC(),
				e.Fingerprint.String(), e.Scope.BaseURL, f.path})
		}
	}
	if s.output == "json" {
		err = printJSON(a.streams.Out, map[string]any{"found": shown})
	} else if len(shown) > 0 {
		rows := [][]string{{"OBJECT", "MATCH", "VALUE", "ACCEPTED", "RECORD", "CRM", "FILE"}}
		for _, r := range shown {
			rows = append(rows, []string{r.Object, r.Match, r.Value, timeText(r.SentAt), cmp.Or(r.ID, "-"), r.BaseURL, r.File})
		}
		err = printTable(a.streams.Out, rows)
	}
	if err == nil && len(shown) == 0 {
		err = &hinted{fmt.Errorf("--only-changed remembers no record with the match value %q, so it would be sent", key),
			"the value is looked up as it was sent, letter by letter; " + conf.asking(s, "state", "list") + " tells which states there are"}
	}
	return err
}
