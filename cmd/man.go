package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manPage is the page of a command in the man macros (man 7 man). It bears no
// date, so that it is the same whenever it is made.
func manPage(c *cobra.Command) string {
	var b strings.Builder
	name := pageName(c, "-")
	fmt.Fprintf(&b, ".TH %s 1 \"\" crmsync \"User Commands\"\n", roff(strings.ToUpper(name)))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(lowerFirst(c.Short)))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.nf\n%s\n.fi\n", roffLines(useLine(c)))
	b.WriteString(".SH DESCRIPTION\n")
	for i, part := range strings.Split(aboutText(c), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if strings.HasPrefix(part, "  ") {
			fmt.Fprintf(&b, ".nf\n%s\n.fi\n", roffLines(part))
			continue
		}
		fmt.Fprintf(&b, "%s\n", roffLines(part))
	}
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roffLines(strings.TrimRight(c.Example, "\n")))
	}
	if subs := subcommands(c); len(subs) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, sub := range subs {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(sub.CommandPath()), roffLines(lowerFirst(sub.Short)))
		}
	}
	groups := helpGroups(c)
	if len(groups) > 0 {
		b.WriteString(".SH OPTIONS\n")
	}
	for _, group := range groups {
		fmt.Fprintf(&b, ".SS %s\n", roff(group.title))
		group.flags.VisitAll(func(f *pflag.Flag) {
			value, meaning := flagMeaning(f)
			bold := make([]string, 0, 2)
			for _, spelling := range flagNames(f) {
				bold = append(bold, `\fB`+roff(spelling)+`\fR`)
			}
			tag := strings.Join(bold, ", ")
			if value != "" {
				tag += ` \fI` + roff(value) + `\fR`
			}
			fmt.Fprintf(&b, ".TP\n%s\n%s\n", tag, roffLines(meaning))
		})
	}
	manEnd(&b, c)
	return b.String()
}

// manEnd writes what stands below the options.
func manEnd(b *strings.Builder, c *cobra.Command) {
	if !c.HasParent() {
		b.WriteString(".SH EXIT STATUS\n")
		for _, code := range exitCodes() {
			fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(code[0]), roffLines(code[1]))
		}
	}
	if isConfigured(c) {
		fmt.Fprintf(b, ".SH ENVIRONMENT\n%s\n", roffLines(settingsNote))
	}
	var also []string
	if c.HasParent() {
		also = append(also, c.Parent().CommandPath())
	}
	for _, sub := range subcommands(c) {
		also = append(also, sub.CommandPath())
	}
	for i, path := range also {
		also[i] = `\fB` + roff(strings.ReplaceAll(path, " ", "-")) + `\fR(1)`
	}
	if len(also) > 0 {
		fmt.Fprintf(b, ".SH SEE ALSO\n%s\n", strings.Join(also, ", "))
	}
}

// Hyphens are escaped too: only then do they stay what a shell understands when
// they are copied from the page.
var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", "\\`", "…", "...")

func roff(text string) string { return roffEscapes.Replace(text) }

// roffLines escapes a text line by line: one that begins with a dot would be a
// macro.
func roffLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line = roff(line); strings.HasPrefix(line, ".") {
			line = `\&` + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}
