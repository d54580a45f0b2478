package push

import (
	"container/heap"
	"context"
	"maps"
	"sync"
	"time"
)

// scheduler hands items to workers so that two records of one key are never in
// flight at once and never overtake each other: each key is a lane, and an item
// is ready when it is first in all of its lanes. Lanes exist only while records
// are in them, so memory is bounded by the window.
type scheduler struct {
	mu      sync.Mutex
	tails   map[string]*item     // last item of each lane in use
	resting map[string]time.Time // until when the last request of a lane not in use may be at work
	open    int                  // items added and not yet done
	drained bool                 // the reader adds nothing more

	// Each channel holds a whole window, so that sending never blocks.
	ready  chan *item // first tries
	urgent chan *item // those that were not due and now are: they go first, or they would wait behind the whole window
	later  chan *item // those that are not due yet
}

func newScheduler(window int) *scheduler {
	return &scheduler{
		tails:   make(map[string]*item),
		resting: make(map[string]time.Time),
		ready:   make(chan *item, window),
		urgent:  make(chan *item, window),
		later:   make(chan *item, window),
	}
}

// add puts an item at the end of its lanes.
func (s *scheduler) add(it *item, lanes []string) {
	it.links = it.one[:0]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	for _, key := range lanes {
		tail := s.tails[key]
		if tail == it { // the same key twice in one record
			continue
		}
		if tail != nil {
			tail.setNext(key, it)
			it.ahead++
		} else if until, ok := s.resting[key]; ok {
			it.notBefore(until)
			delete(s.resting, key)
		}
		it.links = append(it.links, link{key: key})
		s.tails[key] = it
	}
	if it.ahead == 0 {
		s.letGo(it)
	}
}

// letGo hands out an item that is first in its lanes.
func (s *scheduler) letGo(it *item) {
	if !it.due.IsZero() && time.Until(it.due) > 0 {
		s.later <- it
		return
	}
	s.ready <- it
}

// done takes an item out of its lanes and lets those behind it go, after a pause
// where its request may still be at work. They may not be read yet.
func (s *scheduler) done(it *item, pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var until time.Time
	if pause > 0 {
		now := time.Now()
		until = now.Add(pause)
		maps.DeleteFunc(s.resting, func(_ string, over time.Time) bool { return !over.After(now) })
	}
	for _, l := range it.links {
		if l.next == nil {
			delete(s.tails, l.key)
			if pause > 0 {
				s.resting[l.key] = until
			}
			continue
		}
		l.next.notBefore(until)
		if l.next.ahead--; l.next.ahead == 0 {
			s.letGo(l.next)
		}
	}
	s.open--
	s.closeWhenEmpty()
}

// drain says that nothing more is added: next ends when all items are done.
func (s *scheduler) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drained = true
	s.closeWhenEmpty()
}

func (s *scheduler) closeWhenEmpty() {
	if s.drained && s.open == 0 {
		close(s.ready) // nobody sends any more: only open items are sent
	}
}

// next waits for an item to send. It returns nil when all are done or ctx ends.
func (s *scheduler) next(ctx context.Context) *item {
	if ctx.Err() != nil {
		return nil
	}
	select {
	case it := <-s.urgent:
		return it
	default:
	}
	select {
	case it := <-s.urgent:
		return it
	case it := <-s.ready:
		return it
	case <-ctx.Done():
		return nil
	}
}

// retry sends an item again at its due time, or at once where that is zero. It
// keeps its place in its lanes.
func (s *scheduler) retry(it *item) {
	if it.due.IsZero() {
		s.urgent <- it
		return
	}
	s.later <- it
}

// wait moves retries to the workers when they are due, until ctx ends. While it
// holds them no worker does.
func (s *scheduler) wait(ctx context.Context) {
	var waiting dueHeap
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if len(waiting) > 0 {
			timer.Reset(time.Until(waiting[0].due))
		}
		select {
		case it := <-s.later:
			heap.Push(&waiting, it)
		case now := <-timer.C:
			for len(waiting) > 0 && !waiting[0].due.After(now) {
				it := heap.Pop(&waiting).(*item)
				it.due = time.Time{}
				s.urgent <- it
			}
		case <-ctx.Done():
			return
		}
	}
}

// notBefore has an item wait until then; it may be in several lanes.
func (it *item) notBefore(then time.Time) {
	if then.After(it.due) {
		it.due = then
	}
}

func (it *item) setNext(key string, next *item) {
	for i := range it.links {
		if it.links[i].key == key {
			it.links[i].next = next
			return
		}
	}
}

// dueHeap orders items by when they are due.
type dueHeap []*item

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)        { *h = append(*h, x.(*item)) }
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	it := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return it
}
