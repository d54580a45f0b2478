package cmd

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// shell is a command line for the shell, in a process group of its own. The
// shell takes the line as it stands: quotes are its own business.
func shell(ctx context.Context, line string) *exec.Cmd {
	command := exec.CommandContext(ctx, "cmd")
	command.SysProcAttr = &syscall.SysProcAttr{
		CmdLine:       `cmd /S /C "` + line + `"`,
		CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP,
	}
	return command
}

// endAll ends the shell and all that it started.
func endAll(p *os.Process) error {
	return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run()
}
