package client

import (
	"net/http"
	"strings"
	"time"
)

// window is one limit that RateLimit and RateLimit-Policy tell of.
type window struct {
	name         string
	limit        int // 0 unknown
	remaining    int // -1 unknown
	reset        time.Duration
	length       time.Duration
	isRemaining  bool
	otherMeasure bool // it counts bytes or the like, not requests
}

// readStandard reads the IETF's RateLimit and RateLimit-Policy: the draft with
// limit=100, remaining=50, reset=5 and the later one with "default";r=50;t=30.
// Of several limits it takes the one that allows least per second.
func (l *Limits) readStandard(h http.Header) {
	policies := h["Ratelimit-Policy"]
	states := h["Ratelimit"]
	if len(policies) == 0 && len(states) == 0 {
		return
	}
	var known []window
	for _, v := range policies {
		known = appendPolicies(known, v)
	}
	var best *window
	for _, v := range states {
		if strings.Contains(v, "=") && !strings.Contains(v, ";") {
			l.readPairs(v)
			continue
		}
		for _, w := range appendStates(nil, v) {
			w.describe(known)
			if !w.otherMeasure && (best == nil || w.tighter(best)) {
				best = &w
			}
		}
	}
	if best == nil && len(states) == 0 {
		for _, w := range known {
			if !w.otherMeasure && (best == nil || w.tighter(best)) {
				best = &w
			}
		}
	}
	if best != nil {
		l.take(best)
	} else {
		l.windowOf(known)
	}
}

func (l *Limits) take(w *window) {
	if w.limit > 0 {
		l.Limit = w.limit
	}
	if w.isRemaining {
		l.Remaining = w.remaining
	}
	if w.reset > 0 {
		l.Reset = w.reset
	}
	if w.length > 0 {
		l.Window = w.length
	}
}

// windowOf finds the window's length in the policies, where the limit itself
// was told otherwise.
func (l *Limits) windowOf(known []window) {
	for _, w := range known {
		if w.otherMeasure || (l.Limit != 0 && w.limit != l.Limit) || w.length == 0 {
			continue
		}
		l.Limit, l.Window = w.limit, w.length
		return
	}
}

// readPairs reads limit=100, remaining=50, reset=5.
func (l *Limits) readPairs(v string) {
	for v != "" {
		var pair string
		pair, v, _ = strings.Cut(v, ",")
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "limit":
			if n, ok := parseCount(value); ok && n > 0 {
				l.Limit = n
			}
		case "remaining":
			if n, ok := parseCount(value); ok {
				l.Remaining = n
			}
		case "reset":
			if d, ok := parseSeconds(value); ok {
				l.Reset = d
			}
		}
	}
}

// describe fills in what the policy of the same name says.
func (w *window) describe(known []window) {
	for _, k := range known {
		if k.name == w.name || len(known) == 1 {
			w.limit, w.length, w.otherMeasure = k.limit, k.length, k.otherMeasure
			return
		}
	}
}

// tighter compares what is left for the time that is left; with no such
// knowledge, what the policy allows.
func (w *window) tighter(than *window) bool {
	a, b := w.perSecond(), than.perSecond()
	if a == b {
		return w.reset > than.reset
	}
	return a < b
}

func (w *window) perSecond() float64 {
	if w.isRemaining && w.reset > 0 {
		return float64(w.remaining) / w.reset.Seconds()
	}
	count := w.limit
	if w.isRemaining {
		count = w.remaining
	}
	if w.length > 0 {
		return float64(count) / w.length.Seconds()
	}
	return float64(count)
}

// appendPolicies reads "default";q=100;w=60 and 100;w=60, comma-separated.
func appendPolicies(list []window, v string) []window {
	eachItem(v, func(item string, params func(func(name, value string))) {
		w := window{name: item, remaining: -1}
		if n, ok := parseCount(item); ok {
			w.limit, w.name = n, ""
		}
		params(func(name, value string) {
			switch name {
			case "q":
				w.limit, _ = parseCount(value)
			case "w":
				w.length, _ = parseSeconds(value)
			case "qu":
				w.otherMeasure = strings.Trim(value, `"`) != "requests"
			}
		})
		if w.limit > 0 {
			list = append(list, w)
		}
	})
	return list
}

// appendStates reads "default";r=50;t=30, comma-separated.
func appendStates(list []window, v string) []window {
	eachItem(v, func(item string, params func(func(name, value string))) {
		w := window{name: item, remaining: -1}
		params(func(name, value string) {
			switch name {
			case "r":
				w.remaining, w.isRemaining = parseCount(value)
			case "t":
				w.reset, _ = parseSeconds(value)
			}
		})
		if w.isRemaining {
			list = append(list, w)
		}
	})
	return list
}

// eachItem splits a list of items with parameters. Commas and semicolons in
// names are rare enough for them to count as nonsense.
func eachItem(v string, f func(item string, params func(func(name, value string)))) {
	for v != "" {
		var item string
		item, v, _ = strings.Cut(v, ",")
		name, rest, _ := strings.Cut(item, ";")
		f(strings.Trim(strings.TrimSpace(name), `"`), func(yield func(name, value string)) {
			for rest != "" {
				var p string
				p, rest, _ = strings.Cut(rest, ";")
				name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
				yield(strings.TrimSpace(name), strings.TrimSpace(value))
			}
		})
	}
}
