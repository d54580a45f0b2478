package main

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// What the API page leaves open about writing is tested in each reading: the
// real program pushes to a CRM that behaves so, and nothing may be lost,
// doubled, or written other than the input says. The groups bear the numbers of
// the unknowns in [sandbox.Quirks].
func TestPushCopesWithEachReadingOfTheAPI(t *testing.T) {
	for group, readings := range allReadings() {
		t.Run(group, func(t *testing.T) {
			t.Parallel()
			sideBySide(t, readings)
		})
	}
}

// A switch of the sandbox that no push ever meets tells nothing.
func TestEachQuirkOfTheSandboxIsMetByAPush(t *testing.T) {
	met := map[string]bool{}
	for _, readings := range allReadings() {
		for _, r := range readings {
			quirks := reflect.ValueOf(r.crm.Quirks)
			for field, value := range quirks.Fields() {
				met[field.Name] = met[field.Name] || !value.IsZero()
			}
		}
	}
	for name, ok := range met {
		if !ok {
			t.Errorf("no push meets a CRM with %s", name)
		}
	}
}

func allReadings() map[string][]reading {
	return map[string][]reading{
		"1 limits":               limitReadings(),
		"2 when to come back":    comeBackReadings(),
		"3 other throttling":     throttleReadings(),
		"4 races":                raceReadings(),
		"5 equality":             equalityReadings(),
		"6 which of several":     severalReadings(),
		"7 null and empty":       emptyReadings(),
		"8 unknown attributes":   unknownReadings(),
		"9 required attributes":  requiredReadings(),
		"10 numbers":             numberReadings(),
		"11 options":             optionReadings(),
		"12 other types":         typeReadings(),
		"13 forms of answers":    answerReadings(),
		"14 relations":           relationReadings(),
		"15 users":               userReadings(),
		"16 people":              peopleReadings(),
		"17 companies":           companyReadings(),
		"18 lists":               listReadings(),
		"19 errors":              errorReadings(),
		"20 no with a 2xx":       successReadings(),
		"21 gateways":            gatewayReadings(),
		"22 objects":             objectReadings(),
		"23 permission":          permissionReadings(),
		"24 no idempotency keys": lostAnswerReadings(),
	}
}

// sideBySide runs a few readings of a group at once, whatever the number of
// processors: they mostly wait, as the CRM tells them to.
func sideBySide(t *testing.T, readings []reading) {
	const atOnce = 5
	next := make(chan reading)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for r := range next {
				t.Run(r.name, r.test)
			}
		})
	}
	for _, r := range readings {
		next <- r
	}
	close(next)
	workers.Wait()
}

// numbered is a CSV of n products, each with its own key.
func numbered(n int) string {
	var b strings.Builder
	b.WriteString("sku,name\n")
	for i := range n {
		fmt.Fprintf(&b, "A-%03d,n%d\n", i, i)
	}
	return b.String()
}

func limitReadings() (all []reading) {
	second := sandbox.Limit{Requests: 10, Window: 300 * time.Millisecond, Retry: sandbox.RetryFraction}
	add := func(name string, change func(*sandbox.Limit)) {
		limit := second
		change(&limit)
		all = append(all, reading{name: name, crm: sandbox.Options{Limit: limit}, input: numbered(30), created: 30})
	}
	add("windows begin at whole multiples of their length", func(l *sandbox.Limit) {})
	add("windows begin with the first request", func(l *sandbox.Limit) { l.Form = sandbox.LimitFromFirst })
	add("so many in any span of the window's length", func(l *sandbox.Limit) { l.Form = sandbox.LimitSliding })
	add("a bucket that fills evenly", func(l *sandbox.Limit) { l.Form = sandbox.LimitBucket })
	add("each token has its own limit", func(l *sandbox.Limit) { l.PerToken = true })
	add("reading is free", func(l *sandbox.Limit) { l.WritesOnly = true })
	add("refused requests count too", func(l *sandbox.Limit) { l.CountRefused = true })
	add("refused requests count in any span", func(l *sandbox.Limit) { l.CountRefused, l.Form = true, sandbox.LimitSliding })
	add("another client uses half of it", func(l *sandbox.Limit) { l.OthersShare = 0.5 })
	return all
}

func comeBackReadings() (all []reading) {
	for _, form := range []sandbox.RetryForm{sandbox.RetrySeconds, sandbox.RetryFraction, sandbox.RetryDate, sandbox.RetryZero,
		sandbox.RetryNonsense, sandbox.RetryBody, sandbox.RetryNone} {
		name := "Retry-After in the form " + string(form)
		if form == sandbox.RetrySeconds {
			name = "Retry-After in whole seconds"
		}
		all = append(all, reading{name: name, input: numbered(12), created: 12,
			crm: sandbox.Options{Limit: sandbox.Limit{Requests: 8, Window: 500 * time.Millisecond, Form: sandbox.LimitFromFirst, Retry: form, WritesOnly: true}}})
	}
	for _, headers := range []sandbox.LimitHeaders{sandbox.HeadersXEpoch, sandbox.HeadersXDelta, sandbox.HeadersXRefusals,
		sandbox.HeadersIETF, sandbox.HeadersIETFOld} {
		all = append(all, reading{name: "the limit is told by headers of the form " + string(headers), input: numbered(30), created: 30,
			crm: sandbox.Options{Limit: sandbox.Limit{Requests: 20, Window: 500 * time.Millisecond, Headers: headers, Retry: sandbox.RetryNone}}})
	}
	for name, told := range map[string]string{
		"a limit that is used up for a day, but refuses nothing, holds nobody": "80000",
		"nor does one that is used up for ever":                                "99999999999999",
	} {
		all = append(all, reading{name: name, input: numbered(12), created: 12, serve: withHeader("RateLimit", `"day";r=0;t=`+told)})
	}
	return append(all, reading{
		name:  "a wait of a day ends the run, which goes on when it is over",
		input: numbered(12), flags: []string{"--workers", "1"},
		crm:  sandbox.Options{Limit: sandbox.Limit{Requests: 8, Window: time.Hour, Form: sandbox.LimitFromFirst, Retry: sandbox.RetryDay, WritesOnly: true}},
		code: 1, created: 8, notSent: 4, fails: "longer than the 20s allowed",
		again: &ending{mend: func(crm *sandbox.CRM) { crm.SetLimit(sandbox.Limit{}) }, created: 12},
	})
}

// withHeader has every answer say something more.
func withHeader(name, value string) func(http.Handler) http.Handler {
	return func(crm http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(name, value)
			crm.ServeHTTP(w, r)
		})
	}
}

func throttleReadings() []reading {
	limit := func(status int) sandbox.Options {
		return sandbox.Options{Limit: sandbox.Limit{Requests: 8, Window: 500 * time.Millisecond, Form: sandbox.LimitFromFirst,
			Status: status, Retry: sandbox.RetryFraction, WritesOnly: true}}
	}
	forbidden := limit(403)
	forbidden.Limit.Window = time.Hour
	return []reading{
		{name: "503 for a rate limit is waited for", crm: limit(503), input: numbered(12), created: 12},
		{
			name: "403 for a rate limit ends the run, which goes on later",
			crm:  forbidden, input: numbered(12), flags: []string{"--workers", "1"},
			code: 1, created: 8, notSent: 4, fails: "403",
			again: &ending{mend: func(crm *sandbox.CRM) { crm.SetLimit(sandbox.Limit{}) }, created: 12},
		},
	}
}

// lostRace has the first assert of the value meet the answer that the loser of
// a race against another client gets.
func lostRace(status int) func(http.Handler) http.Handler {
	return func(crm http.Handler) http.Handler {
		var lost atomic.Bool
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && lost.CompareAndSwap(false, true) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				fmt.Fprintf(w, `{"success":false,"message":"The record exists already.","status":%d}`, status)
				return
			}
			crm.ServeHTTP(w, r)
		})
	}
}

func raceReadings() (all []reading) {
	// Twelve records of one new value, in four spellings, with other records
	// between them.
	var b strings.Builder
	b.WriteString("sku,name\n")
	for i := range 12 {
		fmt.Fprintf(&b, "%s,n%d\nB-%d,n\n", []string{"A-1", "a-1", "\" A-1\"", "\"A-1 \""}[i%4], i, i)
	}
	for _, race := range []sandbox.Race{sandbox.RaceDuplicates, sandbox.RaceUpdates, sandbox.RaceInvalid, sandbox.RaceConflict, sandbox.RaceError} {
		all = append(all, reading{
			name: fmt.Sprintf("two asserts of one value at once (%q) never come from one run", race),
			crm: sandbox.Options{AssertPause: 20 * time.Millisecond,
				Quirks: sandbox.Quirks{Race: race, TrimStrings: true, FoldCase: true}},
			input: b.String(), created: 13, updated: 11,
			check: func(t *testing.T, crm *sandbox.CRM, s quirkSummary) {
				if peak := crm.Stats().PeakPerKey; peak != 1 || s.Retries != 0 {
					t.Errorf("%d asserts of one value at once, %d retries", peak, s.Retries)
				}
			},
		})
	}
	theirs := []write{{"PUT", "products?matchingAttribute=sku", `{"sku":"A-1","price":5}`}}
	race := func(status int) reading {
		return reading{
			name:   fmt.Sprintf("another client wins a race, with %d", status),
			before: theirs, serve: lostRace(status), input: "sku,name\nA-1,n\n", shows: []string{"sku", "name", "price"},
		}
	}
	won := race(500)
	won.updated, won.holds = 1, []string{"A-1|n|5"}
	all = append(all, won)
	for _, status := range []int{400, 409, 422} {
		lost := race(status)
		lost.code, lost.rejected, lost.reason, lost.holds = 3, 1, fmt.Sprintf("^%d The record exists already", status), []string{"A-1||5"}
		all = append(all, lost)
	}
	return all
}

func equalityReadings() []reading {
	spellings := "sku,name\nA-1,first\na-1,second\n\" A-1 \",third\n"
	crm := func(q sandbox.Quirks) sandbox.Options { return sandbox.Options{Quirks: q} }
	return []reading{
		{name: "by the byte: three spellings are three records", input: spellings, created: 3,
			holds: []string{"A-1|first", "a-1|second", " A-1 |third"}},
		{name: "outer blanks are cut", crm: crm(sandbox.Quirks{TrimStrings: true}), input: spellings, created: 2, updated: 1,
			holds: []string{"A-1|third", "a-1|second"}},
		{name: "case is ignored", crm: crm(sandbox.Quirks{FoldCase: true}), input: spellings, created: 2, updated: 1,
			holds: []string{"a-1|second", " A-1 |third"}},
		{name: "blanks and case: the last of the input stays", crm: crm(sandbox.Quirks{TrimStrings: true, FoldCase: true}), input: spellings,
			created: 1, updated: 2, holds: []string{"A-1|third"}},
		{name: "accents are ignored", crm: crm(sandbox.Quirks{FoldAccents: true, FoldCase: true}),
			input: "sku,name\nMüller,first\nmuller,second\n", created: 1, updated: 1, holds: []string{"muller|second"}},
		{name: "29 and 29.0 are one number", match: "price", input: "price,name\n29,first\n29.0,second\n", shows: []string{"name"},
			created: 1, updated: 1, holds: []string{"second"}},
		{name: "29 and 29.0 are two texts", crm: crm(sandbox.Quirks{NumbersByText: true}), match: "price", shows: []string{"name"},
			input: `{"price":29,"name":"first"}` + "\n" + `{"price":29.0,"name":"second"}`, created: 2, holds: []string{"first", "second"}},
		{name: "phone numbers are compared by their digits", crm: crm(sandbox.Quirks{PhoneDigits: true}), object: "people", match: "phone_number",
			input: "phone_number,first_name\n+49 30 1,first\n+49301,second\n", created: 1, updated: 1,
			shows: []string{"first_name"}, holds: []string{"second"}},
		{name: "records could be matched by their id, but no id is sent", crm: crm(sandbox.Quirks{MatchByID: true}), match: "id",
			input: "id,name\nA-1,n\n", code: 2, fails: "id", holds: []string{}},
		{name: "a matching attribute that can't be one is refused with 400", match: "legacy_code", flags: []string{"--schema", "off"},
			input: "legacy_code\nA-1\n", code: 3, rejected: 1, reason: "^400 .*legacy_code"},
		{name: "a matching attribute that can't be one is refused with 422", crm: crm(sandbox.Quirks{BadMatch: 422}), match: "legacy_code",
			flags: []string{"--schema", "off"}, input: "legacy_code\nA-1\n", code: 3, rejected: 1, reason: "^422 .*legacy_code"},
		{name: "a matching attribute that can't be one is refused with 404", crm: crm(sandbox.Quirks{BadMatch: 404}), match: "legacy_code",
			flags: []string{"--schema", "off"}, input: "legacy_code\nA-1\n", code: 1, notSent: 1, fails: "404"},
	}
}

func severalReadings() (all []reading) {
	twins := []write{{"POST", "products", `{"sku":"A-1","name":"twin"}`}, {"POST", "products", `{"sku":"A-2","name":"twin"}`}}
	for newest, holds := range map[bool][]string{false: {"A-1|5", "A-2|"}, true: {"A-1|", "A-2|5"}} {
		all = append(all, reading{
			name: fmt.Sprintf("of two records with the value one is updated (the last: %v)", newest),
			crm:  sandbox.Options{Quirks: sandbox.Quirks{NewestFirst: newest}}, before: twins, match: "name",
			input: "name,price\ntwin,4\ntwin,5\n", updated: 2, shows: []string{"sku", "price"}, holds: holds,
		})
	}
	return all
}
