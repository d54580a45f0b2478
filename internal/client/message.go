package client

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMessage is the longest message of a result, in characters.
const maxMessage = 300

// message says in one line what a refusing answer says. What rejects a record
// is the server's own text, since the status stands beside it in the reject
// file; what ends the run (fatal) says the status too.
func (c *Client) message(resp *http.Response, says refusal, fatal bool) string {
	status := statusText(resp.StatusCode)
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		if to := location(resp); to != "" {
			return c.line(fmt.Sprintf("the server answered %s and points to %s", status, to))
		}
		return c.line(fmt.Sprintf("the server answered %s", status))
	case says.html && says.text == "":
		return c.line(status + " (HTML page)")
	case says.html:
		return c.line(status + " (HTML page: " + clip(c.line(says.text), 200) + ")")
	case c.line(says.text) == "":
		return fmt.Sprintf("the server answered %d with no message", resp.StatusCode)
	case fatal:
		return sentencePart(c.line("the server answered " + status + ": " + says.text))
	}
	return c.line(says.text)
}

// sentencePart takes the full stop away: what ends a run stands within other sentences.
func sentencePart(s string) string {
	if strings.HasSuffix(s, "..") {
		return s
	}
	return strings.TrimSuffix(s, ".")
}

// notTheAPI is the message for a success that carries a web page.
func notTheAPI(resp *http.Response) string {
	return fmt.Sprintf("the server answered %s with an HTML page: this is not the API", statusText(resp.StatusCode))
}

func statusText(status int) string {
	if t := http.StatusText(status); t != "" {
		return fmt.Sprintf("%d %s", status, t)
	}
	return fmt.Sprint(status)
}

// location is where a redirect points to, without what may be a secret.
func location(resp *http.Response) string {
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || (u.Host == "" && u.Path == "") {
		return ""
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String()
}

// line makes a text one clean line of at most 300 characters without the token.
func (c *Client) line(s string) string {
	return clip(c.private().redact.apply(cleanLine(s)), maxMessage)
}

// cleanLine removes what a terminal or a CSV cell shouldn't get from a server:
// control characters, escape sequences, invisible and direction-changing
// characters. Blanks and line breaks become one blank, invalid UTF-8 becomes
// U+FFFD.
func cleanLine(s string) string {
	if isCleanASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for len(s) > 0 {
		if n := escapeSequence(s); n > 0 {
			s = s[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Z, r), r == '\u2800': // braille blank
			blank = b.Len() > 0
			continue
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Variation_Selector), isFiller(r):
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r) // RuneError stands for what isn't UTF-8
	}
	return b.String()
}

// isFiller tells the letters that show as nothing.
func isFiller(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u3164', '\uffa0':
		return true
	}
	return false
}

func isCleanASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f || s[i] == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// escapeSequence is the length of the terminal escape sequence that s begins
// with, 0 where it begins with none: CSI, the string sequences up to their
// terminator, and short ones.
func escapeSequence(s string) int {
	var kind byte
	var n int
	switch {
	case s[0] == 0x1b && len(s) > 1:
		kind, n = s[1], 2
	case s[0] == 0x1b:
		return 1
	case strings.HasPrefix(s, "\u009b"):
		kind, n = '[', len("\u009b")
	case strings.HasPrefix(s, "\u009d"), strings.HasPrefix(s, "\u0090"):
		kind, n = ']', len("\u009d")
	default:
		return 0
	}
	switch kind {
	case '[':
		for n < len(s) && s[n] >= 0x20 && s[n] <= 0x3f {
			n++
		}
		if n < len(s) && s[n] >= 0x40 && s[n] <= 0x7e {
			n++
		}
		return n
	case ']', 'P', 'X', '^', '_':
		return stringSequence(s, n)
	}
	if kind >= 0x20 && kind <= 0x2f && len(s) > 2 && s[2] >= 0x30 && s[2] <= 0x7e {
		return 3 // such as the choice of a character set
	}
	if kind >= 0x30 && kind <= 0x7e {
		return 2
	}
	return 1
}

// stringSequence ends at BEL or ST. One that doesn't end soon loses nothing but
// its introducer: the rest is text that somebody may want to read.
func stringSequence(s string, start int) int {
	window := s[start:min(len(s), start+512)]
	end := start
	for _, stop := range []string{"\a", "\x1b\\", "\u009c"} {
		if i := strings.Index(window, stop); i >= 0 && (end == start || start+i+len(stop) < end) {
			end = start + i + len(stop)
		}
	}
	return end
}

// clip cuts a text to n characters, the last of which then is an ellipsis.
func clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	i := 0
	for range n - 1 {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return strings.TrimRight(s[:i], " ") + "…"
}

const redacted = "[token]"

// shortestSecret is the length under which a token is no secret, and removing
// it would only garble messages.
const shortestSecret = 4

// shortestPart is the length from which a beginning of the token at the end of
// a text is taken for one, rather than for a word.
const shortestPart = 8

// redactor removes the token from what others write, in each spelling that an
// echo may have.
type redactor struct {
	token    string
	replacer *strings.Replacer
}

func newRedactor(token string) *redactor {
	if len(token) < shortestSecret {
		return &redactor{}
	}
	var pairs []string
	seen := map[string]bool{}
	for _, form := range []string{
		token,
		html.EscapeString(token),
		strings.ReplaceAll(token, "/", `\/`), // JSON that couldn't be decoded
		url.PathEscape(token), url.QueryEscape(token),
		strings.ToLower(url.QueryEscape(token)),
	} {
		if !seen[form] {
			seen[form] = true
			pairs = append(pairs, form, redacted)
		}
	}
	return &redactor{token: token, replacer: strings.NewReplacer(pairs...)}
}

func (r *redactor) apply(s string) string {
	if r.replacer == nil {
		return s
	}
	s = r.replacer.Replace(s)
	// An echo that broke off in the middle of the token.
	for n := min(len(r.token)-1, len(s)); n >= shortestPart; n-- {
		if strings.HasSuffix(s, r.token[:n]) {
			return s[:len(s)-n] + redacted
		}
	}
	return s
}
