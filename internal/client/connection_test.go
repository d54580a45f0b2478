package client

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a server that does on each connection what its script says, one
// step a request; the last script serves all further connections.
type scripted struct {
	url      string
	requests atomic.Int64
	conns    atomic.Int64
}

const accepted = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"

func serve(t *testing.T, scripts ...[]string) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{url: "http://" + l.Addr().String()}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			n := int(s.conns.Add(1))
			wg.Go(func() {
				defer conn.Close()
				s.play(conn, scripts[min(n, len(scripts))-1], stop)
			})
		}
	})
	t.Cleanup(func() {
		close(stop)
		_ = l.Close()
		wg.Wait()
	})
	return s
}

func (s *scripted) play(conn net.Conn, script []string, stop chan struct{}) {
	r := bufio.NewReader(conn)
	for _, step := range script {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		s.requests.Add(1)
		switch step {
		case "close":
			return
		case "reset":
			_ = conn.(*net.TCPConn).SetLinger(0)
			return
		case "hang":
			<-stop
			return
		default:
			_, _ = io.WriteString(conn, step)
		}
	}
	if script[len(script)-1] == accepted {
		// Keep the connection open until the client lets go of it.
		_, _ = r.Peek(1)
	}
}

func TestAConnectionThatWasClosedWhileIdleIsReplacedOnce(t *testing.T) {
	for _, tt := range []struct {
		name     string
		scripts  [][]string
		want     []Outcome
		requests int64
	}{
		{"closed under the second request", [][]string{{accepted, "close"}, {accepted}}, []Outcome{Created, Created}, 3},
		{"reset under the second request", [][]string{{accepted, "reset"}, {accepted}}, []Outcome{Created, Created}, 3},
		{"a new connection that closes is a failure", [][]string{{"close"}, {accepted}}, []Outcome{Retryable, Created}, 2},
		{"a new connection that resets is a failure", [][]string{{"reset"}, {accepted}}, []Outcome{Retryable, Created}, 2},
		{"the second try closes too", [][]string{{accepted, "close"}, {"close"}, {accepted}}, []Outcome{Created, Retryable, Created}, 4},
		{"an answer that began is not asked for again", [][]string{{accepted, "HTTP/1.1 201 Cre"}, {accepted}}, []Outcome{Created, Retryable}, 2},
		{"a server that announces the end", [][]string{{"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"}, {accepted}}, []Outcome{Created, Created}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.scripts...)
			c := clientOf(t, s.url, Options{})
			defer c.CloseIdle()
			for i, want := range tt.want {
				if r := c.Assert(t.Context(), "products", "sku", []byte(`{"sku":"A"}`)); r.Outcome != want {
					t.Errorf("assert %d: %+v", i+1, r)
				}
			}
			if n := s.requests.Load(); n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
		})
	}
}

func TestManyStaleConnectionsCostARecordOneRepetition(t *testing.T) {
	// Two connections are idle and dead; the record must not try them both and
	// then a third.
	var both sync.WaitGroup
	both.Add(2)
	var seen sync.Map
	var requests atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		requests.Add(1)
		if _, again := seen.LoadOrStore(r.RemoteAddr, true); again {
			panic(http.ErrAbortHandler)
		}
		both.Done()
		both.Wait()
	}))
	defer srv.Close()
	c := clientOf(t, srv.URL, Options{})
	defer c.CloseIdle()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { c.Assert(t.Context(), "products", "sku", []byte(`{"a":1}`)) })
	}
	wg.Wait()
	r := c.Assert(t.Context(), "products", "sku", []byte(`{"a":1}`))
	if r.Outcome != Retryable || r.Message != "the connection to "+strings.TrimPrefix(srv.URL, "http://")+" was lost before there was an answer" {
		t.Errorf("%+v", r)
	}
	if n := requests.Load(); n != 4 {
		t.Errorf("%d requests, want 2 and then 2", n)
	}
}

func TestAnswersThatBreakOff(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		want         Outcome
		message      string
	}{
		{"a 201 with half a body", "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"success\":true,", Created, ""},
		{"a chunked 200 with half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"succ", Updated, ""},
		{"a chunked 200 with a broken chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Updated, ""},
		{"a 400 with half a message", "HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{\"message\":\"bad\",", Rejected, "bad"},
		{"a header that breaks off", "HTTP/1.1 201 Created\r\nContent-Length: 10\r\n", Retryable, "the connection to HOST was lost before there was an answer"},
		{"a header line that breaks off", "HTTP/1.1 201 Created\r\nContent-Le", Retryable, "what HOST sent is not an HTTP answer"},
		{"no HTTP at all", "220 mail.example ESMTP\r\n", Retryable, "what HOST sent is not an HTTP answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, []string{tt.answer})
			c := clientOf(t, s.url, Options{})
			defer c.CloseIdle()
			r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
			want := strings.ReplaceAll(tt.message, "HOST", strings.TrimPrefix(s.url, "http://"))
			if r.Outcome != tt.want || r.Message != want {
				t.Errorf("%+v, want message %q", r, want)
			}
		})
	}
}

// piped is a client whose connections are pipes, for a bubble with its own time.
func piped(t *testing.T, serve func(net.Conn)) *Client {
	c := clientOf(t, "http://127.0.0.1", Options{})
	rt := c.rt.(*http.Transport)
	rt.DialContext = pipeTo(serve)
	return c
}

func TestASilentServerIsGivenUpAfterTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		defer c.CloseIdle()
		start := time.Now()
		r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
		if r.Outcome != Retryable || r.Message != "no answer within 30s" || r.Latency != 30*time.Second || time.Since(start) != 30*time.Second {
			t.Errorf("%+v after %s", r, time.Since(start))
		}
		_, err := c.Object(t.Context(), "products")
		var e *Error
		if !errors.As(err, &e) || !e.Retryable || e.Error() != "reading the object products: no answer within 30s" {
			t.Errorf("a read gave %v", err)
		}
	})
}

func TestABodyThatNeverEndsIsGivenUpAfterTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, func(conn net.Conn) {
			defer conn.Close()
			r := bufio.NewReader(conn)
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			_, _ = io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{\"success\":true,\"record\":{\"id\":\"r1\"")
			_, _ = r.Peek(1)
		})
		defer c.CloseIdle()
		if r := c.Assert(t.Context(), "products", "sku", []byte(`{}`)); r.Outcome != Created || r.RecordID != "r1" || r.Latency != 30*time.Second {
			t.Errorf("%+v", r)
		}
		_, err := c.Object(t.Context(), "products")
		var e *Error
		if !errors.As(err, &e) || !e.Retryable || e.Message != "the answer was not complete within 30s" {
			t.Errorf("a read gave %v", err)
		}
	})
}

func TestASilentConnectionTakesTheIdleOnesWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialed atomic.Int64
		var both sync.WaitGroup
		both.Add(2)
		c := piped(t, func(conn net.Conn) {
			first := dialed.Add(1) <= 2
			r := bufio.NewReader(conn)
			for {
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, req.Body)
				if first {
					both.Done()
					both.Wait() // so that there are two connections
				}
				_, _ = io.WriteString(conn, accepted)
				if first {
					_, _ = io.Copy(io.Discard, conn) // silent from now on
					return
				}
			}
		})
		defer c.CloseIdle()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { c.Assert(t.Context(), "products", "sku", []byte(`{}`)) })
		}
		wg.Wait()
		synctest.Wait()
		for i, want := range []Outcome{Retryable, Created, Created} {
			if r := c.Assert(t.Context(), "products", "sku", []byte(`{}`)); r.Outcome != want {
				t.Errorf("assert %d: %+v", i+1, r)
			}
		}
		if n := dialed.Load(); n != 3 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestConnectionsThatCannotBeMade(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tt := range []struct {
		name    string
		err     error
		want    Outcome
		message string
	}{
		{"refused", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), Retryable, "no connection to crm.example: connection refused"},
		{"more than may be open", dial(os.NewSyscallError("socket", syscall.EMFILE)), Retryable, "no connection to crm.example: too many open files"},
		{"no route", dial(os.NewSyscallError("connect", syscall.ENETUNREACH)), Retryable, "no connection to crm.example: network is unreachable"},
		{"unknown host", dial(&net.DNSError{Name: "crm.example", IsNotFound: true}), Retryable,
			"the host crm.example is not known (DNS)"},
		{"no name server", dial(&net.DNSError{Name: "crm.example", IsTimeout: true}), Retryable, "the name server doesn't answer for the host crm.example"},
		{"dial timeout", dial(os.ErrDeadlineExceeded), Retryable, "no connection to crm.example: it doesn't answer"},
		{"through the proxy", &net.OpError{Op: "proxyconnect", Err: dial(syscall.ECONNREFUSED)}, Retryable,
			"no connection to crm.example through the proxy: connection refused"},
		{"a certificate for another name", &tls.CertificateVerificationError{Err: x509.HostnameError{}}, Fatal, "the certificate of crm.example is made out to another name"},
		{"an expired certificate", &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, Fatal,
			"the certificate of crm.example has expired or is not valid yet"},
		{"a certificate of nobody", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, Fatal,
			"the certificate of crm.example is signed by an authority that this machine doesn't know"},
		{"another fault of a certificate", &tls.CertificateVerificationError{Err: errors.New("x")}, Fatal, "the certificate of crm.example can't be verified"},
		{"a handshake that the server ends", &net.OpError{Op: "remote error", Err: tls.AlertError(40)}, Retryable, "crm.example broke off the TLS handshake: tls: handshake failure"},
		{"plain text where TLS was expected", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, Fatal, "crm.example doesn't speak HTTPS"},
		{"a stream that HTTP/2 ends", errors.New("stream error: stream ID 7; INTERNAL_ERROR; received from peer"), Retryable,
			"the connection to crm.example was lost before there was an answer"},
		{"an HTTP/2 server that goes away", errors.New("http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug=\"\""), Retryable,
			"the connection to crm.example was lost before there was an answer"},
		{"a long header over HTTP/2", errors.New("http2: response header list larger than advertised limit"), Retryable, "the header of what crm.example sent is too long"},
		{"anything else, with the token in it", fmt.Errorf("odd\n%s", testToken), Retryable, "the request to crm.example failed: odd [token]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clientOf(t, "https://crm.example", Options{Transport: &fixed{err: tt.err}})
			r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
			if r.Outcome != tt.want || r.Message != tt.message || r.Status != 0 {
				t.Errorf("%+v", r)
			}
			if r.Hint == "" || errors.Is(tt.err, syscall.EMFILE) != strings.Contains(r.Hint, "ulimit -n") {
				t.Errorf("hint %q", r.Hint)
			}
		})
	}
}

func TestACertificateOfAnUnknownAuthorityEndsTheRun(t *testing.T) {
	srv := httptest.NewUnstartedServer(answerWith(201, ""))
	srv.Config.ErrorLog = discardLog()
	srv.StartTLS()
	defer srv.Close()
	c := clientOf(t, srv.URL, Options{})
	defer c.CloseIdle()
	r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
	if r.Outcome != Fatal || !strings.Contains(r.Hint, "SSL_CERT_FILE") {
		t.Errorf("%+v", r)
	}
}

func TestAServerWithoutTLSEndsTheRun(t *testing.T) {
	srv := httptest.NewUnstartedServer(answerWith(201, ""))
	srv.Config.ErrorLog = discardLog()
	srv.Start()
	defer srv.Close()
	c := clientOf(t, strings.Replace(srv.URL, "http:", "https:", 1), Options{})
	defer c.CloseIdle()
	r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
	if r.Outcome != Fatal || !strings.HasSuffix(r.Message, " doesn't speak HTTPS") {
		t.Errorf("%+v", r)
	}
}

func TestAClosedPortIsRetried(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	c := clientOf(t, "http://"+l.Addr().String(), Options{})
	r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
	if r.Outcome != Retryable || r.Message != "no connection to "+l.Addr().String()+": connection refused" {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(r.Hint, "crmsync sandbox") {
		t.Errorf("hint %q", r.Hint)
	}
}

func TestPlainTextLeavesThisMachineByNoName(t *testing.T) {
	for address, want := range map[string]error{
		"127.0.0.1:80": nil, "127.9.9.9:80": nil, "[::1]:80": nil, "[::ffff:127.0.0.1]:80": nil,
		"10.0.0.1:80": errNotLoopback, "[2001:db8::1]:80": errNotLoopback, "localhost:80": errNotLoopback, "": errNotLoopback,
	} {
		if err := loopbackOnly(t.Context(), "tcp", address, nil); err != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	u, _ := parseBaseURL("http://localhost:1")
	rt := newTransport(u, 1)
	if _, err := rt.DialContext(t.Context(), "tcp", "192.0.2.1:9"); !errors.Is(err, errNotLoopback) {
		t.Errorf("dialing gave %v", err)
	}
}
