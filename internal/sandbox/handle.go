package sandbox

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// request is one request as the CRM sees it.
type request struct {
	method  string
	path    []string // after the base path, unescaped: crm, products
	query   string
	match   string // matchingAttribute of an assert
	token   string
	fields  []field
	invalid error // why the body could not be taken apart
}

// handle takes one request from arrival to answer: faults, latency, token,
// limit, and then the CRM itself.
func (c *CRM) handle(r *http.Request, s *scratch) reply {
	number := c.arrived.Add(1)
	write := r.Method != http.MethodGet && r.Method != http.MethodHead
	c.stats.enter(c.opts.Now(), write)
	defer c.stats.leave()
	limit := c.quirks.MaxBody
	if limit <= 0 {
		limit = 1 << 20
	}
	switch err := s.read(r.Body, limit); {
	case err == errTooLarge:
		return c.refuse(s, &refusal{status: http.StatusRequestEntityTooLarge, message: "The body is too large."})
	case err != nil:
		return reply{ending: endReset}
	}
	q := request{method: r.Method, path: route(r.URL), query: r.URL.RawQuery, token: bearer(r.Header)}
	if r.Method == http.MethodPut {
		q.match = matchingAttribute(r.URL)
	}
	if write && len(s.body) > 0 {
		q.fields, q.invalid = s.parse(s.body)
	}
	if r.Method == http.MethodPut && len(q.path) > 1 {
		keys := c.keys.laneKeys(q.path[1], q.match, q.fields)
		c.stats.peakPerKey(c.keys.enter(keys))
		defer c.keys.leave(keys)
	}
	f := c.faults.draw(r, s.body, write)
	if f != faultNone {
		c.stats.faults.Add(1)
	}
	ctx := r.Context()
	latency := c.opts.Latency + c.jitter(number)
	if f == faultSpike {
		latency += c.faults.spike()
	}
	if latency > 0 && sleep(ctx, latency/2) != nil {
		return reply{ending: endReset}
	}
	answer := c.answer(ctx, &q, s, f, write)
	if latency > 0 && sleep(ctx, latency-latency/2) != nil {
		return reply{ending: endReset}
	}
	return answer
}

// answer is handle without the time on the network.
func (c *CRM) answer(ctx context.Context, q *request, s *scratch, f fault, write bool) reply {
	if broken, isBroken := c.faults.before(f, c.opts.Now()); isBroken {
		return broken
	}
	if c.quirks.Redirect != "" {
		moved := reply{status: http.StatusFound}
		moved.set("Location", c.quirks.Redirect)
		return moved
	}
	scopes, no := c.tokens.check(q.token)
	if no != nil {
		return c.refuse(s, no)
	}
	v := c.limiter.admit(c.opts.Now(), q.token, write)
	if !v.admitted {
		c.stats.throttled.Add(1)
		return c.throttle(s, v)
	}
	if c.line.wait(ctx, c.opts.Now()) != nil {
		return reply{ending: endReset}
	}
	if f == faultError {
		return c.refuse(s, &refusal{status: http.StatusInternalServerError, message: "Server Error"})
	}
	answer := c.dispatch(ctx, q, s, scopes)
	v.describe(&answer, c.opts.Now())
	return c.faults.after(f, answer)
}

// jitter is the extra latency of the request of this number.
func (c *CRM) jitter(number uint64) time.Duration {
	if c.opts.Jitter <= 0 {
		return 0
	}
	return time.Duration(mix(c.opts.Seed+number) % uint64(c.opts.Jitter))
}

// route gives the parts of the path after any base path.
func route(u *url.URL) []string {
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	for i, part := range parts {
		if part != "crm" && part != "organizations" && part != "whoami" {
			continue
		}
		for j := range parts[i:] {
			if text, err := url.PathUnescape(parts[i+j]); err == nil {
				parts[i+j] = text
			}
		}
		return parts[i:]
	}
	return nil
}

// matchingAttribute reads the query, without a map in the usual case.
func matchingAttribute(u *url.URL) string {
	if name, ok := strings.CutPrefix(u.RawQuery, "matchingAttribute="); ok && !strings.ContainsAny(name, "&%+;") {
		return name
	}
	return u.Query().Get("matchingAttribute")
}

func bearer(h http.Header) string {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if !equalFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
