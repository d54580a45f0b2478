package journal

import (
	"path/filepath"

	"github.com/crmsync/crmsync/internal/durable"
)

// claim is a journal's file that is held against other processes.
type claim struct {
	dir, key, suffix string
	what             string // it is, for messages
	lock             *lock  // nil once it is let go of
	disk             durable.Disk
}

func (c *claim) path() string { return filepath.Join(c.dir, c.key+c.suffix) }

// Finish removes the journal of what is over. An error leaves behind one that
// the next run of the same command would go on with, although this one finished;
// it must be shown. It is an [*Error]. After Finish or Close it does nothing.
func (c *claim) Finish() error {
	if c.lock == nil {
		return nil
	}
	err := durable.Remove(c.disk, c.path())
	if cerr := c.Close(); err == nil {
		return cerr
	}
	return &Error{Path: c.path(), Err: durable.Cause(err), Left: true, doing: "removing " + c.what}
}

// Close lets go of the journal and keeps it for the next run. Further calls do
// nothing.
func (c *claim) Close() error {
	if c.lock == nil {
		return nil
	}
	lock := c.lock
	c.lock = nil
	guard, err := takeGuard(c.dir)
	if err != nil {
		lock.release() // its file stays, which does no harm
		return err
	}
	defer guard.release()
	lock.drop()
	return nil
}
