package reject

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"
)

// keptSuffix is what the name of an old reject file ends in that a later run has
// replaced though it is still needed; where there is one already, a number follows.
const keptSuffix = "~"

// Aside says where the file that now bears the name will be kept, because
// somebody has worked on it since it was written, or because it is another
// input's ([Options.Keep]): the work, or the records, would be lost. Otherwise
// kept is "".
func (o Options) Aside() (kept string, edited bool) {
	if !o.worthKeeping(o.Path) {
		return "", false
	}
	return freeName(o.Path), o.isEdited(o.Path)
}

func (o Options) worthKeeping(path string) bool {
	st, err := os.Lstat(path)
	if err != nil || !st.Mode().IsRegular() {
		return false
	}
	return o.Keep || o.isEdited(path)
}

// isEdited compares with what the last run left. Where that isn't known, a change
// shows in the time of the last one, which is no whole second then: on a file
// system that keeps whole seconds alone nothing is found.
func (o Options) isEdited(path string) bool {
	if o.Left != "" {
		digest, err := Digest(path)
		return err != nil || digest != o.Left
	}
	return touched(path)
}

// touched tells whether a file was written by anybody but [sign].
func touched(path string) bool {
	st, err := os.Lstat(path)
	return err == nil && st.ModTime().Nanosecond() != 0
}

// Digest stands for the content of a file, as the fingerprint of an input does.
func Digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// sign gives a finished file the time by which it is known that nobody has
// changed it. Where that can't be done, it will be kept for nothing.
func sign(name string) {
	if st, err := os.Lstat(name); err == nil {
		whole := st.ModTime().Truncate(time.Second)
		_ = os.Chtimes(name, whole, whole)
	}
}

// putAside keeps an old file that is still needed, unless the new one at from
// says the same.
func (o Options) putAside(path, from string) error {
	if !o.worthKeeping(path) || from != "" && sameContent(path, from) {
		return nil
	}
	return os.Rename(path, freeName(path))
}

func sameContent(a, b string) bool {
	was, err := Digest(a)
	is, err2 := Digest(b)
	return err == nil && err2 == nil && was == is
}

func freeName(path string) string {
	name := path + keptSuffix
	for i := 2; ; i++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) || i > 9999 {
			return name
		}
		name = path + keptSuffix + strconv.Itoa(i)
	}
}
