package client

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// OptionError says which option New refuses, and why.
type OptionError struct {
	Option  string // "base URL", "token", …
	Problem string
	hint    string
}

// Error names the option and what is wrong with it, never a secret.
func (e *OptionError) Error() string { return "the " + e.Option + ": " + e.Problem }

// Hint says what would mend it; "" where the problem says it all.
func (e *OptionError) Hint() string { return e.hint }

// parseBaseURL checks the address that every path is appended to.
func parseBaseURL(s string) (*url.URL, error) {
	bad := func(problem, hint string) (*url.URL, error) {
		return nil, &OptionError{Option: "base URL", Problem: problem, hint: hint}
	}
	const form = "the right form is " + DefaultBaseURL
	if s == "" {
		s = DefaultBaseURL
	}
	if s = strings.TrimSpace(s); s == "" {
		return bad("it is blank", form)
	}
	u, err := url.Parse(s)
	if err != nil && !strings.Contains(s, "://") { // 127.0.0.1:8080 is read as a path with a colon
		u, err = url.Parse("//" + s)
	}
	if err != nil {
		// url.Parse's error repeats the text, and a password with it.
		return bad("it can't be read as an address", form)
	}
	if u.User != nil {
		return bad("it holds a user name or password", "leave out everything between // and @; the token goes into CRMSYNC_TOKEN or --token-file")
	}
	scheme := strings.ToLower(u.Scheme)
	if !strings.Contains(s, "://") {
		rest := strings.TrimLeft(s, "/")
		here := "https://"
		if local, err := url.Parse("http://" + rest); err == nil && isLoopback(local.Hostname()) {
			here = "http://"
		}
		return bad(fmt.Sprintf("%q has no %s in front", s, here), "write "+here+rest)
	}
	switch {
	case scheme != "https" && scheme != "http":
		return bad(fmt.Sprintf("it begins with %s://, not https://", u.Scheme), form)
	case u.Hostname() == "":
		return bad(fmt.Sprintf("%q names no host", s), form)
	case !validPort(u):
		return bad(fmt.Sprintf("%q is not a port", u.Port()), form)
	case scheme == "http" && !isLoopback(u.Hostname()):
		return bad(fmt.Sprintf("http:// to %s would send the token in plain text", u.Hostname()),
			"write https://; http:// is for localhost, 127.0.0.1 and [::1] only")
	case u.RawQuery != "" || u.ForceQuery:
		return bad("it has a query (what follows the ?)", form)
	case u.Fragment != "" || strings.HasSuffix(s, "#"):
		return bad("it has a fragment (what follows the #)", form)
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if path == "/crm" || strings.HasSuffix(path, "/crm") {
		return bad("it ends with /crm, which is added to it", "leave out /crm; "+form)
	}
	clean, err := url.Parse(scheme + "://" + strings.ToLower(u.Host) + path)
	if err != nil {
		return bad("it can't be read as an address", form)
	}
	return clean, nil
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && n > 0 && n < 1<<16
}

// isLoopback tells whether a host surely is this machine. Names other than
// localhost could resolve to anything, and even localhost is checked again when
// it is dialed.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// checkProxy reports an unusable proxy setting before the first request. The
// library's own message would show the proxy's password.
func checkProxy(base *url.URL) error {
	if _, err := http.ProxyFromEnvironment(&http.Request{URL: base}); err != nil {
		return &OptionError{Option: "proxy", Problem: "the address in HTTPS_PROXY or HTTP_PROXY can't be read",
			hint: "the right form is http://host:port"}
	}
	return nil
}

// checkToken finds the usual accidents of copying a token. Its errors never
// hold the token or a part of it.
func checkToken(t string) error {
	bad := func(problem string) error {
		return &OptionError{Option: "token", Problem: problem,
			hint: "copy the token again from Account Settings > API; it is one word without spaces or quotes"}
	}
	switch {
	case t == "":
		return &OptionError{Option: "token", Problem: "there is none",
			hint: "make one under Account Settings > API with the scope crm:write, and put it in CRMSYNC_TOKEN or a file for --token-file"}
	case strings.ContainsAny(t, "\r\n"):
		return bad("it has a line break in it")
	case len(t) >= 7 && strings.EqualFold(t[:6], "bearer") && (t[6] == ' ' || t[6] == ':' || t[6] == '\t'):
		return &OptionError{Option: "token", Problem: `it begins with "Bearer"`,
			hint: `leave out the word "Bearer" and the space after it; crmsync adds them`}
	case t[0] == '"' || t[0] == '\'' || t[len(t)-1] == '"' || t[len(t)-1] == '\'':
		return bad("it stands in quotes")
	}
	for i, r := range t {
		switch {
		case r == ' ' || r == '\t' || r == '\u00a0':
			return bad(fmt.Sprintf("there is a blank at position %d", i+1))
		case r < ' ' || r == 0x7f:
			return bad(fmt.Sprintf("there is a control character at position %d", i+1))
		case r >= utf8.RuneSelf:
			return bad(fmt.Sprintf("there is a character that no token has at position %d", i+1))
		}
	}
	return nil
}

func userAgent(s string) (string, error) {
	if s == "" {
		return "crmsync", nil
	}
	for _, r := range s {
		if r < ' ' || r >= 0x7f {
			return "", &OptionError{Option: "user agent", Problem: "it holds a character that a header can't carry"}
		}
	}
	return s, nil
}
