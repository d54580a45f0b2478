package push

import (
	"context"
	"sync/atomic"
)

// gate lets workers pass unless it is shut. The zero value is open.
type gate struct{ opened atomic.Pointer[chan struct{}] }

// shut holds who comes from now on until open is called.
func (g *gate) shut() (open func()) {
	opened := make(chan struct{})
	g.opened.Store(&opened)
	return func() {
		g.opened.Store(nil)
		close(opened)
	}
}

// pass waits while the gate is shut. It returns false when ctx ends first.
func (g *gate) pass(ctx context.Context) bool {
	opened := g.opened.Load()
	if opened == nil {
		return true
	}
	select {
	case <-*opened:
		return true
	case <-ctx.Done():
		return false
	}
}
