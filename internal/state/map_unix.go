//go:build unix

package state

import (
	"os"
	"syscall"
)

// mapFile gives a file's bytes as they lie in the page cache, which isn't
// counted as the process's own memory.
func mapFile(f *os.File, size int64) (b []byte, unmap func(), err error) {
	if int64(int(size)) != size {
		return nil, nil, syscall.EFBIG
	}
	b, err = syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return b, func() { syscall.Munmap(b) }, nil
}
