package client

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// newTransport returns the one transport of all workers. Redirects are nobody's
// business here: a RoundTripper hands them back as they are.
func newTransport(base *url.URL, workers int) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if base.Scheme == "http" {
		dialer.ControlContext = loopbackOnly
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			ClientSessionCache: tls.NewLRUClientSessionCache(workers),
		},
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		// A connection for each worker stays open between its requests, and a
		// few for the reads beside them. How many are opened is bounded by the
		// callers, who have no more requests in flight than workers; a bound
		// here would only make HTTP/2 wait at the server's stream limit instead
		// of opening a second connection.
		MaxIdleConns:        0,
		MaxIdleConnsPerHost: workers + 4,
		// Under the 60 s after which common load balancers hang up, so that it
		// is mostly we who close.
		IdleConnTimeout:        55 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		// Packed answers are unpacked in this package, where their unpacked
		// size is bounded too.
		DisableCompression: true,
		HTTP2: &http.HTTP2Config{
			// All requests share one connection: that it died in silence must
			// show before each of them has waited for its timeout.
			SendPingTimeout: 10 * time.Second,
			PingTimeout:     10 * time.Second,
		},
	}
}

// proxyError is the status of a proxy that doesn't connect us. The library's own
// error has the status line's text alone.
type proxyError int

func (e proxyError) Error() string { return "it answered " + statusText(int(e)) }

func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return proxyError(answer.StatusCode)
}

var errNotLoopback = errors.New("plain http to a host that is not this machine")

// loopbackOnly refuses a connection that would carry the token in plain text
// out of this machine, wherever the name localhost may point to.
func loopbackOnly(_ context.Context, _, address string, _ syscall.RawConn) error {
	if ap, err := netip.ParseAddrPort(address); err != nil || !ap.Addr().Unmap().IsLoopback() {
		return errNotLoopback
	}
	return nil
}
