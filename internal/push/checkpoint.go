package push

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/source"
)

// A checkpoint is due every second and every thousand records that are not
// unchanged: what came after the last one is sent again after a kill.
const (
	checkpointEvery   = time.Second
	checkpointRecords = 1000
)

// resume brings the run back to where a checkpoint left it.
func (r *run) resume(from *journal.Checkpoint) error {
	if from == nil {
		return nil
	}
	if from.Input >= len(r.opts.Inputs) {
		return fmt.Errorf("resuming: the journal speaks of input %d, but there are only %d", from.Input+1, len(r.opts.Inputs))
	}
	in := &r.opts.Inputs[from.Input]
	position := source.Position{Offset: from.Offset, Line: from.Line, Records: from.Records}
	if position.Records > 0 {
		if err := in.Reader.Seek(position); err != nil {
			return fmt.Errorf("resuming %s at line %d: %w", in.Name, from.Line, err)
		}
	}
	r.firstInput = from.Input
	r.read.Store(from.Done)
	r.requests.Store(from.Requests)
	r.retries.Store(from.Retries)
	r.throttled.Store(from.Throttled)
	r.settled = make(map[int64]journal.Settled, len(from.Beyond))
	for _, s := range from.Beyond {
		r.settled[s.Seq-1] = s
	}
	return nil
}

// settledBefore is how an earlier part of the run ended a record beyond its
// checkpoint. Such a record is not sent again.
func (r *run) settledBefore(seq int64) (ending, bool) {
	s, ok := r.settled[seq]
	if !ok {
		return ending{}, false
	}
	delete(r.settled, seq)
	how, ok := fateOf(s.Outcome)
	if !ok {
		return ending{}, false
	}
	return ending{fate: how, status: s.Status, reason: s.Error, kind: s.Kind}, true
}

// fateOf is what a journal says became of a record; false where that is nothing
// known.
func fateOf(o journal.Outcome) (fate, bool) {
	switch o {
	case journal.Created:
		return created, true
	case journal.Updated:
		return updated, true
	case journal.Unchanged:
		return unchanged, true
	case journal.Rejected:
		return rejected, true
	}
	return notSent, false
}

// resume takes over what the earlier part of the run counted.
func (c *committer) resume(from *journal.Checkpoint) {
	if from == nil {
		return
	}
	c.next = from.Done
	c.tally = Tally{Created: from.Created, Updated: from.Updated, Unchanged: from.Unchanged, Rejected: from.Rejected}
	for _, reason := range from.Reasons {
		c.reasons.restore(reason)
	}
	c.row, c.rowOf = from.Row.Count, reasonKey{from.Row.Status, from.Row.Kind}
	c.before = time.Duration(from.Seconds * float64(time.Second))
	c.at = *from
	c.ahead = make(map[int64]journal.Settled, len(from.Beyond))
	for _, s := range from.Beyond {
		c.ahead[s.Seq-1] = s
	}
}

// begin saves where the run stands before anything is sent: from here on even a
// kill leaves no reject file that no journal knows of.
func (c *committer) begin() error {
	if c.run.opts.Journal == nil {
		return nil
	}
	marks, err := c.marks()
	if err != nil {
		return err
	}
	c.at.Rejects = marks
	c.at.SavedAt = time.Now()
	return c.save(c.at)
}

func (c *committer) save(at journal.Checkpoint) error {
	err := c.run.opts.Journal.Save(at)
	if err == nil {
		c.saved, c.since = at, nil
	}
	return err
}

// mostSince bounds what is remembered of a part between two checkpoints. More are in
// it only where nearly all records are unchanged.
const mostSince = 1 << 16

// saveBroken saves, when nothing more can end, what ended after the last checkpoint
// where the rejects can't be written any more: as records beyond it, so that nobody
// sends them again.
func (c *committer) saveBroken() {
	if !c.broken || c.run.opts.Journal == nil || len(c.since) >= mostSince {
		return
	}
	_ = c.flushState() // it has stopped the run for a reason already
	at := c.saved
	at.Beyond = append(c.beyond(), c.since...)
	slices.SortFunc(at.Beyond, bySeq)
	t := c.counts()
	at.Requests, at.Retries, at.Throttled, at.Related = t.Requests, t.Retries, t.Throttled, c.related()
	at.Seconds, at.SavedAt = (c.before + time.Since(c.started)).Seconds(), time.Now()
	_ = c.save(at) // else the last one stands
}

// checkpoint saves how far the run came, if it came further since.
func (c *committer) checkpoint() {
	if c.broken || c.unsaved == 0 && maps.Equal(c.related(), c.at.Related) {
		return
	}
	c.unsaved, c.sent = 0, 0
	if err := c.flushState(); err != nil {
		// What the state could not remember it has forgotten, so that is sent once
		// more some day. The journal can tell all the same what this run did.
		c.run.stop(Failed, err)
	}
	if c.run.opts.Journal == nil {
		return
	}
	marks, err := c.marks()
	if err == nil {
		c.at.Rejects = marks
		c.describe()
		err = c.save(c.at)
	}
	c.stopOn(err)
}

// stopOn ends the run when a checkpoint can't be saved. Without one a kill
// would lose count of what was done: better to stop while all of it is known.
func (c *committer) stopOn(err error) {
	if err == nil {
		return
	}
	c.broken = true
	c.run.stop(Failed, err)
}

func (c *committer) flushState() error {
	if c.run.opts.State == nil {
		return nil
	}
	return c.run.opts.State.Flush()
}

// marks brings the rejects so far safely to disk.
func (c *committer) marks() ([]journal.Rejects, error) {
	var marks []journal.Rejects
	for i := range c.run.opts.Inputs {
		w := c.run.opts.Inputs[i].Rejects
		if w == nil {
			continue
		}
		mark, err := w.Checkpoint()
		if err != nil {
			return nil, err
		}
		marks = append(marks, journal.Rejects(mark))
	}
	return marks, nil
}

// describe fills the checkpoint in; its position is set by commit.
func (c *committer) describe() {
	t := c.counts()
	c.at.Done = c.next
	c.at.Created, c.at.Updated, c.at.Unchanged, c.at.Rejected = t.Created, t.Updated, t.Unchanged, t.Rejected
	c.at.Requests, c.at.Retries, c.at.Throttled = t.Requests, t.Retries, t.Throttled
	c.at.Related = c.related()
	c.at.Reasons = nil
	for _, reason := range c.reasons.most(mostReasons) {
		c.at.Reasons = append(c.at.Reasons, reason.kept())
	}
	c.at.Row = journal.Row{}
	if c.row > 0 {
		c.at.Row = journal.Row{Count: c.row, Status: c.rowOf.status, Kind: c.rowOf.kind}
	}
	c.at.Seconds = (c.before + time.Since(c.started)).Seconds()
	c.at.SavedAt = time.Now()
	c.at.Beyond = c.beyond()
}

// related counts the records that were created since records refer to them, by
// object, in all parts of the run.
func (c *committer) related() map[string]int64 {
	if c.run.opts.Related == nil {
		return nil
	}
	all := c.run.opts.Related()
	if before := c.run.opts.Resume; before != nil {
		for object, n := range before.Related {
			all[object] += n
		}
	}
	return all
}

// beyond lists the records of the window that have ended although one before
// them hasn't. Those that are unchanged count as well: by the next run a later
// record of their key may have changed what the state knows.
func (c *committer) beyond() []journal.Settled {
	over := slices.Collect(maps.Values(c.ahead))
	for _, it := range c.ring {
		if it != nil && !c.leaves(it) {
			over = appendSettled(over, it)
		}
	}
	slices.SortFunc(over, bySeq)
	return over
}

func bySeq(a, b journal.Settled) int { return cmp.Compare(a.Seq, b.Seq) }

// appendSettled appends what a journal says of an item that has ended.
func appendSettled(list []journal.Settled, it *item) []journal.Settled {
	s := journal.Settled{Seq: it.seq + 1}
	switch it.end.fate {
	case created:
		s.Outcome = journal.Created
	case updated:
		s.Outcome = journal.Updated
	case unchanged:
		s.Outcome = journal.Unchanged
		for range it.count - 1 {
			list = append(list, s)
			s.Seq++
		}
	case rejected:
		s.Outcome, s.Status, s.Error, s.Kind = journal.Rejected, it.end.status, it.end.reason, it.end.kind
	default:
		return list
	}
	return append(list, s)
}
