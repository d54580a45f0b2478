// Package cmd is the command line: one file a command. It gathers flags,
// environment and config file into options, makes one call into the packages
// that do the work, and turns what comes back into output and an exit code.
// What a record is, how it is sent and what is told of it are theirs.
package cmd

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/shellwords"
)

// app is one run of the program.
type app struct {
	streams Streams
	args    []string
	console *console

	quiet    bool
	log      *slog.Logger // discards without -v
	warnings *slog.Logger // nil: plain lines

	tokens  map[tokenPlace]string // those that were read
	answers answers               // to what is asked on the terminal

	fromEnvironment []string // variables that say what the run is

	// run is the push or job under way, nil for every other command. Its summary
	// is owed to stdout, also when the run can't start.
	run interface {
		neverStarted(ctx context.Context, code exitCode, err error) exitCode
	}
}

// Main runs the program with its arguments (without its name) and returns its
// exit status. It ends early when ctx does; the cause may be an *Interruption.
func Main(ctx context.Context, streams Streams, args []string) int {
	a := &app{
		streams: streams, args: args, console: &console{out: streams.Err, width: streams.errWidth},
		log: slog.New(slog.DiscardHandler), tokens: map[tokenPlace]string{},
		answers: answers{from: bufio.NewReader(streams.In)},
	}
	root := a.rootCommand()
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(a.console)
	root.SetArgs(args)
	return int(a.end(ctx, root.ExecuteContext(ctx)))
}

// end says what went wrong, if anything, and gives the exit code.
func (a *app) end(ctx context.Context, err error) exitCode {
	if err == nil || closedPipe(err) {
		return exitOK
	}
	var ended *runEnded
	told := errors.As(err, &ended)
	// What was under way when a signal came is not what went wrong.
	if cause := context.Cause(ctx); cause != nil && !told && (errors.Is(err, context.Canceled) || errors.Is(err, cause)) {
		err = cause
	}
	code := codeOf(ctx, err)
	if told {
		err = ended.err
	} else if a.run != nil {
		code = a.run.neverStarted(ctx, code, err)
	}
	if err != nil {
		a.console.fail(unwritten(err))
	}
	return code
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "crmsync",
		Short: "Push the records of CSV, NDJSON and Excel files into a CRM",
		Long: "Crmsync pushes the records of CSV, NDJSON and Excel (.xlsx) files into a CRM: each is\n" +
			"created or updated by an attribute that identifies it, and what is refused goes to a file\n" +
			"that can be mended and pushed again.",
		Example: "  crmsync push products.csv --match sku --sandbox    try it: nothing real is written\n" +
			"  crmsync push products.csv --match sku --dry-run    check the file, send nothing\n" +
			"  crmsync push products.csv --match sku",
		Version:       thisBuild().version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          a.onlyCommands,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	setHelp(root, nil)
	root.Flags().BoolP("version", "V", false, "show the version alone; crmsync version tells more")
	root.SetVersionTemplate("crmsync {{.Version}}\n")
	root.SetFlagErrorFunc(a.flagError)
	root.AddCommand(a.pushCommand(), a.runCommand(), a.mapCommand(), a.objectsCommand(), a.schemaCommand(),
		a.authCommand(), a.configCommand(), a.sandboxCommand(), a.stateCommand(), a.versionCommand(), a.completionCommand())
	root.SetHelpCommand(a.helpCommand())
	a.setCompletion(root)
	return root
}

// onlyCommands refuses what is not a command, with what was likely meant.
func (a *app) onlyCommands(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownCommand(root, args[0])
}

func unknownCommand(parent *cobra.Command, word string) error {
	var names []string
	for _, c := range parent.Commands() {
		names = append(names, c.Name())
	}
	info, err := os.Stat(word)
	isFile := err == nil && !info.IsDir() && !parent.HasParent()
	if ext := filepath.Ext(word); isFile && (ext == ".yaml" || ext == ".yml") {
		return usage("to run this job: crmsync run "+shellwords.File(word), "%q is not a command", word)
	}
	if isFile {
		return usage("to push this file: crmsync push "+shellwords.File(word)+" --match ATTR", "%q is not a command", word)
	}
	path := parent.CommandPath()
	return usage(didYouMean(word, names, path+" ", path+" --help lists the commands"), "%q is not a command", word)
}

// flagError turns what the flag library says into our own words.
func (a *app) flagError(c *cobra.Command, err error) error {
	switch {
	case a.run != nil:
	case c.Name() == "push":
		a.run = a.newPushRun(nil, nil)
	case c.Name() == "run":
		a.run = a.newJobRun(nil)
	}
	if !c.HasParent() {
		// crmsync psuh file --match sku: the command is wrong, not the flag.
		if i := slices.IndexFunc(a.args, func(word string) bool { return !strings.HasPrefix(word, "-") }); i >= 0 {
			return unknownCommand(c, a.args[i])
		}
	}
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	seeHelp := c.CommandPath() + " --help lists the flags"
	if err := a.oneDash(c); err != nil {
		return err
	}
	if name := a.dashedFile(); name != "" {
		return usage("to name the file: "+shellwords.File(name), "%s is read as flags, for it begins with a dash", name)
	}
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(c, unknown, seeHelp)
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return usage(cmp.Or(hintOf(plainReason(invalid)), wanted(f)), "--%s: %v", f.Name, plainReason(invalid))
	case errors.As(err, &missing):
		f := missing.GetFlag()
		form, _ := pflag.UnquoteUsage(f)
		return usage("as in --"+f.Name+" "+form, "--%s wants a value", f.Name)
	default:
		return usage(seeHelp, "%v", err)
	}
}

// oneDash is about a flag that begins with one dash instead of two: -match would be
// read as -m atch.
func (a *app) oneDash(c *cobra.Command) error {
	for _, word := range a.args {
		name, _, _ := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		switch {
		case word == "--":
			return nil
		case len(name) > 1 && word[0] == '-' && c.Flags().Lookup(name) != nil:
			return usage("write --"+name+": a word takes two dashes", "-%s is read as short flags", name)
		}
	}
	return nil
}

// wanted says what a flag takes, in the words of its help.
func wanted(f *pflag.Flag) string {
	form, about := pflag.UnquoteUsage(f)
	about = strings.TrimSuffix(about, ": "+form)
	if strings.HasPrefix(about, form) {
		return "--" + f.Name + " " + about
	}
	return "--" + f.Name + " " + form + ": " + about
}

// dashedFile is the file among the arguments whose name looks like a flag, or "".
func (a *app) dashedFile() string {
	for _, word := range a.args {
		if word == "--" {
			return ""
		}
		if len(word) < 2 || word[0] != '-' {
			continue
		}
		info, err := os.Stat(word)
		if err == nil && !info.IsDir() || isRecords(word) && !strings.Contains(word, "=") {
			return word
		}
	}
	return ""
}

// plainReason is why a value is refused, without the words of package strconv.
func plainReason(invalid *pflag.InvalidValueError) error {
	if invalid.GetFlag().Value.Type() == "bool" {
		return usage("the flag alone means true", "%q is neither true nor false", invalid.GetValue())
	}
	return invalid.Unwrap()
}

func unknownFlag(c *cobra.Command, unknown *pflag.NotExistError, seeHelp string) error {
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return usage(seeHelp, "there is no flag -%s", name)
	}
	if name == "token" {
		return usage("put the token in the environment as CRMSYNC_TOKEN, or in a file for --token-file",
			"there is no --token flag: arguments are visible to other users of this machine")
	}
	if c.Name() == "run" && slices.Contains(newSettings().names(), name) {
		return flagOfOnePush(name)
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return usage(didYouMean(name, names, "--", seeHelp), "there is no flag --%s", name)
}

// exactArgs is cobra.ExactArgs in our own words.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return usage(c.CommandPath()+" --help shows examples", "%s is missing: %s", what, c.UseLine())
		case len(args) > n:
			return usage("leave it out, or put quotes around words that belong together", "%q is one argument too many: %s", args[n], c.UseLine())
		}
		return nil
	}
}
