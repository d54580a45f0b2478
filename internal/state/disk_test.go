package state

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/crmsync/crmsync/internal/durable"
)

// dying is a disk on which everything ends after a number of steps; a step is a
// byte written or one other call.
type dying struct {
	osDisk
	left int
}

var errDead = errors.New("the machine is off")

func (d *dying) step() error {
	if d.left == 0 {
		return errDead
	}
	d.left--
	return nil
}

func (d *dying) Create(name string) (durable.File, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	f, err := d.osDisk.Create(name)
	return &dyingFile{f, d}, err
}

func (d *dying) Open(name string) (durable.File, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	f, err := d.osDisk.Open(name)
	return &dyingFile{f, d}, err
}

func (d *dying) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.osDisk.Rename(from, to)
}

func (d *dying) Remove(name string) error {
	if d.left == 0 {
		return errDead
	}
	return d.osDisk.Remove(name)
}

func (d *dying) SyncDir(string) error { return d.step() }

type dyingFile struct {
	durable.File
	d *dying
}

func (f *dyingFile) WriteAt(b []byte, off int64) (int, error) {
	n := min(len(b), f.d.left)
	f.d.left -= n
	if _, err := f.File.WriteAt(b[:n], off); err != nil {
		return 0, err
	}
	if n < len(b) {
		return n, errDead
	}
	return n, nil
}

func (f *dyingFile) Sync() error { return f.d.step() }

// noting notes in which order names go and directories are synced.
type noting struct {
	osDisk
	steps []string
}

func (n *noting) Remove(name string) error {
	n.steps = append(n.steps, "remove")
	return n.osDisk.Remove(name)
}

func (n *noting) SyncDir(dir string) error {
	n.steps = append(n.steps, "sync")
	return n.osDisk.SyncDir(dir)
}

func TestWhatIsForgottenDoesNotComeBackAfterAPowerCut(t *testing.T) {
	for name, damage := range map[string]bool{"of a whole file": false, "of a damaged one": true} {
		path := remembers(t, "a")
		if damage {
			must(t, os.Truncate(path, headSize+1))
		}
		d := &noting{}
		if _, err := forgetOn(d, path, func(Scope) bool { return true }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.steps, []string{"remove", "sync"}) {
			t.Errorf("%s: the steps are %q", name, d.steps)
		}
	}
}
