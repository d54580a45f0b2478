package push

// nothingButRejects is how many rejects at the start of a run, or in a row for
// one reason, mean that it is the mapping and not the data.
const nothingButRejects = 50

// judge stops the run when there are too many rejects.
func (c *committer) judge(last *item) {
	if last != nil && last.end.fate != rejected {
		return
	}
	done := c.tally.Created + c.tally.Updated + c.tally.Unchanged + c.tally.Rejected
	if c.run.opts.DryRun {
		done += c.tally.NotSent + c.run.passed.Load()
	}
	max := c.run.opts.MaxRejects
	err := &TooManyRejectsError{Rejected: c.tally.Rejected, Done: done, Max: max}
	if max.Set {
		// A dry run tells all the rejects, and at the end that a run would stop.
		if c.run.opts.DryRun && !c.atEnd {
			return
		}
		if max.passed(c.tally.Rejected, done, c.atEnd) {
			c.giveUp(err)
		}
		return
	}
	if last == nil || c.goOn || c.run.opts.DryRun || c.run.going.Err() != nil {
		return
	}
	atStart := (done == nothingButRejects || c.doubted) && c.tally.Rejected == done
	err.InARow = !atStart && c.row >= nothingButRejects
	if !atStart && !err.InARow {
		return
	}
	err.Reason = last.end.reason
	c.ask(Question{Rejected: c.tally.Rejected, Reason: last.end.reason, InARow: err.InARow}, err)
}

// doubt has a run that goes on after nothing but rejects, from its beginning or of
// late, ask anew before it sends anything, or where nobody is there stop at the
// next reject.
func (c *committer) doubt() {
	t, o := c.tally, c.run.opts
	if o.MaxRejects.Set || o.DryRun {
		return
	}
	c.doubted = t.Rejected >= nothingButRejects && t.Created+t.Updated+t.Unchanged == 0
	inARow := !c.doubted && c.row >= nothingButRejects
	if !c.doubted && !inARow || o.Ask == nil {
		return
	}
	q := Question{Rejected: t.Rejected, Reason: c.rowOf.kind, InARow: inARow}
	if c.doubted {
		q.Reason = c.reasons.most(1)[0].Error
	}
	c.ask(q, &TooManyRejectsError{Rejected: t.Rejected, Done: t.Rejected, Reason: q.Reason, InARow: inARow})
}

// ask holds the workers while somebody is asked whether to go on, and lets go of
// them when the run has stopped if not.
func (c *committer) ask(q Question, otherwise error) {
	if c.run.opts.Ask == nil {
		c.giveUp(otherwise)
		return
	}
	defer c.run.gate.shut()()
	if c.goOn = c.run.opts.Ask(c.run.going, q); !c.goOn {
		c.giveUp(otherwise)
	}
}

func (c *committer) giveUp(why error) {
	c.enough = true
	c.run.stop(Stopped, why)
}

// leaves tells whether a record is left to the run that goes on: after too many
// rejects nobody wants those as well which the reader had refused by then, and they
// may be thousands.
func (c *committer) leaves(it *item) bool {
	return c.enough && it.end.fate == rejected && !it.sent
}
