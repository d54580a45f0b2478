package cmd

import (
	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/sandbox"
)

// readFlags are the flags of the commands that only read from the CRM.
func readFlags() []string {
	return []string{"base-url", "token-file", "sandbox", "retries", "timeout", "max-wait",
		"output", "quiet", "verbose", "log-format", "config", "profile"}
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
