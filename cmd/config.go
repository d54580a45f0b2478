package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/crmsync/crmsync/internal/spelling"
)

// envPrefix begins the name of every variable that sets a flag.
const envPrefix = "CRMSYNC_"

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Keys of the config file that are no flags.
const (
	keyTokenCommand = "token_command"
	keyProfile      = "profile"
	keyProfiles     = "profiles"
)

// configuration is what environment and config file add to the flags.
type configuration struct {
	viper        *viper.Viper
	file         string            // the config file in use, "" for none
	explicit     map[string]bool   // flags that the command line itself gives
	origins      map[string]origin // of the others; of a push of a job, of all that are given
	profile      string            // the chosen one, "" for none
	profileKeys  map[string]any    // what it says
	tokenCommand string
}

func newConfiguration(c *cobra.Command) *configuration {
	conf := &configuration{viper: viper.New(), explicit: map[string]bool{}, origins: map[string]origin{}}
	c.Flags().Visit(func(f *pflag.Flag) { conf.explicit[f.Name] = true })
	return conf
}

// stated tells whether a flag was given for this very push, and not for whatever
// runs here.
func (conf *configuration) stated(flag string) bool {
	kind := conf.of(flag).kind
	return kind == fromFlag || kind == fromJob
}

// configure fills in the flags that the command line leaves out, from the
// environment, then from the config file.
func (a *app) configure(c *cobra.Command, s *settings) (*configuration, error) {
	conf := newConfiguration(c)
	if err := a.oneDash(c); err != nil {
		return nil, err
	}
	if err := conf.refuseEmpty(c); err != nil {
		return nil, err
	}
	if err := conf.read(s); err != nil {
		return nil, err
	}
	var problem error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if problem == nil && !conf.explicit[f.Name] && slices.Contains(s.names(), f.Name) {
			problem = conf.fill(f)
		}
	})
	if problem != nil {
		return nil, problem
	}
	if err := conf.settleVerbosity(s); err != nil {
		return nil, err
	}
	for _, name := range ofRun() {
		if variable := envName(name); !conf.explicit[name] && os.Getenv(variable) != "" {
			a.fromEnvironment = append(a.fromEnvironment, variable)
		}
	}
	a.startLog(s)
	if conf.file != "" {
		a.log.Debug("read the config file", "file", conf.file, "profile", s.profile)
	}
	if conf.explicit[keyProfile] {
		a.warnOfOverruledProfile(s, conf)
	}
	a.warnOfMisspeltVariables(newSettings().names())
	return conf, nil
}

// neverEmpty are the flags of push for whose empty text the default would stand in.
func neverEmpty() []string {
	return []string{"base-url", "token-file", "object", "match", "encoding", "sheet", "mapping", "locale", "rejects", "on-finish", "state"}
}

// refuseEmpty refuses the empty text where the default would take its place: it
// may be another CRM than was meant.
func (conf *configuration) refuseEmpty(c *cobra.Command) error {
	for _, name := range append(neverEmpty(), "config", keyProfile) {
		if conf.explicit[name] && c.Flags().Lookup(name).Value.String() == "" {
			return usage("an unset variable in a script looks like this; leave the flag out if nothing is meant", "--%s has an empty value", name)
		}
	}
	return nil
}

// settleVerbosity decides between -q and -v: what the command line says counts
// more than what a file or a variable does.
func (conf *configuration) settleVerbosity(s *settings) error {
	if !s.quiet || !s.verbose {
		return nil
	}
	switch quiet, verbose := conf.explicit["quiet"], conf.explicit["verbose"]; {
	case quiet == verbose:
		return usage("leave one of them out", "-q (nothing but errors) and -v (everything) contradict each other")
	case quiet:
		s.verbose = false
	default:
		s.quiet = false
	}
	return nil
}

// fill sets a flag from the environment or else the config file.
func (conf *configuration) fill(f *pflag.Flag) error {
	if text := os.Getenv(envName(f.Name)); text != "" {
		values := []string{text}
		if _, ok := f.Value.(repeatable); ok {
			var err error
			if values, err = oneLineOfCSV(text); err != nil {
				return usage("several values are written as one line of CSV", "%s in the environment: %q is not a line of CSV", envName(f.Name), text)
			}
		}
		conf.origins[f.Name] = origin{kind: fromEnvironment, name: envName(f.Name)}
		return setAll(f, values, envName(f.Name)+" in the environment")
	}
	if !conf.viper.IsSet(f.Name) || f.Name == "token-file" && conf.viper.GetString(f.Name) == "" {
		return nil // or a profile's token_command took the place of the file
	}
	conf.origins[f.Name] = conf.inFile(f.Name)
	where := f.Name + " in " + conf.file
	values, err := textsOf(conf.viper.Get(f.Name))
	if err != nil {
		return usage("write one value; in quotes it is always a text", "%s: %v", where, err)
	}
	if f.Name == "columns" { // a list there is a line of CSV here
		values = []string{csvLine(values)}
	}
	if _, ok := f.Value.(repeatable); !ok && len(values) != 1 {
		return usage("write one value, not a list", "%s: one value is wanted, not %d", where, len(values))
	}
	return setAll(f, values, where)
}

func setAll(f *pflag.Flag, values []string, where string) error {
	for _, text := range values {
		if err := f.Value.Set(text); err != nil {
			if f.Value.Type() == "bool" {
				return usage("write true or false", "%s: %q is neither true nor false", where, text)
			}
			return usage(cmp.Or(hintOf(err), wanted(f)), "%s: %v", where, err)
		}
	}
	return nil
}

// textsOf is a config value as it would stand on the command line.
func textsOf(v any) ([]string, error) {
	switch v := v.(type) {
	case string:
		return []string{v}, nil
	case bool:
		return []string{strconv.FormatBool(v)}, nil
	case int:
		return []string{strconv.Itoa(v)}, nil
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}, nil
	case []any:
		var texts []string
		for _, item := range v {
			one, err := textsOf(item)
			if err != nil {
				return nil, err
			}
			texts = append(texts, one...)
		}
		return texts, nil
	default:
		return nil, errors.New("it must be a text, a number, true or false")
	}
}

func csvLine(values []string) string {
	quoted := make([]string, len(values))
	for i, text := range values {
		quoted[i] = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return strings.Join(quoted, ",")
}

// read finds the config file, checks every key of it, and puts the chosen
// profile over the rest.
func (conf *configuration) read(s *settings) error {
	explicit := s.config
	if text := os.Getenv(envName("config")); explicit == "" && text != "" {
		explicit, s.config = text, text
		conf.origins["config"] = origin{kind: fromEnvironment, name: envName("config")}
	}
	if conf.file = explicit; conf.file == "" {
		conf.file = findConfig()
	}
	if conf.file != "" {
		if err := conf.load(); err != nil {
			return err
		}
	}
	if err := conf.check(conf.viper.AllSettings(), ""); err != nil {
		return err
	}
	if err := conf.chooseProfile(s); err != nil {
		return err
	}
	conf.tokenCommand = conf.viper.GetString(keyTokenCommand)
	return nil
}

// findConfig is the config file where none is named, or "".
func findConfig() string {
	candidates := []string{"crmsync.yaml"}
	if dir, err := os.UserConfigDir(); err == nil {
		candidates = append(candidates, filepath.Join(dir, "crmsync", "config.yaml"))
	}
	for _, path := range candidates {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
	return ""
}

// check refuses every key that means nothing, in the file and in its profiles.
func (conf *configuration) check(keys map[string]any, profile string) error {
	where := conf.file
	if profile != "" {
		where += ", profile " + profile
	}
	known := append(newSettings().names(), keyTokenCommand)
	if profile == "" {
		known = append(known, keyProfiles)
	} else {
		known = slices.DeleteFunc(known, func(k string) bool { return k == keyProfile })
	}
	for key := range keys {
		if key == "token" {
			return usage("use token_command, token-file, or CRMSYNC_TOKEN in the environment",
				"%s: a token has no place in the config file: such files are copied, shared and committed", where)
		}
		if !slices.Contains(known, key) {
			return usage(didYouMean(key, known, "", "the keys are the flags' long names, token_command, profile and profiles"),
				"%s: %q is not a setting", where, key)
		}
	}
	if command, ok := keys[keyTokenCommand]; ok {
		if text, isText := command.(string); !isText || strings.TrimSpace(text) == "" {
			return usage("for example token_command: pass show crm/token", "%s: token_command must be a command line", where)
		}
	}
	if hasBothTokens(keys) {
		return usage("leave one of them out", "%s: token-file and token_command are both given; one of them is enough", where)
	}
	return nil
}

func hasBothTokens(keys map[string]any) bool {
	_, file := keys["token-file"]
	_, command := keys[keyTokenCommand]
	return file && command
}

// chooseProfile puts the profile's keys over those of the file.
func (conf *configuration) chooseProfile(s *settings) error {
	var profiles map[string]any
	if conf.viper.IsSet(keyProfiles) {
		var ok bool
		if profiles, ok = conf.viper.Get(keyProfiles).(map[string]any); !ok {
			return usage("for example profiles: {staging: {base-url: https://crm.example/v2}}", "%s: profiles must be a map of names", conf.file)
		}
	}
	names := []string{}
	for name, profile := range profiles {
		names = append(names, name)
		keys, ok := profile.(map[string]any)
		if !ok {
			return usage("for example "+name+": {base-url: https://crm.example/v2}", "%s: the profile %s must be a map of settings", conf.file, name)
		}
		if err := conf.check(keys, name); err != nil {
			return err
		}
	}
	chosen := s.profile
	if chosen == "" {
		chosen = os.Getenv(envName(keyProfile))
	}
	if chosen == "" {
		chosen = conf.viper.GetString(keyProfile)
	}
	if chosen == "" {
		return nil
	}
	s.profile = chosen
	profile, ok := profiles[strings.ToLower(chosen)].(map[string]any)
	if !ok {
		return unknownProfile(chosen, names, conf.file)
	}
	conf.profile, conf.profileKeys = strings.ToLower(chosen), profile
	// A profile's way to the token replaces the file's, whichever it is.
	if _, ok := profile["token-file"]; ok {
		conf.viper.Set(keyTokenCommand, "")
	}
	if _, ok := profile[keyTokenCommand]; ok {
		conf.viper.Set("token-file", "")
	}
	return conf.viper.MergeConfigMap(profile)
}

func unknownProfile(name string, names []string, file string) error {
	if file == "" {
		return usage("a profile stands under profiles: in crmsync.yaml, or in the file that --config names",
			"there is no profile %q: no config file was found", name)
	}
	slices.Sort(names)
	there := "it has none"
	if len(names) > 0 {
		there = "it has " + strings.Join(names, ", ")
	}
	return usage(didYouMean(name, names, "--profile ", there), "%s has no profile %q", file, name)
}

// warnOfOverruledProfile says which of its settings a profile that the command line
// names loses to the environment: data could go to another CRM than was meant.
func (a *app) warnOfOverruledProfile(s *settings, conf *configuration) {
	for _, name := range slices.Sorted(maps.Keys(conf.profileKeys)) {
		is, flag := conf.of(name), name
		if name == "token-file" || name == keyTokenCommand {
			is, flag = conf.tokenOrigin(s), "token-file"
		}
		env := os.Getenv(is.name)
		was, err := textsOf(conf.profileKeys[name])
		if is.kind != fromEnvironment || err != nil || slices.Equal(was, []string{env}) {
			continue
		}
		what := fmt.Sprintf("%s in the environment counts more than %s of the profile %s", is.name, name, conf.profile)
		if name == "base-url" {
			what += fmt.Sprintf(": %s, not %s", env, strings.Join(was, ", "))
		}
		a.warn(what + "; a flag, --" + flag + ", counts more than both")
	}
}

// warnOfMisspeltVariables names variables that are surely meant for crmsync and
// mean nothing to it: a misspelt CRMSYNC_BASE_URL would send data elsewhere.
func (a *app) warnOfMisspeltVariables(flags []string) {
	known := append([]string{"TOKEN", "CONFIG", "OUTCOME"}, hookCounts...) // of a run whose --on-finish this is
	for _, name := range flags {
		known = append(known, strings.TrimPrefix(envName(name), envPrefix))
	}
	for _, entry := range os.Environ() {
		variable, _, _ := strings.Cut(entry, "=")
		name, ours := strings.CutPrefix(variable, envPrefix)
		if !ours || slices.Contains(known, name) {
			continue
		}
		if right := spelling.Nearest(name, known); right != "" {
			a.warn(fmt.Sprintf("%s in the environment means nothing to crmsync; did you mean %s%s?", variable, envPrefix, right))
		}
	}
}
