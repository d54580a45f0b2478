package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// throttle is the answer to a request that the limit refuses.
func (c *CRM) throttle(s *scratch, v verdict) reply {
	no := &refusal{status: v.limit.Status, message: "Too Many Attempts."}
	if no.status == 0 {
		no.status = http.StatusTooManyRequests
	}
	if v.limit.Retry == RetryBody {
		no.retryIn = max(v.wait, 1)
	}
	answer := c.errorReply(s, no)
	now := c.opts.Now()
	answer.set("Date", now.UTC().Format(http.TimeFormat))
	if text := v.limit.Retry.text(now, v.wait); text != "" {
		answer.set("Retry-After", text)
	}
	v.describe(&answer, now)
	return answer
}

// text is the value of Retry-After, "" for none.
func (f RetryForm) text(now time.Time, wait time.Duration) string {
	switch f {
	case RetryFraction:
		return strconv.FormatFloat((wait + time.Millisecond - 1).Truncate(time.Millisecond).Seconds(), 'f', 3, 64)
	case RetryDate:
		return now.Add(wait + time.Second - 1).UTC().Format(http.TimeFormat)
	case RetryZero:
		return "0"
	case RetryNonsense:
		return "soon"
	case RetryDay:
		return "86400"
	case RetryBody, RetryNone:
		return ""
	}
	return wholeSeconds(wait)
}

// describe adds the headers that tell of the limit.
func (v verdict) describe(answer *reply, now time.Time) {
	if v.limit == nil {
		return
	}
	most, left := strconv.Itoa(v.limit.Requests), strconv.Itoa(v.remaining)
	switch v.limit.Headers {
	case HeadersXEpoch, HeadersXDelta, HeadersXRefusals:
		answer.set("X-RateLimit-Limit", most)
		answer.set("X-RateLimit-Remaining", left)
		switch {
		case v.limit.Headers == HeadersXDelta:
			answer.set("X-RateLimit-Reset", wholeSeconds(v.until()))
		case v.limit.Headers == HeadersXEpoch || !v.admitted:
			answer.set("X-RateLimit-Reset", strconv.FormatInt(now.Add(v.until()+time.Second-1).Unix(), 10))
		}
	case HeadersIETF:
		answer.set("RateLimit", fmt.Sprintf(`"default";r=%s;t=%s`, left, wholeSeconds(v.until())))
		answer.set("RateLimit-Policy", fmt.Sprintf(`"default";q=%s;w=%s`, most, wholeSeconds(v.limit.Window)))
	case HeadersIETFOld:
		answer.set("RateLimit-Limit", most)
		answer.set("RateLimit-Remaining", left)
		answer.set("RateLimit-Reset", wholeSeconds(v.until()))
	}
}

// until is what reset headers say: when there is something to be had again for
// a refused request, else when the limit is whole.
func (v verdict) until() time.Duration {
	if !v.admitted {
		return v.wait
	}
	return v.reset
}

func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
