package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// setHelp has a command's help say what it does, show examples, and then list
// the flags in groups.
func setHelp(c *cobra.Command, groups []flagGroup) {
	for g, group := range groups {
		n := 0
		group.flags.VisitAll(func(f *pflag.Flag) {
			f.Annotations = map[string][]string{groupAnnotation: {group.title, fmt.Sprintf("%03d %03d", g, n)}}
			n++
		})
	}
	c.SetHelpFunc(func(c *cobra.Command, _ []string) {
		out := c.OutOrStdout()
		io.WriteString(out, fitHelp(aboutText(c)+"\n\n"+usageText(c), columnsOf(out)))
	})
	c.SetUsageFunc(func(c *cobra.Command) error {
		_, err := fmt.Fprint(c.ErrOrStderr(), usageText(c))
		return err
	})
}

// helpCommand is help, which misspelt commands don't fall through.
func (a *app) helpCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Example: "  crmsync help push\n  crmsync help state forget",
		RunE: func(c *cobra.Command, args []string) error {
			found := c.Root()
			for _, word := range args {
				i := slices.IndexFunc(found.Commands(), func(sub *cobra.Command) bool { return sub.Name() == word })
				if i < 0 {
					return unknownCommand(found, word)
				}
				found = found.Commands()[i]
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			found, _, err := c.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var words []string
			for _, sub := range subcommands(found) {
				words = append(words, cobra.CompletionWithDesc(sub.Name(), sub.Short))
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
	}
	setHelp(c, nil)
	return c
}

// groupAnnotation is where a flag keeps its group's title and its place.
const groupAnnotation = "crmsync_group"

// helpGroups are the flags of a command as its help shows them.
func helpGroups(c *cobra.Command) []flagGroup {
	var grouped []*pflag.Flag
	rest := flagGroup{"Other", pflag.NewFlagSet("", pflag.ContinueOnError)}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden:
		case f.Annotations[groupAnnotation] == nil:
			rest.flags.AddFlag(f)
		default:
			grouped = append(grouped, f)
		}
	})
	place := func(f *pflag.Flag) string { return f.Annotations[groupAnnotation][1] }
	slices.SortFunc(grouped, func(a, b *pflag.Flag) int { return strings.Compare(place(a), place(b)) })
	var groups []flagGroup
	for _, f := range grouped {
		title := f.Annotations[groupAnnotation][0]
		if len(groups) == 0 || groups[len(groups)-1].title != title {
			groups = append(groups, flagGroup{title, newFlagSet()})
		}
		groups[len(groups)-1].flags.AddFlag(f)
	}
	if len(groups) == 0 {
		rest.title = "Flags"
	}
	if rest.flags.HasFlags() {
		groups = append(groups, rest)
	}
	return groups
}

// useLine is how a command is called; one that only holds others does nothing
// but show its help.
func useLine(c *cobra.Command) string {
	if c.HasAvailableSubCommands() && !c.HasParent() {
		return c.CommandPath() + " COMMAND [flags]"
	}
	return c.UseLine()
}

func usageText(c *cobra.Command) string {
	var b strings.Builder
	if c.Example != "" {
		fmt.Fprintf(&b, "Examples:\n%s\n\n", strings.TrimRight(c.Example, "\n"))
	}
	fmt.Fprintf(&b, "Usage:\n  %s\n", useLine(c))
	if c.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				fmt.Fprintf(&b, "  %-12s %s\n", sub.Name(), sub.Short)
			}
		}
	}
	for _, group := range helpGroups(c) {
		fmt.Fprintf(&b, "\n%s:\n%s", group.title, group.flags.FlagUsages())
	}
	if isConfigured(c) {
		fmt.Fprintf(&b, "\n%s\n", settingsNote)
	}
	return b.String()
}
