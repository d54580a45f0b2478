package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/report"
)

// tell writes the block of a push that is over.
func (j *jobRun) tell(over report.JobPush, at *part) error {
	if j.app.wantsJSON(j.settings) || j.app.quiet {
		return nil
	}
	return summaryUnwritten(report.JobPushText(j.app.streams.Out, over, at.number, at.of), over.Result.Outcome, "")
}

// finish writes what the job came to, forgets one that is over and says how the
// program ends.
func (j *jobRun) finish(ctx context.Context) error {
	code, worst := gravest(j.told)
	var ended error
	err := j.closeJournal()
	if err != nil {
		code, worst, ended = gravestCode(code, exitFailed), push.Failed, err
	}
	if ctx.Err() != nil && worst == push.Interrupted {
		ended = context.Cause(ctx)
	}
	problem := cmp.Or(j.write(ctx, code, worst, ended), j.unwritten)
	if j.over && !j.untold { // not before: a kill in between must not keep the end from being told
		problem = errors.Join(problem, j.forget())
	}
	if problem != nil {
		if ended != nil {
			problem = fmt.Errorf("%w; %w", ended, problem)
		}
		return &runEnded{gravestCode(code, exitFailed), problem}
	}
	return &runEnded{code, ended}
}

// write tells how the job ended: reports first, so that the summary has the last
// word on the exit code, and the command of --on-finish finds all of it there.
func (j *jobRun) write(ctx context.Context, code exitCode, outcome push.Outcome, ended error) error {
	summary := report.Job{
		Name: j.path, Outcome: outcome, ExitCode: int(code), Err: ended,
		Started: j.started, Elapsed: time.Since(j.started), Pushes: j.told,
		Width: j.app.streams.outWidth(),
	}
	parts := time.Duration(0)
	for _, over := range j.told {
		parts += over.Result.Elapsed
		if summary.Err == nil && over.Result.Err != nil && over.ExitCode == int(code) {
			summary.Err = fmt.Errorf("push %s: %w", over.Name, over.Result.Err)
		}
	}
	summary.Elapsed = max(summary.Elapsed, parts) // an earlier run may have done some of it
	if j.settings != nil {
		summary.DryRun, summary.Sandbox = j.settings.dryRun, j.settings.sandbox
	}
	if j.journal != nil && outcome != push.Complete && outcome != push.Rejects {
		summary.Continue = j.app.sameCommand(j.app.args)
	}
	problem := j.writeReports(summary)
	if problem != nil {
		summary.ExitCode = int(gravestCode(code, exitFailed))
		summary.Err = cmp.Or(summary.Err, problem)
	}
	if err := j.printSummary(summary); err != nil {
		problem = errors.Join(problem, err)
	}
	cut := j.app.onFinish(ctx, j.outcome().onFinish, summary.ExitCode, summary.Total(), j.over, func(w io.Writer) error { return report.JobJSON(w, summary) })
	j.untold = j.untold || cut
	return problem
}

// printSummary writes the summary to stdout.
func (j *jobRun) printSummary(summary report.Job) error {
	write := report.JobText
	switch {
	case j.app.wantsJSON(j.settings):
		write = report.JobJSON
	case j.app.quiet, !j.begun:
		return nil
	}
	return summaryUnwritten(write(j.app.streams.Out, summary), summary.Outcome, summary.Continue)
}

// neverStarted tells of a job that could not start whoever waits for it.
func (j *jobRun) neverStarted(ctx context.Context, code exitCode, err error) exitCode {
	outcome := push.Failed
	if code.bySignal() {
		outcome = push.Interrupted
	}
	_ = j.write(ctx, code, outcome, err) // err is what matters more
	return code
}

// gravest is how the gravest of the pushes ended.
func gravest(pushes []report.JobPush) (exitCode, push.Outcome) {
	worst := slices.MaxFunc(pushes, func(a, b report.JobPush) int {
		return cmp.Compare(slices.Index(gravity, exitCode(a.ExitCode)), slices.Index(gravity, exitCode(b.ExitCode)))
	})
	return exitCode(worst.ExitCode), worst.Result.Outcome
}
