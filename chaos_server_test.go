package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// chaosServer serves a CRM and can be away for a while.
type chaosServer struct {
	crm     *sandbox.CRM
	address string

	certificate *tls.Certificate // nil: no TLS
	http2       bool
	cut         float64 // share of the connections that break
	rng         *rand.Rand

	mu       sync.Mutex
	arrived  int64
	underWay map[int64]bool // requests, by their number
	changed  *sync.Cond

	http    *http.Server
	serving sync.WaitGroup
}

func newChaosServer(crm *sandbox.CRM) *chaosServer {
	s := &chaosServer{crm: crm, underWay: make(map[int64]bool)}
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
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	if s.cut > 0 {
		listener = &cuttingListener{Listener: listener, share: s.cut, rng: s.rng}
	}
	if s.certificate == nil {
		s.serving.Go(func() { _ = s.http.Serve(listener) })
		return nil
	}
	s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*s.certificate}, MinVersion: tls.VersionTLS12}
	s.http.Protocols = new(http.Protocols)
	s.http.Protocols.SetHTTP1(!s.http2)
	s.http.Protocols.SetHTTP2(s.http2)
	s.serving.Go(func() { _ = s.http.ServeTLS(listener, "", "") })
	return nil
}

// url is where the program finds it.
func (s *chaosServer) url() string {
	if s.certificate == nil {
		return "http://" + s.address + "/v2"
	}
	return "https://" + s.address + "/v2"
}

func (s *chaosServer) close() {
	_ = s.http.Close()
	s.serving.Wait()
}

func (s *chaosServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number := s.arrives()
	defer s.leaves(number)
	s.crm.ServeHTTP(w, r)
}

func (s *chaosServer) arrives() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived++
	s.underWay[s.arrived] = true
	s.changed.Broadcast()
	return s.arrived
}

func (s *chaosServer) leaves(number int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.underWay, number)
	s.changed.Broadcast()
}

// cuttingListener has some connections break: a few in the middle of the handshake of
// TLS, the others later.
type cuttingListener struct {
	net.Listener
	share float64
	rng   *rand.Rand
}

func (l *cuttingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil || !chance(l.rng, l.share) {
		return conn, err
	}
	bytes := int64(l.rng.ExpFloat64() * 50_000)
	if chance(l.rng, 0.2) {
		bytes = l.rng.Int64N(3000)
	}
	cut := &cutConn{Conn: conn}
	cut.left.Store(bytes)
	return cut, nil
}

// cutConn breaks when so many bytes went through it, either way.
type cutConn struct {
	net.Conn
	left atomic.Int64
}

func (c *cutConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, c.went(n, err)
}

func (c *cutConn) Write(b []byte) (int, error) {
	if left := c.left.Load(); int64(len(b)) > left { // a part of it arrives
		n, err := c.Conn.Write(b[:max(0, left)])
		return n, c.went(len(b), err)
	}
	n, err := c.Conn.Write(b)
	return n, c.went(n, err)
}

func (c *cutConn) went(n int, err error) error {
	if c.left.Add(-int64(n)) >= 0 || err != nil {
		return err
	}
	return errors.Join(net.ErrClosed, c.Conn.Close())
}

func (s *chaosServer) requests() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived
}

// quiet waits until no request is under way of those that have arrived.
func (s *chaosServer) quiet(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.changed.Broadcast)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for number := range maps.Clone(s.underWay) {
		for s.underWay[number] && ctx.Err() == nil {
			s.changed.Wait()
		}
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
