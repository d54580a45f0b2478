package state

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/crmsync/crmsync/internal/durable"
)

// off is the end of a process that tells: nothing is taken in, and the system
// lets go of what it held.
func (t *Teller) off() {
	if t.file != nil {
		t.file.Close()
		t.lock.Close()
		t.file = nil
	}
}

func tell(t *testing.T, teller *Teller, match, body string) {
	t.Helper()
	teller.Sending([]string{match}, print(match, body))
	must(t, teller.Flush())
}

func toldFiles(t *testing.T, path string) []string {
	t.Helper()
	names, err := filesBeside(path, toldSuffix)
	must(t, err)
	return names
}

// remembers makes a state that knows of the values, each with the body "1".
func remembers(t *testing.T, values ...string) string {
	t.Helper()
	path := statePath(t)
	s := open(t, path, products, Options{})
	for _, v := range values {
		send(t, s, v, "1")
	}
	must(t, s.Close())
	return path
}

func TestWhatOthersSendIsForgotten(t *testing.T) {
	for _, tt := range []struct {
		name  string
		end   func(*Teller)
		stays int // files, until the state is opened
	}{
		{"after its end", (*Teller).Close, 0},
		{"after a kill", (*Teller).off, 1},
		{"while it is still at it", func(*Teller) {}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := remembers(t, "a", "b", "c")
			teller := Tell(path, products, false)
			tell(t, teller, "a", "2")
			tell(t, teller, "b", "1")
			tt.end(teller)
			if got := toldFiles(t, path); len(got) != tt.stays {
				t.Errorf("beside the state lie %v", got)
			}
			for _, o := range []Options{{ReadOnly: true}, {}} {
				s := open(t, path, products, o)
				for match, known := range map[string]bool{"a": false, "b": true, "c": true} {
					if s.same(hashKey(match), print(match, "1")) != known {
						t.Errorf("%s (read only %t): known as it was before %t, want %t", match, o.ReadOnly, !known, known)
					}
				}
				if s.Anew() != nil {
					t.Errorf("it begins anew: %v", s.Anew())
				}
				must(t, s.Close())
			}
			teller.off()
			must(t, open(t, path, products, Options{}).Close())
			if got := toldFiles(t, path); len(got) != 0 {
				t.Errorf("in the end %v is left", got)
			}
		})
	}
}

func TestWhatIsToldWhileTheStateIsHeldIsNotLost(t *testing.T) {
	path := remembers(t, "a")
	s := open(t, path, products, Options{})
	teller := Tell(path, products, false)
	tell(t, teller, "a", "2")
	teller.Close()
	if s.same(hashKey("a"), print("a", "1")) != true {
		t.Fatal("the state in use was changed by somebody else")
	}
	must(t, s.Close())
	if s := open(t, path, products, Options{}); !send(t, s, "a", "1") {
		t.Error("it is unchanged, but something else was sent")
	}
}

func TestWhatWasSaidAfterItWasReadStays(t *testing.T) {
	path := remembers(t, "a")
	teller := Tell(path, products, false)
	tell(t, teller, "b", "1")
	list, err := readTold(path, func(*told, []sentAs) {})
	must(t, err)
	tell(t, teller, "a", "2")
	teller.off()
	sweepTold(list)
	if s := open(t, path, products, Options{}); !send(t, s, "a", "1") {
		t.Error("what was said last was swept away unread")
	}
}

func TestAStateThatIsBegunMeanwhileForgetsAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	teller := Tell(path, products, true)
	tell(t, teller, "a", "2")
	s := open(t, path, products, Options{})
	send(t, s, "a", "1")
	must(t, s.Close())
	teller.Close()
	s = open(t, path, products, Options{})
	if !send(t, s, "a", "1") {
		t.Error("it is unchanged, but something else may have been sent after it")
	}
	must(t, s.Close())
	if got := toldFiles(t, path); len(got) != 0 {
		t.Errorf("%v is left", got)
	}
}

func TestNothingIsLeftWhereThereIsNoState(t *testing.T) {
	for _, all := range []bool{false, true} {
		dir := t.TempDir()
		teller := Tell(filepath.Join(dir, "state"), products, all)
		tell(t, teller, "a", "2")
		teller.Close()
		teller.Close()
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("all %t: %v is left", all, left)
		}
	}
}

// A process may be killed when it has made a file and said nothing, while it holds
// the lock of a state, or where it found out whether it can write.
func TestWhatKilledProcessesLeftGoesWithTheNext(t *testing.T) {
	for name, next := range map[string]func(path string){
		"who opens the state": func(path string) { must(t, open(t, path, products, Options{}).Close()) },
		"who could have told": func(path string) {
			teller := Tell(path, products, false)
			must(t, teller.Begin())
			teller.Close()
		},
	} {
		path := remembers(t, "a")
		for _, left := range []string{lockSuffix, ".abcdefghijklmnop" + durable.TempSuffix, ".abcdefghijklmnop" + toldSuffix} {
			must(t, os.WriteFile(path+left, nil, 0o600))
		}
		next(path)
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
			t.Errorf("%s leaves %v", name, left)
		}
		if s := open(t, path, products, Options{}); known(t, s) != 1 {
			t.Errorf("%s: the state knows %d", name, known(t, s))
		}
	}
}

func TestWhoBeginsToTellIsNotSweptAway(t *testing.T) {
	path := remembers(t, "a")
	done := make(chan struct{})
	var sweeping sync.WaitGroup
	sweeping.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				removeLeftovers(path)
			}
		}
	})
	for range 300 {
		teller := Tell(path, products, false)
		tell(t, teller, "a", "2")
		name := teller.file.Name()
		teller.off()
		if err := os.Remove(name); err != nil {
			t.Fatalf("what was said is gone: %v", err)
		}
	}
	close(done)
	sweeping.Wait()
}

func TestWhoSaysNothingWritesNothing(t *testing.T) {
	path := remembers(t, "a")
	teller := Tell(path, products, false)
	must(t, teller.Flush())
	teller.Close()
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("the directory has %v", left)
	}
}

func TestWhatOneTokenSentTheOthersStateForgets(t *testing.T) {
	path := remembers(t, "a", "b")
	second, other := products, products
	second.Workspace, other.Match = "another", "ean"
	for _, scope := range []Scope{second, other} {
		teller := Tell(path, scope, false)
		tell(t, teller, map[Scope]string{second: "a", other: "b"}[scope], "2")
		teller.Close()
	}
	s := open(t, path, products, Options{})
	if s.same(hashKey("a"), print("a", "1")) {
		t.Error("what another token sent is not noticed")
	}
	if !s.same(hashKey("b"), print("b", "1")) {
		t.Error("a push by another match attribute had a match value forgotten")
	}
}

func TestKeysOfAnotherWayAreNotCompared(t *testing.T) {
	other := products
	other.Keys = "number"
	t.Run("what was remembered is forgotten, for good", func(t *testing.T) {
		path := remembers(t, "a")
		s := open(t, path, other, Options{})
		if s.Anew() == nil || known(t, s) != 0 {
			t.Errorf("it begins anew: %v, and knows %d", s.Anew(), known(t, s))
		}
		s.off()
		if s := open(t, path, products, Options{}); known(t, s) != 0 {
			t.Errorf("in the old way it knows %d", known(t, s))
		}
	})
	t.Run("who sends in another way has all of it forgotten", func(t *testing.T) {
		path := remembers(t, "a")
		teller := Tell(path, other, false)
		tell(t, teller, "b", "1")
		teller.Close()
		if s := open(t, path, products, Options{}); known(t, s) != 0 {
			t.Errorf("it knows %d", known(t, s))
		}
	})
}

// TestADamagedFileForgetsAll damages every byte, and cuts everywhere.
func TestADamagedFileForgetsAll(t *testing.T) {
	path := remembers(t, "a", "b")
	teller := Tell(path, products, false)
	tell(t, teller, "a", "2")
	name := toldFiles(t, path)[0]
	first, err := os.ReadFile(name)
	must(t, err)
	tell(t, teller, "b", "2")
	teller.off()
	good, err := os.ReadFile(name)
	must(t, err)
	knows := func(match string) bool {
		s := open(t, path, products, Options{ReadOnly: true})
		defer s.Close()
		return s.same(hashKey(match), print(match, "1"))
	}
	for i := range good {
		b := append([]byte{}, good...)
		b[i] ^= 1 << (i % 8)
		must(t, os.WriteFile(name, b, 0o600))
		if knows("a") || knows("b") {
			t.Fatalf("with byte %d damaged it is known what was told to be forgotten", i)
		}
	}
	for n := len(first); n < len(good); n++ {
		must(t, os.WriteFile(name, good[:n], 0o600))
		if knows("a") || !knows("b") {
			t.Fatalf("cut after %d bytes: a is known %t, b %t", n, knows("a"), knows("b"))
		}
	}
	good[len(toldMark)] ^= 1
	must(t, os.WriteFile(name, good, 0o600))
	must(t, open(t, path, products, Options{}).Close())
	if got := toldFiles(t, path); len(got) != 0 {
		t.Errorf("in the end %v is left", got)
	}
}

func TestAFullDiskKeepsWhatCanNotBeToldFromBeingSent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	must(t, os.Mkdir(dir, 0o700))
	teller := Tell(filepath.Join(dir, "state"), products, false)
	must(t, teller.Begin())
	must(t, os.Remove(dir)) // Begin left nothing in it
	teller.Sending([]string{"a"}, print("a", "1"))
	for range 2 {
		if teller.Flush() == nil {
			t.Error("what could not be written counts as told")
		}
	}
	teller.Close()
}

func TestWhereNothingCanBeToldIsKnownBeforeAnythingIsSent(t *testing.T) {
	for _, all := range []bool{false, true} {
		teller := Tell(filepath.Join(t.TempDir(), "none", "state"), products, all)
		if teller.Begin() == nil {
			t.Errorf("all %t: it can begin in a directory that isn't there", all)
		}
		teller.Close()
	}
}

func TestWhoTellsOfAllSaysSoAtOnce(t *testing.T) {
	path := remembers(t, "a")
	teller := Tell(path, products, true)
	must(t, teller.Begin())
	teller.off()
	if s := open(t, path, products, Options{}); known(t, s) != 0 {
		t.Errorf("it still knows %d", known(t, s))
	}
}

func TestALongTaleIsReadInParts(t *testing.T) {
	path := remembers(t, "a", "b")
	teller := Tell(path, products, false)
	for range 200 {
		for i := range 1000 {
			teller.Sending([]string{benchKey(i)}, Fingerprint{})
		}
		must(t, teller.Flush())
	}
	tell(t, teller, "a", "2")
	teller.off()
	frames, most := 0, 0
	_, err := readTold(path, func(_ *told, sent []sentAs) { frames, most = frames+1, max(most, len(sent)) })
	must(t, err)
	if frames != 201 || most != 1000 {
		t.Errorf("%d parts of at most %d records were handed out", frames, most)
	}
	s := open(t, path, products, Options{})
	if s.same(hashKey("a"), print("a", "1")) || !s.same(hashKey("b"), print("b", "1")) {
		t.Error("it was not told of a, or was of b")
	}
}

func TestWhatManySendTakesABitOfMemoryEach(t *testing.T) {
	var values []string
	for i := range 3000 {
		values = append(values, "sku-"+strconv.Itoa(i))
	}
	path := remembers(t, values...)
	teller := Tell(path, products, false)
	for i, v := range values {
		if i%3 != 0 {
			teller.Sending([]string{v}, print(v, "2"))
			teller.Sending([]string{v}, print(v, "3")) // and once more
		}
	}
	must(t, teller.Flush())
	teller.off()

	m, err := loadImage(path)
	must(t, err)
	if len(m.logs[0]) != 0 || m.tables[0].removed != 2000 {
		t.Errorf("%d changes are kept in memory, %d rows are struck out", len(m.logs[0]), m.tables[0].removed)
	}
	m.close()
	for _, o := range []Options{{ReadOnly: true}, {}} {
		s := open(t, path, products, o)
		if known(t, s) != 1000 {
			t.Errorf("read only %t: %d are known", o.ReadOnly, known(t, s))
		}
		for i, v := range values {
			if s.same(hashKey(v), print(v, "1")) != (i%3 == 0) {
				t.Fatalf("read only %t: %s is known or not, against what was told", o.ReadOnly, v)
			}
		}
		must(t, s.Close())
	}
	list, err := List(path)
	must(t, err)
	if len(list) != 1 || list[0].Count != 1000 {
		t.Errorf("in the end the state has %+v", list)
	}
}
