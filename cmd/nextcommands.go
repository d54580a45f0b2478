package cmd

import (
	"errors"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/shellwords"
)

// again is the command that pushes the mended rejects. What the user said about
// the target and the values is said again; what was said about the form of the
// input is not, since the reject file tells it.
func (r *pushRun) again(result push.Result) string {
	// Until the run is complete, its reject file is still growing.
	if len(result.RejectFiles) == 0 || r.settings.dryRun || result.NotSent > 0 || result.Unread {
		return ""
	}
	if r.part != nil && result.Outcome == push.Stopped {
		return "" // the job would push the input again, and its rejects with it
	}
	words := []string{"crmsync", "push"}
	for _, path := range result.RejectFiles {
		words = append(words, shellwords.Operand(path))
	}
	words = append(words, "--object", r.object, "--match", r.match)
	if r.part != nil && r.part.Columns != nil {
		words = append(words, "--mapping", r.part.file.Name+"#"+r.part.Name)
	}
	keep := append(ofReading(), "base-url", "token-file", "only-changed", "state", "rate", "workers", "retries", "timeout", "max-wait")
	for _, group := range r.settings.groups {
		group.flags.VisitAll(func(f *pflag.Flag) {
			stated := r.conf.stated(f.Name) || r.conf.of(f.Name).kind == fromEnvironment && slices.Contains(ofReading(), f.Name)
			if slices.Contains(keep, f.Name) && stated {
				words = append(words, flagWords(f)...)
			}
		})
	}
	return shellwords.Quote(words...) + fromStdin(words)
}

// fromStdin is what a command line lacks that reads the mapping from stdin: what
// came from there is gone.
func fromStdin(words []string) string {
	at := slices.Index(words, "--mapping")
	if slices.Contains(words, "--mapping=-") || at >= 0 && at+1 < len(words) && words[at+1] == "-" {
		return " < MAPPING"
	}
	return ""
}

// ofReading are the flags that make other values, or other records in another
// place, of the same input. Where a variable sets one for this run alone, a
// command without it would do something else; address and token are of the shell.
func ofReading() []string {
	return []string{"schema", "sandbox", "mapping", "map", "set", "unknown-columns", "blank", "null",
		"locale", "timezone", "list-separator", "config", keyProfile}
}

// ofRun are those that say, beside these, which records a run is made of.
func ofRun() []string {
	return append(ofReading(), "object", "match", "format", "delimiter", "encoding", "columns", "sheet", "header-row",
		"limit", "only-changed", "full", "max-age", "state", "shard", "rejects")
}

func flagWords(f *pflag.Flag) []string {
	values := []string{f.Value.String()}
	if many, ok := f.Value.(repeatable); ok {
		values = many.values()
	}
	var words []string
	for _, text := range values {
		switch {
		case f.Value.Type() != "bool":
			words = append(words, "--"+f.Name, text)
		case text == "true":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name+"="+text)
		}
	}
	return words
}

// adviseOnRejects says what to do about too many rejects: where records are left,
// or a job pushes the input again, mending the reject file alone is not enough.
func (r *pushRun) adviseOnRejects(err error, result *push.Result) error {
	var many *push.TooManyRejectsError
	if !errors.As(err, &many) {
		return err
	}
	const allow = "allow more with --max-rejects"
	switch left := result.NotSent > 0 || result.Unread; {
	case !many.Max.Set && r.settings.dryRun:
		return &hinted{err, "this looks like the mapping, not the data; to look at the rest all the same, " + allow}
	case !many.Max.Set:
		return err
	case r.settings.dryRun:
		return &hinted{err, "mend the records in the input, or " + allow}
	case left || r.part != nil:
		return &hinted{err, "mend the records in the input, or " + allow + "; then run the same command again"}
	}
	return err
}

// asking is a command that asks the CRM of this very run, or looks into the state
// of it: another has other objects.
func (conf *configuration) asking(s *settings, words ...string) string {
	whom := []string{"sandbox", "base-url", "token-file", "config", keyProfile}
	if words[0] == "state" {
		whom = []string{"state", "config", keyProfile}
	}
	words = append([]string{"crmsync"}, words...)
	for _, name := range whom {
		if f := s.flag(name); f != nil && conf.stated(name) {
			words = append(words, flagWords(f)...)
		}
	}
	return shellwords.Quote(words...)
}

func (r *pushRun) asking(words ...string) string { return r.conf.asking(r.settings, words...) }

// goOn is the command that sends what was not sent.
func (r *pushRun) goOn(result push.Result) string {
	if result.NotSent == 0 && !result.Unread || r.settings.dryRun || slices.Contains(r.paths, "-") {
		return ""
	}
	return r.app.sameCommand(r.app.args)
}

// look is the command that shows what was wrong with the records of a stopped run,
// where that can be seen without asking the CRM.
func (r *pushRun) look(result push.Result) string {
	if len(result.Reasons) == 0 || result.Reasons[0].Status != 0 {
		return ""
	}
	// What the run has left stays as it is.
	return r.app.sameCommand(without(r.app.args, "--on-finish", "--rejects", "--report", "--metrics"), "--dry-run")
}

// sameCommand is the command line again, with more flags, and what variables said
// of the run.
func (a *app) sameCommand(args []string, flags ...string) string {
	words := append([]string{"crmsync"}, slices.DeleteFunc(slices.Clone(args), func(word string) bool {
		return word == "--restart" || word == "--restart=true"
	})...)
	end := slices.Index(words, "--") // what follows is no flag
	if end < 0 {
		end = len(words)
	}
	words = slices.Insert(words, end, flags...)
	line := shellwords.Quote(words...)
	for _, name := range a.fromEnvironment {
		line = name + "=" + shellwords.Quote(os.Getenv(name)) + " " + line
	}
	return line + fromStdin(words)
}
