package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/report"
)

// finish writes the summary and says how the program ends.
func (r *pushRun) finish(ctx context.Context, result *push.Result) error {
	code, err := r.conclude(ctx, result)
	if problem := errors.Join(r.write(ctx, code, *result), r.end.forget(r.journal)); problem != nil {
		if err != nil {
			problem = fmt.Errorf("%w; %w", err, problem)
		}
		return &runEnded{max(code, exitFailed), problem}
	}
	return &runEnded{code, err}
}

// conclude gives the exit code of a push that ran, and the error to show.
func (r *pushRun) conclude(ctx context.Context, result *push.Result) (exitCode, error) {
	code := codeOfOutcome(ctx, result.Outcome)
	err := result.Err
	if err != nil {
		err = r.hinting(r.adviseOnRejects(r.explain(err), result))
		result.Err = err
	}
	if r.settings.quiet && result.Outcome == push.Rejects {
		err = r.quietly(result)
	}
	if result.NotSent > 0 && slices.ContainsFunc(r.inputs, (*input).isStream) && !r.settings.dryRun {
		r.app.note("stdin can't be gone on with: put it into a file and push that; what was sent already is only updated again")
	}
	if r.settings.mappingFile == "-" && (result.NotSent > 0 || len(result.RejectFiles) > 0) && !r.settings.dryRun {
		r.app.note("in the commands to go on with, MAPPING stands for a file with the mapping that came from stdin")
	}
	r.noteNothing(result)
	r.noteCutOff()
	return code, err
}

// quietly is what -q leaves of a summary that has rejects.
func (r *pushRun) quietly(result *push.Result) error {
	happened, hint := "were", "the same command without -q says which, and why"
	if r.settings.dryRun {
		happened = "would be"
	}
	if len(result.RejectFiles) > 0 {
		hint = "they are in " + strings.Join(result.RejectFiles, ", ")
	}
	return &hinted{fmt.Errorf("%d of %d records %s rejected", result.Rejected, result.Read, happened), hint}
}

// neverStarted tells of a run that could not start whoever waits for it.
func (r *pushRun) neverStarted(ctx context.Context, code exitCode, err error) exitCode {
	result := push.Result{Outcome: push.Failed, Err: err, Started: r.started}
	if code.bySignal() {
		result.Outcome = push.Interrupted
	}
	_ = r.write(ctx, code, result) // err is what matters more
	return code
}

func (r *pushRun) wantsJSON() bool { return r.app.wantsJSON(r.settings) }

// wantsJSON tells whether the result goes to a script. Where the flags could
// not be read, the command line still says it.
func (a *app) wantsJSON(s *settings) bool {
	if s != nil && s.output == "json" {
		return true
	}
	args := strings.Join(a.args, "\x00") + "\x00"
	for _, form := range []string{"-o\x00json\x00", "-ojson\x00", "-o=json\x00", "--output\x00json\x00", "--output=json\x00"} {
		if strings.Contains(args, form) {
			return true
		}
	}
	return false
}

// write tells how the run ended: reports first, so that the summary has the last
// word on the exit code, and the command of --on-finish finds all of it there.
func (r *pushRun) write(ctx context.Context, code exitCode, result push.Result) error {
	summary := r.summary(code, result)
	problem := r.writeReports(summary)
	if problem != nil {
		summary.ExitCode = int(max(code, exitFailed))
		summary.Result.Err = cmp.Or(result.Err, problem)
	}
	if err := r.printSummary(summary); err != nil {
		problem = errors.Join(problem, err)
	}
	r.hook(ctx, summary)
	return problem
}

// hook runs the command of --on-finish.
func (r *pushRun) hook(ctx context.Context, summary report.Summary) {
	cut := r.app.onFinish(ctx, r.outcome().onFinish, summary.ExitCode, summary.Result, r.end.toldAgain(r.journal), func(w io.Writer) error { return report.JSON(w, summary) })
	r.end.untold = r.end.untold || cut
}

// printSummary writes the summary to stdout.
func (r *pushRun) printSummary(summary report.Summary) error {
	write := report.Text
	switch {
	case r.wantsJSON():
		write = report.JSON
	case r.app.quiet, !r.begun:
		return nil
	}
	return summaryUnwritten(write(r.app.streams.Out, summary), summary.Result.Outcome, summary.Continue)
}

// summary is what is told of the push.
func (r *pushRun) summary(code exitCode, result push.Result) report.Summary {
	summary := report.Summary{
		Object: r.object, Match: r.match, Sources: r.paths, ExitCode: int(code), Result: result, Width: r.app.streams.outWidth(),
	}
	if r.settings != nil {
		// A run that never started may not have come to these.
		summary.Match = cmp.Or(r.match, r.settings.match)
		summary.Object = cmp.Or(r.object, r.settings.object)
		summary.Missing, summary.MissingNote = r.missed.Absent, r.missed.Absence
		summary.Pace = r.found
		summary.DryRun, summary.Sandbox = r.settings.dryRun, r.settings.sandbox
		summary.Again, summary.Continue, summary.Look = r.again(result), r.goOn(result), r.look(result)
		r.describe(&summary, result)
	}
	r.detail(&summary)
	return summary
}

// explain adds what only the command line knows to the error that ended a run.
func (r *pushRun) explain(err error) error {
	var fatal *push.FatalError
	if errors.As(err, &fatal) && fatal.Status == 404 && r.objectFrom != "" {
		return r.misnamed(err, "")
	}
	var unwritten *reject.Error
	if errors.As(err, &unwritten) && r.journal != nil && unwritten.Mend() != "" {
		// Another place would be none to go on with.
		return &hinted{err, unwritten.Mend() + "; the same command then goes on where it stopped and writes the rejects that are missing"}
	}
	return err
}
