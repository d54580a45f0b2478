package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Token is an access token of the CRM [authentication].
type Token struct {
	Value    string
	Scopes   []string // crm:read, crm:write, users:read, admin:full
	Requests int      // it expires after so many; 0: never
}

// scopes is what a token may do; nil is everything.
type scopes []string

// cover tells whether the scopes hold the needed one, or one of "a or b".
func (s scopes) cover(need string, adminCoversCRM bool) bool {
	if s == nil || adminCoversCRM && slices.Contains(s, "admin:full") {
		return true
	}
	for one := range strings.SplitSeq(need, " or ") {
		if slices.Contains(s, one) {
			return true
		}
	}
	return false
}

// tokenBook knows the tokens and counts what they are used for.
type tokenBook struct {
	mu     sync.Mutex
	tokens map[string]*Token // nil: every token will do
}

// SetTokens replaces the tokens, while the CRM runs: an empty list takes every
// token, and a new entry for an expired one makes it valid again.
func (c *CRM) SetTokens(tokens []Token) {
	c.tokens.mu.Lock()
	defer c.tokens.mu.Unlock()
	c.tokens.tokens = nil
	for _, t := range tokens {
		if c.tokens.tokens == nil {
			c.tokens.tokens = make(map[string]*Token)
		}
		if t.Requests == 0 {
			t.Requests = -1
		}
		c.tokens.tokens[t.Value] = &t
	}
}

// check gives the token's scopes, or the 401.
func (b *tokenBook) check(token string) (scopes, *refusal) {
	if token == "" {
		return nil, &refusal{status: http.StatusUnauthorized, message: "Unauthenticated."}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens == nil {
		return nil, nil
	}
	t := b.tokens[token]
	if t == nil || t.Requests == 0 {
		return nil, &refusal{status: http.StatusUnauthorized, message: "Unauthenticated."}
	}
	if t.Requests > 0 {
		t.Requests--
	}
	return append(scopes{}, t.Scopes...), nil
}
