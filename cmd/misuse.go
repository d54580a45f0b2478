package cmd

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/shellwords"
)

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

// wanted says what a flag takes, in the words of its help.
func wanted(f *pflag.Flag) string {
	form, about := pflag.UnquoteUsage(f)
	about = strings.TrimSuffix(about, ": "+form)
	if strings.HasPrefix(about, form) {
		return "--" + f.Name + " " + about
	}
	return "--" + f.Name + " " + form + ": " + about
}

// plainReason is why a value is refused, without the words of package strconv.
func plainReason(invalid *pflag.InvalidValueError) error {
	if invalid.GetFlag().Value.Type() == "bool" {
		return usage("the flag alone means true", "%q is neither true nor false", invalid.GetValue())
	}
	return invalid.Unwrap()
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
