// Package cmd is the command line: it gathers flags, environment and config file
// into options, makes one call into the packages that do the work, and turns what
// comes back into output and an exit code. What a record is, how it is sent and
// what is told of it are theirs.
//
// # Where to begin reading
//
// [Main] (root.go) puts the commands together and runs one. Errors and their ways out
// are made in errors.go and become exit codes in exit.go; console.go has the rules of
// what people see. Each command is in the file of its name, its flags in flags.go,
// what their values may be in values.go, and what environment and config file say in
// config.go.
//
// A push (push.go) goes through these steps:
//
//	understand  what goes into which object        mapping.go, check.go
//	prepare     the inputs                         input.go
//	            where rejects and reports go       rejectfiles.go, reports.go
//	            the CRM, and the object's schema   session.go, target.go, furnish.go
//	            lookups, and a mapper an input     lookups.go, mapping.go
//	carryOut    what earlier runs remember         statekeep.go, onlychanged.go
//	            whether one of them goes on        resume.go, ended.go
//	            what looks wrong beforehand        warnbefore.go
//	            package push, and what it tells    progress.go, ask.go
//	finish      the summary, and what to do next   pushend.go, nextcommands.go
//	            reports and the command behind     reportdetail.go, onfinish.go
//	            the journal, when all were told    ended.go
//
// A job (run.go) prepares all of its pushes before it carries out the first; what
// only a job has is in files whose names begin with job. A session (session.go) is
// what its pushes share.
package cmd

import (
	"bufio"
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"
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
