//go:build !windows

package cmd

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

// shell is a command line for the shell, in a process group of its own.
func shell(ctx context.Context, line string) *exec.Cmd {
	command := exec.CommandContext(ctx, "sh", "-c", line)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return command
}

// endAll ends the shell and all that it started.
func endAll(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }
