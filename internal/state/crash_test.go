package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// off is the end of a process: nothing is written any more, and the system lets
// go of what it held.
func (s *Store) off() {
	s.closed = true
	s.release()
}

// crm is a server, and what each of its records was told last.
type crm map[string]Fingerprint

// job is a request that was sent and not settled.
type job struct {
	keys     []string
	accepted *Accepted
}

// history is a random succession of runs, with everything that may end them.
type history struct {
	t    *rapid.T
	path string
	crm  crm
	disk *dying
	now  time.Time
	sent int

	teller *Teller // of a push that doesn't hold the state; nil while there is none
}

// outside sends some records without holding the state, before, between and
// after runs that do.
func (h *history) outside() {
	if h.teller == nil {
		_, err := os.Stat(h.path)
		h.teller = Tell(h.path, products, err != nil)
	}
	for range rapid.IntRange(0, 4).Draw(h.t, "sent outside") {
		keys, match, fp := h.record()
		h.teller.Sending(keys, fp)
		if err := h.teller.Flush(); err != nil {
			h.t.Fatal(err)
		}
		h.request(keys, match, fp)
	}
	switch rapid.SampledFrom([]string{"goes on", "ends", "is killed"}).Draw(h.t, "and") {
	case "goes on":
		return
	case "ends":
		h.teller.Close()
	default:
		h.teller.off()
	}
	h.teller = nil
}

func (h *history) record() (keys []string, match string, fp Fingerprint) {
	match = rapid.SampledFrom([]string{"a", "A", "b", "c", "d", "e", "f", "c d"}).Draw(h.t, "match")
	body := rapid.SampledFrom([]string{`{"n":1}`, `{"n":2}`, `{"n":3}`}).Draw(h.t, "body")
	var hash Hasher
	return strings.Fields(strings.ToLower(match)), match, hash.Sum("sku", match, []byte(body))
}

// run pushes some records, and comes to its end or not.
func (h *history) run(records int, crash bool) {
	h.disk.left = 1 << 30
	if crash {
		h.disk.left = rapid.IntRange(0, 2500).Draw(h.t, "steps until the end")
	}
	s, err := openOn(h.disk, h.path, products, Options{Full: rapid.IntRange(0, 9).Draw(h.t, "full") == 0})
	if err != nil {
		if !errors.Is(err, errDead) {
			h.t.Fatal(err)
		}
		return
	}
	defer s.off()
	var window []job
	settle := func() bool {
		j := window[0]
		window = window[1:]
		return s.Settle(j.keys, j.accepted) == nil
	}
	for range records {
		keys, match, fp := h.record()
		unchanged, ticket := s.Check(keys, fp)
		if unchanged {
			for _, k := range keys {
				if h.crm[k] != fp {
					h.t.Fatalf("%q is called unchanged, but the CRM has something else", match)
				}
			}
			continue
		}
		if s.Ready(ticket) != nil {
			return
		}
		window = append(window, job{keys, h.request(keys, match, fp)})
		for len(window) > 0 && rapid.IntRange(0, 3).Draw(h.t, "settle") > 0 {
			if !settle() {
				return
			}
		}
		switch rapid.IntRange(0, 19).Draw(h.t, "now and then") {
		case 0, 1:
			if s.Flush() != nil {
				return
			}
		case 2:
			s.mu.Lock()
			err := s.mergeNow()
			s.mu.Unlock()
			if err != nil {
				return
			}
		case 3:
			if crash {
				return
			}
		}
	}
	for len(window) > 0 {
		if !settle() {
			return
		}
	}
	if err := s.Close(); err != nil && !crash {
		h.t.Fatal(err)
	}
}

// request is what becomes of one: the CRM takes it and says so, takes it and
// nobody hears of it, or refuses it.
func (h *history) request(keys []string, match string, fp Fingerprint) *Accepted {
	h.sent++
	fate := rapid.SampledFrom([]string{"accepted", "accepted", "accepted", "lost", "refused"}).Draw(h.t, "fate")
	if fate != "refused" {
		for _, k := range keys {
			h.crm[k] = fp
		}
	}
	if fate != "accepted" {
		return nil
	}
	return &Accepted{Fingerprint: fp, Match: match, ID: id(match), At: h.now}
}

// damage turns a bit of the file over, or cuts it.
func (h *history) damage() {
	b, err := os.ReadFile(h.path)
	if err != nil || len(b) <= len(magic)+4 {
		return
	}
	i := rapid.IntRange(len(magic)+4, len(b)-1).Draw(h.t, "place")
	b[i] ^= 1 << rapid.IntRange(0, 7).Draw(h.t, "bit")
	if err := os.WriteFile(h.path, b, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// TestNothingChangedIsEverSkipped runs random inputs against a model of the CRM,
// with crashes at every step, lost answers and damaged files in between.
func TestNothingChangedIsEverSkipped(t *testing.T) {
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(root, fmt.Sprint(n))
		defer os.RemoveAll(dir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		h := &history{t: t, path: filepath.Join(dir, "state"), crm: crm{}, disk: &dying{}, now: day}
		for range rapid.IntRange(1, 8).Draw(t, "runs") {
			if rapid.IntRange(0, 2).Draw(t, "outside") == 0 {
				h.outside()
			}
			crash := rapid.Bool().Draw(t, "crash")
			h.run(rapid.IntRange(0, 12).Draw(t, "records"), crash)
			if crash && rapid.IntRange(0, 3).Draw(t, "damage") == 0 {
				h.damage()
			}
		}
		if h.teller != nil {
			h.teller.off()
		}
	})
}

// TestWhatIsKnownSurvivesACrash says that a crash costs what was not flushed and
// no more.
func TestWhatIsKnownSurvivesACrash(t *testing.T) {
	for steps := 0; ; steps++ {
		path := statePath(t)
		d := &dying{left: 1 << 30}
		s, err := openOn(d, path, products, Options{})
		must(t, err)
		for _, match := range []string{"A", "B", "C"} {
			send(t, s, match, "1")
		}
		must(t, s.Flush())
		d.left = steps
		_, ticket := s.Check([]string{"b"}, print("B", "2"))
		ready := s.Ready(ticket)
		var settled error
		if ready == nil {
			s.Settle([]string{"b"}, &Accepted{Fingerprint: print("B", "2"), Match: "B", At: day})
			settled = s.Flush()
		}
		s.off()

		s = open(t, path, products, Options{})
		if s.Anew() != nil || send(t, s, "A", "1") || send(t, s, "C", "1") {
			t.Fatalf("after %d steps it lost what was safe: %v", steps, s.Anew())
		}
		same := s.same(hashKey("b"), print("B", "2"))
		if ready == nil && settled == nil && !same {
			t.Fatalf("after %d steps it lost what was flushed", steps)
		}
		if ready == nil && s.same(hashKey("b"), print("B", "1")) {
			t.Fatalf("after %d steps it knows what the CRM may not have any more", steps)
		}
		must(t, s.Close())
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
			t.Fatalf("after %d steps the directory has %v", steps, left)
		}
		if ready == nil && settled == nil {
			break
		}
	}
}

func TestDamageDoesNotHeal(t *testing.T) {
	path := statePath(t)
	s := open(t, path, products, Options{})
	send(t, s, "A", "1")
	must(t, s.Close())
	good, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(good, "rubbish"...), 0o600))
	s = open(t, path, products, Options{})
	_, ticket := s.Check([]string{"a"}, print("A", "2"))
	must(t, s.Ready(ticket)) // and it is sent
	s.off()
	b, err := os.ReadFile(path)
	must(t, err)
	if strings.Contains(string(b), "rubbish") || s.Anew() == nil {
		t.Fatal("the damaged file is still there, and might be read next time")
	}
	if s := open(t, path, products, Options{}); !send(t, s, "A", "1") {
		t.Error("it is unchanged, but the CRM has something else")
	}
}

// TestTheLogsEnd tries every cut and every damaged byte of a log that a crash
// left behind: what it says of a key sent since must not get lost.
func TestTheLogsEnd(t *testing.T) {
	path := statePath(t)
	s := open(t, path, products, Options{})
	send(t, s, "A", "1")
	must(t, s.Close())
	s = open(t, path, products, Options{})
	table := s.end
	for _, body := range []string{"2", "3"} {
		_, ticket := s.Check([]string{"a"}, print("A", body))
		must(t, s.Ready(ticket))
		must(t, s.Settle([]string{"a"}, &Accepted{Fingerprint: print("A", body), Match: "A", At: day}))
		must(t, s.Flush())
	}
	_, ticket := s.Check([]string{"a"}, print("A", "4"))
	must(t, s.Ready(ticket))
	s.off()
	good, err := os.ReadFile(path)
	must(t, err)
	for i := int(table); i < len(good); i++ {
		for bit := range 8 {
			b := append([]byte{}, good...)
			b[i] ^= 1 << bit
			must(t, os.WriteFile(path, b, 0o600))
			s := open(t, path, products, Options{ReadOnly: true})
			for _, body := range []string{"1", "2", "3", "4"} {
				if unchanged, _ := s.Check([]string{"a"}, print("A", body)); unchanged {
					t.Fatalf("with bit %d of byte %d turned over, %s is unchanged", bit, i, body)
				}
			}
			must(t, s.Close())
		}
	}
	// A cut is a crash before the last write was over; only whole frames count.
	must(t, os.WriteFile(path, append(good, make([]byte, 100)...), 0o600))
	if s := open(t, path, products, Options{ReadOnly: true}); s.Anew() != nil || known(t, s) != 0 {
		t.Errorf("with room made for a frame: %v, %d", s.Anew(), known(t, s))
	}
}

func FuzzImage(f *testing.F) {
	path := filepath.Join(f.TempDir(), "state")
	s, err := Open(path, products, Options{})
	if err != nil {
		f.Fatal(err)
	}
	s.Check([]string{"a"}, Fingerprint{})
	s.Settle([]string{"a"}, &Accepted{Match: "A", ID: "1", At: day})
	s.Flush()
	s.off()
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[headSize:], b[:0])
	f.Add(b[headSize:], appendChange(beginFrame(nil, 0), 7, change{detail: "\x00\x00"}))
	f.Fuzz(func(t *testing.T, tables, frame []byte) {
		// With true checksums, so that what lies behind them is reached.
		b := append(makeHead(uint64(headSize+len(tables)), checksum(tables)), tables...)
		if len(frame) >= frameHead {
			frame = append([]byte{}, frame...)
			endFrame(frame)
		}
		m := &image{bytes: append(b, frame...)}
		if m.parse() != nil {
			return
		}
		for i, table := range m.tables {
			merged(table, m.logs[i], nil, true, func(r *record) (bool, error) {
				makeEntry(r.fp, r.seconds, []byte(r.detail))
				table.find(r.hash)
				return true, nil
			})
		}
	})
}
