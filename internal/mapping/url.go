package mapping

import (
	"slices"
	"strings"
)

// urlProblem says, in brackets, why s can't be the address of a page; "" where
// it may be one. The scheme may be missing, as people write them.
func urlProblem(s string) string {
	scheme, rest, slashes := strings.Cut(s, "://")
	switch {
	case s != strings.TrimSpace(s):
		return " (it has blanks around it)"
	case strings.ContainsAny(s, " \t\r\n<>\""):
		return " (it holds a blank, quote or angle bracket)"
	}
	if name, after, found := strings.Cut(s, ":"); found {
		switch folded := foldCase(name); {
		case slices.Contains([]string{"javascript", "vbscript", "data", "mailto", "tel", "sms", "about"}, folded):
			return " (" + clean(name) + ": is no web address)"
		case (folded == "http" || folded == "https") && !strings.HasPrefix(after, "//"):
			return " (after " + clean(name) + ": come two slashes)"
		}
	}
	if slashes && scheme == "" {
		return " (what stands before :// is missing)"
	}
	if !slashes || strings.ContainsAny(scheme, "./?#") { // the slashes are those of a path
		slashes, rest = false, s
	}
	return hostProblem(rest, slashes)
}

// hostProblem is about what stands before the path. After a scheme a host may
// be a mere name.
func hostProblem(rest string, scheme bool) string {
	host := rest
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		if !scheme {
			return " (it is an e-mail address)"
		}
		host = host[i+1:]
	}
	if strings.HasPrefix(host, "[") { // an IPv6 address
		return ""
	}
	name, port, hasPort := strings.Cut(host, ":")
	switch {
	case name == "", hasPort && port == "" && strings.HasPrefix(rest[len(host):], "//"):
		return " (its host is missing)"
	case strings.ContainsAny(host, ",;|"):
		return " (it holds a comma or semicolon before the path: one URL alone is meant)"
	case hasPort && !allDigits(port):
		return " (what stands after its colon is no port)"
	case strings.HasPrefix(name, "."), strings.Contains(name, ".."):
		return " (a part of its host is missing)"
	case !scheme && !strings.Contains(name, ".") && (!hasPort || allDigits(name)):
		return " (it has no dot, as a host has)"
	}
	return ""
}
