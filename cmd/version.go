package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// What a release sets when it is built (-ldflags -X). Other builds know it from
// the module and the repository they were made from.
var (
	version string
	commit  string
	date    string
)

// buildInfo says which program this is.
type buildInfo struct{ version, commit, date, goVersion string }

func thisBuild() buildInfo {
	b := buildInfo{version, commit, date, runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	if b.version == "" {
		b.version = info.Main.Version
	}
	if b.version == "" || b.version == "(devel)" {
		b.version = "dev"
	}
	modified := ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision" && b.commit == "":
			b.commit = setting.Value
		case setting.Key == "vcs.time" && b.date == "":
			b.date = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true" && commit == "":
			modified = "+modified"
		}
	}
	if b.commit == "" {
		b.commit = "unknown"
	} else {
		b.commit += modified
	}
	if b.date == "" {
		b.date = "unknown"
	}
	return b
}

func (b buildInfo) userAgent() string { return "crmsync/" + b.version }

func (a *app) versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "version",
		Short:   "Show version, commit and build",
		Example: "  crmsync version",
		Args:    exactArgs(0, ""),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			_, err := fmt.Fprintf(a.streams.Out, "crmsync %s\ncommit %s\ndate %s\n%s %s/%s\n",
				b.version, b.commit, b.date, b.goVersion, runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
	setHelp(c, nil)
	return c
}
