package cmd

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ReferenceMarkdown is the reference of the command line as Markdown: the text
// of each page by its file name. The pages link to one another.
func ReferenceMarkdown() map[string]string {
	pages := map[string]string{}
	eachPage(func(c *cobra.Command) { pages[pageName(c, "_")+".md"] = markdownPage(c) })
	return pages
}

// ReferenceMan is the reference of the command line as man pages of section 1:
// the source of each page by its file name.
func ReferenceMan() map[string]string {
	pages := map[string]string{}
	eachPage(func(c *cobra.Command) { pages[pageName(c, "-")+".1"] = manPage(c) })
	return pages
}

// eachPage visits the commands that have a page. The program that they belong to
// reads and writes nothing.
func eachPage(visit func(*cobra.Command)) {
	streams := Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}
	a := &app{streams: streams, console: &console{out: io.Discard}, log: slog.New(slog.DiscardHandler)}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		visit(c)
		for _, sub := range subcommands(c) {
			walk(sub)
		}
	}
	walk(a.rootCommand())
}

func subcommands(c *cobra.Command) []*cobra.Command {
	var shown []*cobra.Command
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			shown = append(shown, sub)
		}
	}
	return shown
}

func pageName(c *cobra.Command, between string) string {
	return strings.ReplaceAll(c.CommandPath(), " ", between)
}

// aboutText is what a command does, in full if that is said anywhere.
func aboutText(c *cobra.Command) string {
	if c.Long != "" {
		return strings.TrimSpace(c.Long)
	}
	return c.Short + "."
}

const settingsNote = "Every flag can also be set in the environment (CRMSYNC_BASE_URL for --base-url) or in the config file."

// exitCodes are the codes and what they mean, for the page of the program.
func exitCodes() [][2]string {
	return [][2]string{
		{"0", "every record was accepted, or needed no sending"},
		{"1", "it could not start, or had to stop: input, network, token, scope, no such object"},
		{"2", "the command line is wrong"},
		{"3", "finished, some records were rejected"},
		{"4", "stopped by too many rejects"},
		{"129, 130, 143", "interrupted by SIGHUP, SIGINT, SIGTERM; the next same command goes on"},
	}
}

// flagNames are the spellings of a flag, and flagValue what follows them.
func flagNames(f *pflag.Flag) []string {
	if f.Shorthand != "" {
		return []string{"-" + f.Shorthand, "--" + f.Name}
	}
	return []string{"--" + f.Name}
}

// flagMeaning is what a flag does, with its default.
func flagMeaning(f *pflag.Flag) (value, meaning string) {
	value, meaning = pflag.UnquoteUsage(f)
	if f.Value.Type() == "bool" {
		value = ""
	}
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
		meaning += " (default " + f.DefValue + ")"
	}
	return value, meaning
}

// markdownPage is the page of a command. Texts with lines of their own stand in
// blocks, which need no escaping.
func markdownPage(c *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Made by go run ./internal/reference: change the command instead. -->\n\n# %s\n\n", c.CommandPath())
	fmt.Fprintf(&b, "%s\n\n", paragraphs(aboutText(c)))
	if c.Example != "" {
		fmt.Fprintf(&b, "## Examples\n\n```text\n%s\n```\n\n", unindented(c.Example))
	}
	fmt.Fprintf(&b, "## Usage\n\n```text\n%s\n```\n", useLine(c))
	if subs := subcommands(c); len(subs) > 0 {
		b.WriteString("\n## Commands\n\n")
		for _, sub := range subs {
			fmt.Fprintf(&b, "- [%s](%s.md): %s\n", sub.CommandPath(), pageName(sub, "_"), lowerFirst(sub.Short))
		}
	}
	for _, group := range helpGroups(c) {
		fmt.Fprintf(&b, "\n## %s\n\n", group.title)
		group.flags.VisitAll(func(f *pflag.Flag) {
			value, meaning := flagMeaning(f)
			names := strings.Join(flagNames(f), "`, `")
			if value != "" {
				names += " " + value
			}
			fmt.Fprintf(&b, "- `%s`: %s\n", names, markdownEscaped(meaning))
		})
	}
	switch {
	case !c.HasParent():
		b.WriteString("\n## Exit codes\n\n")
		for _, code := range exitCodes() {
			fmt.Fprintf(&b, "- `%s`: %s\n", code[0], code[1])
		}
	case isConfigured(c):
		fmt.Fprintf(&b, "\n%s\n", markdownEscaped(settingsNote))
	}
	return b.String()
}

// paragraphs has lines that are indented stand as they are.
func paragraphs(text string) string {
	var out []string
	for part := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(part, "  ") {
			part = "```text\n" + unindented(part) + "\n```"
		} else {
			part = markdownEscaped(part)
		}
		out = append(out, part)
	}
	return strings.Join(out, "\n\n")
}

func unindented(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "  ")
	}
	return strings.Join(lines, "\n")
}

var markdownEscapes = strings.NewReplacer("*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`)

func markdownEscaped(text string) string { return markdownEscapes.Replace(text) }

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// isConfigured tells whether the settings of a command may come from elsewhere.
func isConfigured(c *cobra.Command) bool { return c.Flags().Lookup("config") != nil }
