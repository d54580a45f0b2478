package cmd

import (
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/source"
)

// settings is what flags, environment and config file say. Each command shows
// the flags that concern it; the config file may hold all of them.
type settings struct {
	// target
	object, match, baseURL, tokenFile, schema string
	sandbox                                   bool

	// input
	format    source.Format
	delimiter rune
	encoding  string
	columns   []string
	sheet     string
	headerRow int
	limit     int64

	// mapping
	mappingFile   string
	mapped        []mapping.Column
	constants     []mapping.Constant
	dropUnknown   bool
	blank         *mapping.BlankMode // nil: not said
	null          *string            // nil: no text is null
	locale        string
	location      *time.Location
	listSeparator string

	// pace
	rate             pace.Rate
	workers, retries int
	timeout, maxWait time.Duration

	// outcome
	rejects            string
	maxRejects         push.MaxRejects
	output             string
	reports            []string
	metrics, onFinish  string
	quiet, verbose     bool
	logFormat, showBar string

	// run
	dryRun, restart                  bool
	onlyChanged, full, reportMissing bool
	maxAge                           time.Duration
	state                            string
	shard                            push.Shard

	// settings
	config, profile string

	groups []flagGroup
}

// flagGroup is a heading of the help with its flags.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

func newSettings() *settings {
	s := &settings{}
	s.targetFlags(s.group("Target"))
	s.inputFlags(s.group("Input"))
	s.mappingFlags(s.group("Mapping"))
	s.paceFlags(s.group("Pace"))
	s.outcomeFlags(s.group("Outcome"))
	s.runFlags(s.group("Run"))
	s.settingsFlags(s.group("Settings"))
	return s
}

func (s *settings) group(title string) *pflag.FlagSet {
	flags := pflag.NewFlagSet(title, pflag.ContinueOnError)
	flags.SortFlags = false
	s.groups = append(s.groups, flagGroup{title, flags})
	return flags
}

// addTo gives a command the named flags, or all of them where none is named.
func (s *settings) addTo(c *cobra.Command, names ...string) {
	var shown []flagGroup
	for _, group := range s.groups {
		flags := pflag.NewFlagSet(group.title, pflag.ContinueOnError)
		flags.SortFlags = false
		group.flags.VisitAll(func(f *pflag.Flag) {
			if len(names) == 0 || slices.Contains(names, f.Name) {
				flags.AddFlag(f)
			}
		})
		if flags.HasFlags() {
			c.Flags().AddFlagSet(flags)
			shown = append(shown, flagGroup{group.title, flags})
		}
	}
	s.groups = shown
}

// names are the flags that a config file may hold.
func (s *settings) names() []string {
	var names []string
	for _, group := range s.groups {
		group.flags.VisitAll(func(f *pflag.Flag) {
			if f.Name != "config" {
				names = append(names, f.Name)
			}
		})
	}
	return names
}

func (s *settings) targetFlags(f *pflag.FlagSet) {
	f.StringVar(&s.object, "object", "", "`SLUG` of the CRM object (from the file's name: products.csv is products)")
	f.StringVarP(&s.match, "match", "m", "", "`ATTR` that identifies a record, such as sku or email (required)")
	f.Var(&value[string]{&s.baseURL, anyText, client.DefaultBaseURL}, "base-url", "`URL` of the API")
	s.baseURL = client.DefaultBaseURL
	f.StringVar(&s.tokenFile, "token-file", "", "`FILE` that holds the token (CRMSYNC_TOKEN in the environment does as well)")
	f.Var(&value[string]{&s.schema, anyText, "auto"}, "schema", "where the object's attributes come from: auto (the API), a `FILE`, or off")
	s.schema = "auto"
	f.BoolVar(&s.sandbox, "sandbox", false, "push to a CRM inside this process: needs no token, writes nothing real")
}

func (s *settings) inputFlags(f *pflag.FlagSet) {
	f.Var(&value[source.Format]{&s.format, inputFormat, "auto"}, "format", "`FORMAT` of the input: auto, csv, tsv, ndjson, json or xlsx")
	f.Var(&value[rune]{&s.delimiter, delimiterCharacter, ""}, "delimiter", "`CHAR` between CSV cells (found among , ; tab |)")
	f.Var(&value[string]{&s.encoding, encodingName, ""}, "encoding", "`NAME` of the text's encoding, such as windows-1252 (found)")
	f.Var(&value[[]string]{&s.columns, columnNames, ""}, "columns", "`a,b,c`: names of the columns, for a file without a header")
	f.StringVar(&s.sheet, "sheet", "", "`NAME` of the sheet, in XLSX (the first)")
	f.Var(&value[int]{&s.headerRow, wholeNumber(1), ""}, "header-row", "row `N` holds the column names (found in XLSX, else 1)")
	f.Var(&value[int64]{&s.limit, wholeNumber[int64](1), ""}, "limit", "read at most `N` records")
}

func (s *settings) mappingFlags(f *pflag.FlagSet) {
	f.StringVar(&s.mappingFile, "mapping", "", "`FILE` that says how columns become attributes (YAML; JOB.yaml#PUSH: as that push of a job says)")
	f.Var(&list[mapping.Column]{&s.mapped, columnToAttribute, nil}, "map", "`COLUMN=ATTR`: put a column into an attribute; COLUMN= drops it (repeatable)")
	f.Var(&list[mapping.Constant]{&s.constants, attributeValue, nil}, "set", "`ATTR=VALUE` in every record (repeatable)")
	unknown := func(what string) bool { return what == "drop" }
	f.Var(&value[bool]{&s.dropUnknown, oneOf([]string{"stop", "drop"}, unknown), "stop"}, "unknown-columns", "what to do about columns without an attribute: `stop|drop`")
	f.Var(&value[*mapping.BlankMode]{&s.blank, oneOf([]string{"skip", "null", "empty"}, blankNamed), "skip"}, "blank", "what a blank cell means: `skip|null|empty` (left as it is, cleared, empty text)")
	f.Var(&value[*string]{&s.null, pointer, ""}, "null", "a cell equal to `TEXT` clears the attribute")
	f.Var(&value[string]{&s.locale, localeTag, ""}, "locale", "`TAG` such as de or en-US: how numbers, dates, yes and no are written (ISO dates, decimal points)")
	f.Var(&value[*time.Location]{&s.location, timezone, ""}, "timezone", "`NAME` such as Europe/Berlin, for times without an offset (the machine's)")
	f.Var(&value[string]{&s.listSeparator, oneCharacter, ";"}, "list-separator", "`CHAR` between the values of one cell")
}

func (s *settings) paceFlags(f *pflag.FlagSet) {
	f.Var(&value[pace.Rate]{&s.rate, pace.ParseRate, "auto"}, "rate", "requests a second: `auto|N|N/s|N/m`")
	f.Var(&value[int]{&s.workers, wholeNumber(1), "64"}, "workers", "at most `N` requests in flight")
	f.Var(&value[int]{&s.retries, wholeNumber(0), "8"}, "retries", "try a record up to `N` times again when the service fails")
	f.Var(&value[time.Duration]{&s.timeout, positiveDuration, "30s"}, "timeout", "`DURATION` that a request may take")
	f.Var(&value[time.Duration]{&s.maxWait, longDuration, "15m"}, "max-wait", "`DURATION` that the server may make the run wait before it stops")
	s.workers, s.retries, s.timeout, s.maxWait = 64, 8, 30*time.Second, 15*time.Minute
}

func (s *settings) outcomeFlags(f *pflag.FlagSet) {
	f.StringVar(&s.rejects, "rejects", "", "`FILE` for rejected records; a directory with several inputs, or with a / at its end (products.rejects.csv beside the input)")
	f.Var(&value[push.MaxRejects]{&s.maxRejects, push.ParseMaxRejects, ""}, "max-rejects", "stop after more than `N|P%` rejected records")
	f.VarP(&value[string]{&s.output, oneOf([]string{"text", "json"}, word), "text"}, "output", "o", "how the result is written: `text|json`")
	f.Var(&list[string]{&s.reports, reportFile, nil}, "report", "write a report to `FILE.html|FILE.json` (repeatable)")
	f.Var(&value[string]{&s.metrics, metricsFile, ""}, "metrics", "write metrics for Prometheus to `FILE.prom` (node_exporter's textfile collector)")
	f.StringVar(&s.onFinish, "on-finish", "", "run `COMMAND` at the end: JSON summary on stdin, CRMSYNC_OUTCOME in the environment")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "print no summary, notes or warnings: errors alone")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "log what is done and why")
	f.Var(&value[string]{&s.logFormat, oneOf([]string{"text", "json"}, word), "text"}, "log-format", "how -v and warnings are written: `text|json`")
	f.Var(&value[string]{&s.showBar, oneOf([]string{"auto", "always", "never"}, word), "auto"}, "progress", "progress bar on stderr: `auto|always|never`")
	s.output, s.logFormat, s.showBar = "text", "text", "auto"
}

func (s *settings) runFlags(f *pflag.FlagSet) {
	f.BoolVarP(&s.dryRun, "dry-run", "n", false, "read and check everything, send nothing")
	f.BoolVar(&s.onlyChanged, "only-changed", false, "send only records that differ from what the CRM accepted last")
	f.BoolVar(&s.full, "full", false, "with --only-changed: send everything, and remember it")
	f.Var(&value[time.Duration]{&s.maxAge, longDuration, ""}, "max-age", "with --only-changed: send again what was last sent longer ago than `DURATION`, such as 7d")
	f.StringVar(&s.state, "state", "", "with --only-changed: `FILE` that remembers what was sent (in your state directory)")
	f.BoolVar(&s.reportMissing, "report-missing", false, "with --only-changed: list what was sent earlier and is no longer in the input")
	f.Var(&value[push.Shard]{&s.shard, push.ParseShard, ""}, "shard", "push the `I/N`-th part of the records; the other parts are other processes'")
	f.BoolVar(&s.restart, "restart", false, "start from the beginning, also where an earlier run was interrupted")
}

func (s *settings) settingsFlags(f *pflag.FlagSet) {
	f.StringVar(&s.config, "config", "", "config `FILE` (crmsync.yaml here, or crmsync/config.yaml in your config directory)")
	f.StringVar(&s.profile, "profile", "", "`NAME` of the config file's profile to use")
}
