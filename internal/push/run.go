package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/source"
	"github.com/crmsync/crmsync/internal/state"
)

// run is one push under way: one goroutine reads and maps, one schedules
// retries, one commits, and Workers send.
type run struct {
	opts Options
	log  *slog.Logger

	sched    *scheduler
	window   *window
	finished chan *item // to the committer, in whatever order records end
	gate     gate       // shut by the committer while it asks whether to go on

	// going ends when the run stops, for whatever reason: nothing new is read
	// or sent then. sending ends a while later, and with it requests in flight.
	going      context.Context
	sending    context.Context
	stopGoing  context.CancelFunc
	stopSends  context.CancelFunc
	stopOnce   sync.Once
	stopReason stopReason

	firstInput int                       // an earlier part of the run has done those before it …
	settled    map[int64]journal.Settled // … and these records, by sequence number

	taken     chan struct{} // closed when the service has taken a record, or refused that one alone …
	takenOnce sync.Once     // … see firstTries

	hasher state.Hasher // the reader's

	read      atomic.Int64
	passed    atomic.Int64 // dry run: records of read that would be sent; they have no sequence number
	spare     *item        // the reader's, for the next record
	unfit     overtaken    // the reader's, with a state: of records that it rejected itself
	skipped   *item        // the reader's: the last records, as far as they are unchanged
	slots     int64        // the reader's: items so far
	unread    bool         // the reader's: it didn't come to the end of an input, not even to count
	requests  atomic.Int64
	retries   atomic.Int64
	throttled atomic.Int64
	failed    atomic.Int64 // answers and failures that are tried again, but for 429
	latency   *latencies
}

// stopReason is why a run ended before its input did.
type stopReason struct {
	outcome Outcome // "" while nothing stopped it
	err     error
	drain   *time.Timer
}

// Run pushes the inputs' records and accounts for every one of them. It returns
// when all goroutines it started have ended. When ctx ends it stops reading,
// lets requests in flight end for Options.Drain at most, and says in the result
// what was not sent.
func Run(ctx context.Context, opts Options) *Result {
	opts = opts.withDefaults()
	r := &run{
		opts:     opts,
		log:      opts.Log,
		sched:    newScheduler(windowRecords),
		window:   newWindow(windowRecords),
		finished: make(chan *item, windowRecords),
		latency:  newLatencies(),
		taken:    make(chan struct{}),
	}
	// Values of ctx stay, its end does not: requests in flight outlive it.
	detached := context.WithoutCancel(ctx)
	r.going, r.stopGoing = context.WithCancel(detached)
	r.sending, r.stopSends = context.WithCancel(detached)
	defer r.stopGoing()
	defer r.stopSends()
	unwatch := context.AfterFunc(ctx, func() { r.stop(Interrupted, context.Cause(ctx)) })
	defer unwatch()

	commit := newCommitter(r, opts.Started)
	if err := r.resume(opts.Resume); err != nil {
		return &Result{Outcome: Failed, Err: err, Started: commit.started}
	}
	commit.resume(opts.Resume)
	commit.record.begin()
	if err := commit.begin(); err != nil {
		return &Result{Outcome: Failed, Err: err, Started: commit.started}
	}
	commit.doubt()
	var committing, retrying, working sync.WaitGroup
	committing.Go(commit.loop)
	retrying.Go(func() { r.sched.wait(r.going) })
	if !opts.DryRun {
		for n := range opts.Workers {
			working.Go(func() { r.work(n) })
		}
	}

	readErr := r.readAll(ctx)
	commit.readWhole = readErr == nil && r.going.Err() == nil
	r.sched.drain()
	working.Wait()
	switch {
	case ctx.Err() != nil:
		r.stop(Interrupted, context.Cause(ctx))
	case readErr != nil:
		r.stop(Failed, readErr)
	}
	close(r.finished)
	committing.Wait()
	stopped := r.stopped()
	r.stopGoing()
	retrying.Wait()
	return commit.result(stopped)
}

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = 64
	}
	if o.Started.IsZero() {
		o.Started = time.Now()
	}
	if o.Drain <= 0 {
		o.Drain = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// stop ends the run before its input does; the first reason counts.
func (r *run) stop(outcome Outcome, err error) {
	r.stopOnce.Do(func() {
		r.stopReason = stopReason{outcome: outcome, err: err, drain: time.AfterFunc(r.opts.Drain, r.stopSends)}
		r.stopGoing()
		for _, in := range r.opts.Inputs {
			if in.Interrupt != nil {
				in.Interrupt()
			}
		}
	})
}

// stopped is why the run was stopped. From here on nothing can stop it.
func (r *run) stopped() stopReason {
	r.stopOnce.Do(func() {})
	if r.stopReason.drain != nil {
		r.stopReason.drain.Stop()
	}
	return r.stopReason
}

// readAll reads the inputs one after another. An error of an input ends the
// reading, but what was read before it is still sent.
func (r *run) readAll(ctx context.Context) error {
	for i := r.firstInput; i < len(r.opts.Inputs); i++ {
		if err := r.readInput(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) readInput(ctx context.Context, index int) error {
	in := &r.opts.Inputs[index]
	defer r.passSkipped()
	for !r.full() {
		if r.going.Err() != nil {
			return r.countRest(ctx, in)
		}
		rec, err := in.Reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			r.unread = true
		}
		if err != nil && r.going.Err() != nil {
			return nil // the stop itself made Read return
		}
		if err != nil {
			return readError(in.Name, err)
		}
		it, err := r.prepare(in, index, rec)
		if err != nil {
			r.read.Add(1)         // read, and not sent
			if ctx.Err() != nil { // which is why the lookup failed
				r.stop(Interrupted, context.Cause(ctx))
			}
			r.stop(Failed, err)
			continue
		}
		if !r.opts.Shard.takes(it) {
			continue
		}
		if r.opts.DryRun && r.opts.State == nil && it.end.fate == notSent {
			r.read.Add(1)
			r.passed.Add(1)
			if r.opts.Learn != nil {
				r.opts.Learn(it.match, "")
			}
			*it = item{}
			r.spare = it
			continue
		}
		switch {
		case r.opts.State == nil:
		case it.body != nil:
			r.compare(it)
		case len(it.lanes) > 0: // rejected, but it is in the input
			r.opts.State.See(it.lanes)
			r.unfit.reject(it, r.opts.Inputs[it.input].Name)
		}
		if it.end.fate == unchanged && !r.unfit.concerns(it) && r.skip(it) {
			continue
		}
		r.pass(it)
	}
	return nil
}

// pass sends an item on its way, behind the unchanged records before it.
func (r *run) pass(it *item) {
	if !r.passSkipped() {
		r.read.Add(1) // and not sent either
		return
	}
	r.enter(it)
}

// mostSkipped bounds the unchanged records that go as one item, and so how many a
// checkpoint lists beyond a record that hangs: no more than a journal takes.
const mostSkipped = 32

// skip puts an unchanged record to those before it: that costs far less than to
// have each go its own way. What an earlier part of the run said of a record
// counts more than the state.
func (r *run) skip(it *item) bool {
	if _, over := r.settled[r.read.Load()-r.passed.Load()]; over {
		return false
	}
	if r.skipped == nil {
		r.skipped = &item{input: it.input, end: it.end, bytes: it.bytes, seq: r.read.Load() - r.passed.Load()}
	}
	r.read.Add(1)
	r.skipped.count++
	r.skipped.rec.End = it.rec.End
	*it = item{}
	r.spare = it
	if r.skipped.count >= mostSkipped {
		r.passSkipped()
	}
	return true
}

// passSkipped hands the unchanged records so far to the committer. False is that
// the run has stopped: then nothing that was read after them may reach it, since
// a checkpoint would lie behind records that it doesn't count.
func (r *run) passSkipped() bool {
	it := r.skipped
	if it == nil {
		return true
	}
	r.skipped = nil
	if r.window.enter(r.going, it.bytes) != nil {
		return false
	}
	it.slot = r.slots
	r.slots++
	r.finished <- it
	return true
}

// enter lets an item into the window as soon as there is room, and on its way.
func (r *run) enter(it *item) {
	if r.window.enter(r.going, it.bytes) != nil {
		r.read.Add(1) // read, and not sent: the run has stopped
		return
	}
	it.seq, it.count = r.read.Add(1)-1-r.passed.Load(), 1
	it.slot = r.slots
	r.slots++
	r.admit(it)
}

// admit sends an item on its way: to the workers, or straight to the committer
// where there is nothing to send.
func (r *run) admit(it *item) {
	// The state may know by now of what ended beyond the checkpoint: how it ended
	// then is what counts.
	if end, over := r.settledBefore(it.seq); over && (it.body != nil || it.end.fate == unchanged) {
		it.body, it.end, it.sent = nil, end, true
	}
	if it.body == nil || r.opts.DryRun {
		r.finished <- it
		return
	}
	r.sched.add(it, it.lanes)
}

// compare looks whether the CRM has accepted just this before. It is asked in
// input order, so an earlier record of the same key that is still on its way
// makes this one changed.
func (r *run) compare(it *item) {
	it.print = r.hasher.Sum(r.opts.Match, it.match, it.body)
	same, ticket := r.opts.State.Check(it.lanes, it.print)
	if same {
		it.body, it.end = nil, ending{fate: unchanged}
		return
	}
	it.ticket, it.watch = ticket, true
}

// readError says of which input an error is, where it doesn't say so itself.
func readError(name string, err error) error {
	var told *source.InputError
	if errors.As(err, &told) {
		return err
	}
	return fmt.Errorf("reading %s: %w", name, err)
}

// full tells whether --limit is reached.
func (r *run) full() bool {
	return r.opts.Limit > 0 && r.read.Load() >= r.opts.Limit
}

// countRest reads on after the run has stopped, so that the summary can say how
// many records were not sent. An interrupted run stops reading at once, and so
// does one whose input may never end.
func (r *run) countRest(ctx context.Context, in *Input) error {
	if in.Uncounted || r.opts.Shard.Count > 0 { // a shard's own can't be told without mapping
		r.unread = true
		return nil
	}
	for !r.full() {
		if ctx.Err() != nil {
			r.unread = true
			return nil
		}
		if _, err := in.Reader.Read(); err != nil {
			r.unread = r.unread || !errors.Is(err, io.EOF)
			return nil // the count ends where the input does, or can't be read
		}
		r.read.Add(1)
	}
	return nil
}

// prepare maps a record. One that can't be read or mapped is finished already,
// and takes the same way to the committer as the others. An error is not the
// record's: nothing more can be mapped.
func (r *run) prepare(in *Input, index int, rec source.Record) (*item, error) {
	it := r.spare
	if it == nil {
		it = &item{}
	}
	r.spare = nil
	it.input, it.rec = index, rec
	err := rec.Err
	if err == nil {
		var a assertion
		if rec.Names != nil || rec.Cells == nil {
			a, err = in.Mapper.MapObject(rec.Names, rec.Values)
		} else {
			a, err = in.Mapper.MapCells(rec.Cells)
		}
		it.match, it.body, it.lanes = a.Match, a.Body, append(it.lane[:0], a.Lanes...)
	}
	if err != nil {
		var faulty *mapping.RowError // not above: each record would allocate it
		if rec.Err == nil && !errors.As(err, &faulty) {
			return nil, fmt.Errorf("line %d of %s: %w", rec.Line, in.Name, err)
		}
		it.body = nil
		it.end = ending{fate: rejected, reason: bounded(err.Error(), mostReason), kind: bounded(kindOf(err), mostReason)}
	}
	it.weigh()
	return it, nil
}
