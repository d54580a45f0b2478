package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/report"
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

func (a *app) stateListCommand() *cobra.Command {
	return a.stateReader(&cobra.Command{
		Use:     "list",
		Short:   "List the unfinished runs and what --only-changed remembers",
		Example: "  crmsync state list\n  crmsync state list --state ci.state -o json",
		Args:    exactArgs(0, ""),
	}, func(s *settings, _ *configuration, _ []string) error { return a.listState(s) })
}

func (a *app) stateShowCommand() *cobra.Command {
	return a.stateReader(&cobra.Command{
		Use:     "show KEY",
		Short:   "Show when a record was last accepted, by its match value",
		Example: "  crmsync state show BOOK-1001",
		Args:    exactArgs(1, "KEY"),
	}, func(s *settings, conf *configuration, args []string) error { return a.showState(s, conf, args[0]) })
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

func (a *app) listState(s *settings) error {
	runs, err := journal.List(stateDirectory())
	if err != nil {
		return err
	}
	jobs, err := journal.ListJobs(stateDirectory())
	if err != nil {
		return err
	}
	files, err := rememberedFiles(s)
	if err != nil {
		return err
	}
	if s.output == "json" {
		return printJSON(a.streams.Out, listedJSON(runs, jobs, files))
	}
	var text strings.Builder
	if len(runs)+len(jobs) == 0 {
		fmt.Fprintln(&text, "no run is unfinished")
	}
	for _, e := range jobs {
		fmt.Fprintln(&text, report.Clean(e.String()))
	}
	for _, e := range runs {
		fmt.Fprintln(&text, report.Clean(e.String()))
	}
	wrapped := report.Wrap(text.String(), a.streams.outWidth())
	text.Reset()
	text.WriteString(wrapped)
	rows := [][]string{{"OBJECT", "MATCH", "COUNT", "SIZE", "OLDEST", "NEWEST", "CRM", "FILE"}}
	var unreadable []string
	for _, f := range files {
		if f.err != nil {
			unreadable = append(unreadable, report.Clean(f.err.Error()))
		}
		for _, sum := range f.summaries {
			rows = append(rows, []string{sum.Scope.Object, sum.Scope.Match, fmt.Sprint(sum.Count), sizeText(f.bytes(sum)),
				timeText(sum.Oldest), timeText(sum.Newest), sum.Scope.BaseURL, f.path})
		}
	}
	switch {
	case len(rows) > 1:
		fmt.Fprintln(&text, "\nwhat --only-changed remembers:")
		if err := printTable(&text, rows); err != nil {
			return err
		}
	case len(unreadable) == 0:
		fmt.Fprintln(&text, "--only-changed remembers nothing")
	}
	if _, err := fmt.Fprint(a.streams.Out, text.String()); err != nil {
		return err
	}
	for _, problem := range unreadable {
		a.warn(problem)
	}
	return nil
}

type listedRun struct {
	Files     []string   `json:"files"`
	Object    string     `json:"object"`
	Match     string     `json:"match"`
	BaseURL   string     `json:"base_url"`
	Shard     string     `json:"shard"`
	Done      int64      `json:"done"`
	Rejected  int64      `json:"rejected"`
	UnderWay  bool       `json:"under_way"`
	StartedAt *time.Time `json:"started_at"`
	Error     string     `json:"error"`
}

type listedJob struct {
	File      string     `json:"file"`
	Pushes    []string   `json:"pushes"`
	Done      []string   `json:"done"`
	UnderWay  bool       `json:"under_way"`
	StartedAt *time.Time `json:"started_at"`
	Error     string     `json:"error"`
}

func listedJobs(jobs []journal.JobEntry) []listedJob {
	listed := []listedJob{}
	for _, e := range jobs {
		job := listedJob{File: e.Run.Path, Pushes: append([]string{}, e.Run.Pushes...), Done: []string{}, UnderWay: e.InUse, StartedAt: utc(e.Started)}
		for _, ended := range e.Ended {
			job.Done = append(job.Done, ended.Name)
		}
		if e.Damaged != nil {
			job.Error = e.Damaged.Error()
		}
		listed = append(listed, job)
	}
	return listed
}

type listedState struct {
	File    string     `json:"file"`
	Object  string     `json:"object"`
	Match   string     `json:"match"`
	BaseURL string     `json:"base_url"`
	Count   int        `json:"count"`
	Bytes   int64      `json:"bytes"`
	Oldest  *time.Time `json:"oldest_sent_at"`
	Newest  *time.Time `json:"newest_sent_at"`
	Error   string     `json:"error"`
}

func listedJSON(runs []journal.Entry, jobs []journal.JobEntry, files []rememberedFile) any {
	listed := struct {
		Unfinished []listedRun   `json:"unfinished"`
		Jobs       []listedJob   `json:"jobs"`
		States     []listedState `json:"states"`
	}{[]listedRun{}, listedJobs(jobs), []listedState{}}
	for _, e := range runs {
		run := listedRun{Files: []string{}, Object: e.Run.Object, Match: e.Run.Match, BaseURL: e.Run.BaseURL, Shard: e.Run.Shard,
			UnderWay: e.InUse, StartedAt: utc(e.Started)}
		for _, in := range e.Run.Inputs {
			run.Files = append(run.Files, in.Path)
		}
		run.Done, run.Rejected = e.Checkpoint.Over()
		if e.Damaged != nil {
			run.Error = e.Damaged.Error()
		}
		listed.Unfinished = append(listed.Unfinished, run)
	}
	for _, f := range files {
		if f.err != nil {
			listed.States = append(listed.States, listedState{File: f.path, Bytes: f.size, Error: f.err.Error()})
		}
		for _, sum := range f.summaries {
			listed.States = append(listed.States, listedState{File: f.path, Object: sum.Scope.Object, Match: sum.Scope.Match,
				BaseURL: sum.Scope.BaseURL, Count: sum.Count, Bytes: f.bytes(sum), Oldest: utc(sum.Oldest), Newest: utc(sum.Newest)})
		}
	}
	return listed
}

// utc is a time for scripts; nil, which is null there, where there is none.
func utc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// timeText is a time for people, in their time zone.
func timeText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func sizeText(bytes int64) string {
	size, unit := float64(bytes), "B"
	for _, larger := range []string{"kB", "MB", "GB"} {
		if size < 1000 {
			break
		}
		size, unit = size/1000, larger
	}
	if unit == "B" || size >= 99.95 {
		return fmt.Sprintf("%.0f %s", size, unit)
	}
	return fmt.Sprintf("%.1f %s", size, unit)
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
