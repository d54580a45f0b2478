package cmd

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/shellwords"
)

// asking are the commands in messages that ask a service, or look into what is
// remembered of it.
var asking = regexp.MustCompile(`crmsync (objects|(?:schema|map) (?:(?:'[^']*'|\\'|[^\s'\\;,` + "`" + `])+)|state list)`)

// askingFlags are the flags that say which service, or which state.
func askingFlags(command string) []string {
	if command == "state list" {
		return []string{"state", "config", keyProfile}
	}
	return []string{"sandbox", "base-url", "token-file", "config", keyProfile}
}

// sameService has the commands in what the console says ask whom the command line
// names: another CRM has other objects.
func (a *app) sameService(c *cobra.Command, conf *configuration) {
	words := map[string][]string{}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if conf.explicit[f.Name] {
			words[f.Name] = flagWords(f)
		}
	})
	a.console.amend = func(text string) string {
		return asking.ReplaceAllStringFunc(text, func(command string) string {
			if strings.HasSuffix(command, " OBJECT") || strings.HasSuffix(command, " FILE") {
				return command // a form to fill in
			}
			for _, name := range askingFlags(command[len("crmsync "):]) {
				if len(words[name]) > 0 {
					command += " " + shellwords.Quote(words[name]...)
				}
			}
			return command
		})
	}
}
