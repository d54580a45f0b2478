package client

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRateLimitHeaders(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const unix = "1772366430" // 12:00:30
	wait := func(d time.Duration) Limits { return Limits{RetryAfter: d, HasRetryAfter: true, Remaining: -1} }
	none := Limits{Remaining: -1}
	for _, tt := range []struct {
		name   string
		status int
		header []string
		want   Limits
	}{
		{"no header", 429, nil, none},
		{"whole seconds", 429, []string{"Retry-After", "7"}, wait(7 * time.Second)},
		{"outer blanks", 429, []string{"Retry-After", " 7 "}, wait(7 * time.Second)},
		{"a fraction", 503, []string{"Retry-After", "0.25"}, wait(250 * time.Millisecond)},
		{"zero is at once", 429, []string{"Retry-After", "0"}, wait(0)},
		{"a date by our clock", 429, []string{"Retry-After", "Sun, 01 Mar 2026 12:01:00 GMT"}, wait(time.Minute)},
		{"a date by the server's clock, which is an hour off", 429, []string{"Date", "Sun, 01 Mar 2026 13:00:00 GMT", "Retry-After", "Sun, 01 Mar 2026 13:00:05 GMT"}, wait(5 * time.Second)},
		{"a date that has passed by the server's clock is at once", 429, []string{"Date", "Sun, 01 Mar 2026 13:00:00 GMT", "Retry-After", "Sun, 01 Mar 2026 12:59:00 GMT"}, wait(0)},
		{"a date that has passed by our clock is nonsense", 429, []string{"Retry-After", "Sun, 01 Mar 2026 11:59:00 GMT"}, none},
		{"a day is kept", 429, []string{"Retry-After", "86400"}, wait(24 * time.Hour)},
		{"an absurd number is kept as the longest time", 429, []string{"Retry-After", "99999999999999999999999"}, wait(longestTime)},
		{"so is an absurd date", 429, []string{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}, wait(longestTime)},
		{"and an absurd reset", 200, []string{"X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "Fri, 31 Dec 9999 23:59:59 GMT"},
			Limits{HasLimit: true, Remaining: 1, Reset: longestTime}},
		{"and an absurd window", 200, []string{"RateLimit", `"day";r=0;t=9223372037`, "RateLimit-Policy", `"day";q=1;w=999999999`},
			Limits{HasLimit: true, Limit: 1, Reset: longestTime, Window: longestTime}},
		{"negative", 429, []string{"Retry-After", "-5"}, none},
		{"words", 429, []string{"Retry-After", "soon"}, none},
		{"infinity", 429, []string{"Retry-After", "Inf"}, none},
		{"an exponent", 429, []string{"Retry-After", "1e3"}, none},
		{"two points", 429, []string{"Retry-After", "1.2.3"}, none},
		{"empty", 429, []string{"Retry-After", ""}, none},
		{"a good one after a bad one", 429, []string{"Retry-After", "x", "Retry-After", "3"}, wait(3 * time.Second)},
		{"X-RateLimit with seconds since 1970", 200, []string{"X-RateLimit-Limit", "60", "X-RateLimit-Remaining", "59", "X-RateLimit-Reset", unix},
			Limits{HasLimit: true, Limit: 60, Remaining: 59, Reset: 30 * time.Second}},
		{"X-RateLimit with milliseconds since 1970", 200, []string{"X-RateLimit-Remaining", "5", "X-RateLimit-Reset", unix + "500"},
			Limits{HasLimit: true, Remaining: 5, Reset: 30*time.Second + 500*time.Millisecond}},
		{"X-RateLimit with seconds from now", 200, []string{"X-RateLimit-Limit", "60", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "17"},
			Limits{HasLimit: true, Limit: 60, Remaining: 0, Reset: 17 * time.Second}},
		{"X-RateLimit with a date", 200, []string{"X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "2026-03-01T12:00:10Z"},
			Limits{HasLimit: true, Remaining: 1, Reset: 10 * time.Second}},
		{"a reset that has passed", 200, []string{"X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "1772366300"}, Limits{HasLimit: true, Remaining: 1}},
		{"a reset by the server's clock", 200, []string{"Date", "Sun, 01 Mar 2026 12:00:20 GMT", "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", unix},
			Limits{HasLimit: true, Remaining: 1, Reset: 10 * time.Second}},
		{"a reset stands for Retry-After on a 429", 429, []string{"X-RateLimit-Limit", "60", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", unix},
			Limits{HasLimit: true, Limit: 60, Reset: 30 * time.Second, RetryAfter: 30 * time.Second, HasRetryAfter: true}},
		{"Retry-After goes before a reset", 429, []string{"Retry-After", "2", "X-RateLimit-Reset", unix},
			Limits{Remaining: -1, Reset: 30 * time.Second, RetryAfter: 2 * time.Second, HasRetryAfter: true}},
		{"a limit without the rest", 200, []string{"X-RateLimit-Limit", "60"}, Limits{HasLimit: true, Limit: 60, Remaining: -1}},
		{"nonsense in X-RateLimit", 200, []string{"X-RateLimit-Limit", "many", "X-RateLimit-Remaining", "-1", "X-RateLimit-Reset", "later"}, none},
		{"a limit of zero says nothing", 200, []string{"X-RateLimit-Limit", "0"}, none},
		{"RateLimit-Limit with its policies", 200, []string{"RateLimit-Limit", "100, 10;w=1, 100;w=60", "RateLimit-Remaining", "9", "RateLimit-Reset", "5"},
			Limits{HasLimit: true, Limit: 100, Remaining: 9, Reset: 5 * time.Second, Window: time.Minute}},
		{"RateLimit of the older draft", 200, []string{"RateLimit", "limit=100, remaining=50, reset=5", "RateLimit-Policy", "100;w=60"},
			Limits{HasLimit: true, Limit: 100, Remaining: 50, Reset: 5 * time.Second, Window: time.Minute}},
		{"RateLimit of the later draft", 200, []string{"RateLimit", `"default";r=50;t=30`, "RateLimit-Policy", `"default";q=100;w=60`},
			Limits{HasLimit: true, Limit: 100, Remaining: 50, Reset: 30 * time.Second, Window: time.Minute}},
		{"RateLimit without a policy", 200, []string{"RateLimit", `default;r=50;t=30`}, Limits{HasLimit: true, Remaining: 50, Reset: 30 * time.Second}},
		{"a policy alone", 200, []string{"RateLimit-Policy", `"default";q=100;w=60`}, Limits{HasLimit: true, Limit: 100, Remaining: -1, Window: time.Minute}},
		{"of two limits the tighter", 200, []string{"RateLimit", `"burst";r=9;t=1, "day";r=100;t=1000`, "RateLimit-Policy", `"burst";q=10;w=1,"day";q=5000;w=86400`},
			Limits{HasLimit: true, Limit: 5000, Remaining: 100, Reset: 1000 * time.Second, Window: 24 * time.Hour}},
		{"of two policies the tighter", 200, []string{"RateLimit-Policy", `10;w=1, 100;w=60`}, Limits{HasLimit: true, Limit: 100, Remaining: -1, Window: time.Minute}},
		{"a policy tells the window of X-RateLimit-Limit", 200, []string{"X-RateLimit-Limit", "100", "RateLimit", "remaining=7", "RateLimit-Policy", "10;w=1, 100;w=60"},
			Limits{HasLimit: true, Limit: 100, Remaining: 7, Window: time.Minute}},
		{"of two limits the exhausted one", 200, []string{"RateLimit", `"burst";r=0;t=1`, "RateLimit", `"day";r=100;t=1000`},
			Limits{HasLimit: true, Remaining: 0, Reset: time.Second}},
		{"a limit on bytes is not ours", 200, []string{"RateLimit", `"b";r=5;t=1, "q";r=50;t=1`, "RateLimit-Policy", `"b";q=9;w=1;qu="content-bytes","q";q=60;w=60`},
			Limits{HasLimit: true, Limit: 60, Remaining: 50, Reset: time.Second, Window: time.Minute}},
		{"nonsense in RateLimit", 200, []string{"RateLimit", `;;=,`, "RateLimit-Policy", `"a";q=x`}, none},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i+1 < len(tt.header); i += 2 {
				h.Add(tt.header[i], tt.header[i+1])
			}
			c := clientOf(t, "https://crm.example", Options{
				Now:       func() time.Time { return now },
				Transport: &fixed{status: tt.status, header: h},
			})
			got := c.Assert(t.Context(), "products", "sku", []byte(`{}`)).Limits
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheWaitMayStandInTheBody(t *testing.T) {
	for body, want := range map[string]time.Duration{
		`{"message":"slow","retry_after":4}`:    4 * time.Second,
		`{"message":"slow","retryAfter":"1.5"}`: 1500 * time.Millisecond,
	} {
		c := clientOf(t, "https://crm.example", Options{Transport: &fixed{status: 429, body: body}})
		if l := c.Assert(t.Context(), "products", "sku", []byte(`{}`)).Limits; !l.HasRetryAfter || l.RetryAfter != want {
			t.Errorf("%s: %+v", body, l)
		}
	}
}

func FuzzRateLimitHeaders(f *testing.F) {
	f.Add("120", "60", "0", "1772366430", `"a";r=1;t=2`, `"a";q=1;w=2`, "Sun, 01 Mar 2026 12:00:20 GMT")
	f.Add("Sun, 01 Mar 2026 12:00:20 GMT", "60, 60;w=1", "-1", "x", "limit=1, remaining=2, reset=3", "1;w=2", "")
	f.Fuzz(func(t *testing.T, after, limit, remaining, reset, state, policy, date string) {
		h := http.Header{"Retry-After": {after}, "X-Ratelimit-Limit": {limit}, "X-Ratelimit-Remaining": {remaining},
			"X-Ratelimit-Reset": {reset}, "Ratelimit": {state}, "Ratelimit-Policy": {policy}, "Date": {date}}
		c := clientOf(t, "https://crm.example", Options{Now: func() time.Time { return time.Unix(1772366400, 0) }})
		l := c.limits(&http.Response{StatusCode: 429, Header: h})
		if l.RetryAfter < 0 || l.Limit < 0 || l.Remaining < -1 || l.Reset < 0 || l.Window < 0 {
			t.Errorf("negative: %+v", l)
		}
		if !l.HasRetryAfter && l.RetryAfter != 0 || l.HasLimit != (l.Limit > 0 || l.Remaining >= 0) {
			t.Errorf("contradicts itself: %+v", l)
		}
	})
}
