package client

import (
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestWhatARefusalSays(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"message", `{"success":false,"message":"Missing required parameter: event_uuid.","status":400}`, "Missing required parameter: event_uuid."},
		{"error", `{"error":"Nope"}`, "Nope"},
		{"message goes before error", `{"error":"Bad Request","message":"price is no number"}`, "price is no number"},
		{"a list of messages", `{"statusCode":400,"message":["price is bad","sku is bad"],"error":"Bad Request"}`, "price is bad, sku is bad"},
		{"error as an object", `{"error":{"code":17,"message":"Nope"}}`, "Nope"},
		{"error as an object without a message", `{"error":{"code":17,"type":"odd"}}`, "code: 17; type: odd"},
		{"problem details", `{"title":"Invalid","detail":"price is no number","type":"about:blank"}`, "price is no number"},
		{"errors by field, texts", `{"errors":{"b":"is bad","a":"is worse"}}`, "b: is bad; a: is worse"},
		{"errors by field, lists", `{"message":"Invalid.","errors":{"price":["x","y"],"sku":["z"]}}`, "Invalid. (price: x, y; sku: z)"},
		{"errors by field, nested", `{"errors":{"emails":{"0":["bad"]},"socials":{"linkedin":{"url":"worse"}}}}`, "emails.0: bad; socials.linkedin.url: worse"},
		{"errors as a list of texts", `{"errors":["one","two"]}`, "one, two"},
		{"errors as a list of objects", `{"errors":[{"field":"price","message":"is bad"},{"message":"and more"}]}`, "price: is bad; and more"},
		{"errors that repeat the message", `{"message":"is bad","errors":{"price":["is bad"],"sku":["x"]}}`, "price: is bad; sku: x"},
		{"a field named message", `{"errors":{"message":["is too long"]}}`, "is too long"},
		{"errors that say nothing", `{"message":"Invalid.","errors":{}}`, "Invalid."},
		{"null for a message", `{"message":null,"error":null}`, "the server answered 400 with no message"},
		{"nothing but a status", `{"success":false,"status":400}`, "the server answered 400 with no message"},
		{"an unknown shape is shown", `{"fault":{"text":"x"}}`, `{"fault":{"text":"x"}}`},
		{"an empty object", `{}`, "the server answered 400 with no message"},
		{"an empty list", `[]`, "the server answered 400 with no message"},
		{"null", `null`, "the server answered 400 with no message"},
		{"blanks", " \r\n\t ", "the server answered 400 with no message"},
		{"a JSON text", `"Nope"`, "Nope"},
		{"a plain text", "upstream connect error\nor disconnect", "upstream connect error or disconnect"},
		{"JSON that breaks off after the message", `{"message":"Nope","errors":{"a`, "Nope"},
		{"JSON that breaks off before", `{"mess`, `{"mess`},
		{"a byte order mark", "\ufeff{\"message\":\"Nope\"}", "Nope"},
		{"escapes", `{"message":"\u00e4\u001b[31mred\u001b[0m \ud83d\ude00 \ud800"}`, "äred 😀 \ufffd"},
		{"a duplicate name", `{"message":"first","message":"second"}`, "first"},
		{"a page with a title", "<!DOCTYPE html>\n<HTML><head><TITLE lang=en>\n 403 &amp; more\n</TITLE>", "400 Bad Request (HTML page: 403 & more)"},
		{"a page without a title", "<html><style>p{}</style><script>if (a<b) {}</script><!-- <p>no</p> --><body><h1>Sorry</h1><p>try&nbsp;later", "400 Bad Request (HTML page: Sorry try later)"},
		{"a page without words", "<html><body></body></html>", "400 Bad Request (HTML page)"},
		{"XML", `<?xml version="1.0"?><Error><Code>Denied</Code><Message>No access</Message></Error>`, "Denied No access"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clientOf(t, "https://crm.example", Options{Transport: &fixed{status: 400, body: tt.body}})
			r := c.Assert(t.Context(), "products", "sku", []byte(`{}`))
			if r.Outcome != Rejected || r.Message != tt.want {
				t.Errorf("%q, want %q", r.Message, tt.want)
			}
		})
	}
}

func TestOneCleanLine(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"nothing to do", "All is well.", "All is well."},
		{"line breaks and tabs", "\r\n a\r\n\tb \u2028c\u2029d\u0085e ", "a b c d e"},
		{"no-break and wide blanks", "a\u00a0\u3000\u2003b", "a b"},
		{"control characters", "a\x00b\x07c\x7fd", "abcd"},
		{"colours", "\x1b[1;31mred\x1b[0m", "red"},
		{"a window title", "a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", "abc"},
		{"a window title that never ends", "a\x1b]0;title", "a0;title"},
		{"C1 sequences", "a\u009b31mb\u009d0;t\u009cc", "abc"},
		{"a character set", "a\x1b(Bb\x1bcd", "abd"},
		{"an escape at the end", "a\x1b", "a"},
		{"direction marks", "a\u202eb\u2066c\u200fd", "abcd"},
		{"invisible characters", "p\u200ba\u200dy\ufeff\u00ad\u2060p\u3164al\U000e0041", "paypal"},
		{"invalid UTF-8", "a\xffb\xc3", "a\ufffdb\ufffd"},
		{"letters of the world", "Größe 価格 السعر", "Größe 価格 السعر"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := cleanLine(tt.in); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestALongMessageIsCutByCharacters(t *testing.T) {
	c := clientOf(t, "https://crm.example", Options{})
	got := c.line(strings.Repeat("ä", 1000))
	if got != strings.Repeat("ä", 299)+"…" {
		t.Errorf("%d characters", utf8.RuneCountInString(got))
	}
	if got := c.line(strings.Repeat("ä", 300)); got != strings.Repeat("ä", 300) {
		t.Error("300 characters were cut")
	}
}

func TestTheTokenIsTakenOutOfWhatTheServerSays(t *testing.T) {
	c := clientOf(t, "https://crm.example", Options{})
	for _, tt := range []struct{ name, in, want string }{
		{"as it is", "Bearer " + testToken + " is bad", "Bearer [token] is bad"},
		{"twice", testToken + testToken, "[token][token]"},
		{"in a URL", "?t=12%7CzkYw9%2FQx%2B7sEcReTtOkEn%3D%3D", "?t=[token]"},
		{"in a URL, small letters", "12%7czkyw9%2fqx%2b7secrettoken%3d%3d", "[token]"},
		{"in a path", "/12%7CzkYw9%2FQx+7sEcReTtOkEn==", "/[token]"},
		{"as JSON has it", `12|zkYw9\/Qx+7sEcReTtOkEn==`, "[token]"},
		{"with something invisible inside", "12|zkYw9/\u200bQx+7sEc\x1b[0mReTtOkEn==", "[token]"},
		{"cut off", "your token 12|zkYw9/Qx+7s", "your token [token]"},
		{"where the cut would go through it", strings.Repeat("x", 290) + testToken, strings.Repeat("x", 290) + "[token]"},
		{"a word that only begins so", "12|", "12|"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := c.line(tt.in); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzRefusal(f *testing.F) {
	for _, s := range []string{
		`{"success":false,"message":"x","errors":{"a":["b"]}}`, `{"error":{"message":"x"}}`, "<html><title>x</title>", "\x1b]0;t\x07x",
		`[[{"field":"a","message":"b"}]]`, "<!-- <script>", `"\ud800"`, "\ufeff{}", "12|zkYw9/Qx+7sEcReTtOkEn==", `{"errors":[[[[[[[[[[1]]]]]]]]]]}`,
	} {
		f.Add([]byte(s), 422)
	}
	c := clientOf(f, "https://crm.example", Options{})
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		resp := &http.Response{StatusCode: status, Header: http.Header{"Location": {string(body)}}}
		for _, fatal := range []bool{false, true} {
			m := c.message(resp, readRefusal(body, resp.Header), fatal)
			if m == "" || utf8.RuneCountInString(m) > maxMessage || !utf8.ValidString(m) {
				t.Errorf("%q", m)
			}
			for _, r := range m {
				if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
					t.Errorf("%q holds %U", m, r)
				}
			}
			if strings.Contains(m, testToken) {
				t.Errorf("%q holds the token", m)
			}
		}
		readAnswer(body)
	})
}
