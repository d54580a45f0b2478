package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/crmsync/crmsync/internal/durable"
)

// failure is what a request without an answer came to. Its text is our own: the
// library's could hold whatever a server or proxy setting puts in.
type failure struct {
	outcome Outcome
	message string
	hint    string
}

const (
	hintBaseURL   = "check the base URL (--base-url): the CRM's own is " + DefaultBaseURL
	hintToken     = "make a token under Account Settings > API and put it in CRMSYNC_TOKEN or a file for --token-file"
	hintNetwork   = "is there a network, and does a firewall let this machine out? Then " + hintBaseURL
	hintRefused   = "nothing listens at this address: " + hintBaseURL
	hintNoSandbox = "nothing listens at this address of this machine: crmsync sandbox starts a CRM to try things on; otherwise " + hintBaseURL
	hintNoHTTP    = "something between this machine and the CRM may be at fault, as a proxy, a VPN or a firewall; else " + hintBaseURL
	hintSlow      = "if the CRM is slow, allow it more time with --timeout; else " + hintNetwork
	hintProxy     = "check the proxy in HTTPS_PROXY: the right form is http://user:password@host:port"
	hintCert      = "if a company proxy or an own CA signs the connection, add its certificate to this system's, or on Linux name its file in SSL_CERT_FILE"
	hintClock     = "check this machine's clock and the server's certificate"
)

// classify tells the kinds of transport errors apart. ctx is the caller's,
// reqCtx the request's with its timeout.
func (c *Client) classify(ctx, reqCtx context.Context, err error) failure {
	if ctx.Err() != nil {
		return failure{outcome: Cancelled, message: "cancelled before there was an answer"}
	}
	if errors.Is(reqCtx.Err(), context.DeadlineExceeded) {
		// Silence is what a connection gives that died while the machine slept
		// or changed its network; then the idle ones are dead too, and each
		// would cost another record its timeout.
		c.CloseIdle()
		return failure{outcome: Retryable, message: fmt.Sprintf("no answer within %s", c.timeout), hint: hintSlow}
	}
	host := c.base.Host
	if f, ok := classifyTLS(host, err); ok {
		return f
	}
	if f, ok := classifyDial(host, err); ok {
		return f
	}
	retry := func(format string, args ...any) failure {
		return failure{outcome: Retryable, message: fmt.Sprintf(format, args...), hint: hintNoHTTP}
	}
	var timeout net.Error
	text := err.Error() // of most of these the library has no type
	says := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case errors.Is(err, errResentOnce), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return retry("the connection to %s was lost before there was an answer", host)
	case errors.As(err, &timeout) && timeout.Timeout():
		return retry("%s did not answer in time", host)
	case says("response headers exceeded"), says("header list larger"):
		return retry("the header of what %s sent is too long", host)
	case says("multiple Content-Length"):
		return retry("what %s sent says of itself that it is of several lengths", host)
	case says("stream error: "), says("connection error: "), says("http2: "):
		return retry("the connection to %s was lost before there was an answer", host)
	case says("malformed "), says("transport connection broken: "): // status line or header
		return retry("what %s sent is not an HTTP answer", host)
	}
	return retry("the request to %s failed: %s", host, err)
}

// classifyTLS finds what is wrong with the encryption: a certificate that
// nobody vouches for doesn't heal, a handshake that broke off may.
func classifyTLS(host string, err error) (failure, bool) {
	var (
		verify  *tls.CertificateVerificationError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		roots   x509.SystemRootsError
		record  tls.RecordHeaderError
		remote  *net.OpError
	)
	fatal := func(hint, format string, args ...any) (failure, bool) {
		return failure{outcome: Fatal, message: fmt.Sprintf(format, args...), hint: hint}, true
	}
	switch {
	case errors.As(err, &name):
		return fatal(hintBaseURL, "the certificate of %s is made out to another name", host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fatal(hintClock, "the certificate of %s has expired or is not valid yet", host)
	case errors.As(err, &unknown):
		return fatal(hintCert, "the certificate of %s is signed by an authority that this machine doesn't know", host)
	case errors.As(err, &roots):
		return fatal("install the ca-certificates of this system or name a file in SSL_CERT_FILE",
			"this machine has no certificates to check %s with", host)
	case errors.As(err, &verify), errors.As(err, &invalid):
		return fatal(hintCert, "the certificate of %s can't be verified", host)
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return fatal(hintBaseURL, "%s doesn't speak HTTPS", host)
	case errors.Is(err, errNotLoopback):
		return fatal("use https://", "%s is not this machine, and http:// would send the token in plain text", host)
	case errors.As(err, &remote) && remote.Op == "remote error":
		return failure{outcome: Retryable, message: fmt.Sprintf("%s broke off the TLS handshake: %s", host, remote.Err), hint: hintNoHTTP}, true
	}
	return failure{}, false
}

// classifyDial finds why there is no connection. All of it may heal (a laptop
// loses its network), but for a proxy that refuses.
func classifyDial(host string, err error) (failure, bool) {
	retry := func(hint, format string, args ...any) (failure, bool) {
		return failure{outcome: Retryable, message: fmt.Sprintf(format, args...), hint: hint}, true
	}
	var refused proxyError
	if errors.As(err, &refused) {
		f, _ := retry(hintProxy, "no connection to %s through the proxy: %s", host, refused)
		if refused == http.StatusProxyAuthRequired {
			f.message = "the proxy wants a user name and password"
		}
		if byStatus(int(refused)) != Retryable {
			f.outcome = Fatal
		}
		return f, true
	}
	var op *net.OpError
	isOp := errors.As(err, &op)
	if isOp && op.Op == "proxyconnect" {
		return retry(hintProxy, "no connection to %s through the proxy: %s", host, rootCause(op.Err))
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		if dns.IsNotFound {
			return retry(hintNetwork, "the host %s is not known (DNS)", dns.Name)
		}
		return retry(hintNetwork, "the name server doesn't answer for the host %s", dns.Name)
	}
	if isOp && op.Op == "dial" {
		if op.Timeout() {
			return retry(hintNetwork, "no connection to %s: it doesn't answer", host)
		}
		hint := hintNetwork
		switch name, _, err := net.SplitHostPort(host); {
		case durable.TooManyFiles(op.Err):
			hint = durable.HintFiles
		case !errors.Is(op.Err, syscall.ECONNREFUSED):
		case isLoopback(host) || err == nil && isLoopback(name):
			hint = hintNoSandbox
		default:
			hint = hintRefused
		}
		return retry(hint, "no connection to %s: %s", host, rootCause(op.Err))
	}
	return failure{}, false
}

// rootCause is the innermost error, where the system says what it was.
func rootCause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// scope is what a call needs of the token, for hints.
type scope string

const (
	scopeWrite scope = "crm:write"
	scopeRead  scope = "crm:read or crm:write"
	scopeUsers scope = "users:read"
)

// hint says what to do about a status that ends a run.
func (c *Client) hint(status int, s scope) string {
	switch {
	case status == 401:
		return "the token is wrong, expired or withdrawn: " + hintToken
	case status == 403 && s == scopeUsers:
		return "the token needs the scope " + string(s)
	case status == 403:
		return "the token needs the scope " + string(s) + ", and the workspace a plan with the CRM"
	case status == 404 && s == scopeUsers:
		return hintBaseURL
	case status == 404:
		return "`" + c.objects + "` lists the objects there are; if it fails too, check the base URL (--base-url)"
	case status == 429:
		return "the CRM takes no more requests for now: run the command again later, or allow it more time with --retries and --max-wait"
	case status == http.StatusSwitchingProtocols:
		return hintBaseURL
	case status >= 500, status < 100:
		return "the CRM is out of order for now: run the command again later, or allow it more time with --retries and --max-wait"
	case status >= 300 && status < 400:
		return "redirects are not followed, so that the token goes nowhere else; if the new address is the right one, set --base-url to it"
	}
	return ""
}
