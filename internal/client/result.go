package client

import (
	"net/http"
	"time"
)

// Outcome is what one request came to.
type Outcome int

// The outcomes of an assert. What to do about each is package push's.
const (
	Created   Outcome = iota + 1 // 201
	Updated                      // 200
	Rejected                     // this record is refused: 400, 409, 422, other 4xx, or a 2xx that says "success": false
	Retryable                    // may go well later: no connection, lost connection, timeout, 408, 425, 429, 5xx
	Fatal                        // every record would meet the same: 401, 403, 404 on the object, a redirect, a certificate nobody trusts
	Cancelled                    // the context ended before there was an answer
)

// Result is the answer to one Assert.
type Result struct {
	Outcome  Outcome
	Status   int    // HTTP status, 0 where no answer came
	Message  string // one clean line of at most 300 characters; "" when accepted
	Hint     string // for Fatal: what to do
	RecordID string // the CRM's id of the record, where the answer could be read
	Latency  time.Duration
	Limits   Limits
}

// Throttled tells whether the server refused the request for its rate limit.
func (r Result) Throttled() bool { return r.Status == 429 }

// MayTake is for how long the CRM may still be at work on a request for whose answer
// nobody waits any more: nobody knows, so it is given as long again. Two asserts of
// one new value at a time may both create [assert-a-crm-record].
func (r Result) MayTake() time.Duration {
	if r.Status == 0 || r.Status == http.StatusGatewayTimeout {
		return r.Latency
	}
	return 0
}

// Limits is what the answer's headers say about the rate limit. The API page
// publishes no header, so every common form is read [rate-limits].
type Limits struct {
	RetryAfter    time.Duration // from Retry-After (seconds, fraction, date), X-RateLimit-Reset on a 429
	HasRetryAfter bool          // false where absent or nonsense; true with 0 means "at once"

	HasLimit  bool
	Limit     int           // requests a window; 0 where only Remaining is known
	Remaining int           // requests left in this window; -1 where unknown
	Reset     time.Duration // until the window ends; 0 where unknown
	Window    time.Duration // its length, where the server says; 0 where unknown
}
