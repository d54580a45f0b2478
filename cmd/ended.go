package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/push"
)

// runEnd is a push's end, as far as a later process may have to tell of it.
type runEnd struct {
	noted    *journal.Ended // nil where something is left to be done, or the run can't be known again
	recalled bool           // an earlier process came to it
	passed   bool           // others wait to be told of it
	untold   bool           // this process failed to tell of it
}

// keptIn keeps the end in the run's journal, for the process that will tell of it.
// It is false where there is no end, or it can't be kept.
func (e *runEnd) keptIn(j *journal.Journal) bool { return e.noted != nil && j.Over(e.noted) == nil }

// toldAgain tells whether the same command can tell of the end once more, and send
// nothing. The journal is nil where the run can't be resumed.
func (e *runEnd) toldAgain(j *journal.Journal) bool { return j != nil && e.noted != nil }

// forget removes the journal of a run that is over, when all who wait for its end
// were told: what a kill keeps from being told the next run tells.
func (e *runEnd) forget(j *journal.Journal) error {
	switch {
	case !e.toldAgain(j):
		return nil
	case (e.passed || e.untold) && e.keptIn(j):
		return j.Close()
	}
	return j.Finish()
}

// recall takes over the end that an earlier process came to.
func (e *runEnd) recall(noted *journal.Ended) { e.noted, e.recalled = noted, true }

// pass keeps the end, with what is to be told of it now, for others.
func (e *runEnd) pass(result []byte) {
	e.noted = &journal.Ended{Fingerprint: e.noted.Fingerprint, Result: result, At: e.noted.At}
	e.passed = true
}

// donePush is what is told later of a push that was done.
type donePush struct {
	Result push.Result
	missed

	// Wants are the flags by which somebody waits to be told.
	Wants []string `json:",omitempty"`
	// Passed says that a command which had not all of them was told meanwhile.
	Passed bool `json:",omitempty"`
}

// endOf is what a later process must know of a run that is over; nil where something
// is left to be done, or the run can't be known again.
func (r *pushRun) endOf(result *push.Result) *journal.Ended {
	print := r.print()
	if !result.Whole || print == "" || result.Outcome != push.Complete && result.Outcome != push.Rejects {
		return nil
	}
	done := donePush{Result: *result, missed: r.missed, Wants: r.outcome().flags()}
	done.Result.Err = nil
	text, err := json.Marshal(done)
	if err != nil {
		r.app.log.Debug("the end of the run was not noted", "cause", err)
		return nil
	}
	return &journal.Ended{Fingerprint: print, Result: text, At: time.Now()}
}

// print stands for all that makes a push the same one again; "" where that can't
// be said, as of stdin.
func (r *pushRun) print() string {
	if r.crm != nil {
		return "" // it ends with the process
	}
	for _, in := range r.inputs {
		if in.isStream() {
			return ""
		}
	}
	run, err := r.journalRun()
	if err != nil {
		return ""
	}
	// A file that was written anew may have been pushed in between, even if it says
	// what it said before.
	written := ""
	for _, in := range r.inputs {
		written += in.modified.UTC().Format(time.RFC3339Nano) + " "
	}
	return fingerprint(fmt.Sprintf("%+v", run), written, r.workspace)
}

// doneIn is what an earlier process wrote of its end; nil where it can't be read.
func doneIn(ended *journal.Ended) *donePush {
	done := &donePush{}
	if json.Unmarshal(ended.Result, done) != nil {
		return nil
	}
	return done
}

// recall takes over the result of an earlier process.
func (r *pushRun) recall(ended *journal.Ended, done *donePush) *push.Result {
	r.missed = done.missed
	r.end.recall(ended)
	return &done.Result
}

// toldLate gives the result of an earlier run of the same command that came to its
// end and was killed before it had told of it; nil where there is none.
func (r *pushRun) toldLate() *push.Result {
	if r.journal == nil {
		return nil
	}
	ended := r.journal.Ended(r.print())
	if ended == nil {
		return nil
	}
	done := doneIn(ended)
	if done == nil {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(done.Wants), func(flag string) bool { return slices.Contains(r.outcome().flags(), flag) })
	if len(left) > 0 && done.Passed {
		return nil // what is left is for who has it, and this one was told before
	}
	result := r.recall(ended, done)
	r.begun = true
	r.app.note("an earlier run had sent everything, but was ended before it had told of that: this is its outcome, and nothing is sent; --restart sends all again")
	if len(left) > 0 {
		r.leaveTo(left, *done)
	}
	return result
}

// leaveTo keeps the end of an earlier run for a command that has the flags.
func (r *pushRun) leaveTo(flags []string, done donePush) {
	done.Passed = true
	passed, err := json.Marshal(done)
	if r.part != nil || err != nil { // a job's journal has room for one end of a push
		r.app.warn(killedWith(flags))
		return
	}
	r.app.warn(leftTo(flags))
	r.end.pass(passed)
}

func killedWith(flags []string) string {
	all := strings.Join(flags, ", ")
	if at := strings.LastIndex(all, ", "); at >= 0 {
		all = all[:at] + " and " + all[at+2:]
	}
	return fmt.Sprintf("the run that was killed had %s, which this command has not", all)
}

// leftTo says to whom it is left to be told of a run that was killed.
func leftTo(flags []string) string {
	them := "them"
	if len(flags) == 1 {
		them = "it"
	}
	return fmt.Sprintf("%s: the same command with %s does what is left, and sends nothing", killedWith(flags), them)
}
