package reject

import (
	"os"
	"time"
)

// keptSuffix is what the name of a reject file ends in that somebody has changed
// and a later run has replaced.
const keptSuffix = "~"

// Edited says where the reject file of an earlier run will be kept, if somebody
// has worked on it since it was written: to mend it is what it is for, and the
// work would be lost. Otherwise it is "". That a file was changed shows in the
// time of its last change, which is no whole second then: on a file system that
// keeps whole seconds alone nothing is found.
func (o Options) Edited() (kept string) {
	if isEdited(o.Path) {
		return o.Path + keptSuffix
	}
	return ""
}

func isEdited(path string) bool {
	st, err := os.Lstat(path)
	return err == nil && st.Mode().IsRegular() && st.ModTime().Nanosecond() != 0
}

// sign gives a finished file the time by which it is known that nobody has
// changed it. Where that can't be done, it will be kept for nothing.
func sign(name string) {
	if st, err := os.Lstat(name); err == nil {
		whole := st.ModTime().Truncate(time.Second)
		_ = os.Chtimes(name, whole, whole)
	}
}

// isAnothers tells whether a run that went on beside this one has written the file,
// as of two that read stdin in one directory. Its rejects are nobody else's to
// replace or remove.
func (w *Writer) isAnothers() bool {
	now, err := os.Lstat(w.path)
	if err != nil || !now.Mode().IsRegular() || isEdited(w.path) {
		return false
	}
	return w.before == nil || !os.SameFile(w.before, now)
}

// putAside keeps a file that somebody has changed.
func putAside(path string) error {
	if !isEdited(path) {
		return nil
	}
	return os.Rename(path, path+keptSuffix)
}
