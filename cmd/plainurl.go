package cmd

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// plainURL gives addresses that lead to one place one form, as far as that can be
// told without asking a name server: it stands for the CRM in the names and keys of
// what is remembered.
func plainURL(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	u = u.ResolveReference(&url.URL{}) // takes dot segments out
	u.Scheme = strings.ToLower(u.Scheme)
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.String()
	}
	port := u.Port()
	if n, err := strconv.Atoi(port); err == nil {
		port = strconv.Itoa(n)
	}
	usual := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	switch {
	case port != "" && port != usual:
		u.Host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		u.Host = "[" + host + "]"
	default:
		u.Host = host
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u.String()
}
