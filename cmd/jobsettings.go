package cmd

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/job"
)

// ofWholeRun are the flags that can't differ between the pushes of a job.
func ofWholeRun() []string {
	return []string{"output", "quiet", "verbose", "log-format", "progress", "dry-run", "restart", "config", "profile"}
}

// ofOnePush are the flags that say what one push reads and where it puts it. For
// a whole job they make no sense.
func ofOnePush() []string {
	return []string{"object", "match", "format", "delimiter", "encoding", "columns", "sheet", "header-row",
		"mapping", "map", "set", "null", "list-separator", "shard"}
}

func flagOfOnePush(name string) error {
	return usage(fmt.Sprintf("write it into the job file, below the push: %s: …", name),
		"--%s is of one push and not of a whole job", name)
}

// hinting has a hint that names flags of push say how they are written in the job
// file, where the push is of one: crmsync run refuses them.
func (r *pushRun) hinting(err error) error {
	if r.part == nil {
		return err
	}
	hint := hintOf(err)
	for _, name := range ofOnePush() {
		if strings.Contains(hint, "--"+name) {
			return &hinted{err, hint + "; in " + r.part.file.Name + " a flag stands below its push, without the dashes: " + name + ": …"}
		}
	}
	return err
}

// ofOtherServer are the flags that name a server and what is remembered of it.
// --sandbox goes before what a job says of them.
func ofOtherServer() []string {
	return []string{"base-url", "token-file", "only-changed", "full", "max-age", "state", "report-missing"}
}

// paths are the flags whose values name files.
func paths() []string {
	return []string{"token-file", "schema", "mapping", "rejects", "state", "report", "metrics"}
}

// jobOptions says what may stand in a job file.
func jobOptions() job.Options {
	s := newSettings()
	o := job.Options{
		Flags: map[string]bool{}, Elsewhere: map[string]string{},
		Getenv: os.LookupEnv, Secret: func(name string) bool { return name == envPrefix+"TOKEN" },
	}
	for _, name := range s.names() {
		_, many := s.flag(name).Value.(repeatable)
		o.Flags[name] = many || name == "columns"
	}
	for _, name := range ofWholeRun() {
		delete(o.Flags, name)
		o.Elsewhere[name] = "is of the whole run, not of a push\ngive it on the command line: crmsync run JOB.yaml --" + name
	}
	for _, name := range []string{"token", "password", "secret", "api_key", "api-key"} {
		o.Elsewhere[name] = "has no place in a job file: such files are copied, shared and committed\n" +
			"use token-file here, token_command in the config file, or CRMSYNC_TOKEN in the environment"
	}
	for _, name := range []string{keyTokenCommand, "token-command"} {
		o.Elsewhere[name] = "has no place in a job file\nwrite it into the config file, which is yours alone"
	}
	return o
}

func (s *settings) flag(name string) *pflag.Flag {
	for _, group := range s.groups {
		if f := group.flags.Lookup(name); f != nil {
			return f
		}
	}
	return nil
}

// settle fills in the flags of one push: from the command line, what the job
// says of the push, its defaults, the environment, the config file.
func (j *jobRun) settle(p *job.Push) (*settings, *configuration, error) {
	s := newSettings()
	own := *j.conf
	conf := &own
	conf.explicit, conf.origins = map[string]bool{}, map[string]origin{}
	given := map[string]bool{}
	for _, f := range slices.Collect(maps.Keys(j.conf.explicit)) {
		given[f], conf.origins[f] = true, j.conf.of(f)
		if err := setAll(s.flag(f), textsOfFlag(j.command.Flags().Lookup(f)), "--"+f); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range []string{"rejects", "base-url", "token-file"} {
		conf.explicit[name] = given[name] // the others contradict nothing in the job: they win over it
	}
	for _, f := range p.Flags {
		if given[f.Name] || j.settings.sandbox && slices.Contains(ofOtherServer(), f.Name) {
			continue
		}
		given[f.Name], conf.origins[f.Name] = true, origin{kind: fromJob, name: j.file.Name}
		// What is meant for all pushes contradicts nothing in one of them; but a
		// token that the job names goes before one in the environment.
		if !f.Default && f.Name != "rejects" || f.Name == "token-file" {
			conf.explicit[f.Name] = true
		}
		if err := j.set(s, f); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range s.names() {
		if given[name] {
			continue
		}
		if slices.Contains(ofWholeRun(), name) {
			if from := j.settings.flag(name); from.Value.String() != from.DefValue {
				given[name], conf.origins[name] = true, j.conf.of(name)
				if err := setAll(s.flag(name), textsOfFlag(from), name); err != nil {
					return nil, nil, err
				}
			}
			continue
		}
		if j.settings.sandbox && slices.Contains(ofOtherServer(), name) {
			continue
		}
		if err := conf.fill(s.flag(name)); err != nil {
			return nil, nil, err
		}
	}
	return s, conf, nil
}

// set sets a flag to what the job file says.
func (j *jobRun) set(s *settings, f job.Flag) error {
	texts := make([]string, len(f.Values))
	for i, v := range f.Values {
		if v.Text == "" && slices.Contains(neverEmpty(), f.Name) {
			return usage("a variable that is set to nothing looks like this; leave the key out if nothing is meant", "%s: %s has an empty value", j.file.At(v.Place), f.Name)
		}
		texts[i] = v.Text
		if isPath := slices.Contains(paths(), f.Name); isPath && (f.Name != "schema" || v.Text != "auto" && v.Text != "off") {
			texts[i] = j.file.Path(v.Text)
		}
	}
	flag := s.flag(f.Name)
	if f.Name == "columns" && len(texts) > 1 {
		texts = []string{csvLine(texts)}
	}
	for i, text := range texts {
		if err := setAll(flag, []string{text}, j.file.At(f.Values[i].Place)+": "+f.Name); err != nil {
			return err
		}
	}
	return nil
}

// textsOfFlag are a flag's values as they would stand on the command line.
func textsOfFlag(f *pflag.Flag) []string {
	if many, ok := f.Value.(repeatable); ok {
		return many.values()
	}
	return []string{f.Value.String()}
}
