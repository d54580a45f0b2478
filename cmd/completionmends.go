package cmd

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// mend is a change to a script that the library writes.
type mend struct{ was, is string }

// A value may hold "=", as those of --map and --set do: the flag ends at the
// first one.
const (
	flagGreedily = `'-.*='`
	flagAlone    = `'^-[^=]*='`
)

func zshMends() []mend { return []mend{{flagGreedily, flagAlone}} }

// In fish the words of the line come without their quotes, but for the last. Put
// into a command as they are they would be divided at blanks, and what stands in
// parentheses be run.
func fishMends() []mend {
	return []mend{
		{flagGreedily, flagAlone},
		{"set -l args (commandline -opc)\n", "set -l args (commandline -opc)\n    test (count $args) -gt 1; and set args $args[1] (string escape -- $args[2..-1])\n"},
		{"set -l lastArg (string escape -- (commandline -ct))\n",
			"set -l lastArg (string escape -- (__crmsync_word))\n"},
		{"function __crmsync_perform_completion\n", fishWord + "function __crmsync_perform_completion\n"},
		{"(commandline -t | string escape --style=regex)", "(__crmsync_word | string escape --style=regex)"},
		{`string split --max 1 \t $__`, `string split --max 1 -- \t $__`},
	}
}

// fishWord prints the word under the cursor as the program would get it: without
// quotes, one of which may still be open.
const fishWord = `function __crmsync_word
    set -l typed (commandline -ct)
    set -l word (string unescape -- "$typed"; string unescape -- "$typed'" "$typed\"")
    printf "%s\n" "$word[1]"
end

`

// mended writes a script with its mends. One that finds nothing to change is a
// bug: the library has changed.
func mended(out io.Writer, write func(io.Writer) error, mends []mend) error {
	var script bytes.Buffer
	if err := write(&script); err != nil {
		return err
	}
	text := script.String()
	for _, m := range mends {
		if !strings.Contains(text, m.was) {
			return fmt.Errorf("writing the script: there is no %q in it", m.was)
		}
		text = strings.ReplaceAll(text, m.was, m.is)
	}
	_, err := io.WriteString(out, text)
	return err
}
