package client

import (
	"context"
	"strings"
	"testing"
	"time"
)

// After 101 the connection is no longer HTTP, and nothing ends what is read from it.
func TestAServerThatChangesTheProtocolIsNotReadFrom(t *testing.T) {
	s := serve(t, []string{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "hang"})
	c := clientOf(t, s.url, Options{Timeout: time.Minute})
	defer c.CloseIdle()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r := c.Assert(ctx, "products", "sku", []byte(`{}`))
	_, err := c.Object(ctx, "products")
	if r.Outcome != Fatal || r.Message != "the server answered 101 with no message" || r.Hint == "" || err == nil || ctx.Err() != nil {
		t.Errorf("%+v; %v", r, err)
	}
}

func TestAnswersThatAreNoHTTPAreToldInPlainWords(t *testing.T) {
	for _, tt := range []struct{ name, answer, want string }{
		{"another protocol", "220 mail.example ESMTP\r\n", "what HOST sent is not an HTTP answer"},
		{"a header that is none", "HTTP/1.1 201 Created\r\n\x00: 1\r\n\r\n", "what HOST sent is not an HTTP answer"},
		{"a length that is no number", "HTTP/1.1 201 Created\r\nContent-Length: two\r\n\r\n{}", "what HOST sent is not an HTTP answer"},
		{"two lengths", "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "what HOST sent says of itself that it is of several lengths"},
		{"an endless header", "HTTP/1.1 201 Created\r\nX: " + strings.Repeat("x", 1<<19) + "\r\n\r\n", "the header of what HOST sent is too long"},
		{"a number below all statuses", "HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n", "the server answered 99 with no message"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, []string{tt.answer})
			c := clientOf(t, s.url, Options{})
			defer c.CloseIdle()
			r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
			if want := strings.Replace(tt.want, "HOST", strings.TrimPrefix(s.url, "http://"), 1); r.Outcome != Retryable || r.Message != want {
				t.Errorf("%+v, want %s", r, want)
			}
		})
	}
}
