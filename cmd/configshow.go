package cmd

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show the settings in force and where each comes from",
		Long: "Config show lists the settings that a push would have now, and says of each where\n" +
			"it comes from: a flag, a variable of the environment, the config file or one of its\n" +
			"profiles, or the default. The token is never shown, nor what follows the first word\n" +
			"of a command.",
		Example: "  crmsync config show\n  crmsync config show --profile staging\n  crmsync config show -o json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(didYouMean(args[0], []string{"show"}, "crmsync config ", "crmsync config show is all there is"),
					"%q is not something that crmsync config does", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	setHelp(c, nil)
	c.AddCommand(a.configShowCommand())
	return c
}

func (a *app) configShowCommand() *cobra.Command {
	s := newSettings()
	c := &cobra.Command{
		Use:   "show",
		Short: "Show the settings in force and where each comes from",
		Long: "Show lists the settings that a push with the same flags would have now, and where\n" +
			"each comes from. The token is never shown, nor what follows the first word of a\n" +
			"command: both may be secret.",
		Example: "  crmsync config show\n  crmsync config show --profile staging\n  crmsync config show -o json",
		Args:    exactArgs(0, ""),
	}
	s.addTo(c)
	setHelp(c, s.groups)
	c.RunE = func(c *cobra.Command, _ []string) error {
		conf, err := a.configure(c, s)
		if err != nil {
			return err
		}
		return a.showSettings(s, conf)
	}
	return c
}

// setting is one row: a value and where it comes from.
type setting struct {
	Name    string     `json:"name"`
	Value   any        `json:"value"` // a text, a list of texts where the flag may be repeated, null where it is hidden
	Source  originKind `json:"source"`
	From    string     `json:"from"`    // the flag, the variable or the file
	Profile string     `json:"profile"` // of the file, where the value stands in one
}

func newSetting(name string, value any, o origin) setting {
	return setting{name, value, o.kind, o.name, o.profile}
}

func (a *app) showSettings(s *settings, conf *configuration) error {
	rows := []setting{conf.tokenSetting(s), conf.commandSetting()}
	for _, group := range s.groups {
		group.flags.VisitAll(func(f *pflag.Flag) {
			if f.Name == "config" {
				rows = append(rows, newSetting(f.Name, conf.file, conf.of(f.Name)))
				return
			}
			rows = append(rows, newSetting(f.Name, shownValue(f), conf.of(f.Name)))
		})
	}
	if s.output == "json" {
		return printJSON(a.streams.Out, map[string]any{"settings": rows})
	}
	table := [][]string{{"SETTING", "VALUE", "FROM"}}
	for _, row := range rows {
		table = append(table, []string{row.Name, valueText(row.Value), origin{row.Source, row.From, row.Profile}.String()})
	}
	return printTable(a.streams.Out, table)
}

func valueText(value any) string {
	switch v := value.(type) {
	case nil:
		return "(hidden)"
	case []string:
		return strings.Join(v, ", ")
	case string:
		return v
	}
	return ""
}

// shownValue is a flag's value without what may be secret in it.
func shownValue(f *pflag.Flag) any {
	if repeated, ok := f.Value.(repeatable); ok {
		return append([]string{}, repeated.values()...)
	}
	text := f.Value.String()
	switch f.Name {
	case "base-url":
		if u, err := url.Parse(text); err == nil {
			return u.Redacted()
		}
	case "on-finish":
		return firstWord(text)
	}
	return text
}

// firstWord is a command line without its arguments, which may be secret. So may
// be what is set before the program: KEY=… program.
func firstWord(line string) string {
	words := strings.Fields(line)
	switch {
	case len(words) == 0:
		return ""
	case strings.Contains(words[0], "="):
		return "…"
	case len(words) > 1:
		return words[0] + " …"
	}
	return words[0]
}

func (conf *configuration) commandSetting() setting {
	if conf.tokenCommand == "" {
		return newSetting(keyTokenCommand, "", origin{kind: fromDefault})
	}
	return newSetting(keyTokenCommand, firstWord(conf.tokenCommand), conf.inFile(keyTokenCommand))
}

// tokenSetting says where the token comes from, and nothing of what it is.
func (conf *configuration) tokenSetting(s *settings) setting {
	o := conf.tokenOrigin(s)
	if o.kind == fromDefault {
		return newSetting("token", "", o)
	}
	if conf.tokenFrom(s.tokenFile).command != "" {
		o.name = keyTokenCommand + " in " + o.name
	}
	return newSetting("token", nil, o)
}
