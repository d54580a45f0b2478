package cmd

import (
	"errors"
	"strings"
	"syscall"
	"testing"
)

func TestAStateThatCannotBeToldOfAPushIsMendedWhereItIsWrong(t *testing.T) {
	for err, want := range map[error]string{
		syscall.ENOSPC:                "make room on the disk, or remove the file",
		syscall.EROFS:                 "make its directory writable, or remove the file",
		errors.New("anything at all"): "make its directory writable, or remove the file",
	} {
		if got := hintOf(untold(err)); !strings.HasPrefix(got, want) {
			t.Errorf("%v: the hint is %q, want %q", err, got, want)
		}
	}
}
