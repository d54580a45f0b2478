package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/push"
)

// onFinishTime is how long the command of --on-finish may take.
const onFinishTime = time.Minute

// onFinish runs the command of --on-finish: the summary on its stdin, the
// outcome in its environment, its output on stderr. What becomes of it changes
// nothing about the run; but cut says that a signal ended it, so that it is still
// owed to whoever waits for it, which a run that is kept can do.
func (a *app) onFinish(ctx context.Context, line string, exitCode int, result push.Result, kept bool, summary func(io.Writer) error) (cut bool) {
	if line == "" {
		return false
	}
	if ctx.Err() != nil { // the signal that ended the run is not meant for the command
		ctx = context.WithoutCancel(ctx)
	}
	var stdin bytes.Buffer
	if err := summary(&stdin); err != nil {
		a.insist(fmt.Sprintf("the command of --on-finish was not run: %v", err))
		return false
	}
	hook := hook{line: line, limit: onFinishTime, stdin: &stdin, output: a.streams.Err, variables: variablesOf(exitCode, result)}
	err := hook.run(ctx)
	if err == nil {
		return false
	}
	cut, again := ctx.Err() != nil, ""
	if cut && kept {
		again = ", and the same command runs it again and sends nothing"
	}
	a.insist(fmt.Sprintf("the command of --on-finish %v; the push itself is not affected%s", err, again))
	return cut
}

// variablesOf is what the command of --on-finish finds in its environment.
func variablesOf(exitCode int, r push.Result) []string {
	counts := map[string]int64{
		"EXIT_CODE": int64(exitCode), "READ": r.Read, "CREATED": r.Created, "UPDATED": r.Updated,
		"UNCHANGED": r.Unchanged, "REJECTED": r.Rejected, "NOT_SENT": r.NotSent,
	}
	list := []string{envPrefix + "OUTCOME=" + string(r.Outcome)}
	for _, name := range hookCounts {
		list = append(list, envPrefix+name+"="+strconv.FormatInt(counts[name], 10))
	}
	return list
}

var hookCounts = []string{"EXIT_CODE", "READ", "CREATED", "UPDATED", "UNCHANGED", "REJECTED", "NOT_SENT"}

// hook is a command that the shell runs.
type hook struct {
	line      string
	limit     time.Duration
	stdin     io.Reader
	output    io.Writer
	variables []string // "NAME=value", beside the environment
}

// run waits for the command, and ends all of its processes when it takes longer
// than allowed.
func (h hook) run(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, h.limit)
	defer cancel()
	command := shell(limited, h.line)
	command.Cancel = func() error { return endAll(command.Process) }
	command.WaitDelay = 2 * time.Second // something may outlive it and hold on to a pipe
	command.Stdin, command.Stdout, command.Stderr = h.stdin, h.output, h.output
	command.Env = append(environmentWithoutToken(), h.variables...)
	err := command.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("was ended: %w", context.Cause(ctx))
	case limited.Err() != nil:
		return fmt.Errorf("took longer than %s and was ended", h.limit)
	case errors.Is(err, exec.ErrWaitDelay): // it ended well, and left something running
		return nil
	}
	return fmt.Errorf("failed: %w", err)
}

// environmentWithoutToken is the environment but for the token, and for what
// would have a crmsync that the command runs run the command again.
func environmentWithoutToken() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		if runtime.GOOS == "windows" { // names there are the same in any case
			name = strings.ToUpper(name)
		}
		return name == envPrefix+"TOKEN" || name == envName("on-finish")
	})
}
