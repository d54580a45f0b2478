package cmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/report"
)

func (a *app) stateListCommand() *cobra.Command {
	return a.stateReader(&cobra.Command{
		Use:     "list",
		Short:   "List the unfinished runs and what --only-changed remembers",
		Example: "  crmsync state list\n  crmsync state list --state ci.state -o json",
		Args:    exactArgs(0, ""),
	}, func(s *settings, _ *configuration, _ []string) error { return a.listState(s) })
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
		var own []journal.Entry
		own, runs = pushesOf(e, runs)
		for _, push := range own {
			name := e.Run.Pushes[slices.Index(e.Run.Journals, push.Key)]
			fmt.Fprintln(&text, "  "+report.Clean("push "+name+": "+push.String()))
		}
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

// pushesOf divides the runs into pushes of a job and others.
func pushesOf(job journal.JobEntry, runs []journal.Entry) (own, others []journal.Entry) {
	for _, run := range runs {
		if slices.Contains(job.Run.Journals, run.Key) {
			own = append(own, run)
		} else {
			others = append(others, run)
		}
	}
	return own, others
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
