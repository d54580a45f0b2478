package cmd

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	gomodule "golang.org/x/mod/module"
)

// What a release sets when it is built (-ldflags -X). Other builds know it from
// the module and the repository they were made from.
var (
	version string
	commit  string
	date    string
)

// buildInfo says which program this is.
type buildInfo struct{ version, commit, date, source, goVersion string }

func thisBuild() buildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(info, buildInfo{version: version, commit: commit, date: date, goVersion: runtime.Version()})
}

// buildOf adds what the build itself tells to what a release set. go install
// knows no repository, but its version may be made of commit and date, and it
// has the sum of the sources.
func buildOf(info *debug.BuildInfo, b buildInfo) buildInfo {
	set := b
	of := map[string]string{}
	for _, s := range info.Settings {
		of[s.Key] = s.Value
	}
	module := info.Main
	b.version = cmp.Or(set.version, strings.TrimPrefix(module.Version, "v"))
	if b.version == "" || b.version == "(devel)" {
		b.version = "dev"
	}
	b.commit, b.date = cmp.Or(set.commit, of["vcs.revision"]), cmp.Or(set.date, of["vcs.time"])
	if plain := strings.TrimSuffix(module.Version, "+dirty"); gomodule.IsPseudoVersion(plain) {
		if rev, err := gomodule.PseudoVersionRev(plain); err == nil {
			b.commit = cmp.Or(b.commit, rev)
		}
		if at, err := gomodule.PseudoVersionTime(plain); err == nil {
			b.date = cmp.Or(b.date, at.UTC().Format(time.RFC3339))
		}
	}
	if of["vcs.modified"] == "true" && set.commit == "" && b.commit != "" {
		b.commit += "+modified"
	}
	if module.Sum != "" {
		b.source = module.Path + "@" + module.Version + " " + module.Sum
	}
	b.commit, b.date = cmp.Or(b.commit, "unknown"), cmp.Or(b.date, "unknown")
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
			text := fmt.Sprintf("crmsync %s\ncommit %s\ndate %s\n", b.version, b.commit, b.date)
			if b.source != "" {
				text += "source " + b.source + "\n"
			}
			_, err := fmt.Fprintf(a.streams.Out, "%s%s %s/%s\n", text, b.goVersion, runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
	setHelp(c, nil)
	return c
}
