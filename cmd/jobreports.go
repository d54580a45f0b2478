package cmd

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/report"
)

// outcome is where the job's outcome goes besides stdout, as command line,
// environment and config say. What the job file says is each push's own.
func (j *jobRun) outcome() told {
	if j.settings == nil || j.conf == nil {
		return j.app.toldAnyway()
	}
	return j.settings.told(j.conf.explicit["metrics"])
}

// report writes what the job file wants of a push that is over, and runs its
// command.
func (j *jobRun) report(ctx context.Context, r *pushRun, over report.JobPush) {
	r.begun = true // all files of the job have been looked at
	if err := r.writeReports(over.Summary); err != nil {
		j.app.warn(err.Error())
	}
	r.hook(ctx, over.Summary)
}

// writeReports writes reports and metrics of the whole job.
func (j *jobRun) writeReports(summary report.Job) error {
	summary.Program, summary.Finished = thisBuild().version, time.Now()
	if summary.Continue != "" {
		summary.Continue = j.app.sameCommand(withoutHook(j.app.args))
		j.conf.sendOn(&summary.Continue)
	}
	summary.Pushes = slices.Clone(summary.Pushes)
	for i, over := range summary.Pushes {
		j.pushes[i].conf.sendOn(&over.Again, &over.Look)
		summary.Pushes[i] = over
	}
	runs := j.runs(summary)
	files := j.outcome().files()
	if len(runs) == 0 { // not even the pushes are known: the metrics of the last run stay
		files = slices.DeleteFunc(files, func(file outcomeFile) bool { return file.flag == "--metrics" })
	}
	err := writeOutcome(files, j.taken(), j.begun, func(w io.Writer, file outcomeFile) error {
		switch strings.ToLower(filepath.Ext(file.path)) {
		case ".html":
			return report.JobHTML(w, summary)
		case ".json":
			return report.JobFull(w, summary)
		case ".prom":
			return writeMetrics(w, file.path, j.file.Names(), runs...)
		}
		return fmt.Errorf("%s has no known ending", file.path)
	})
	j.untold = err != nil
	return writtenAgain(err, j.over)
}

// runs are the job's pushes for the metrics. Those of a job that could not start
// failed with it.
func (j *jobRun) runs(summary report.Job) []report.Summary {
	var runs []report.Summary
	for _, over := range summary.Pushes {
		runs = append(runs, over.Summary)
	}
	if runs != nil {
		return runs
	}
	for _, r := range j.pushes {
		result := push.Result{Outcome: summary.Outcome, Started: j.started}
		runs = append(runs, r.summary(exitCode(summary.ExitCode), result))
	}
	return runs
}
