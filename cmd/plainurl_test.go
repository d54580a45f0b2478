package cmd

import (
	"testing"

	"github.com/crmsync/crmsync/internal/client"
)

func TestSpellingsOfOneAddressHaveOnePlainForm(t *testing.T) {
	for plain, spellings := range map[string][]string{
		client.DefaultBaseURL: {
			"https://api.zeeg.me/v2/", "HTTPS://API.Zeeg.me/v2", "https://api.zeeg.me:443/v2", "https://api.zeeg.me:0443/v2//",
			"https://api.zeeg.me./v2", " https://api.zeeg.me/v1/../v2", "https://api.zeeg.me/./v2/.",
		},
		"http://localhost":          {"http://localhost:80", "http://LOCALHOST/"},
		"http://127.0.0.1:8513/v2":  {"http://127.0.0.1:08513/v2", "http://127.0.0.1:8513/v2/./"},
		"http://[::1]:8513/v2":      {"http://[0:0::1]:8513/v2"},
		"https://[2001:db8::1]/v2":  {"https://[2001:DB8:0::1]:443/v2"},
		"https://crm.example:80/v2": {"https://CRM.example:80/v2"},
		// Whether these are the same is the server's business.
		"https://crm.example//v2":   nil,
		"https://crm.example/V2":    nil,
		"https://crm.example/a%2Fb": {"https://crm.example/a%2Fb/"},
	} {
		for _, spelling := range append(spellings, plain) {
			if got := plainURL(spelling); got != plain {
				t.Errorf("%s: %s, want %s", spelling, got, plain)
			}
		}
	}
}
