package cmd

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// eachCommand visits a command and all below it.
func eachCommand(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, visit)
	}
}

func TestCompletedWordsAreThoseThatTheFlagTakes(t *testing.T) {
	words, seen := wordsOfFlags(), map[string]bool{}
	eachCommand((&app{}).rootCommand(), func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			err := f.Value.Set("no such word")
			if err == nil || !strings.Contains(err.Error(), "is none of ") {
				return
			}
			seen[f.Name] = true
			_, list, _ := strings.Cut(err.Error(), "is none of ")
			if want := strings.Split(list, ", "); f.Name != "fault" && !slices.Equal(words[f.Name], want) {
				t.Errorf("%s --%s takes %q, and is completed with %q", c.CommandPath(), f.Name, want, words[f.Name])
			}
		})
	})
	for name := range words {
		if !seen[name] {
			t.Errorf("--%s is completed with words, and no command has it as a flag with a fixed set", name)
		}
	}
}

func TestWordsToBeginWithAreTaken(t *testing.T) {
	s := newSettings()
	for name, words := range examplesOfFlags() {
		for _, group := range s.groups {
			if f := group.flags.Lookup(name); f != nil {
				for _, word := range words {
					if err := f.Value.Set(word); err != nil {
						t.Errorf("--%s is completed with %q: %v", name, word, err)
					}
				}
			}
		}
	}
}

func TestACompletionThatHangsIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, gone := time.Now(), make(chan bool)
		defer close(gone)
		words, directive := within(t.Context(), patience, func(context.Context) ([]string, cobra.ShellCompDirective) {
			<-gone // a disk that doesn't answer hears of no context either
			return []string{"late"}, cobra.ShellCompDirectiveDefault
		})
		if len(words) > 0 || directive != cobra.ShellCompDirectiveNoFileComp || time.Since(began) != patience {
			t.Errorf("after %s: %q, %d", time.Since(began), words, directive)
		}
	})
}

func TestOnlyASlugThatIsAFileNameEverywhereIsKept(t *testing.T) {
	long := strings.Repeat("x", 100)
	for slug, want := range map[string]bool{
		"products": true, "a-b_c.d9": true, "-x": true, long: true,
		"": false, ".hidden": false, "..": false, "a/b": false, `a\b`: false, "a b": false, "größe": false, "a:b": false, long + "x": false,
	} {
		if plainSlug(slug) != want {
			t.Errorf("plainSlug(%q) is not %v", slug, want)
		}
	}
}
