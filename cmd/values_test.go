package cmd

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmsync/crmsync/internal/mapping"
)

// parsed shows what a flag's text comes to, or its error.
func parsed[T any](parse func(string) (T, error)) func(string) string {
	return func(text string) string {
		v, err := parse(text)
		if err != nil {
			return "error: " + err.Error()
		}
		return fmt.Sprintf("%v", v)
	}
}

func TestFlagValues(t *testing.T) {
	count := parsed(wholeNumber[int64](1))
	char := parsed(delimiterCharacter)
	columns := parsed(columnNames)
	toAttribute := parsed(columnToAttribute)
	constant := parsed(attributeValue)
	for _, test := range []struct {
		name, want string
		parse      func(string) string
		text       string
	}{
		{"a whole number is taken", "12", count, "12"},
		{"zero is too few where one is the least", `error: "0" is not a whole number of at least 1`, count, "0"},
		{"a fraction is no whole number", `error: "1.5" is not a whole number of at least 1`, count, "1.5"},
		{"a number beyond all bounds is refused", `error: "99999999999999999999" is not a whole number of at least 1`, count, "99999999999999999999"},
		{"a duration has a unit", "1m30s", parsed(positiveDuration), "90s"},
		{"a bare number is no duration", `error: "30" is not a duration such as 30s, 5m or 1h30m`, parsed(positiveDuration), "30"},
		{"no time at all is no duration", `error: "0s" is not a duration such as 30s, 5m or 1h30m`, parsed(positiveDuration), "0s"},
		{"a delimiter is one character", "59", char, ";"},
		{"a tab may be written as an escape", "9", char, `\t`},
		{"a tab may be written as a word", "9", char, "tab"},
		{"a delimiter may be any character", "8364", char, "€"},
		{"two characters are no delimiter", `error: ";;" is more than one character (write \t or tab for a tab)`, char, ";;"},
		{"a quote can't divide cells", `error: "\"" can't be a delimiter`, char, `"`},
		{"columns are a line of CSV", "[a b,c]", columns, `a,"b,c"`},
		{"an unclosed quote is no list of columns", `error: "\"a" is not a list of names with commas between them`, columns, `"a`},
		{"a column goes to an attribute", "{Item No sku}", toAttribute, "Item No=sku"},
		{"the last equals sign divides column and attribute", "{a=b sku}", toAttribute, "a=b=sku"},
		{"a column without attribute is dropped", "{Notes }", toAttribute, "Notes="},
		{"a mapping without column is refused", `error: "=sku" is not COLUMN=ATTR (COLUMN= drops the column)`, toAttribute, "=sku"},
		{"a constant's value may hold equals signs", "{url a=b}", constant, "url=a=b"},
		{"a constant may be empty", "{url }", constant, "url="},
		{"a constant without value is refused", `error: "url" is not ATTR=VALUE`, constant, "url"},
		{"a time zone is known by its name", "Europe/Berlin", parsed(timezone), "Europe/Berlin"},
		{"an unknown time zone is refused", `error: "Berlin" is not a time zone such as Europe/Berlin or UTC`, parsed(timezone), "Berlin"},
		{"a word of a fixed set is taken", "skip", parsed(oneOf([]string{"skip", "null"}, word)), "skip"},
		{"another word is refused with the set", `error: "nil" is none of skip, null`, parsed(oneOf([]string{"skip", "null"}, word)), "nil"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.parse(test.text)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestARepeatableFlagKeepsEveryValue(t *testing.T) {
	s := newSettings()
	flag := s.groups[2].flags.Lookup("map")
	for _, text := range []string{"a=b", "c="} {
		if err := flag.Value.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	want := []mapping.Column{{Name: "a", Attribute: "b"}, {Name: "c"}}
	if diff := cmp.Diff(want, s.mapped); diff != "" {
		t.Errorf("--map (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"--map", "a=b", "--map", "c="}, flagWords(flag)); diff != "" {
		t.Errorf("as words (-want +got):\n%s", diff)
	}
}

func TestDefaultsAreWhatTheHelpSays(t *testing.T) {
	s := newSettings()
	if s.workers != 64 || s.retries != 8 || s.timeout != 30*time.Second || s.maxWait != 15*time.Minute || !s.rate.Auto() {
		t.Errorf("defaults of the pace: %+v", s)
	}
	defaults := map[string]string{
		"base-url": s.baseURL, "schema": s.schema, "output": s.output, "log-format": s.logFormat, "progress": s.showBar,
		"workers": fmt.Sprint(s.workers), "retries": fmt.Sprint(s.retries),
	}
	for _, group := range s.groups {
		for name, want := range defaults {
			if f := group.flags.Lookup(name); f != nil && f.DefValue != want {
				t.Errorf("--%s: the help says %q, it is %q", name, f.DefValue, want)
			}
		}
	}
}
