package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// setHelp has a command's help say what it does, show examples, and then list
// the flags in groups.
func setHelp(c *cobra.Command, groups []flagGroup) {
	c.SetHelpFunc(func(c *cobra.Command, _ []string) {
		text := c.Long
		if text == "" {
			text = c.Short
		}
		fmt.Fprintf(c.OutOrStdout(), "%s\n\n%s", strings.TrimSpace(text), usageText(c, groups))
	})
	c.SetUsageFunc(func(c *cobra.Command) error {
		_, err := fmt.Fprint(c.ErrOrStderr(), usageText(c, groups))
		return err
	})
}

func usageText(c *cobra.Command, groups []flagGroup) string {
	var b strings.Builder
	if c.Example != "" {
		fmt.Fprintf(&b, "Examples:\n%s\n\n", strings.TrimRight(c.Example, "\n"))
	}
	fmt.Fprintf(&b, "Usage:\n  %s\n", c.UseLine())
	if c.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				fmt.Fprintf(&b, "  %-12s %s\n", sub.Name(), sub.Short)
			}
		}
	}
	shown := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, group := range groups {
		fmt.Fprintf(&b, "\n%s:\n%s", group.title, group.flags.FlagUsages())
		shown.AddFlagSet(group.flags)
	}
	rest := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if shown.Lookup(f.Name) == nil {
			rest.AddFlag(f)
		}
	})
	if rest.HasAvailableFlags() {
		title := "Other"
		if len(groups) == 0 {
			title = "Flags"
		}
		fmt.Fprintf(&b, "\n%s:\n%s", title, rest.FlagUsages())
	}
	if len(groups) > 0 {
		b.WriteString("\nEvery flag can also be set in the environment (CRMSYNC_BASE_URL for --base-url) or in the config file.\n")
	}
	return b.String()
}
