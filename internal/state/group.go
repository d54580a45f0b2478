package state

import "sync"

// Group is a state together with others that remember some of the same records:
// of another division into shards, of another token, or of which somebody else
// has hold. They are told of what is sent, so that they forget what they have of
// it where that is something else. Its methods
// may be called by several goroutines at a time, and mean what the Store's mean.
type Group struct {
	own    *Store // nil where there is none
	others []*Teller

	mu   sync.Mutex
	said Ticket // the latest

	flushing sync.Mutex
	durable  Ticket
}

// NewGroup makes a group of a state, which may be nil, and those to tell. It
// closes neither.
func NewGroup(own *Store, others []*Teller) *Group {
	return &Group{own: own, others: others}
}

// Check is [Store.Check]; without a state of its own nothing is unchanged.
func (g *Group) Check(keys []string, fp Fingerprint) (unchanged bool, t Ticket) {
	if g.own != nil {
		if unchanged, _ = g.own.Check(keys, fp); unchanged {
			return true, 0
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, other := range g.others {
		other.Sending(keys, fp)
	}
	g.said++
	return false, g.said
}

// See is [Store.See].
func (g *Group) See(keys []string) {
	if g.own != nil {
		g.own.See(keys)
	}
}

// Ready is [Store.Ready].
func (g *Group) Ready(t Ticket) error {
	g.flushing.Lock()
	defer g.flushing.Unlock()
	if t <= g.durable {
		return nil
	}
	return g.flush()
}

// Settle is [Store.Settle].
func (g *Group) Settle(keys []string, a *Accepted) error {
	if g.own == nil {
		return nil
	}
	return g.own.Settle(keys, a)
}

// Flush is [Store.Flush].
func (g *Group) Flush() error {
	g.flushing.Lock()
	defer g.flushing.Unlock()
	return g.flush()
}

func (g *Group) flush() error {
	g.mu.Lock()
	upTo := g.said
	g.mu.Unlock()
	if g.own != nil {
		if err := g.own.Flush(); err != nil {
			return err
		}
	}
	for _, other := range g.others {
		if err := other.Flush(); err != nil {
			return err
		}
	}
	g.durable = upTo
	return nil
}
