package push

import (
	"errors"
	"fmt"
	"strings"
)

// FatalError is an answer that every record would get: 401, 403, 404 on the
// object, a redirect, a certificate that nobody trusts.
type FatalError struct {
	Status  int
	Message string
	hint    string
}

func (e *FatalError) Error() string {
	return "the run had to stop: " + e.Message
}

// Hint says what to do.
func (e *FatalError) Hint() string { return e.hint }

// TooManyRejectsError ends a run by --max-rejects, or because there was nothing
// but rejects.
type TooManyRejectsError struct {
	Rejected int64
	Done     int64
	InAll    int64 // with those that were under way when the run was stopped
	Max      MaxRejects
	Reason   string // of the last reject
	InARow   bool   // not --max-rejects: the last ones all had the same reason
}

func (e *TooManyRejectsError) Error() string {
	switch {
	case e.Max.Set:
		return fmt.Sprintf("%d of the first %d records were rejected, more than --max-rejects %s allows%s", e.Rejected, e.Done, e.Max, e.underWay())
	case e.InARow:
		return fmt.Sprintf("%d records in a row were rejected for the same reason%s: %s", nothingButRejects, e.inAll(), e.Reason)
	default:
		return fmt.Sprintf("the first %d records were all rejected%s: %s", e.Rejected, e.underWay(), e.Reason)
	}
}

// underWay says why the tally has more rejects.
func (e *TooManyRejectsError) underWay() string {
	if e.InAll <= e.Rejected {
		return ""
	}
	return fmt.Sprintf(" (%d with those that were under way)", e.InAll)
}

// inAll says why the tally has more rejects than those in a row.
func (e *TooManyRejectsError) inAll() string {
	var more []string
	if e.Rejected > nothingButRejects {
		more = append(more, "earlier ones")
	}
	if e.InAll > e.Rejected {
		more = append(more, "those that were under way")
	}
	if more == nil {
		return ""
	}
	return fmt.Sprintf(" (%d rejected in all, with %s)", max(e.InAll, e.Rejected), strings.Join(more, " and "))
}

// Hint says what to do.
func (e *TooManyRejectsError) Hint() string {
	if e.Max.Set {
		return "mend the records in the reject file, or allow more with --max-rejects"
	}
	return "this looks like the mapping, not the data: try --dry-run; to go on all the same, say how many rejects are fine with --max-rejects"
}

// mostReason is how many bytes a reason takes. A record with hundreds of columns may
// have a fault in each: thousands of such wait for an earlier record's answer, in
// memory and in the journal, and a cell of Excel holds no more than 32,767 characters.
const mostReason = 2000

// kindOf is an error's reason without the record's own values, so that a
// thousand records with the same fault are one line of the summary.
func kindOf(err error) string {
	var k interface{ Kind() string }
	if errors.As(err, &k) {
		return k.Kind()
	}
	return err.Error()
}

// kindOfAnswer is what a server said without what is likely the record's own:
// its match value, and numbers.
func kindOfAnswer(message, match string) string {
	if len(match) > 1 {
		message = strings.ReplaceAll(message, match, "…")
	}
	var b strings.Builder
	inside := false
	for _, r := range message {
		digit := '0' <= r && r <= '9'
		switch {
		case !digit:
			b.WriteRune(r)
		case !inside:
			b.WriteRune('…')
		}
		inside = digit
	}
	return b.String()
}
