package cmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/durable"
	"github.com/crmsync/crmsync/internal/report"
	"github.com/crmsync/crmsync/internal/shellwords"
)

// reportFile parses --report: the ending says what is written.
func reportFile(path string) (string, error) {
	if reportWriter(path) == nil {
		return "", usage("end the name in .html for a page, or in .json for scripts", "%q is neither FILE.html nor FILE.json", path)
	}
	return path, nil
}

// metricsFile parses --metrics.
func metricsFile(path string) (string, error) {
	if filepath.Ext(path) != ".prom" {
		return "", usage("end the name in .prom", "%q is not FILE.prom: node_exporter reads no other files", path)
	}
	return path, nil
}

func reportWriter(path string) func(io.Writer, report.Summary) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".html":
		return report.HTML
	case ".json":
		return report.Full
	}
	return nil
}

// told is where the outcome goes besides stdout.
type told struct {
	reports  []string
	metrics  string
	onFinish string
}

// outcome is what flags, environment and config say, or of a push of a job, what the
// job file says of it: the rest is the job's own.
func (r *pushRun) outcome() told {
	if r.settings == nil || r.conf == nil {
		return r.app.toldAnyway()
	}
	if r.part != nil {
		return r.settings.told(false).only(func(flag string) bool { return r.conf.of(flag).kind == fromJob })
	}
	return r.settings.told(r.conf.explicit["metrics"])
}

// told is where the outcome goes; metrics, like the reject file, only of a real run
// unless they are asked for all the same.
func (s *settings) told(metricsAnyway bool) told {
	t := told{s.reports, s.metrics, s.onFinish}
	if (s.dryRun || s.sandbox) && !metricsAnyway {
		t.metrics = ""
	}
	return t
}

// only leaves what some flags say.
func (t told) only(some func(flag string) bool) told {
	if !some("report") {
		t.reports = nil
	}
	if !some("metrics") {
		t.metrics = ""
	}
	if !some("on-finish") {
		t.onFinish = ""
	}
	return t
}

// toldAnyway is what can be made out where flags, environment or config could
// not be read: somebody may wait for it all the same.
func (a *app) toldAnyway() told {
	var t told
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	flags.StringArrayVar(&t.reports, "report", nil, "")
	flags.StringVar(&t.metrics, "metrics", "", "")
	flags.StringVar(&t.onFinish, "on-finish", os.Getenv(envName("on-finish")), "")
	_ = flags.Parse(a.args) // what is wrong is known already
	t.reports = slices.DeleteFunc(t.reports, func(path string) bool { return reportWriter(path) == nil })
	if filepath.Ext(t.metrics) != ".prom" {
		t.metrics = ""
	}
	return t
}

// checkReports finds out before the first write whether the outcome can be
// written where it is wanted.
func (r *pushRun) checkReports(context.Context) error {
	return checkOutcome(r.outcome().files(), r.taken())
}

func checkOutcome(files []outcomeFile, taken map[string]string) error {
	for i, file := range files {
		for _, other := range files[:i] {
			if samePlace(file.path, other.path) {
				return usage("give each a name of its own", "%s %s and %s %s are the same file", other.flag, other.path, file.flag, file.path)
			}
		}
		if err := checkClash(file, taken); err != nil {
			return err
		}
		if err := durable.CheckReplaceable(file.path); err != nil {
			return cannotWrite(file, err)
		}
	}
	return nil
}

// outcomeFile is a file that the outcome is written to, and the flag that wants
// it.
type outcomeFile struct{ flag, path string }

// flags are those that say where the outcome goes.
func (t told) flags() (flags []string) {
	for _, file := range t.files() {
		if !slices.Contains(flags, file.flag) {
			flags = append(flags, file.flag)
		}
	}
	if t.onFinish != "" {
		flags = append(flags, "--on-finish")
	}
	return flags
}

func (t told) files() []outcomeFile {
	var files []outcomeFile
	for _, path := range t.reports {
		files = append(files, outcomeFile{"--report", path})
	}
	if t.metrics != "" {
		files = append(files, outcomeFile{"--metrics", t.metrics})
	}
	return files
}

// checkClash refuses a file that the run reads, or writes something else to.
func checkClash(file outcomeFile, taken map[string]string) error {
	for path, what := range taken {
		if samePlace(file.path, path) {
			return usage("name another file", "%s %s: this is %s of the run", file.flag, file.path, what)
		}
	}
	return nil
}

// taken are the files that the push reads, or writes something else to, with
// what each is.
func (r *pushRun) taken() map[string]string {
	taken := map[string]string{}
	inputs := r.paths
	if r.conf == nil {
		inputs = r.app.possibleInputs()
	}
	for _, path := range inputs {
		if path != "-" {
			taken[(&input{path: path}).rejectPath()] = "a reject file"
			taken[path] = "an input"
		}
	}
	for _, in := range r.inputs {
		taken[in.rejects.Path] = "a reject file"
	}
	if s := r.settings; s != nil {
		mappingFile, _ := s.mappingSource()
		taken[s.rejects], taken[mappingFile], taken[s.tokenFile] = "a reject file", "the mapping file", "the token file"
		taken[s.schemaFile()], taken[s.state], taken[s.config] = "the schema", "the state", "the config file"
	}
	if r.conf != nil {
		taken[r.conf.file] = "the config file"
	}
	delete(taken, "")
	return taken
}

// possibleInputs are the words of a command line that could not be read which
// may name a file that must stay as it is.
func (a *app) possibleInputs() []string {
	words := slices.Clone(a.args)
	for _, file := range a.toldAnyway().files() {
		if i := slices.Index(words, file.path); i > 0 && words[i-1] == file.flag {
			words = slices.Delete(words, i-1, i+1)
		}
	}
	return slices.DeleteFunc(words, func(word string) bool { return strings.HasPrefix(word, "-") })
}

func cannotWrite(file outcomeFile, err error) error {
	hint := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint = "create the directory, or name another place with " + file.flag
	case durable.NotWritable(err):
		hint = "make the directory writable, or name another place with " + file.flag
	case durable.NoRoom(err):
		hint = "make room on the disk, or name another place with " + file.flag
	case errors.Is(err, durable.ErrTarget):
		hint = "name another file with " + file.flag
	}
	return &hinted{fmt.Errorf("writing %s (%s): %w", file.path, file.flag, durable.Cause(err)), hint}
}

// writeReports writes reports and metrics of a push. One that can't be written
// doesn't keep the others from being.
func (r *pushRun) writeReports(summary report.Summary) error {
	if summary.Continue != "" && r.part == nil {
		summary.Continue = r.app.sameCommand(withoutHook(r.app.args))
	}
	r.conf.sendOn(&summary.Again, &summary.Continue, &summary.Look)
	err := writeOutcome(r.outcome().files(), r.taken(), r.begun, func(w io.Writer, file outcomeFile) error {
		if file.flag == "--metrics" {
			return writeMetrics(w, file.path, nil, summary)
		}
		return reportWriter(file.path)(w, summary)
	})
	r.end.untold = err != nil
	return writtenAgain(err, r.end.toldAgain(r.journal))
}

// sendOn has commands of a report, which may be run in another shell, ask the same CRM
// there as here, where a variable names it.
func (conf *configuration) sendOn(commands ...*string) {
	if conf == nil || conf.of("base-url").kind != fromEnvironment {
		return
	}
	for _, command := range commands {
		if *command != "" {
			*command = envName("base-url") + "=" + shellwords.Quote(withoutSecrets(os.Getenv(envName("base-url")))) + " " + *command
		}
	}
}

// writtenAgain says of files that could not be written whether the same command can
// write them.
func writtenAgain(err error, can bool) error {
	if err == nil || !can || hintOf(err) == "" {
		return err
	}
	return &hinted{err, hintOf(err) + "; the same command then writes it, and sends nothing"}
}

// writeOutcome writes files of the outcome. Of a run that never began they may
// not have been looked at yet, or are why it never began: then those that can't
// be written are passed over. So is a file that holds anything else: the inputs
// of such a run may not be known, and it may be one of them.
func writeOutcome(files []outcomeFile, taken map[string]string, begun bool, write func(io.Writer, outcomeFile) error) error {
	var problems []string
	hint := ""
	for i, file := range files {
		if !begun && (checkOutcome(files[i:i+1], taken) != nil || !isOutcome(file.path)) {
			continue
		}
		mode := os.FileMode(0o600) // it may hold personal data
		if file.flag == "--metrics" {
			mode = 0o644
		}
		if err := durable.Write(file.path, mode, func(w io.Writer) error { return write(w, file) }); err != nil {
			problem := cannotWrite(file, err)
			problems, hint = append(problems, problem.Error()), cmp.Or(hint, hintOf(problem))
		}
	}
	if problems == nil {
		return nil
	}
	return &hinted{errors.New(strings.Join(problems, "; ")), hint}
}

// outcomeStart is how the files begin that an earlier run wrote, by their ending.
var outcomeStart = map[string]string{
	".json": `^\{\s*"version": \d+,\s*"crmsync": "`,
	".html": `(?s)^<!DOCTYPE html>.*<meta name="generator" content="crmsync `,
	".prom": `^# HELP crmsync_`,
}

// isOutcome tells whether nothing is lost where the file is replaced by another
// outcome: it isn't there, is empty, or was written by an earlier run.
func isOutcome(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, 1<<10))
	start, known := outcomeStart[strings.ToLower(filepath.Ext(path))]
	return err == nil && (len(head) == 0 || known && regexp.MustCompile(start).Match(head))
}

// mostMetrics bounds what is read of a file of metrics; a real one is far
// smaller.
const mostMetrics = 1 << 20

func writeMetrics(w io.Writer, path string, others []string, runs ...report.Summary) error {
	var before bytes.Buffer
	if file, err := os.Open(path); err == nil {
		_, err = io.Copy(&before, io.LimitReader(file, mostMetrics))
		file.Close()
		if err != nil {
			return err
		}
	}
	sync := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	return report.Metrics(w, sync, before.Bytes(), others, runs...)
}
