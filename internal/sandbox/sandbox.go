// Package sandbox is a CRM that behaves as the public API page says, kept in
// memory: an http.Handler to serve on loopback, and an http.RoundTripper to
// call without any network. It is what people try crmsync on, and what every
// test of crmsync talks to.
//
// Where the API page is silent, [Quirks] holds a switch for each reading; its
// zero value is the plainest one. [Limit] refuses requests as rate limits do,
// [Faults] breaks a seeded share of them, and [Stats] tells what the CRM saw.
//
// It shares no code with the client: the two must agree on the API page alone.
// Nothing is written to disk; what a CRM holds ends with it.
package sandbox

import (
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// Options describes a CRM. The zero value is a well-behaved one with the
// built-in sample of objects (products, deals, companies, people), which takes
// any bearer token, has no rate limit and answers at once.
type Options struct {
	// Schema holds objects as JSON: the API's answer to GET /crm/objects/{slug}
	// or /crm/objects, a bare object, or a list of those. They stand beside the
	// sample's objects and replace those of the same slug.
	Schema   []byte
	NoSample bool // only the objects of Schema

	Members []Member // of the workspace; nil: the sample's
	Tokens  []Token  // none: every bearer token that isn't empty has every scope

	Quirks Quirks
	Faults Faults
	Limit  Limit

	Latency time.Duration // of every answer; half of it passes before the request is looked at
	Jitter  time.Duration // up to so much more latency, evenly spread

	// Capacity requests are worked on at once for ServiceTime each; others wait
	// in line, so the CRM slows down under load. 0: no such limit.
	Capacity    int
	ServiceTime time.Duration

	// AssertPause lies between the lookup and the insert of an assert, without a
	// lock: two asserts of one new value at the same time then both create.
	AssertPause time.Duration

	IdleTimeout time.Duration    // after which Serve closes idle connections; 0: 2 minutes
	Seed        uint64           // of record ids, jitter and faults
	Now         func() time.Time // nil: time.Now
}

// CRM is a CRM in memory. It is safe for concurrent use.
type CRM struct {
	opts    Options
	quirks  *Quirks
	members []Member
	byUser  map[string]*Member

	mu     sync.RWMutex
	tables map[string]*table // by slug
	order  []string          // slugs as they were added

	tokens  tokenBook
	limiter limiter
	faults  faultBook
	line    line
	stats   counters
	keys    keyTracker
	arrived atomic.Uint64
	pool    sync.Pool
}

// New makes a CRM. The error says what is wrong with the options: a schema that
// can't be read, or fault shares that are more than the whole.
func New(opts Options) (*CRM, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	c := &CRM{opts: opts, tables: make(map[string]*table), members: opts.Members}
	c.quirks = &c.opts.Quirks
	c.keys.seed = maphash.MakeSeed()
	c.pool.New = func() any { return newScratch() }
	if c.members == nil {
		c.members = sampleMembers()
	}
	c.byUser = make(map[string]*Member, len(c.members))
	for i := range c.members {
		c.byUser[c.members[i].UUID] = &c.members[i]
	}
	c.line = line{capacity: opts.Capacity, service: opts.ServiceTime}
	c.SetTokens(opts.Tokens)
	c.SetLimit(opts.Limit)
	if err := c.SetFaults(opts.Faults); err != nil {
		return nil, err
	}
	if !opts.NoSample {
		if err := c.LoadObjects([]byte(sampleSchema)); err != nil {
			return nil, fmt.Errorf("reading the built-in sample: %w", err)
		}
	}
	if len(opts.Schema) > 0 {
		if err := c.LoadObjects(opts.Schema); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// table finds the records of an object by its slug.
func (c *CRM) table(slug string) *table {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if t := c.tables[slug]; t != nil {
		return t
	}
	if !c.quirks.CaselessSlugs {
		return nil
	}
	for _, have := range c.order {
		if equalFold(have, slug) {
			return c.tables[have]
		}
	}
	return nil
}

// allTables lists the objects as they were added.
func (c *CRM) allTables() []*table {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]*table, len(c.order))
	for i, slug := range c.order {
		all[i] = c.tables[slug]
	}
	return all
}
