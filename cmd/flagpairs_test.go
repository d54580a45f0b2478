package cmd

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ofPairs are the words in which every flag of push stands beside every other: all
// values that change what goes with it, and one where none does.
func ofPairs() []string {
	return []string{
		"--object=products", "--match=sku", "--base-url=https://crm.example/v2", "--token-file=token", "--schema=auto", "--schema=off",
		"--schema=schema.json", "--sandbox",
		"--format=csv", "--format=tsv", "--format=ndjson", "--format=json", "--format=xlsx", "--delimiter=;", "--encoding=utf-8",
		"--columns=sku,name", "--sheet=Sheet1", "--header-row=2", "--limit=3",
		"--mapping=map.yaml", "--map=Item=sku", "--set=name=x", "--unknown-columns=drop", "--blank=null", "--null=NULL", "--locale=de",
		"--timezone=UTC", "--list-separator=,",
		"--rate=5/s", "--workers=2", "--retries=1", "--timeout=5s", "--max-wait=5s",
		"--rejects=r.csv", "--max-rejects=5", "--output=json", "--report=r.html", "--metrics=m.prom", "--on-finish=true", "--quiet",
		"--verbose", "--log-format=json", "--progress=always", "--progress=never",
		"--dry-run", "--only-changed", "--full", "--max-age=7d", "--state=s.state", "--report-missing", "--shard=1/2", "--restart",
		"--config=config.yaml", "--profile=staging",
	}
}

// misuse is every pair that makes no sense, with what is said of it. needs stands
// for flags that mean something only beside a third.
func misuse() map[[2]string]string {
	const offTypes = "does nothing with --schema off: without types every cell is sent as text"
	const contradict = "contradict each other"
	const noLines = "where each record names its own keys"
	const noCells = "--delimiter is what divides CSV cells"
	pairs := map[[2]string]string{
		{"--sandbox", "--base-url=https://crm.example/v2"}: "--sandbox and --base-url " + contradict,
		{"--sandbox", "--token-file=token"}:                "--sandbox needs no token",
		{"--sandbox", "--only-changed"}:                    "--sandbox begins with an empty CRM",
		{"--schema=off", "--locale=de"}:                    "--locale " + offTypes,
		{"--schema=off", "--timezone=UTC"}:                 "--timezone " + offTypes,
		{"--schema=off", "--list-separator=,"}:             "--list-separator " + offTypes,
		{"--schema=off", "--unknown-columns=drop"}:         "--unknown-columns does nothing with --schema off",
		{"--columns=sku,name", "--header-row=2"}:           "--columns is for files without a header, and --header-row says where the header is",
		{"--sheet=Sheet1", "--delimiter=;"}:                "--sheet is of workbooks, and --delimiter and --encoding are of text files",
		{"--sheet=Sheet1", "--encoding=utf-8"}:             "--sheet is of workbooks, and --delimiter and --encoding are of text files",
		{"--format=tsv", "--delimiter=;"}:                  "--format tsv means that cells are divided by tabs",
		{"--format=xlsx", "--delimiter=;"}:                 noCells,
		{"--format=xlsx", "--encoding=utf-8"}:              "--encoding is of text files",
		{"--quiet", "--verbose"}:                           "-q (nothing but errors) and -v (everything) " + contradict,
		{"--quiet", "--progress=always"}:                   "-q (nothing but errors) and --progress always " + contradict,
	}
	for _, format := range []string{"ndjson", "json"} {
		pairs[[2]string{"--format=" + format, "--columns=sku,name"}] = noLines
		pairs[[2]string{"--format=" + format, "--header-row=2"}] = noLines
		pairs[[2]string{"--format=" + format, "--delimiter=;"}] = noCells
	}
	for _, format := range []string{"csv", "tsv", "ndjson", "json"} {
		pairs[[2]string{"--format=" + format, "--sheet=Sheet1"}] = "--sheet names a sheet of a workbook"
	}
	return pairs
}

// withOnlyChanged are the flags that mean nothing without it, and the pairs of
// them that mean nothing with it.
var withOnlyChanged = []string{"--full", "--max-age=7d", "--state=s.state", "--report-missing"}

var withOnlyChangedMisuse = map[[2]string]string{
	{"--full", "--max-age=7d"}:        "--full sends everything, so --max-age has nothing to choose",
	{"--report-missing", "--limit=3"}: "--report-missing compares with the whole input",
}

func TestEveryPairOfFlagsMakesSenseOrHasASentence(t *testing.T) {
	atADesk(t)
	words := ofPairs()
	var shown []string
	newSettings().visit(func(f *pflag.Flag) { shown = append(shown, f.Name) })
	for _, name := range shown {
		if !slices.ContainsFunc(words, func(word string) bool { return nameOf(word) == name }) {
			t.Errorf("--%s stands beside no other flag: add it to ofPairs", name)
		}
	}
	wrong := misuse()
	met := 0
	for i, a := range words {
		for _, b := range words[i+1:] {
			if nameOf(a) == nameOf(b) {
				continue
			}
			given := []string{a, b}
			want, refused := eitherWay(wrong, a, b)
			lonely := slices.Contains(withOnlyChanged, a) || slices.Contains(withOnlyChanged, b)
			if lonely && a != "--only-changed" && b != "--only-changed" && !refused {
				expectRefusal(t, understood(t, given), "how --only-changed works, and that is not on", given)
				given = append(given, "--only-changed")
				if want, refused = eitherWay(withOnlyChangedMisuse, a, b); !refused && (a == "--sandbox" || b == "--sandbox") {
					want, refused = "--sandbox begins with an empty CRM", true
				}
			}
			err := understood(t, given)
			if refused {
				met++
				expectRefusal(t, err, want, given)
			} else if err != nil {
				t.Errorf("%s: %v", strings.Join(given, " "), err)
			}
		}
	}
	if met < len(wrong)+len(withOnlyChangedMisuse) {
		t.Errorf("only %d pairs that make no sense were met", met)
	}
}

func nameOf(word string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	return name
}

func eitherWay(pairs map[[2]string]string, a, b string) (string, bool) {
	if said, ok := pairs[[2]string{a, b}]; ok {
		return said, true
	}
	said, ok := pairs[[2]string{b, a}]
	return said, ok
}

func expectRefusal(t *testing.T, err error, want string, given []string) {
	t.Helper()
	var wrong *usageError
	switch {
	case !errors.As(err, &wrong) || !strings.Contains(err.Error(), want):
		t.Errorf("%s: got %v, want %q", strings.Join(given, " "), err, want)
	case hintOf(err) == "":
		t.Errorf("%s: %v: there is no way out", strings.Join(given, " "), err)
	}
}

// visit goes through all flags of push.
func (s *settings) visit(each func(*pflag.Flag)) {
	for _, group := range s.groups {
		group.flags.VisitAll(each)
	}
}

// understood is what push says of its command line before it opens anything.
func understood(t *testing.T, given []string) error {
	a := &app{
		streams: Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard},
		console: &console{out: &bytes.Buffer{}}, log: slog.New(slog.DiscardHandler),
	}
	s := newSettings()
	c := &cobra.Command{Use: "push"}
	s.addTo(c)
	args := slices.Clone(given)
	if !slices.ContainsFunc(given, func(word string) bool { return nameOf(word) == "match" }) {
		args = append(args, "--match=sku")
	}
	if err := c.ParseFlags(append(args, "products.csv")); err != nil {
		return err
	}
	r := a.newPushRun(s, c.Flags().Args())
	var err error
	if r.conf, err = a.configure(c, s); err != nil {
		return err
	}
	return r.understand(t.Context())
}

// atADesk has the test run where the files are that the flags name.
func atADesk(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, t.TempDir())
	}
	for name, content := range map[string]string{
		"products.csv": "sku,name\nA-1,one\n", "map.yaml": "columns: {name: name}\n",
		"config.yaml": "profiles: {staging: {}}\n", "crmsync.yaml": "profiles: {staging: {}}\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
