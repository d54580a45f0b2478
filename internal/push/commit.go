package push

import (
	"errors"
	"time"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/state"
)

// committer takes finished items and commits them strictly in input order. It
// alone owns tally, reject files and reasons, so there are no locks here and
// the same input gives the same files whatever the number of workers.
type committer struct {
	run     *run
	started time.Time
	record  *recorder
	ring    []*item // finished items of the window, by slot
	slot    int64   // of the item to commit next
	next    int64   // sequence number of the record to commit next

	tally    Tally
	ended    Tally // of records that ended behind one still under way: shown, not committed
	reasons  reasons
	reason   string    // of the last reject, committed or not
	row      int64     // rejects in a row for the same reason …
	rowOf    reasonKey // … which is this
	goOn     bool      // somebody was asked, and said to go on
	enough   bool      // too many were rejected, see leaves
	doubted  bool      // an earlier part of the run began with nothing but rejects
	nameless bool      // the match value of a reject is not known
	later    overtaken
	broken   bool               // a reject file can't be written: nothing more is committed to one
	atEnd    bool               // nothing more comes
	at       journal.Checkpoint // the last one saved; its position is of the last commit
	unsaved  int                // records that ended since
	sent     int                // and those of them that would be sent again
	before   time.Duration      // that earlier parts of the run took

	saved journal.Checkpoint // the last one on disk …
	since []journal.Settled  // … and what was committed after it

	// What an earlier part of the run ended beyond its checkpoint and this one
	// has not come to, by sequence number: a kill must not forget it.
	ahead map[int64]journal.Settled

	accepted  state.Accepted // what remember says of a record, in the same place each time
	readWhole bool           // the reader came to the end of every input; set before the channel is closed
}

func newCommitter(r *run, started time.Time) *committer {
	return &committer{run: r, started: started, record: newRecorder(r, started), ring: make([]*item, windowRecords)}
}

// loop runs until the channel of finished items is closed.
func (c *committer) loop() {
	due := time.NewTicker(checkpointEvery)
	defer due.Stop()
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		select {
		case it, ok := <-c.run.finished:
			if !ok {
				c.flush()
				return
			}
			c.take(it)
		case <-due.C:
			c.checkpoint()
		case <-tick.C:
			c.report()
		}
	}
}

// take commits what is complete up to the first record still under way.
func (c *committer) take(it *item) {
	if c.leaves(it) {
		return
	}
	c.ring[it.slot%windowRecords] = it
	c.ended.add(it.end.fate, it.count)
	if it.end.fate == rejected {
		c.reason = it.end.reason
	}
	delete(c.ahead, it.seq)
	c.record.ended(it.end.fate, it.count)
	c.unsaved += int(it.count)
	if it.end.fate != unchanged {
		c.sent++
	}
	for {
		slot := &c.ring[c.slot%windowRecords]
		if *slot == nil || c.leaves(*slot) {
			return
		}
		it, *slot = *slot, nil
		c.ended.add(it.end.fate, -it.count)
		c.slot++
		c.next += it.count
		c.commit(it)
		c.at.Input, c.at.Offset, c.at.Line, c.at.Records = it.input, it.rec.End.Offset, it.rec.End.Line, it.rec.End.Records
		c.run.window.leave(it.bytes)
		c.judge(it)
		if c.sent >= checkpointRecords {
			c.checkpoint()
		}
	}
}

// flush commits what ended beyond the first record that did not, when nothing
// more can end. The checkpoint before it is where the next run goes on.
func (c *committer) flush() {
	c.checkpoint()
	c.saveBroken()
	for ; c.slot < c.run.slots; c.slot++ {
		if it := c.ring[c.slot%windowRecords]; it != nil && !c.leaves(it) {
			c.ended.add(it.end.fate, -it.count)
			c.next += it.count
			c.commit(it)
		}
	}
	c.countAhead()
	c.tally.NotSent += c.run.read.Load() - c.run.passed.Load() - c.next
	c.atEnd = true
	c.judge(nil)
	c.report()
}

// countAhead counts what an earlier part of the run sent and this one has not
// come to: nobody sends it again. Of a reject that holds as well, but as long as
// it stands in no reject file it isn't counted as one.
func (c *committer) countAhead() {
	read := c.run.read.Load()
	for seq, s := range c.ahead {
		how, known := fateOf(s.Outcome)
		if !known || how == rejected {
			continue
		}
		c.tally.add(how, 1)
		c.next++
		if seq >= read {
			c.run.read.Add(1)
		}
	}
}

func (c *committer) commit(it *item) {
	c.remember(it)
	if c.run.opts.Journal != nil && len(c.since) < mostSince {
		c.since = appendSettled(c.since, it)
	}
	switch it.end.fate {
	case rejected:
		c.reject(it)
	case notSent:
		c.tally.NotSent++
	default:
		c.tally.add(it.end.fate, it.count)
		c.later.accept(it)
	}
	if it.end.fate != rejected {
		c.row = 0
	}
}

// remember tells the state and whoever learns ids what the CRM accepted.
func (c *committer) remember(it *item) {
	accepted := it.end.fate == created || it.end.fate == updated
	if accepted && c.run.opts.Learn != nil && it.end.recordID != "" {
		c.run.opts.Learn(it.match, it.end.recordID)
	}
	if c.run.opts.DryRun && c.run.opts.Learn != nil && it.end.fate == notSent {
		c.run.opts.Learn(it.match, "")
	}
	if !it.watch {
		return
	}
	var what *state.Accepted
	if accepted {
		c.accepted = state.Accepted{Fingerprint: it.print, Match: it.match, ID: it.end.recordID, At: time.Now()}
		what = &c.accepted
	}
	if err := c.run.opts.State.Settle(it.lanes, what); err != nil {
		c.run.stop(Failed, err)
	}
}

// reject writes a record to its input's reject file. Where that can't be done
// the record counts as not sent and the run stops: a reject that is in no file
// would be lost.
func (c *committer) reject(it *item) {
	w := c.run.opts.Inputs[it.input].Rejects
	if w != nil && !c.broken {
		if err := w.Write(it.entry()); err != nil {
			c.broken = true
			c.run.stop(Failed, err)
		}
	}
	if c.broken {
		c.tally.NotSent++
		return
	}
	c.tally.Rejected++
	c.nameless = c.nameless || len(it.lanes) == 0
	input := c.run.opts.Inputs[it.input].Name
	c.later.reject(it, input)
	c.reasons.add(it, input)
	// A server's answers that differ in a number may be about the data: only those
	// that are the same to the letter are taken for one mistake in the mapping.
	why := reasonKey{it.end.status, it.end.kind}
	if why.status != 0 {
		why.kind = it.end.reason
	}
	if c.row == 0 || why != c.rowOf {
		c.row, c.rowOf = 0, why
	}
	c.row++
}

// report samples the run for its timeline and for whoever watches it.
func (c *committer) report() {
	var pacer pace.Status
	if c.run.opts.Pacer != nil {
		pacer = c.run.opts.Pacer.Status()
	}
	c.record.sample(pacer)
	if c.run.opts.Progress != nil {
		// One record that waits for its next try would let the counts stand still.
		shown := c.counts()
		shown.Created += c.ended.Created
		shown.Updated += c.ended.Updated
		shown.Unchanged += c.ended.Unchanged
		shown.Rejected += c.ended.Rejected
		c.run.opts.Progress(Progress{Tally: shown, Pace: pacer, LastReason: c.reason})
	}
}

// add counts n more records that ended so, or with a negative n fewer.
func (t *Tally) add(how fate, n int64) {
	switch how {
	case created:
		t.Created += n
	case updated:
		t.Updated += n
	case unchanged:
		t.Unchanged += n
	case rejected:
		t.Rejected += n
	}
}

// counts is the tally with the counts that reader and workers keep.
func (c *committer) counts() Tally {
	t := c.tally
	t.Read = c.run.read.Load()
	t.NotSent += c.run.passed.Load()
	t.Requests = c.run.requests.Load()
	t.Retries = c.run.retries.Load()
	t.Throttled = c.run.throttled.Load()
	return t
}

// mayBeOvertaken tells whether records may have been accepted after rejects of their
// key by an earlier part of the run, which doesn't tell.
func (c *committer) mayBeOvertaken() bool {
	before := c.run.opts.Resume
	return before != nil && before.Rejected > 0 && c.tally.Created+c.tally.Updated > 0
}

// result ends the reject files and says what the run came to.
func (c *committer) result(stopped stopReason) *Result {
	res := &Result{
		Tally:    c.counts(),
		Outcome:  Complete,
		Started:  c.started,
		Elapsed:  c.before + time.Since(c.started),
		Whole:    c.readWhole && c.counts().NotSent == 0,
		Unread:   c.run.unread,
		Nameless: c.nameless,

		Overtaken: c.later.count, OvertakenAt: c.later.at, OvertakenUnsure: c.mayBeOvertaken(),
		Related: c.related(),

		Reasons: c.reasons.most(reasonsInResult),
		Latency: c.run.latency.percentiles(),

		Timeline: c.record.timeline(),
	}
	if res.Rejected > 0 {
		res.Outcome = Rejects
	}
	// A signal that comes when everything has been answered changes nothing.
	tooLate := stopped.outcome == Interrupted && res.Whole
	if stopped.outcome != "" && !tooLate {
		res.Outcome, res.Err = stopped.outcome, stopped.err
	}
	if many, ok := errors.AsType[*TooManyRejectsError](res.Err); ok {
		many.InAll = res.Rejected
	}
	res.ResumedAtLine = c.run.opts.Resume.GoesOn()
	goesOn := !res.Whole && c.run.opts.Journal != nil
	for _, in := range c.run.opts.Inputs {
		if in.Rejects == nil {
			continue
		}
		finish := in.Rejects.Finish
		if goesOn {
			finish = in.Rejects.FinishPart
		}
		path, err := finish()
		if err != nil {
			res.Whole = false // the next run finishes the file
			if res.Err == nil || ofOneFile(res.Err, err) {
				res.Outcome, res.Err = Failed, err
			}
		}
		if path != "" {
			res.RejectFiles = append(res.RejectFiles, path)
		}
	}
	return res
}

// ofOneFile tells whether a reject file is what ended the run and can't be
// finished either: then the latter says what became of it.
func ofOneFile(ended, finishing error) bool {
	was, ok := errors.AsType[*reject.Error](ended)
	is, too := errors.AsType[*reject.Error](finishing)
	return ok && too && was.Path == is.Path
}

func (it *item) entry() reject.Entry {
	return reject.Entry{
		Line: it.rec.Line, Status: it.end.status, Error: it.end.reason,
		Cells: it.rec.Cells, Names: it.rec.Names, Values: it.rec.Values,
		Raw: it.rec.Raw, Unread: it.rec.Err != nil,
	}
}
