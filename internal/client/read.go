package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of what a read takes in, unpacked. A list is streamed, so its bound is
// there for an endless answer; a schema is held in memory.
const (
	maxList   = 256 << 20
	maxSchema = 16 << 20
)

// Error is a read that failed.
type Error struct {
	Op        string // what was being done: "reading the object products"
	Status    int    // the HTTP status; 0 where no answer came
	Message   string // one clean line
	Retryable bool   // it may go well later; Limits may say when
	Limits    Limits

	hint  string
	cause error
}

// Error says what was being done and what went wrong, without the token.
func (e *Error) Error() string { return e.Op + ": " + e.Message }

// Hint says what to do about it; "" where nothing is known to help.
func (e *Error) Hint() string { return e.hint }

// Unwrap gives the cause where there is one beside the message: the context's
// error after a cancellation, or what a callback returned.
func (e *Error) Unwrap() error { return e.cause }

// call is one read.
type call struct {
	op    string
	scope scope
	url   *url.URL
	max   int64
}

// get makes one attempt to read and hands a body to decode only with a 2xx.
// Errors of decode come back as they are where they are an *Error or wrapped in
// a callbackError, else as an answer that can't be understood.
func (c *Client) get(ctx context.Context, q call, decode func(io.Reader) error) error {
	reqCtx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req := (&http.Request{
		Method: http.MethodGet, URL: q.url, Host: q.url.Host, Header: c.private().read,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(reqCtx)
	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		return c.readFailed(ctx, reqCtx, q, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		return c.readRefused(q, resp)
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	defer resp.Body.Close()
	err = c.decodeBody(q, resp, decode)
	if err == nil {
		// Let the connection be used again; what is left after the value that
		// was read is a line break at most.
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
		return nil
	}
	return c.readBroke(ctx, reqCtx, q, resp, err)
}

func (c *Client) decodeBody(q call, resp *http.Response, decode func(io.Reader) error) error {
	var body io.Reader = resp.Body
	if packed(resp) {
		z, err := unzip(resp.Body)
		if err != nil {
			return err
		}
		defer z.Close()
		body = z
	}
	text := bufio.NewReader(&bounded{r: body, left: q.max})
	if head, _ := text.Peek(len(byteOrderMark)); string(head) == byteOrderMark {
		_, _ = text.Discard(len(byteOrderMark))
	}
	return decode(text)
}

// readFailed is a read that got no answer.
func (c *Client) readFailed(ctx, reqCtx context.Context, q call, err error) *Error {
	f := c.classify(ctx, reqCtx, err)
	e := &Error{Op: q.op, Message: c.line(f.message), Retryable: f.outcome == Retryable,
		Limits: Limits{Remaining: -1}, hint: f.hint}
	if f.outcome == Cancelled {
		e.cause = context.Cause(ctx)
	}
	return e
}

// readRefused is a read that was answered with anything but a 2xx.
func (c *Client) readRefused(q call, resp *http.Response) *Error {
	buf := getBuffer()
	defer putBuffer(buf)
	_ = readBody(buf, resp) // what arrived of the reason is good enough
	says := readRefusal(buf.Bytes(), resp.Header)
	e := &Error{Op: q.op, Status: resp.StatusCode, Limits: c.limits(resp)}
	e.Retryable = byStatus(resp.StatusCode) == Retryable
	if !e.Limits.HasRetryAfter && says.hasRetryAfter && e.Retryable {
		e.Limits.RetryAfter, e.Limits.HasRetryAfter = says.retryAfter, true
	}
	e.Message = c.message(resp, says, says.text != "" && !says.html)
	e.hint = c.hint(resp.StatusCode, q.scope)
	return e
}

// callbackError carries what a caller's function returned through the decoder.
type callbackError struct{ err error }

func (e callbackError) Error() string { return e.err.Error() }
func (e callbackError) Unwrap() error { return e.err }

// shapeError says that an answer isn't JSON in a form that is known.
type shapeError string

// emptyAnswer is a 2xx without a body where one was needed.
const emptyAnswer shapeError = "it is empty"

func (e shapeError) Error() string { return string(e) }

// refusedError is a 2xx that says "success": false.
type refusedError struct{ says refusal }

func (refusedError) Error() string { return "refused" }

// readBroke is a read whose 2xx answer can't be used.
func (c *Client) readBroke(ctx, reqCtx context.Context, q call, resp *http.Response, err error) error {
	var (
		stop    callbackError
		shape   shapeError
		refused refusedError
		syntax  *jsontext.SyntacticError
	)
	e := &Error{Op: q.op, Status: resp.StatusCode, Limits: c.limits(resp)}
	switch {
	case errors.As(err, &stop):
		return stop.err
	case ctx.Err() != nil:
		e.Status, e.Message, e.cause = 0, "cancelled before the answer was complete", context.Cause(ctx)
	case reqCtx.Err() != nil:
		e.Message, e.Retryable, e.hint = fmt.Sprintf("the answer was not complete within %s", c.timeout), true, hintSlow
	case errors.Is(err, errTooLong):
		e.Message = fmt.Sprintf("the answer is longer than %d MiB", q.max>>20)
	case errors.As(err, &refused):
		e.Message = c.message(resp, refused.says, false)
	case isHTMLType(resp.Header):
		e.Message, e.hint = notTheAPI(resp), hintBaseURL
	case errors.As(err, &shape):
		e.Message, e.hint = c.line("the answer can't be understood: "+string(shape)), hintBaseURL
		e.Retryable = shape == emptyAnswer // a gateway's, most likely
	case errors.As(err, &syntax) && !errors.Is(err, io.ErrUnexpectedEOF):
		e.Message, e.hint = "the answer is not JSON", hintBaseURL
	default:
		e.Message, e.Retryable, e.hint = "the answer broke off", true, hintNoHTTP
	}
	return e
}
