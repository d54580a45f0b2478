package cmd

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/sandbox"
)

func (a *app) pushCommand() *cobra.Command {
	s := newSettings()
	c := &cobra.Command{
		Use:   "push FILE... --match ATTR",
		Short: "Assert every record of the files into one CRM object",
		Long: "Push asserts every record of the files into one CRM object: a record whose --match\n" +
			"attribute has a value that the CRM knows is updated, any other is created. FILE is\n" +
			"CSV, TSV, NDJSON, a JSON array or an Excel workbook (.xlsx), the text also compressed\n" +
			"(gzip, zstd); - is stdin.",
		Example: "  crmsync push products.csv --match sku                    the object is products\n" +
			"  crmsync push export.csv --object products --match sku\n" +
			"  crmsync push products.csv -m sku --dry-run               check, send nothing\n" +
			"  crmsync push products.csv -m sku --map 'Item No=sku' --map Notes= --set source=erp\n" +
			"  zcat people.ndjson.gz | crmsync push - --object people --match email\n" +
			"  crmsync push products.rejects.csv -m sku                 again, what was rejected",
		RunE: func(c *cobra.Command, args []string) error {
			r := a.newPushRun(s, args)
			a.run = r
			return r.do(c)
		},
	}
	s.addTo(c)
	setHelp(c, s.groups)
	return c
}

// pushRun is one push from its command line to its summary.
type pushRun struct {
	app      *app
	settings *settings // nil where even the flags could not be read
	conf     *configuration
	paths    []string // the inputs as given
	started  time.Time
	found    float64 // the pace, as of report.Summary
	begun    bool    // everything is prepared; from here on records may be sent

	object, match string
	likelyMatch   func(context.Context) string // of a push by itself; "" where nothing is likely
	objectFrom    string                       // the file whose name gave the object; "" for --object

	file   *mapping.File // with --mapping
	inputs []*input
	crm    *sandbox.CRM // with --sandbox
	client *client.Client
	schema *client.Object // nil with --schema off

	schemaText []byte // of the file that --schema names; it may hold other objects, too

	journal *journal.Journal    // nil where the run can't be resumed
	resume  *journal.Checkpoint // where an earlier part of the run stopped; nil begins at the beginning
	end     runEnd

	shared  *session
	pace    pace.Pacer
	lookups *lookups

	workspace string // stands for the token's workspace
	states    keptStates
	missed    missed // of --report-missing

	duplicates *mapping.Duplicates // in a dry run

	decimalMark string // in a proposal: stands for any locale's decimal separator

	part   *part  // of a job; nil for a push of its own
	toCome int64  // in a job's dry run: values that refer to what would be accepted
	made   string // the directory of --rejects where this run made it
	closed bool
}

func (a *app) newPushRun(s *settings, paths []string) *pushRun {
	return &pushRun{app: a, settings: s, paths: paths, started: time.Now()}
}

// do prepares everything that can fail before the first write, then pushes.
func (r *pushRun) do(c *cobra.Command) error {
	ctx := c.Context()
	conf, err := r.app.configure(c, r.settings)
	if err != nil {
		return err
	}
	r.conf, r.likelyMatch = conf, (&typed{command: c, args: r.paths, conf: conf}).likelyMatch
	if err := r.understand(ctx); err != nil {
		return err
	}
	r.shared = newSession(r)
	defer r.shared.close()
	defer r.close()
	if err := r.prepare(ctx); err != nil {
		return err
	}
	result, err := r.carryOut(ctx)
	if err != nil {
		return err
	}
	return r.finish(ctx, result)
}

// understand settles what is to be pushed into what; it opens no input.
func (r *pushRun) understand(ctx context.Context) error {
	if err := r.readMapping(ctx); err != nil {
		return err
	}
	if err := r.check(ctx); err != nil {
		return err
	}
	return r.nameObject(ctx)
}

// prepare finds out what is wrong with inputs, schema and mapping. It writes
// nothing and asks the CRM for schemas alone.
func (r *pushRun) prepare(ctx context.Context) error {
	return inTurn(ctx, r.openInputs, r.placeRejects, r.checkReports, r.connect, r.readSchema, r.prepareLookups, r.mapInputs, r.checkLookups)
}

// carryOut pushes what was prepared. An error means that it did not come to that.
func (r *pushRun) carryOut(ctx context.Context) (*push.Result, error) {
	if err := inTurn(ctx, r.openState, r.openJournal); err != nil {
		return nil, err
	}
	if result := r.toldLate(); result != nil {
		return result, nil
	}
	if err := inTurn(ctx, r.holdRejects, r.warnBefore); err != nil {
		return nil, err
	}
	r.begun = true
	r.tellUnknown(false)
	result, err := r.push(ctx)
	if err != nil {
		return nil, err
	}
	r.tellUnknown(true)
	if err := r.keep(result); err != nil && result.Err == nil {
		result.Outcome, result.Err = push.Failed, err
	}
	return result, nil
}

func inTurn(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// close lets go of everything that is open. Further calls do nothing.
func (r *pushRun) close() {
	if r.closed {
		return
	}
	r.closed = true
	for _, in := range r.inputs {
		in.stop()
		in.reader.Close()
		if in.held != nil {
			in.held.Close()
		}
	}
	if r.journal != nil {
		r.journal.Close()
	}
	r.states.close()
	if r.made != "" && !r.begun && r.part == nil { // those of a job may be about to write there
		os.Remove(r.made)
	}
}

// keep brings to disk what the next run should know.
func (r *pushRun) keep(result *push.Result) (err error) {
	if own := r.states.own; own != nil {
		r.missed, err = r.missing(result)
		err = errors.Join(err, own.Close())
	}
	r.noteRejects(result)
	if err == nil {
		r.end.noted = r.endOf(result)
	}
	return errors.Join(err, r.closeJournal(result))
}

func (r *pushRun) push(ctx context.Context) (*push.Result, error) {
	s := r.settings
	opts := push.Options{
		Object: r.object, Match: r.match, Limit: s.limit,
		Client: r.client, Pacer: r.pace, Learn: r.learn(),
		Workers: s.workers, Retries: s.retries, MaxWait: s.maxWait,
		DryRun: s.dryRun, MaxRejects: s.maxRejects, Log: r.app.log,
		Resume: r.resume, Shard: s.shard,
	}
	if r.part == nil { // a job's inputs are all opened before its first push
		opts.Started = r.started
	}
	opts.State = r.states.keeper()
	if r.journal != nil {
		opts.Journal = r.journal
	}
	for i, in := range r.inputs {
		p := in.forPush()
		if r.part == nil || r.part.number == r.part.of { // else the job's other pushes look up, too
			p.Interrupt = func() {
				in.stop()
				r.lookups.stop()
			}
		}
		if s.dryRun {
			in.tellLines(&p)
		}
		if r.writesRejects() {
			w, err := r.rejectWriter(i)
			if err != nil {
				return nil, err
			}
			if w != nil {
				p.Rejects = w
			}
		}
		opts.Inputs = append(opts.Inputs, p)
	}
	bar := r.app.startProgress(ctx, r)
	defer bar.stop()
	if bar != nil {
		opts.Progress = bar.update
	}
	if r.mayAsk() {
		opts.Ask = r.app.asker(bar)
	}
	r.usePace()
	before := r.lookups.Created()
	opts.Related = func() map[string]int64 {
		all := r.lookups.Created()
		for object, n := range before { // by earlier pushes of the job
			if all[object] -= n; all[object] == 0 {
				delete(all, object)
			}
		}
		return all
	}
	result := push.Run(ctx, opts)
	r.tellLookups(result)
	if auto, ok := opts.Pacer.(*pace.Auto); ok {
		r.keepLearnt(auto.Learnt(), result)
		if result.Throttled > 0 {
			r.found = auto.Status().Rate
		}
	}
	return result, nil
}

func (r *pushRun) newPacer() pace.Pacer {
	s := r.settings
	opts := pace.Options{Workers: s.workers, MaxWait: s.maxWait, Log: r.app.log}
	if s.rate.Auto() {
		opts.Learnt = r.learnt()
		opts.Siblings = s.shard.Count
		if r.schema != nil && s.schemaFile() == "" {
			opts.Asked = 1
		}
		return pace.NewAuto(opts)
	}
	return pace.NewFixed(s.rate, opts)
}
