// Package client speaks the CRM's API: it asserts records, reads objects,
// members and record lists, and says for each answer what it came to. It makes
// one attempt a call and classifies it; when to send, whether to try again and
// what becomes of a refused record is left to its callers.
//
// The token is sent with every request and appears nowhere else: not in
// results, errors, or whatever fmt and slog make of the values of this package.
//
// [Client.Assert] (assert.go) has a way of its own, for speed: answer.go reads what
// it answers, failure.go says what a request came to that was not answered. All that
// reads goes through read.go; list.go follows pages, whose form no page of the
// documentation tells. What a refusal means is in refusal.go, how it is told in
// message.go, and what servers say of their limits in limits.go and ratelimit.go.
package client

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// DefaultBaseURL is the CRM's own address [authentication].
const DefaultBaseURL = "https://api.zeeg.me/v2"

const (
	defaultTimeout = 30 * time.Second
	defaultWorkers = 64
)

// Options says which CRM to talk to, and how. Printing it never shows the token.
type Options struct {
	BaseURL   string        // "" is DefaultBaseURL; https, or http for a loopback host
	Token     string        `json:"-"` // the API token, without "Bearer"
	UserAgent string        // "" is "crmsync"
	Workers   int           // most requests in flight, which the connection pool is made for; 0 is 64
	Timeout   time.Duration // for one request, from dialing to the answer's last byte; 0 is 30 s

	// ObjectsCommand lists the CRM's objects, for hints; "" is crmsync objects
	// alone.
	ObjectsCommand string

	// Transport carries the requests, in tests and for the sandbox within the
	// process. It must keep http.RoundTripper's promise not to change a
	// request: headers are shared by all of them. nil is the package's own.
	Transport http.RoundTripper

	// Now is the clock that dates in headers and latencies are measured
	// against; nil is time.Now.
	Now func() time.Time
}

// Client talks to one CRM with one token. It is safe for concurrent use.
//
// What holds the token sits behind a function: fmt follows pointers when the
// verb doesn't fit, and calls no Format method on an unexported field.
type Client struct {
	base    *url.URL // no trailing slash
	private func() *private
	rt      http.RoundTripper
	timeout time.Duration
	now     func() time.Time
	objects string       // the command that lists them
	http1   *atomic.Bool // an answer came over HTTP/1
}

// private is what knows the token.
type private struct {
	assert, read http.Header // of every request
	redact       *redactor
	targets      targets
}

// New checks the options and returns a client; it sends nothing. Its errors are
// of type *OptionError and never hold the token.
func New(o Options) (*Client, error) {
	base, err := parseBaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if err := checkToken(o.Token); err != nil {
		return nil, err
	}
	agent, err := userAgent(o.UserAgent)
	if err != nil {
		return nil, err
	}
	if o.Workers < 0 {
		return nil, &OptionError{Option: "workers", Problem: fmt.Sprintf("%d is not a number of workers", o.Workers)}
	}
	if o.Timeout < 0 {
		return nil, &OptionError{Option: "timeout", Problem: fmt.Sprintf("%s is no time to wait", o.Timeout)}
	}
	c := &Client{
		base:    base,
		private: newPrivate(o.Token, agent),
		rt:      o.Transport,
		timeout: o.Timeout,
		now:     o.Now,
		objects: cmp.Or(o.ObjectsCommand, "crmsync objects"),
		http1:   new(atomic.Bool),
	}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.rt == nil {
		if err := checkProxy(base); err != nil {
			return nil, err
		}
		c.rt = newTransport(base, orDefault(o.Workers, defaultWorkers))
	}
	return c, nil
}

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return n
}

func newPrivate(token, agent string) func() *private {
	read := http.Header{
		"Accept":          {"application/json"},
		"Accept-Encoding": {"gzip"}, // lists and schemas are long and repetitive
		"Authorization":   {"Bearer " + token},
		"User-Agent":      {agent},
	}
	assert := read.Clone()
	assert["Content-Type"] = []string{"application/json"}
	// An assert's answer is a few hundred bytes: to pack and unpack it costs
	// more than it saves.
	delete(assert, "Accept-Encoding")
	// net/http resends a request when the server closed an idle connection
	// under it, but a PUT only with this entry. With no value it isn't sent.
	// [assert-a-crm-record] says that asserting the same again is safe.
	assert["Idempotency-Key"] = nil
	p := &private{assert: assert, read: read, redact: newRedactor(token)}
	p.targets.byName = map[targetName]*http.Request{}
	return func() *private { return p }
}

// CloseIdle closes the connections that no request is using. The client stays
// usable.
func (c *Client) CloseIdle() {
	if t, ok := c.rt.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// BaseURL is the address in use, without a trailing slash.
func (c *Client) BaseURL() string { return c.base.String() }

// String names the client by its base URL.
func (c Client) String() string {
	if c.base == nil {
		return "client without a base URL"
	}
	return "client of " + c.base.String()
}

// Format prints what String says, whatever the verb, so that no %#v reaches the
// token.
func (c Client) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue is what slog shows of the client.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String shows the options without the token.
func (o Options) String() string {
	token := "none"
	if o.Token != "" {
		token = redacted
	}
	base := o.BaseURL
	if u, err := url.Parse(base); err != nil || u.User != nil {
		base = "(not shown)" // a password may stand in it
	}
	return fmt.Sprintf("base URL %s, token %s, workers %d, timeout %s", base, token, o.Workers, o.Timeout)
}

// Format prints what String says, whatever the verb.
func (o Options) Format(f fmt.State, _ rune) { fmt.Fprint(f, o.String()) }

// LogValue is what slog shows of the options.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }
