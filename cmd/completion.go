package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// completionCommand prints the script that makes a shell ask this program what
// may follow on a command line. What it answers is in complete.go.
func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	plain := false
	c := &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes command lines in your shell",
		Long: "Completion prints a script for your shell. With it the Tab key completes commands,\n" +
			"flags and their values: objects, attributes and options from the CRM's schema as a\n" +
			"push, schema or objects last read it (or --schema FILE), columns from the files on the\n" +
			"line, profiles from the config file. It asks no server and runs no token_command.",
		Example: "  crmsync completion bash > ~/.local/share/bash-completion/completions/crmsync\n" +
			"  crmsync completion zsh > \"${fpath[1]}/_crmsync\"\n" +
			"  crmsync completion fish > ~/.config/fish/completions/crmsync.fish\n" +
			"  crmsync completion powershell >> $PROFILE\n" +
			"  eval \"$(crmsync completion bash)\"    in ~/.bashrc, without the package bash-completion",
		ValidArgs: shells,
		Args:      exactArgs(1, "the shell"),
	}
	c.Flags().BoolVar(&plain, "no-descriptions", false, "leave out what the words mean")
	setHelp(c, nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		root, out := c.Root(), a.streams.Out
		switch args[0] {
		case "bash":
			if _, err := io.WriteString(out, bashAlone); err != nil {
				return err
			}
			return root.GenBashCompletionV2(out, !plain)
		case "zsh":
			script := root.GenZshCompletion
			if plain {
				script = root.GenZshCompletionNoDesc
			}
			return mended(out, script, zshMends())
		case "fish":
			script := func(w io.Writer) error { return root.GenFishCompletion(w, !plain) }
			return mended(out, script, fishMends())
		case "powershell":
			if plain {
				return root.GenPowerShellCompletion(out)
			}
			return root.GenPowerShellCompletionWithDesc(out)
		}
		return usage(didYouMean(args[0], shells, "crmsync completion ", "there are "+strings.Join(shells, ", ")),
			"%q is not a shell that crmsync has a script for", args[0])
	}
	return c
}

// inputEndings are the files that push reads.
func inputEndings() []string {
	return []string{"csv", "tsv", "txt", "ndjson", "jsonl", "json", "xlsx", "gz", "zst"}
}

// fileFlags are the flags that name a file, with the endings that make sense;
// none stands for any file.
func fileFlags() map[string][]string {
	return map[string][]string{
		"config": {"yaml", "yml"}, "mapping": {"yaml", "yml"}, "report": {"html", "json"}, "metrics": {"prom"},
		"token-file": nil, "rejects": nil, "state": nil,
	}
}

// wordsOfFlags are the words that a flag takes. A test compares them with what the
// flags themselves refuse.
func wordsOfFlags() map[string][]string {
	return map[string][]string{
		"format":          {"auto", "csv", "tsv", "ndjson", "json", "xlsx"},
		"unknown-columns": {"stop", "drop"},
		"blank":           {"skip", "null", "empty"},
		"output":          {"text", "json"},
		"log-format":      {"text", "json"},
		"progress":        {"auto", "always", "never"},
		"limit-window":    {"bucket", "first", "fixed", "sliding"},
		"limit-headers":   {"ietf", "ietf-old", "none", "x-delta", "x-epoch", "x-refusal"},
		"retry-after":     {"body", "date", "day", "fraction", "none", "nonsense", "seconds", "zero"},
	}
}

// examplesOfFlags are words that help to begin with, where a flag takes others
// as well.
func examplesOfFlags() map[string][]string {
	return map[string][]string{
		"delimiter":      {",", ";", "tab", "|"},
		"encoding":       {"utf-8", "utf-16le", "windows-1252", "windows-1250", "windows-1251", "iso-8859-15"},
		"list-separator": {";", ",", "|"},
		"rate":           {"auto"},
	}
}

// setCompletion gives every command and flag below root its completion.
func (a *app) setCompletion(c *cobra.Command) {
	for _, sub := range c.Commands() {
		a.setCompletion(sub)
	}
	if c.ValidArgs == nil && c.ValidArgsFunction == nil {
		c.ValidArgsFunction = a.argumentsOf(c)
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "bool" {
			return
		}
		// What a flag may be is put together when it is asked: every start of the
		// program comes by here.
		values := func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			return a.valuesOf(f.Name)(c, args, begun)
		}
		if err := c.RegisterFlagCompletionFunc(f.Name, values); err != nil {
			panic(fmt.Sprintf("completing --%s: %v", f.Name, err)) // only if it is done twice
		}
	})
}

func nothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func filesEndingIn(endings []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		if len(endings) == 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return endings, cobra.ShellCompDirectiveFilterFileExt
	}
}

// argumentsOf completes what stands beside the flags.
func (a *app) argumentsOf(c *cobra.Command) cobra.CompletionFunc {
	switch c.CommandPath() {
	case "crmsync push":
		return filesEndingIn(inputEndings())
	case "crmsync map":
		return first(filesEndingIn(inputEndings()))
	case "crmsync run":
		return a.jobArguments
	case "crmsync schema":
		return first(a.answer(objectsFor))
	case "crmsync state forget":
		return first(filesEndingIn(nil))
	}
	return nothing
}

// first completes the first argument, where the command takes no other.
func first(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nothing(c, args, begun)
		}
		return complete(c, args, begun)
	}
}

// valuesOf completes the value of a flag.
func (a *app) valuesOf(flag string) cobra.CompletionFunc {
	if words, ok := wordsOfFlags()[flag]; ok {
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
	}
	if words, ok := examplesOfFlags()[flag]; ok {
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
	}
	if endings, ok := fileFlags()[flag]; ok {
		return filesEndingIn(endings)
	}
	switch flag {
	case "schema":
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"auto", "off"}, cobra.ShellCompDirectiveDefault // or a file
		}
	case "fault":
		kinds := sortedNames(faultShares(&sandbox.Faults{}))
		for i := range kinds {
			kinds[i] += "="
		}
		return cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)
	case "object":
		return a.answer(objectsFor)
	case "match":
		return a.answer(matchAttributesFor)
	case "map":
		return a.answer(mappingsFor)
	case "set":
		return a.answer(constantsFor)
	case "profile":
		return a.answer(profilesFor)
	case "sheet":
		return a.answer(sheetsFor)
	case "locale":
		return a.answer(localesFor)
	}
	return nothing
}

// sorted puts words without order into one.
func sorted(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}
