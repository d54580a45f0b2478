package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/durable"
	"github.com/crmsync/crmsync/internal/job"
	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/report"
	"github.com/crmsync/crmsync/internal/shellwords"
	"github.com/crmsync/crmsync/internal/strictyaml"
)

func (a *app) runCommand() *cobra.Command {
	s := newSettings()
	c := &cobra.Command{
		Use:   "run JOB.yaml [PUSH...]",
		Short: "Run the pushes of a job file in order",
		Long: "Run pushes what a job file says, in its order: companies, then the people that\n" +
			"belong to them, for example. Everything is checked before the first push starts.\n" +
			"PUSH chooses some of the pushes by their names. A flag given here wins over what\n" +
			"the file says. After an interruption the same command goes on where it stopped.",
		Example: "  crmsync run nightly.yaml\n" +
			"  crmsync run nightly.yaml --dry-run               check everything, send nothing\n" +
			"  crmsync run nightly.yaml --sandbox               try it: nothing real is written\n" +
			"  crmsync run nightly.yaml people deals            only these\n" +
			"  crmsync run nightly.yaml -q -o json >nightly.json",
		RunE: func(c *cobra.Command, args []string) error {
			j := a.newJobRun(s)
			a.run = j
			return j.do(c, args)
		},
	}
	s.addTo(c, slices.DeleteFunc(append(s.names(), "config"), func(name string) bool { return slices.Contains(ofOnePush(), name) })...)
	setHelp(c, s.groups)
	return c
}

// jobRun is a job from its command line to its summary.
type jobRun struct {
	app      *app
	settings *settings // nil where even the flags could not be read
	conf     *configuration
	command  *cobra.Command
	started  time.Time

	path   string // of the job file, as given
	file   *job.File
	pushes []*pushRun // those to run, in order
	shared *session

	journal *journal.JobJournal // nil where the job can't be gone on with
	told    []report.JobPush    // of the pushes that are over

	over      bool  // the journal says that no push is left to run …
	untold    bool  // … but this process failed to tell
	unwritten error // why one of them could not be told of
	begun     bool  // everything is prepared; from here on records may be sent
}

// part is a push's place in a job.
type part struct {
	*job.Push
	file       *job.File
	number, of int
}

func (a *app) newJobRun(s *settings) *jobRun {
	return &jobRun{app: a, settings: s, started: time.Now()}
}

// do checks everything of every push, then runs one after another.
func (j *jobRun) do(c *cobra.Command, args []string) error {
	ctx := c.Context()
	j.command = c
	conf, err := j.app.configure(c, j.settings)
	if err != nil {
		return err
	}
	j.conf = conf
	if err := j.read(args); err != nil {
		return err
	}
	defer j.close()
	if err := j.prepare(ctx); err != nil {
		return err
	}
	if err := j.checkReports(); err != nil {
		return err
	}
	if err := j.openJournal(); err != nil {
		return err
	}
	j.begun = true
	return j.runAll(ctx)
}

func (j *jobRun) close() {
	for _, r := range j.pushes {
		r.close()
	}
	if j.shared != nil {
		j.shared.close()
	}
	if j.journal != nil {
		j.journal.Close()
	}
}

// read reads the job file and makes a push of each that is chosen.
func (j *jobRun) read(args []string) error {
	if len(args) == 0 {
		return usage("for example: crmsync run nightly.yaml", "no JOB is given: there is nothing to run")
	}
	j.path = args[0]
	data, err := os.ReadFile(j.path)
	if err != nil {
		err = durable.Cause(err)
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("there is no such file")
		}
		err = &hinted{fmt.Errorf("reading the job file %s: %w", j.path, err),
			"check the spelling and the working directory; the names of pushes come after the file's"}
		return withClosestFile(err, j.path)
	}
	if j.file, err = job.Parse(j.path, data, jobOptions()); err != nil {
		hint := hintOf(err)
		if isRecords(j.path) {
			hint = "to push this file: crmsync push " + shellwords.File(j.path) + " --match ATTR"
		}
		return usage(hint, "%v", err)
	}
	chosen, unknown := j.file.Choose(args[1:])
	if unknown != "" {
		return noSuchPush(j.file, unknown)
	}
	for i, p := range chosen {
		r := j.app.newPushRun(nil, nil)
		r.part = &part{Push: p, file: j.file, number: i + 1, of: len(chosen)}
		if r.settings, r.conf, err = j.settle(p); err != nil {
			return err
		}
		if r.paths, err = j.file.Inputs(p); err != nil {
			for _, pattern := range p.Files {
				if !strings.ContainsAny(pattern.Text, "*?[") {
					err = withClosestFile(err, j.file.Path(pattern.Text))
				}
			}
			return err
		}
		j.pushes = append(j.pushes, r)
		j.tellOfUnchosen(p, chosen)
	}
	return nil
}

func noSuchPush(file *job.File, name string) error {
	names := file.Names()
	return usage(didYouMean(name, names, "", "its pushes are "+strings.Join(names, ", ")), "%s has no push %q", file.Name, name)
}

// tellOfUnchosen says that a push runs without those that it comes after.
func (j *jobRun) tellOfUnchosen(p *job.Push, chosen []*job.Push) {
	var without []string
	for _, name := range p.After {
		if !slices.ContainsFunc(chosen, func(other *job.Push) bool { return other.Name == name }) {
			without = append(without, name)
		}
	}
	if len(without) > 0 {
		j.app.note(fmt.Sprintf("%s runs without %s, which it comes after in the job", p.Name, strings.Join(without, ", ")))
	}
}

// prepare finds out all that is wrong with any push, before the first starts.
func (j *jobRun) prepare(ctx context.Context) error {
	for _, r := range j.pushes {
		if err := r.understand(ctx); err != nil {
			return j.in(r, err)
		}
	}
	j.shared = newSession(j.pushes...)
	for i, r := range j.pushes {
		r.shared = j.shared
		if err := r.prepare(ctx); err != nil {
			return j.in(r, err)
		}
		for _, other := range j.pushes[:i] {
			if err := cmp.Or(sharedRejects(other, r), rejectsOver(other, r), rejectsOver(r, other)); err != nil {
				return j.in(r, err)
			}
		}
	}
	return nil
}

// in says in which push a problem is.
func (j *jobRun) in(r *pushRun, err error) error {
	var mistake *strictyaml.Error
	if errors.As(err, &mistake) && mistake.Name == j.path { // it says the very place
		return usage(hintOf(err), "%v", err)
	}
	return r.hinting(fmt.Errorf("%s: push %s: %w", j.file.At(r.part.Place), r.part.Name, err))
}

// runAll runs the pushes and tells of each when it is over.
func (j *jobRun) runAll(ctx context.Context) error {
	wentWrong := map[string]bool{}
	fates := map[string]report.JobPush{}
	for _, r := range j.pushes {
		var over report.JobPush
		switch by := j.file.HeldUpBy(r.part.Push, wentWrong); {
		case ctx.Err() != nil:
			over = j.notRun(ctx, r, push.Interrupted, context.Cause(ctx), interruptedCode(ctx))
		case by != "":
			first := fates[by]
			over = j.notRun(ctx, r, first.Result.Outcome, fmt.Errorf("it comes after %s, which %s", by, howItWent(first)), exitCode(first.ExitCode))
		default:
			over = j.runOne(ctx, r)
		}
		wentWrong[r.part.Name] = over.Result.Outcome != push.Complete && over.Result.Outcome != push.Rejects
		fates[r.part.Name] = over
		j.told = append(j.told, over)
		if err := j.tell(over, r.part); err != nil && j.unwritten == nil {
			j.unwritten = err // the pushes matter more than what is told of them
		}
		r.close()
	}
	return j.finish(ctx)
}

// runOne runs a push, unless an earlier run of the job has done so.
func (j *jobRun) runOne(ctx context.Context, r *pushRun) report.JobPush {
	if result := j.ranBefore(r); result != nil {
		return j.pushTold(r, codeOfOutcome(ctx, result.Outcome), *result)
	}
	result, err := r.carryOut(ctx)
	if err != nil {
		result = &push.Result{Outcome: push.Failed, Err: err, Started: time.Now()}
		if ctx.Err() != nil {
			result.Outcome = push.Interrupted
		}
	}
	code, err := r.conclude(ctx, result)
	if err != nil && !errors.Is(err, context.Canceled) && result.Outcome != push.Interrupted {
		j.app.console.fail(fmt.Errorf("push %s: %w", r.part.Name, err))
	}
	over := j.pushTold(r, code, *result)
	over.Continue = "" // the whole job goes on, not the push
	over.Hints = r.jobHints(over.Result.Rejected > 0, j.told)
	j.report(ctx, r, over)
	if err := j.saveEnd(r); err != nil {
		j.app.warn(err.Error())
	}
	return over
}

// pushTold is what is told of a push that ran, in this run or before.
func (j *jobRun) pushTold(r *pushRun, code exitCode, result push.Result) report.JobPush {
	over := report.JobPush{Name: r.part.Name, Summary: r.summary(code, result)}
	if r.end.recalled {
		over.Note = "done by the run that this one goes on with"
	}
	return over
}

// notRun is what is told of a push that did not run. Its records count as not
// sent, as far as they can be counted.
func (j *jobRun) notRun(ctx context.Context, r *pushRun, outcome push.Outcome, why error, code exitCode) report.JobPush {
	result := push.Result{Outcome: outcome, Err: fmt.Errorf("not run: %w", why), Started: time.Now()}
	result.Read = r.countUnread(ctx)
	result.NotSent = result.Read
	over := report.JobPush{Name: r.part.Name, Summary: r.summary(code, result), Note: result.Err.Error(), NotRun: true}
	over.Continue = ""
	j.report(ctx, r, over)
	return over
}

func howItWent(p report.JobPush) string {
	switch {
	case p.Note != "":
		return "did not run either"
	case p.Result.Outcome == push.Stopped:
		return "was stopped by too many rejects"
	default:
		return "failed"
	}
}

// countUnread counts the records of a push that is not to run. An interrupted
// job reads nothing more, a stream may never end, and which records are a shard's
// can't be told without mapping them.
func (r *pushRun) countUnread(ctx context.Context) (n int64) {
	if r.settings.shard.Count > 0 {
		return 0
	}
	for _, in := range r.inputs {
		for !in.isStream() && ctx.Err() == nil && (r.settings.limit == 0 || n < r.settings.limit) {
			if _, err := in.reader.Read(); err != nil {
				break
			}
			n++
		}
	}
	return n
}
