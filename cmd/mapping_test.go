package cmd

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
)

func TestAMappingThatIsBeingTypedIsInterruptedAtOnce(t *testing.T) {
	in, typing := io.Pipe()
	defer typing.Close()
	r := &pushRun{app: &app{streams: Streams{In: in}}, settings: newSettings(), paths: []string{"products.csv"}}
	r.settings.mappingFile = "-"
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(InterruptedBy(syscall.SIGINT))
	err := r.readMapping(ctx)
	var interrupted *Interruption
	if !errors.As(err, &interrupted) || codeOf(ctx, err) != exitInterrupted {
		t.Errorf("it ends with %v", err)
	}
}

func TestACommandToGoOnWithSaysThatTheMappingCameFromStdin(t *testing.T) {
	a := &app{}
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"crmsync push a.csv --mapping - < MAPPING", []string{"push", "a.csv", "--restart", "--mapping", "-"}},
		{"crmsync push a.csv --mapping=- < MAPPING", []string{"push", "a.csv", "--mapping=-"}},
		{"crmsync push a.csv --mapping m.yaml", []string{"push", "a.csv", "--mapping", "m.yaml"}},
		{"crmsync push - --mapping m.yaml", []string{"push", "-", "--mapping", "m.yaml"}},
	} {
		if got := a.sameCommand(tt.args); got != tt.want {
			t.Errorf("%q becomes %s", tt.args, got)
		}
	}
}
