package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// chaosServer serves a CRM and can be away for a while.
type chaosServer struct {
	crm     *sandbox.CRM
	address string

	mu       sync.Mutex
	arrived  int64
	underWay int
	changed  *sync.Cond

	http    *http.Server
	serving sync.WaitGroup
}

func newChaosServer(crm *sandbox.CRM) *chaosServer {
	s := &chaosServer{crm: crm}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// listen opens the server. Its port may be somebody else's for a moment.
func (s *chaosServer) listen(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	listener, err := net.Listen("tcp", address)
	for err != nil {
		if !pause(ctx, 10*time.Millisecond) {
			return err
		}
		listener, err = net.Listen("tcp", address)
	}
	if s.address == "" { // a restart keeps it, while others read it
		s.address = listener.Addr().String()
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	s.serving.Go(func() { _ = s.http.Serve(listener) })
	return nil
}

func (s *chaosServer) close() {
	_ = s.http.Close()
	s.serving.Wait()
}

func (s *chaosServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.count(1, 1)
	defer s.count(0, -1)
	s.crm.ServeHTTP(w, r)
}

func (s *chaosServer) count(arrived int64, underWay int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived += arrived
	s.underWay += underWay
	s.changed.Broadcast()
}

func (s *chaosServer) requests() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived
}

// quiet waits until no request is under way.
func (s *chaosServer) quiet(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.changed.Broadcast)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.underWay > 0 && ctx.Err() == nil {
		s.changed.Wait()
	}
	return ctx.Err()
}

// send waits until the signal is due, sends it, and says what it sent: nothing
// if the process was over before.
func (s *chaosServer) send(signal *chaosSignal, process *os.Process, over <-chan struct{}) (sent []syscall.Signal) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-over:
			cancel()
		case <-ctx.Done():
		}
	}()
	if signal.requests == 0 {
		pause(ctx, signal.after)
	} else {
		s.await(ctx, s.requests()+int64(signal.requests))
	}
	for _, what := range signal.sends {
		if ctx.Err() != nil || process.Signal(what) != nil {
			return sent
		}
		sent = append(sent, what)
	}
	return sent
}

// await waits until so many requests have come in all.
func (s *chaosServer) await(ctx context.Context, requests int64) {
	defer context.AfterFunc(ctx, s.changed.Broadcast)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.arrived < requests && ctx.Err() == nil {
		s.changed.Wait()
	}
}
