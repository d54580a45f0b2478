// Package state remembers, for each match value, a fingerprint of what the CRM
// last accepted, so that a later run sends only what changed.
//
// The one error it must not make is to call a record unchanged that the CRM
// doesn't have. So it forgets a match value, durably, before a request about it
// may leave ([Store.Check], [Store.Ready]), and remembers it again when the CRM
// has answered ([Store.Settle]): whatever happens in between, it is sent again.
//
// The state is one file: a table for each [Scope], sorted by hash and never
// changed in place, and behind the tables a log of what came since. The log is
// merged into new tables when it has grown and when the state is closed. A table
// takes 55 bytes for a record with a UUID and a match value of 12 bytes, and is
// searched where it lies in the page cache. (An embedded B+ tree was measured
// against it: see the benchmarks.)
//
// What is sent, in which order and when is package push's; where the file lies
// and how old an entry may be is the command's.
package state

import (
	"time"
)

// Scope is what a table is about. Values of different scopes have nothing to do
// with each other.
type Scope struct {
	BaseURL   string
	Workspace string // as far as it can be known
	Object    string // slug
	Match     string // matching attribute

	// Keys names the way in which match values become lane keys, which depends
	// on what the schema says of the attribute. Keys of different ways can't be
	// compared, so what was remembered in another way is forgotten.
	Keys string
}

// SameRecords tells whether two scopes may be about the same records: two tokens
// may be of one workspace.
func (s Scope) SameRecords(other Scope) bool {
	return s.BaseURL == other.BaseURL && s.Object == other.Object && s.Match == other.Match
}

// sameTable tells whether two scopes have one table.
func (s Scope) sameTable(other Scope) bool {
	return s.SameRecords(other) && s.Workspace == other.Workspace
}

// Options say how a state is used. The zero value uses it in full.
type Options struct {
	// ReadOnly is for a dry run: the file is neither locked nor changed.
	ReadOnly bool

	// Full calls nothing unchanged (--full); what is sent is remembered.
	Full bool

	// NotBefore, where set, calls what was sent before it changed (--max-age).
	NotBefore time.Time
}

// Accepted is what the CRM took.
type Accepted struct {
	Fingerprint Fingerprint
	Match       string // the match value as it was sent
	ID          string // the record's
	At          time.Time
}

// Entry is what the state knows of a match value.
type Entry struct {
	Match       string
	ID          string
	Fingerprint Fingerprint
	SentAt      time.Time // to the second
}

// Ticket stands for what must be on disk before a request may leave. The zero
// Ticket stands for nothing.
type Ticket uint64
