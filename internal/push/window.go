package push

import (
	"context"
	"sync/atomic"
)

// The window holds the records between reader and committer. Its bounds keep
// memory flat whatever the input: many small records, or few large ones.
const (
	windowRecords = 4096
	windowBytes   = 48 << 20
)

type window struct {
	slots chan struct{}
	bytes atomic.Int64
	freed chan struct{} // a hint that bytes were given back
}

func newWindow(records int) *window {
	return &window{slots: make(chan struct{}, records), freed: make(chan struct{}, 1)}
}

// enter waits for room. One record always fits, however large it is.
func (w *window) enter(ctx context.Context, bytes int64) error {
	select {
	case w.slots <- struct{}{}:
	default:
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		held := w.bytes.Load()
		if held == 0 || held+bytes <= windowBytes {
			w.bytes.Add(bytes)
			return nil
		}
		select {
		case <-w.freed:
		case <-ctx.Done():
			<-w.slots
			return ctx.Err()
		}
	}
}

// leave gives a record's room back.
func (w *window) leave(bytes int64) {
	w.bytes.Add(-bytes)
	<-w.slots
	select {
	case w.freed <- struct{}{}:
	default:
	}
}
