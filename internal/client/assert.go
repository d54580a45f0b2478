package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

// Assert updates the record of object whose attribute match has the value that
// body holds for it, or creates one [assert-a-crm-record]. body is a JSON object
// and must not be changed afterwards: the connection may still be reading it
// when an early answer is in.
//
// It is one attempt. Only where the server closes an idle connection under the
// request, with no byte of an answer, it leaves once more at once: that is no
// fault of the record. The Result says what it came to:
//
//   - 201 is Created, every other 2xx Updated, even if its body can't be read.
//     A 2xx that says "success": false is Rejected; one that carries an HTML
//     page is Fatal, since what answered can't be the API.
//   - 101, 401, 403, 404 and 3xx are Fatal, as is a certificate that can't be
//     verified. Hint says what to do.
//   - 408, 425, 429 and every 5xx are Retryable, as are lost connections,
//     unknown hosts and timeouts. Other 4xx are Rejected.
//   - Cancelled is the end of ctx, be it cancelled or past its deadline.
func (c *Client) Assert(ctx context.Context, object, match string, body []byte) Result {
	start := c.now()
	r := c.assert(ctx, object, match, body)
	r.Latency = c.now().Sub(start)
	return r
}

func (c *Client) assert(ctx context.Context, object, match string, body []byte) Result {
	target, err := c.private().targets.get(c, object, match)
	if err != nil {
		return Result{Outcome: Fatal, Message: err.Error(), Limits: Limits{Remaining: -1}}
	}
	reqCtx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req := target.WithContext(reqCtx)
	newPayload(body, c.http1).attach(req)

	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		return c.unanswered(ctx, reqCtx, err)
	}
	if resp.ProtoMajor == 1 && !c.http1.Load() {
		c.http1.Store(true)
	}
	buf := getBuffer()
	defer putBuffer(buf)
	// An answer that breaks off is judged by its status and by what did arrive.
	_ = readBody(buf, resp)
	return c.answered(resp, buf.Bytes())
}

// targets holds a request to copy for each object and matching attribute, so
// that an assert escapes, joins and parses nothing.
type targets struct {
	mu     sync.RWMutex
	byName map[targetName]*http.Request
}

type targetName struct{ object, match string }

func (t *targets) get(c *Client, object, match string) (*http.Request, error) {
	name := targetName{object, match}
	t.mu.RLock()
	req := t.byName[name]
	t.mu.RUnlock()
	if req != nil {
		return req, nil
	}
	if match == "" {
		return nil, errors.New("no matching attribute was named")
	}
	u, err := c.url(url.Values{"matchingAttribute": {match}}, "crm", object)
	if err != nil {
		return nil, err
	}
	req = &http.Request{
		Method: http.MethodPut, URL: u, Host: u.Host, Header: c.private().assert,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	t.mu.Lock()
	t.byName[name] = req
	t.mu.Unlock()
	return req, nil
}

// url appends path segments, percent-encoded, to the base URL.
func (c *Client) url(query url.Values, segments ...string) (*url.URL, error) {
	var b strings.Builder
	b.WriteString(c.base.String())
	for _, s := range segments {
		switch s {
		case "":
			return nil, errors.New("no object was named")
		case ".", "..":
			// Escaping leaves dots alone, and servers would walk by them.
			return nil, errors.New(`"` + s + `" is not the name of an object`)
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	if len(query) > 0 {
		b.WriteByte('?')
		b.WriteString(query.Encode())
	}
	return url.Parse(b.String())
}

// payload is a request's body, which can be sent a second time, but only once.
//
// What net/http gets is a plain bytes.Reader: of a body that it doesn't know to
// be in memory it would send the header in a packet of its own.
type payload struct {
	body   []byte
	first  bytes.Reader  // of the first sending, part of the payload to save an allocation
	reader *bytes.Reader // the one that is sent now
	http1  *atomic.Bool  // the server was seen to speak HTTP/1
	resent bool          // a reader that was read from, so perhaps sent, was replaced
}

var errResentOnce = errors.New("the server closed the connection again")

func newPayload(body []byte, http1 *atomic.Bool) *payload {
	return &payload{body: body, http1: http1}
}

func (p *payload) attach(req *http.Request) {
	req.ContentLength = int64(len(p.body))
	if len(p.body) == 0 {
		req.Body = http.NoBody
		return
	}
	req.Body = p.next()
	req.GetBody = p.again
}

func (p *payload) next() io.ReadCloser {
	if p.reader == nil {
		p.first.Reset(p.body)
		p.reader = &p.first
	} else {
		p.reader = bytes.NewReader(p.body)
	}
	return io.NopCloser(p.reader)
}

// again is what net/http asks for before it resends a request, when nothing
// reads the last body any more. Over HTTP/1 a record could go out once for each
// stale connection in the pool, were there no bound. Over HTTP/2 net/http
// resends only what the server says it has not looked at, and has its own bound.
func (p *payload) again() (io.ReadCloser, error) {
	if p.http1.Load() && p.reader.Len() < len(p.body) {
		if p.resent {
			return nil, errResentOnce
		}
		p.resent = true
	}
	return p.next(), nil
}

// answered says what an answer came to: by its status, then by its body.
func (c *Client) answered(resp *http.Response, body []byte) Result {
	r := Result{Status: resp.StatusCode, Limits: c.limits(resp)}
	r.Outcome = byStatus(resp.StatusCode)
	if r.Outcome == Created || r.Outcome == Updated {
		c.accepted(&r, resp, body)
		return r
	}
	says := readRefusal(body, resp.Header)
	if !r.Limits.HasRetryAfter && says.hasRetryAfter && r.Outcome == Retryable {
		r.Limits.RetryAfter, r.Limits.HasRetryAfter = says.retryAfter, true
	}
	r.Message = c.message(resp, says, r.Outcome == Fatal)
	if r.Outcome == Fatal {
		r.Hint = c.hint(resp.StatusCode, scopeWrite)
	}
	return r
}

// accepted reads what a 2xx says beside its status.
func (c *Client) accepted(r *Result, resp *http.Response, body []byte) {
	if isHTML(body, resp.Header) {
		r.Outcome = Fatal
		r.Message = c.line(notTheAPI(resp))
		r.Hint = hintBaseURL
		return
	}
	a := readAnswer(body)
	if a.refused {
		r.Outcome = Rejected
		r.Message = c.message(resp, readRefusal(body, resp.Header), false)
		return
	}
	r.RecordID = a.id
}

// unanswered says what a request without an answer came to.
func (c *Client) unanswered(ctx, reqCtx context.Context, err error) Result {
	r := Result{Limits: Limits{Remaining: -1}}
	f := c.classify(ctx, reqCtx, err)
	r.Outcome, r.Message, r.Hint = f.outcome, c.line(f.message), f.hint
	return r
}

// byStatus is the reading of a status line for an assert [errors]. The page
// names 500 and the gateways' 502, 503 and 504 as transient; proxies have more
// of their kind (520 to 527, 529), so every 5xx is. A number that is no status,
// below 100 or from 600 on, is to be read as a 5xx (RFC 9110, section 15).
func byStatus(status int) Outcome {
	switch {
	case status < 100, status >= 500:
		return Retryable
	case status == http.StatusCreated:
		return Created
	case status >= 200 && status < 300:
		return Updated
	case status < 400, status == 401, status == 403, status == 404:
		return Fatal
	case status == 408, status == 425, status == 429:
		return Retryable
	}
	return Rejected
}
