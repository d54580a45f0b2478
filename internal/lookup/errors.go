package lookup

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
)

// Error ends the run: values can't be looked up, and to go on would reject
// records that are in order.
type Error struct {
	Text   string
	Status int // the HTTP status of the answer; 0 where there was none

	hint  string
	cause error
}

func (e *Error) Error() string { return e.Text }

// Hint says what to do about it; "" where nothing is known to help.
func (e *Error) Hint() string { return e.hint }

// Unwrap gives the cause: what the client met, or nil.
func (e *Error) Unwrap() error { return e.cause }

// ending is a failed read that ends the run.
func ending(err error) error {
	var e *client.Error
	if !errors.As(err, &e) || errors.Unwrap(e) != nil { // our own, or the context's
		return err
	}
	return &Error{Text: "looking up ids: " + e.Error(), Status: e.Status, hint: e.Hint(), cause: e}
}

// noRecord is how every message on a value without an id begins.
func (x *index) noRecord(v value) string {
	return "no record of " + x.object + " has " + x.match + " " + quoted(v.text)
}

// places says where a value was looked for; not among how many records, since their
// number grows during a run, and one reason is to read the same throughout.
func (x *index) places() []string {
	written := "what this run wrote"
	if x.memory != nil {
		written = "what this run and earlier ones wrote"
	}
	switch {
	case x.list.missing != "":
		return []string{written + " (the CRM's list of " + x.object + " isn't to be had: " + x.list.missing + ")"}
	case x.list.records == 0:
		return []string{"the CRM's list of " + x.object + ", which is empty,", written}
	case x.list.values == 0:
		return []string{"the CRM's list of " + x.object + ", none of which has a " + x.match + ",", written}
	default:
		return []string{"the CRM's list of " + x.object, written}
	}
}

// noMember says why an address stands for no member.
func (x *index) noMember(v value) error {
	problem := "no member of the workspace has the e-mail address " + quoted(v.text)
	switch m := x.inactive.find(v); {
	case x.list.missing != "":
		problem = "which member has the e-mail address " + quoted(v.text) + " can't be told: the list of members isn't to be had: " + x.list.missing
	case len(m.exact)+len(m.folded) > 0:
		problem = "the member with the e-mail address " + quoted(v.text) + " is deactivated (name an active one, or leave the cell blank)"
	default:
		problem += "; looked in the list of members"
	}
	return &mapping.LookupError{Problem: problem}
}

// mostNamed is how many ids a message names.
const mostNamed = 3

// ambiguous names the records among which nothing decides.
func (x *index) ambiguous(v value, f found) error {
	var b strings.Builder
	who := "several records of " + x.object + " have " + x.match + " "
	if x.members() {
		who = "several members of the workspace have the e-mail address "
	}
	b.WriteString(who + quoted(v.text))
	if f.folded {
		b.WriteString(" in another spelling, and none has it as it is written here")
	}
	b.WriteString(": ")
	for i, id := range f.several {
		if i == mostNamed {
			f.more = true
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if _, ok := parseUUID(id); !ok {
			id = quoted(id)
		}
		b.WriteString(id)
	}
	if f.more {
		b.WriteString(" and more")
	}
	b.WriteString(" (write the id instead)")
	return &mapping.LookupError{Problem: b.String()}
}

// mostShown is how many characters of a value a message shows.
const mostShown = 60

// quoted puts a value into a message: on one line, without control characters.
func quoted(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if utf8.RuneCountInString(s) > mostShown {
		s = string([]rune(s)[:mostShown]) + "…"
	}
	return strconv.Quote(s)
}
