package source

import (
	"fmt"
	"io"
	"os"
)

// steady reads a regular file as it was when it was opened. Where something writes
// to it meanwhile, as a program does that puts the next export in its place, what
// comes then may be half of one record and half of another: it is not handed out.
type steady struct {
	file   *os.File
	name   string
	opened os.FileInfo
}

func newSteady(name string, file *os.File) (*steady, error) {
	opened, err := file.Stat()
	return &steady{file, name, opened}, err
}

// Read implements [io.Reader]. Its error is an [*InputError] once the file is
// another one.
func (s *steady) Read(p []byte) (int, error) {
	n, err := s.file.Read(p)
	return s.unlessChanged(n, err)
}

// ReadAt implements [io.ReaderAt], with the same error.
func (s *steady) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.file.ReadAt(p, off)
	return s.unlessChanged(n, err)
}

// Seek implements [io.Seeker].
func (s *steady) Seek(offset int64, whence int) (int64, error) { return s.file.Seek(offset, whence) }

// unlessChanged hands on what was read, unless somebody wrote to the file before.
func (s *steady) unlessChanged(n int, err error) (int, error) {
	if err != nil && err != io.EOF {
		return n, err
	}
	now, statErr := s.file.Stat()
	switch {
	case statErr != nil:
		return 0, statErr
	case now.Size() != s.opened.Size():
		return 0, changedError(s.name, fmt.Sprintf("it had %d bytes and now has %d", s.opened.Size(), now.Size()))
	case !now.ModTime().Equal(s.opened.ModTime()):
		return 0, changedError(s.name, "something wrote to it")
	}
	return n, err
}

func changedError(name, how string) error {
	return &InputError{
		Input: name, Problem: "the file was changed while it was read: " + how,
		Advice: "start again when nothing writes to it any more; an export that is written elsewhere and then renamed disturbs nobody",
	}
}
