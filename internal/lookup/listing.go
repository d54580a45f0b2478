package lookup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crmsync/crmsync/internal/client"
)

// read reads the CRM's list, once; create says what becomes of values that aren't
// in it. The error ends the run.
func (l *Lookup) read(x *index, create bool) error {
	if x.list.done {
		return nil
	}
	if x.members() && x.match != matchEmail {
		return &Error{Text: "members of the workspace can be looked up by email alone, not by " + quoted(x.match), hint: "write match: email"}
	}
	started := time.Now()
	l.log.Info("reading the CRM's list to look up ids", "object", x.object, "match", x.match)
	l.o.Doing(x.reading())
	defer l.o.Doing(Doing{})
	page, err := 1, error(nil)
	if x.members() {
		err = l.readMembers(x)
	} else {
		page, err = l.readRecords(x)
	}
	if err != nil {
		x.unlist()
		cause, ok := notToBeHad(err, page)
		if !ok {
			return ending(err)
		}
		l.missing(x, create, cause)
		return nil
	}
	x.listEnds()
	l.log.Info("read the CRM's list", "object", x.object, "match", x.match,
		"records", x.list.records, "values", x.list.values, "seconds", time.Since(started).Seconds())
	if x.list.records > 0 && x.list.values == 0 {
		l.log.Warn("no record in the CRM's list has a value to look up by; is it the right attribute?",
			"object", x.object, "match", x.match, "records", x.list.records)
	}
	return nil
}

// readRecords reads the records of an object and tells how far it came.
func (l *Lookup) readRecords(x *index) (page int, err error) {
	pages := l.o.Client.RecordPages(x.object)
	for page = 1; ; page++ {
		var records, values int64
		more := false
		err := l.reading(func() error {
			records, values = 0, 0 // a page is read again from its beginning
			var err error
			more, err = pages.Next(l.o.Context, func(r client.RecordRef) error {
				records++
				for _, text := range r.Values(x.match) {
					if v := newValue(text); !v.blank {
						values++
						x.enlist(v, r.ID)
					}
				}
				return nil
			})
			return err
		})
		if err != nil {
			return page, err
		}
		x.list.records += records
		x.list.values += values
		l.grow(values)
		l.o.Doing(x.reading())
		if !more {
			return page, nil
		}
	}
}

// reading says how far the list is read.
func (x *index) reading() Doing {
	what := "reading the CRM's list of " + x.object
	if x.list.records > 0 {
		what += fmt.Sprintf(": %d so far", x.list.records)
	}
	return Doing{What: what}
}

// readMembers reads the members of the workspace [list-users-in-a-workspace].
// Who is deactivated is kept apart: an address may have gone to somebody else.
func (l *Lookup) readMembers(x *index) error {
	var users []client.User
	err := l.reading(func() (err error) {
		users, err = l.o.Client.Users(l.o.Context)
		return err
	})
	if err != nil {
		return err
	}
	for _, u := range users {
		v := newValue(u.Email)
		switch {
		case v.blank:
			continue
		case u.IsActive:
			x.enlist(v, u.ID)
		default:
			x.inactive.add(v, u.ID)
		}
		x.list.values++
	}
	x.list.records = int64(len(users))
	return nil
}

// missing takes note that the list isn't to be had, and says so, once.
func (l *Lookup) missing(x *index, create bool, cause *client.Error) {
	x.list = listing{done: true, missing: cause.Message}
	what := "the CRM's list of records isn't to be had: ids are known only of records that this run writes, "
	switch {
	case x.members():
		what = "the list of the workspace's members isn't to be had: a record that names one by e-mail address is rejected"
	case create:
		what += "and any other value is asserted, which finds the record that has exactly this value or creates one"
	default:
		what += "and a record whose value is not among them is rejected"
	}
	about := []any{"object", x.object, "match", x.match, "status", cause.Status, "cause", cause.Message}
	if hint := cause.Hint(); hint != "" {
		about = append(about, "hint", hint)
	}
	l.log.Warn(what, about...)
}

// notToBeHad tells whether a failure means that there is no list for us: no such
// endpoint, no permission, a form that isn't known. What broke off or failed
// half-way isn't that: then the list is there, and to go on would reject records
// whose values stand in the part that wasn't read.
func notToBeHad(err error, page int) (*client.Error, bool) {
	var e *client.Error
	if !errors.As(err, &e) || e.Retryable {
		return nil, false
	}
	switch {
	case e.Status >= 200 && e.Status < 300:
		return e, true // it can't be understood
	case e.Status >= 400 && e.Status != 401:
		return e, page == 1
	}
	return nil, false
}

// reading makes attempts at a read as far as that makes sense.
func (l *Lookup) reading(attempt func() error) error {
	var err error
	_, stop := l.send(func() client.Result {
		err = attempt()
		return resultOf(l.o.Context, err)
	})
	if stop != nil {
		return stop
	}
	return err
}

// resultOf says of a read what a Result says of an assert.
func resultOf(ctx context.Context, err error) client.Result {
	r := client.Result{Outcome: client.Updated, Status: 200, Limits: client.Limits{Remaining: -1}}
	var e *client.Error
	switch {
	case err == nil:
		return r
	case errors.As(err, &e):
		r.Status, r.Message, r.Hint, r.Limits = e.Status, e.Message, e.Hint(), e.Limits
	}
	switch {
	case e != nil && e.Retryable:
		r.Outcome = client.Retryable
	case ctx.Err() != nil:
		r.Outcome = client.Cancelled
	default:
		r.Outcome = client.Rejected
	}
	return r
}
