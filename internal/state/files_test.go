package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crmsync/crmsync/internal/durable"
)

func TestFilesThatWontDo(t *testing.T) {
	path := statePath(t)
	s := open(t, path, products, Options{})
	send(t, s, "A", "1")
	t.Run("one in use", func(t *testing.T) {
		_, err := Open(path, products, Options{})
		var e *Error
		if !errors.Is(err, ErrLocked) || !errors.As(err, &e) || e.Hint() == "" || !strings.Contains(err.Error(), path) {
			t.Errorf("%v", err)
		}
		if want := fmt.Sprintf("another crmsync is using it (process %d, since 20", os.Getpid()); !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
		if strings.Contains(e.Hint(), "--state") {
			t.Errorf("the hint leads to another state: %q", e.Hint())
		}
		if _, err := Forget(path, func(Scope) bool { return true }); !errors.Is(err, ErrLocked) {
			t.Errorf("Forget: %v", err)
		}
	})
	must(t, s.Close())
	good, err := os.ReadFile(path)
	must(t, err)
	write := func(b []byte) { must(t, os.WriteFile(path, b, 0o600)) }
	t.Run("one that is something else is left alone", func(t *testing.T) {
		write([]byte("sku,name\nA,chair\n"))
		if _, err := Open(path, products, Options{}); !errors.Is(err, ErrForeign) {
			t.Errorf("%v", err)
		}
		if _, err := Forget(path, func(Scope) bool { return true }); !errors.Is(err, ErrForeign) {
			t.Errorf("Forget: %v", err)
		}
	})
	t.Run("one of another version", func(t *testing.T) {
		b := append([]byte{}, good...)
		b[16]++
		write(b)
		if _, err := Open(path, products, Options{}); !errors.Is(err, ErrVersion) {
			t.Errorf("%v", err)
		}
	})
	t.Run("an empty one is a new one", func(t *testing.T) {
		write(nil)
		s := open(t, path, products, Options{})
		if s.Anew() != nil || !send(t, s, "A", "1") {
			t.Errorf("%v", s.Anew())
		}
		must(t, s.Close())
	})
	t.Run("a damaged one sends everything, wherever the damage is", func(t *testing.T) {
		for i := 17; i < len(good); i++ {
			b := append([]byte{}, good...)
			b[i] ^= 0x10
			if i < 20 {
				continue // the version
			}
			write(b)
			s := open(t, path, products, Options{ReadOnly: true})
			if !errors.Is(s.Anew(), ErrDamaged) || known(t, s) != 0 {
				t.Fatalf("byte %d: %v", i, s.Anew())
			}
		}
		for n := len(magic); n < len(good); n++ {
			write(good[:n])
			s, err := Open(path, products, Options{ReadOnly: true})
			if err == nil && !errors.Is(s.Anew(), ErrDamaged) {
				t.Fatalf("cut to %d bytes: %v", n, s.Anew())
			}
		}
		write(good[:len(good)-1])
		s := open(t, path, products, Options{})
		if !send(t, s, "A", "1") {
			t.Error("it was not sent")
		}
		must(t, s.Close())
		if s := open(t, path, products, Options{}); s.Anew() != nil || send(t, s, "A", "1") {
			t.Errorf("the next run: %v", s.Anew())
		}
	})
}

func TestALinkToWhatAProcessHasOpenIsNoPlaceForAState(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "err.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	link := filepath.Join(t.TempDir(), "stderr")
	if err := os.Symlink(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), link); err != nil {
		t.Skip(err)
	}
	if _, err := os.Stat(link); err != nil {
		t.Skip("there is no /proc/self/fd")
	}
	s, err := Open(link, products, Options{})
	if !errors.Is(err, durable.ErrTarget) {
		t.Errorf("opening it: %v", err)
		s.Close()
	}
}

func TestALinkIsFollowed(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	must(t, os.WriteFile(target, nil, 0o600))
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	s := open(t, link, products, Options{})
	send(t, s, "A", "1")
	must(t, s.Close())
	if st, err := os.Lstat(link); err != nil || st.Mode().IsRegular() {
		t.Errorf("the link was replaced: %v", err)
	}
	if s := open(t, target, products, Options{}); send(t, s, "A", "1") {
		t.Error("the target has nothing")
	}
}
