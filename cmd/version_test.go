package cmd

import (
	"runtime/debug"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestAProgramKnowsWhatItWasBuiltFrom(t *testing.T) {
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.time", Value: "2025-06-01T10:00:00Z"}, {Key: "vcs.modified", Value: modified}}
	}
	main := func(version, sum string) debug.Module {
		return debug.Module{Path: "github.com/crmsync/crmsync", Version: version, Sum: sum}
	}
	for _, test := range []struct {
		name string
		info debug.BuildInfo
		set  buildInfo
		want buildInfo
	}{
		{"a release says it itself", debug.BuildInfo{Main: main("v0.0.0-20250601100000-abcdefabcdef+dirty", ""), Settings: vcs("true")},
			buildInfo{version: "1.2.3", commit: "def456", date: "2025-06-02"}, buildInfo{version: "1.2.3", commit: "def456", date: "2025-06-02"}},
		{"go install of a version has its sources' sum", debug.BuildInfo{Main: main("v1.2.3", "h1:sum=")}, buildInfo{},
			buildInfo{version: "1.2.3", commit: "unknown", date: "unknown", source: "github.com/crmsync/crmsync@v1.2.3 h1:sum="}},
		{"go install of a commit has it in its version", debug.BuildInfo{Main: main("v1.2.4-0.20250601100000-abcdefabcdef", "h1:sum=")}, buildInfo{},
			buildInfo{version: "1.2.4-0.20250601100000-abcdefabcdef", commit: "abcdefabcdef", date: "2025-06-01T10:00:00Z",
				source: "github.com/crmsync/crmsync@v1.2.4-0.20250601100000-abcdefabcdef h1:sum="}},
		{"a checkout has its repository", debug.BuildInfo{Main: main("(devel)", ""), Settings: vcs("false")}, buildInfo{},
			buildInfo{version: "dev", commit: "abc123", date: "2025-06-01T10:00:00Z"}},
		{"changes to a checkout are told", debug.BuildInfo{Main: main("v0.0.0-20250601100000-abc123abc123+dirty", ""), Settings: vcs("true")}, buildInfo{},
			buildInfo{version: "0.0.0-20250601100000-abc123abc123+dirty", commit: "abc123+modified", date: "2025-06-01T10:00:00Z"}},
		{"nothing is known", debug.BuildInfo{}, buildInfo{}, buildInfo{version: "dev", commit: "unknown", date: "unknown"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := buildOf(&test.info, test.set)
			if diff := gocmp.Diff(test.want, got, gocmp.AllowUnexported(buildInfo{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
