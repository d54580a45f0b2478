package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/crmsync/crmsync/internal/durable"
)

// The endings of the files in the directory.
const (
	journalSuffix = ".journal"
	lockSuffix    = ".lock"
)

// replace puts content in a file's place at one stroke.
func replace(d durable.Disk, path string, content []byte) error {
	return durable.Replace(d, path, func(f durable.File) error {
		_, err := f.Write(content)
		return err
	})
}

// removeLeftovers removes what a killed process was about to put in the
// journal's place.
func removeLeftovers(dir, key string) {
	left, err := filepath.Glob(filepath.Join(escapeGlob(dir), key+".*"+durable.TempSuffix))
	if err != nil {
		return
	}
	for _, name := range left {
		os.Remove(name)
	}
}

func escapeGlob(s string) string {
	if runtime.GOOS == "windows" { // where Glob knows no escapes
		return s
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

// ensureDir makes the directory, or makes it the user's alone.
func ensureDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	st, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// Error says that no journal can be kept, or not be read. A push is possible
// without one, but can't be resumed.
type Error struct {
	Path string // the file or directory
	Err  error

	// Left says that a journal of the same run is there and stays: the next run
	// of the same command would go on with it and leave records out that are not
	// its own. A push must not go on without a journal then.
	Left bool

	doing string
}

func (e *Error) Error() string { return fmt.Sprintf("%s %s: %v", e.doing, e.Path, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do about it; "" where there is nothing to advise.
func (e *Error) Hint() string {
	switch {
	case e.Left:
		return "make room and the file writable, or remove " + e.Path + " by hand; then run the same command again"
	case durable.NoRoom(e.Err):
		return "make room on the disk; the same command then goes on where it stopped"
	case durable.TooManyFiles(e.Err):
		return durable.HintFiles + "; the same command then goes on where it stopped"
	case durable.NotWritable(e.Err):
		return "make the directory writable: only then can the same command go on where a run stopped"
	}
	return ""
}

func problem(doing, path string, err error) *Error {
	return &Error{Path: path, Err: durable.Cause(err), doing: doing}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
