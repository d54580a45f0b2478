package cmd

import (
	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/sandbox"
)

// addToReader gives a command the flags of those that only read from the CRM.
func (s *settings) addToReader(c *cobra.Command) {
	s.addTo(c, "base-url", "token-file", "sandbox", "retries", "timeout", "max-wait",
		"output", "quiet", "verbose", "log-format", "config", "profile")
	c.Flags().Lookup("sandbox").Usage = "show what the built-in sample has: needs no token"
	setHelp(c, s.groups)
}

// reader is a command that reads from the CRM and prints what it read.
func (a *app) reader(s *settings, c *cobra.Command, read func(*client.Client, *configuration, *schemaCache) error) error {
	conf, err := a.configure(c, s)
	if err != nil {
		return err
	}
	if err := s.checkTarget(conf.explicit); err != nil {
		return err
	}
	var crm *sandbox.CRM
	if s.sandbox {
		if crm, err = sandbox.New(sandbox.Options{}); err != nil {
			return err
		}
	}
	from, workspace, err := a.newClient(c.Context(), s, conf, crm)
	if err != nil {
		return err
	}
	defer from.CloseIdle()
	var cache *schemaCache
	if crm == nil {
		cache = a.schemaCache(s, conf, workspace)
	}
	return read(from, conf, cache)
}
