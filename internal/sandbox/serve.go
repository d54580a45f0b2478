package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ending is what happens to the connection instead of a plain answer.
type ending int

const (
	endAnswered  ending = iota
	endReset            // the connection is reset, there is no answer
	endHang             // nothing happens until the client gives up
	endTruncated        // the body is cut off in the middle
)

// reply is the answer to one request. The body belongs to the scratch.
type reply struct {
	status int
	kind   string // of the body; "" is JSON
	header http.Header
	body   []byte
	ending ending
}

// ServeHTTP answers one request, over the network.
func (c *CRM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := c.pool.Get().(*scratch)
	defer func() { s.reset(); c.pool.Put(s) }()
	answer := c.handle(r, s)
	switch answer.ending {
	case endHang:
		_ = sleep(r.Context(), c.faults.hangFor())
		reset(w)
	case endReset:
		reset(w)
	}
	c.compress(r, &answer)
	h := w.Header()
	for name, values := range answer.header {
		h[name] = values
	}
	if len(answer.body) > 0 {
		h["Content-Type"] = contentType(answer.kind)
	}
	h["Content-Length"] = []string{strconv.Itoa(len(answer.body))}
	w.WriteHeader(answer.status)
	if answer.ending == endTruncated {
		_, _ = w.Write(answer.body[:len(answer.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(answer.body) // a client that is gone is no concern of the CRM
}

// reset ends the connection as a crash would: no answer, and over TCP a reset.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2, or no connection at all
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	panic(http.ErrAbortHandler)
}

// RoundTrip answers one request without a network, so that an *http.Client can
// use the CRM as its Transport. Faults of the connection are errors, as a real
// transport gives them.
func (c *CRM) RoundTrip(r *http.Request) (*http.Response, error) {
	s := c.pool.Get().(*scratch)
	defer func() { s.reset(); c.pool.Put(s) }()
	if r.Body != nil {
		defer r.Body.Close()
	}
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	answer := c.handle(r, s)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch answer.ending {
	case endHang:
		if err := sleep(ctx, c.faults.hangFor()); err != nil {
			return nil, err
		}
		return nil, errReset()
	case endReset:
		return nil, errReset()
	}
	c.compress(r, &answer)
	h := answer.header
	if h == nil {
		h = make(http.Header, 2)
	}
	if len(answer.body) > 0 {
		h["Content-Type"] = contentType(answer.kind)
	}
	h["Content-Length"] = []string{strconv.Itoa(len(answer.body))}
	body := io.Reader(bytes.NewReader(bytes.Clone(answer.body)))
	if answer.ending == endTruncated {
		body = io.MultiReader(io.LimitReader(body, int64(len(answer.body)/2)), cutOff{})
	}
	return &http.Response{
		Status:     strconv.Itoa(answer.status) + " " + http.StatusText(answer.status),
		StatusCode: answer.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(body), ContentLength: int64(len(answer.body)), Request: r,
	}, nil
}

func errReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// cutOff is the end of a body whose connection was lost.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func contentType(kind string) []string {
	if kind != "" {
		return []string{kind}
	}
	return []string{"application/json"}
}

// compress packs the answer for a client that takes gzip, where the quirk is on.
func (c *CRM) compress(r *http.Request, answer *reply) {
	if !c.quirks.Gzip || len(answer.body) == 0 || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(answer.body)
	_ = z.Close() // a bytes.Buffer takes everything
	answer.set("Content-Encoding", "gzip")
	answer.body = packed.Bytes()
}

func (r *reply) set(name, value string) {
	if r.header == nil {
		r.header = make(http.Header)
	}
	r.header.Set(name, value)
}

// shutdownGrace is how long requests under way may take when Serve ends.
const shutdownGrace = 2 * time.Second

// Serve answers requests on the listener until the context ends, then lets the
// requests under way finish for two seconds, closes everything and returns nil.
// It takes a loopback listener only: a sandbox has no secrets worth their name,
// and whatever is pushed to it may be personal.
func (c *CRM) Serve(ctx context.Context, l net.Listener) error {
	if host, _, err := net.SplitHostPort(l.Addr().String()); err != nil || !net.ParseIP(host).IsLoopback() {
		_ = l.Close()
		return fmt.Errorf("serving the sandbox on %s: it is served on loopback only", l.Addr())
	}
	requests, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	var work underWay
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if work.begin() {
				defer work.all.Done()
				c.ServeHTTP(w, r)
			}
		}),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ErrorLog:          log.New(io.Discard, "", 0),
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       c.opts.IdleTimeout,
	}
	if server.IdleTimeout == 0 {
		server.IdleTimeout = 2 * time.Minute
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving the sandbox: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if server.Shutdown(grace) != nil {
		abandon()
		_ = server.Close() // what it can't close cleanly is closed all the same
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the sandbox: %w", err)
	}
	work.end()
	return nil
}

// underWay waits for handlers, which http.Server.Close does not.
type underWay struct {
	mu    sync.Mutex
	ended bool
	all   sync.WaitGroup
}

// begin counts a handler in, unless it comes after the end.
func (u *underWay) begin() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.ended {
		u.all.Add(1)
	}
	return !u.ended
}

// end keeps new handlers out and waits for the others.
func (u *underWay) end() {
	u.mu.Lock()
	u.ended = true
	u.mu.Unlock()
	u.all.Wait()
}

// sleep waits for d or the context's end, whose error it gives.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
