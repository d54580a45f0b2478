package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/report"
)

func (a *app) authCommand() *cobra.Command {
	s := newSettings()
	c := &cobra.Command{
		Use:   "auth",
		Short: "Check base URL, token and scopes",
		Long: "Auth checks base URL, token and scopes by reading from the CRM, and says what is\n" +
			"wrong and how to mend it. It writes nothing, so it can't tell whether the token\n" +
			"may write.",
		Example: "  crmsync auth\n  crmsync auth --profile staging",
		Args:    exactArgs(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.reader(s, c, func(from *client.Client, conf *configuration, _ *schemaCache) error {
				var access client.Access
				err := a.retryReads(c.Context(), s, func() error {
					access = from.Check(c.Context())
					return access.ObjectsErr
				})
				if printErr := a.printAccess([][]string{
					{"base URL", from.BaseURL()}, {"config file", orNone(conf.file)}, {"profile", orNone(s.profile)}, {"token", "from " + conf.tokenText(s)},
				}, access); printErr != nil {
					return printErr
				}
				return err
			})
		},
	}
	s.addTo(c, "base-url", "token-file", "retries", "timeout", "max-wait", "quiet", "verbose", "log-format", "config", "profile")
	setHelp(c, s.groups)
	return c
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// printAccess says what works, below the rows that say what was tried. What doesn't ends the command as its error,
// except for the members: only user attributes need those.
func (a *app) printAccess(rows [][]string, access client.Access) error {
	objects := fmt.Sprintf("%d can be read (crm:read or crm:write)", len(access.Objects))
	if access.ObjectsErr != nil {
		objects = "can't be read"
	}
	rows = append(rows, []string{"objects", objects})
	switch {
	case access.UsersErr == nil:
		rows = append(rows, []string{"members", "can be read (users:read)"})
	case access.ObjectsErr == nil:
		rows = append(rows, []string{"members", "can't be read: " + report.Clean(access.UsersErr.Error())})
		rows = append(rows, []string{"", "only e-mail addresses in user attributes need it; " + hintOf(access.UsersErr)})
	}
	if access.ObjectsErr == nil {
		rows = append(rows, []string{"writing", "not tried: this command writes nothing"})
	}
	return printTable(a.streams.Out, rows)
}
