package sandbox

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// taken sends requests as fast as they are answered, waiting pause between
// them, and gives the times since the start at which some were admitted.
func taken(t tester, n int, pause time.Duration) (admitted []time.Duration) {
	start := time.Now()
	for range n {
		if t.do("PUT", "/crm/products?matchingAttribute=sku", `{"sku":"A1"}`).status < 400 {
			admitted = append(admitted, time.Since(start))
		}
		time.Sleep(pause)
	}
	return admitted
}

// in counts the times in a span.
func in(times []time.Duration, from, to time.Duration) (n int) {
	for _, at := range times {
		if from <= at && at < to {
			n++
		}
	}
	return n
}

func TestLimitForms(t *testing.T) {
	const step = 100 * time.Millisecond
	tests := []struct {
		name  string
		limit Limit
		want  []int // admitted in each of the first seconds, of ten requests in each
	}{
		{"a fixed window of a second", Limit{Requests: 3, Window: time.Second}, []int{3, 3, 3, 3}},
		{"a fixed window of two seconds", Limit{Requests: 12, Window: 2 * time.Second}, []int{10, 2, 10, 2}},
		{"a window from the first request", Limit{Requests: 12, Window: 2 * time.Second, Form: LimitFromFirst}, []int{10, 2, 10, 2}},
		{"a sliding window", Limit{Requests: 3, Window: time.Second, Form: LimitSliding}, []int{3, 3, 3, 3}},
		{"a sliding window that counts refused requests never opens for who goes on", Limit{Requests: 3, Window: time.Second, Form: LimitSliding, CountRefused: true}, []int{3, 0, 0, 0}},
		{"a bucket with a burst", Limit{Requests: 4, Window: time.Second, Form: LimitBucket, Burst: 6}, []int{9, 4, 4, 4}},
		{"a bucket without one", Limit{Requests: 5, Window: time.Second, Form: LimitBucket, Burst: 1}, []int{5, 5, 5, 5}},
		{"a bucket that counts refused requests stays empty for who goes on", Limit{Requests: 4, Window: time.Second, Form: LimitBucket, Burst: 2, CountRefused: true}, []int{2, 0, 0, 0}},
		{"another client takes half of a bucket", Limit{Requests: 10, Window: time.Second, Form: LimitBucket, Burst: 1, OthersShare: 0.5}, []int{5, 5, 5, 5}},
		{"another client takes half of a window", Limit{Requests: 8, Window: time.Second, OthersShare: 0.5}, []int{6, 6, 6, 6}},
		{"another client takes half of a sliding window", Limit{Requests: 8, Window: time.Second, Form: LimitSliding, OthersShare: 0.5}, []int{4, 4, 4, 4}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(tt *testing.T) {
				t := newTester(tt, Options{Limit: test.limit})
				times := taken(t, 10*len(test.want), step)
				for i, want := range test.want {
					from := time.Duration(i) * time.Second
					if got := in(times, from, from+time.Second); got != want {
						t.Errorf("second %d: %d admitted, want %d (%v)", i+1, got, want, times)
					}
				}
				if s := t.crm.Stats(); int(s.Throttled) != 10*len(test.want)-len(times) || s.Rejected != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestComingBackWhenTheLimitSays(t *testing.T) {
	for _, form := range []LimitForm{LimitFixed, LimitFromFirst, LimitSliding, LimitBucket} {
		for _, retry := range []RetryForm{RetrySeconds, RetryFraction, RetryDate, RetryBody} {
			t.Run(string("who waits as "+retry+" says is admitted by "+RetryForm(form)), func(t *testing.T) {
				synctest.Test(t, func(tt *testing.T) {
					time.Sleep(1234567 * time.Microsecond) // not at a window's begin
					t := newTester(tt, Options{Limit: Limit{Requests: 7, Window: 10 * time.Second, Form: form, Retry: retry}})
					for refused := 0; refused < 5; {
						a := t.do("PUT", "/crm/products?matchingAttribute=sku", `{"sku":"A1"}`)
						if a.status != 429 {
							continue
						}
						refused++
						time.Sleep(waitOf(t, a, retry))
						t.assert(200, `{"sku":"A1"}`)
					}
				})
			})
		}
	}
}

// waitOf reads when to come back.
func waitOf(t tester, a answered, form RetryForm) time.Duration {
	t.Helper()
	text := a.header.Get("Retry-After")
	switch form {
	case RetryDate:
		at, err := http.ParseTime(text)
		if err != nil {
			t.Fatal(err)
		}
		return time.Until(at)
	case RetryBody:
		if text != "" {
			t.Fatalf("Retry-After is %q", text)
		}
		return time.Duration(a.at("retry_after").(float64)) * time.Second
	}
	wait, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(wait * float64(time.Second))
}

func TestLimitHeaders(t *testing.T) {
	tests := []struct {
		headers           LimitHeaders
		retry             RetryForm
		admitted, refused map[string]string
	}{
		{HeadersNone, RetryNone, map[string]string{"X-Ratelimit-Limit": ""}, map[string]string{"Retry-After": "", "X-Ratelimit-Limit": ""}},
		{HeadersNone, RetryZero, nil, map[string]string{"Retry-After": "0"}},
		{HeadersNone, RetryNonsense, nil, map[string]string{"Retry-After": "soon"}},
		{HeadersNone, RetryDay, nil, map[string]string{"Retry-After": "86400"}},
		{HeadersXEpoch, RetrySeconds, map[string]string{"X-Ratelimit-Limit": "2", "X-Ratelimit-Remaining": "1", "X-Ratelimit-Reset": "946684860"},
			map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "946684860", "Retry-After": "60"}},
		{HeadersXDelta, RetryNone, map[string]string{"X-Ratelimit-Reset": "60"}, map[string]string{"X-Ratelimit-Reset": "60", "Retry-After": ""}},
		{HeadersXRefusals, RetrySeconds, map[string]string{"X-Ratelimit-Remaining": "1", "X-Ratelimit-Reset": ""}, map[string]string{"X-Ratelimit-Reset": "946684860"}},
		{HeadersIETF, RetryNone, map[string]string{"Ratelimit": `"default";r=1;t=60`, "Ratelimit-Policy": `"default";q=2;w=60`}, map[string]string{"Ratelimit": `"default";r=0;t=60`}},
		{HeadersIETFOld, RetryNone, map[string]string{"Ratelimit-Limit": "2", "Ratelimit-Remaining": "1", "Ratelimit-Reset": "60"}, map[string]string{"Ratelimit-Remaining": "0"}},
	}
	for _, test := range tests {
		t.Run("headers "+string(test.headers)+", retry "+string(test.retry), func(t *testing.T) {
			synctest.Test(t, func(tt *testing.T) {
				t := newTester(tt, Options{Limit: Limit{Requests: 2, Headers: test.headers, Retry: test.retry}})
				admitted := t.want(201, "PUT", "/crm/products?matchingAttribute=sku", `{"sku":"A1"}`)
				t.assert(200, `{"sku":"A1"}`)
				refused := t.assert(429, `{"sku":"A1"}`)
				for name, want := range test.admitted {
					if got := admitted.header.Get(name); got != want {
						t.Errorf("admitted: %s is %q, want %q", name, got, want)
					}
				}
				for name, want := range test.refused {
					if got := refused.header.Get(name); got != want {
						t.Errorf("refused: %s is %q, want %q", name, got, want)
					}
				}
			})
		})
	}
}

func TestLimitScope(t *testing.T) {
	synctest.Test(t, func(tt *testing.T) {
		t := newTester(tt, Options{Limit: Limit{Requests: 1, PerToken: true, WritesOnly: true, Status: 503}})
		t.assert(201, `{"sku":"A1"}`)
		t.assert(503, `{"sku":"A1"}`)
		t.want(200, "GET", "/crm/objects", "")
		t.token = "another"
		t.assert(200, `{"sku":"A1"}`)
		t.crm.SetLimit(Limit{Requests: 3, PerToken: true, WritesOnly: true})
		t.assert(200, `{"sku":"A1"}`)
		t.assert(200, `{"sku":"A1"}`)
		t.assert(429, `{"sku":"A1"}`)
		t.crm.SetLimit(Limit{})
		t.assert(200, `{"sku":"A1"}`)
	})
}
