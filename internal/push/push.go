// Package push is the pipeline between records and the CRM: it reads records,
// has them mapped, keeps records of one key in order (lanes), sends them with a
// pool of workers at the pacer's pace, retries what may go well later, and
// commits every result in input order to tally, reject file and journal.
package push

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/source"
	"github.com/crmsync/crmsync/internal/state"
)

// Reader hands out the records of one input, then io.EOF. Any other error ends
// the run. *source.Reader is one.
type Reader interface {
	Read() (source.Record, error)
	// Seek goes on behind the records that an earlier part of the run has
	// committed. It is called before the first Read, if at all.
	Seek(source.Position) error
}

// Mapper turns a record into an Assertion or says everything that is wrong with
// it. *mapping.Mapper is one.
type Mapper interface {
	MapCells(cells []string) (mapping.Assertion, error)
	MapObject(names []string, values []jsontext.Value) (mapping.Assertion, error)
}

type assertion = mapping.Assertion

// Asserter makes one attempt to assert a record. *client.Client is one.
type Asserter interface {
	Assert(ctx context.Context, object, match string, body []byte) client.Result
}

// RejectWriter takes the rejected records of one input, in input order.
// *reject.Writer is one.
type RejectWriter interface {
	Write(reject.Entry) error
	// Finish ends the file and gives it its name; with no entry it removes an
	// old file of that name. It returns the path, "" where there is no file.
	Finish() (string, error)
	// FinishPart is Finish for a run that is gone on with.
	FinishPart() (string, error)
	// Checkpoint brings the entries so far safely to disk.
	Checkpoint() (reject.Mark, error)
}

// Journal keeps how far the run came. *journal.Journal is one.
type Journal interface {
	Save(journal.Checkpoint) error
}

// State remembers what the CRM accepted last, so that only what changed is
// sent. *state.Store is one; its methods say what each call promises. What Settle
// is given is the state's until it returns.
type State interface {
	Check(keys []string, fp state.Fingerprint) (unchanged bool, t state.Ticket)
	See(keys []string)
	Ready(t state.Ticket) error
	Settle(keys []string, a *state.Accepted) error
	Flush() error
}

// Input is one file of a run.
type Input struct {
	Name    string
	Reader  Reader
	Mapper  Mapper
	Rejects RejectWriter // nil: rejects are counted only (dry run)
	// Uncounted says that what the run didn't come to is not read for the
	// count: set for stdin, which may never end.
	Uncounted bool
	// Interrupt, where set, makes a Read that waits for more input return. It
	// is called when the run stops.
	Interrupt func()
}

// Options says what to push and how.
type Options struct {
	Object string // slug
	Match  string // matching attribute
	Inputs []Input
	// Started is when somebody began to wait for the run: the inputs may have taken
	// a while to open. The zero time is when Run is called.
	Started time.Time
	Limit   int64 // read at most so many records in all; 0 is no limit

	// Shard takes the records of one of several processes that share the work.
	Shard Shard

	Client Asserter
	Pacer  pace.Pacer
	State  State // nil: everything is sent, changed or not
	// Learn, where set, is told the id of each record that the CRM accepted; in a
	// dry run it is told of each that would be sent, without an id.
	Learn func(match, recordID string)
	// Related, where set, counts the records that were created so far because
	// records of this run refer to them, by object; in a dry run, those that would
	// be. None is one of the tally.
	Related func() map[string]int64

	Workers int           // most requests in flight; 0 is 64
	Retries int           // tries after the first
	MaxWait time.Duration // longest wait for the server; 0 is no bound
	DryRun  bool          // map everything, send nothing

	MaxRejects MaxRejects
	// Ask is asked whether to go on when the first records were all rejected;
	// nil means no.
	Ask func(ctx context.Context, q Question) bool

	Journal Journal             // nil: the run can't be resumed
	Resume  *journal.Checkpoint // where an earlier part of the run stopped; nil begins at the beginning

	// Progress, where set, is called now and then by one goroutine.
	Progress func(Progress)
	Log      *slog.Logger // nil discards

	// Drain is how long requests in flight may take to end after the run was
	// interrupted. 0 is 10 s.
	Drain time.Duration
}

// Question is what the run asks before it gives up.
type Question struct {
	Rejected int64
	Reason   string // of the last reject
	InARow   bool   // not the run's first records, but so many in a row for one reason
}

// Progress is how far a run came. Its tally counts what ended, also behind a
// record that is still under way; the result's counts what is committed.
type Progress struct {
	Tally
	Pace       pace.Status
	LastReason string // why the last rejected record was; "" while there is none
}

// Tally counts records and requests.
// Read = Created + Updated + Unchanged + Rejected + NotSent when the run is over.
type Tally struct {
	Read      int64
	Created   int64 // 201
	Updated   int64 // 200
	Unchanged int64
	Rejected  int64
	NotSent   int64

	Requests  int64
	Retries   int64 // requests after a record's first
	Throttled int64 // requests answered 429
}

// Outcome is how a run ended.
type Outcome string

// The outcomes, as the JSON summary spells them.
const (
	Complete    Outcome = "complete"
	Rejects     Outcome = "rejects"     // finished, some records rejected
	Stopped     Outcome = "stopped"     // too many rejects
	Interrupted Outcome = "interrupted" // a signal
	Failed      Outcome = "failed"      // could not start, or had to stop
)

// Reason is one kind of reject, with how often it came.
type Reason struct {
	Status    int
	Error     string // of the first record
	Kind      string // Error without the record's own values
	Count     int64
	FirstLine int64

	Places   []Place   // of the first such records, 10 at most
	Examples []Example // the first of them, 3 at most
}

// Place is where a record begins. Input is "" where that is not known any more.
type Place struct {
	Input string
	Line  int64
}

// Example is a rejected record of a Reason.
type Example struct {
	Place
	Match string // its match value; "" where it has none
	Error string // with the record's own values
}

// Latency tells how long the answers took: percentiles, and all of them
// together.
type Latency struct {
	P50, P95, P99, Max time.Duration
	Sum                time.Duration
	Count              int64 // answered requests
}

// Result is what a run came to.
type Result struct {
	Tally
	Outcome Outcome
	// Err is why the run had to stop (Failed, Stopped); it may have a
	// Hint() string. For Interrupted it is the context's cause.
	Err error

	RejectFiles []string
	Reasons     []Reason // most frequent first, 20 at most
	Latency     Latency
	Timeline    Timeline
	Started     time.Time
	Elapsed     time.Duration // of all parts of a resumed run

	// Whole says that every record of the inputs was read and ended in one of
	// the counts but NotSent: there is nothing left to resume.
	Whole bool
	// Unread says that the run ended before it came to the end of the inputs: there
	// may be more records than it counts.
	Unread bool
	// Nameless says that records were rejected whose match value is not known.
	Nameless bool
	// Overtaken counts the rejected records of which a later one of the same key was
	// accepted; OvertakenAt is where one of them stands. Beyond 100,000 rejected keys
	// no more are remembered. OvertakenUnsure says that an earlier part of a resumed
	// run had rejects: which of them were overtaken is not known.
	Overtaken       int64
	OvertakenAt     Place
	OvertakenUnsure bool
	// Related counts what [Options].Related does, of all parts of a resumed run. What a
	// killed part created in its last second is not in it.
	Related map[string]int64
	// ResumedAtLine is the line at which a resumed run went on, else 0.
	ResumedAtLine int64
}
