package journal

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// killedAfterTheNote leaves what a kill does that comes when a push's end is
// noted in the job's journal and its own isn't removed yet.
func killedAfterTheNote(t *testing.T, dir string) EndedPush {
	t.Helper()
	job := openJob(t, dir, nightly(), Options{Started: noon})
	push, _ := open(t, dir, products())
	must(t, push.Save(someCheckpoint()))
	ended := EndedPush{Name: "companies", Ended: Ended{Fingerprint: "f1", At: noon.Add(time.Minute)}, Journal: push.Key(), ID: push.ID()}
	must(t, job.Save(ended))
	must(t, push.Close())
	must(t, job.Close())
	return ended
}

func unfinished(t *testing.T, dir string) int {
	t.Helper()
	runs, err := List(dir)
	must(t, err)
	return len(runs)
}

func TestThePushOfAJobThatIsOverHasNoUnfinishedRun(t *testing.T) {
	chosen := nightly()
	chosen.Pushes = []string{"companies"}
	changed := nightly()
	changed.Digest = "d2"
	for _, c := range []struct {
		name string
		next func(*testing.T, string)
	}{
		{"when the job is gone on with", func(t *testing.T, dir string) {
			j := openJob(t, dir, nightly(), Options{Started: noon.Add(time.Hour)})
			if _, known, _ := j.Ended("companies", "f1"); !known {
				t.Error("the push's end is forgotten")
			}
		}},
		{"when the job file has changed", func(t *testing.T, dir string) { openJob(t, dir, changed, Options{}) }},
		{"when the job starts from the beginning", func(t *testing.T, dir string) { openJob(t, dir, nightly(), Options{Restart: true}) }},
		{"when another choice runs it again", func(t *testing.T, dir string) {
			must(t, openJob(t, dir, chosen, Options{}).Forget("companies"))
		}},
		{"when the job is forgotten", func(t *testing.T, dir string) {
			jobs, err := ListJobs(dir)
			must(t, err)
			must(t, ForgetJob(dir, jobs[0]))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			killedAfterTheNote(t, dir)
			c.next(t, dir)
			if n := unfinished(t, dir); n != 0 {
				t.Errorf("%d runs are unfinished", n)
			}
		})
	}
}

func TestAPushOfItsOwnBeginsAtItsBeginningWhereAJobHasDoneIt(t *testing.T) {
	dir := t.TempDir()
	killedAfterTheNote(t, dir)
	push, from, err := Open(dir, products(), Options{Started: noon.Add(time.Hour)})
	must(t, err)
	if from != nil || push.Anew() != nil {
		t.Errorf("it goes on from %+v, anew %+v", from, push.Anew())
	}
	// Interrupted in its turn, it is a run of its own that the job knows nothing of.
	must(t, push.Save(Checkpoint{Done: 5}))
	must(t, push.Close())
	openJob(t, dir, nightly(), Options{Started: noon.Add(2 * time.Hour)})
	push, from, err = Open(dir, products(), Options{Started: noon.Add(2 * time.Hour)})
	must(t, err)
	defer push.Close()
	if from == nil || from.Done != 5 {
		t.Errorf("it goes on from %+v", from)
	}
}

func TestARunThatIsOverIsToldOfByTheNextOfItsKindForTwelveHours(t *testing.T) {
	end := Ended{Fingerprint: "f1", Result: json.RawMessage(`{"Read":6}`), At: noon.Add(time.Minute)}
	mended := products()
	mended.Inputs[0].Fingerprint = "sha256:2"
	for _, c := range []struct {
		name        string
		run         Run
		fingerprint string
		after       time.Duration
		restart     bool
		told        bool
	}{
		{"the next", products(), "f1", time.Hour, false, true},
		{"when the clock has gone back", products(), "f1", -time.Hour, false, true},
		{"on the next night", products(), "f1", 13 * time.Hour, false, false},
		{"when the clock was a year ahead", products(), "f1", -365 * 24 * time.Hour, false, false},
		{"with another fingerprint", products(), "f2", time.Hour, false, false},
		{"of another input", mended, "f1", time.Hour, false, false},
		{"from the beginning", products(), "f1", time.Hour, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, dir, products())
			must(t, j.Save(someCheckpoint()))
			must(t, j.Over(&end))
			must(t, j.Close()) // as a kill does
			if runs, err := List(dir); err != nil || !strings.HasSuffix(runs[0].String(), ", its report or --on-finish command is still to come; it ended 2026-11-23 12:01:00") {
				t.Errorf("listed %v, %v", runs, err)
			}
			for range 2 { // a kill while it is told changes nothing
				j, from, err := Open(dir, c.run, Options{Started: end.At.Add(c.after), Restart: c.restart})
				must(t, err)
				if told := j.Ended(c.fingerprint); from != nil || j.Anew() != nil && !c.restart || (told != nil) != c.told {
					t.Errorf("goes on from %v, anew %v, told of %v", from, j.Anew(), told)
				}
				must(t, j.Close())
			}
			j, _, err := Open(dir, c.run, Options{Started: end.At.Add(c.after)})
			must(t, err)
			must(t, j.Save(Checkpoint{Done: 5})) // it is pushed again
			must(t, j.Close())
			j, from := open(t, dir, c.run)
			if from == nil || from.Done != 5 || j.Ended(c.fingerprint) != nil {
				t.Errorf("goes on from %v, told of %v", from, j.Ended(c.fingerprint))
			}
		})
	}
}

// Both began with their process, and have one journal, since they push the same file.
func TestThePushAfterOneOfTheSameFileIsGoneOnWith(t *testing.T) {
	dir := t.TempDir()
	job := openJob(t, dir, nightly(), Options{Started: noon})
	first, _ := open(t, dir, products())
	must(t, first.Save(someCheckpoint()))
	must(t, job.Save(EndedPush{Name: "companies", Ended: Ended{Fingerprint: "f1", At: noon.Add(time.Minute)}, Journal: first.Key(), ID: first.ID()}))
	must(t, first.Finish())
	other := products()
	other.Object = "others"
	second, _ := open(t, dir, other)
	must(t, second.Save(Checkpoint{Done: 5}))
	must(t, second.Close()) // as a kill does
	must(t, job.Close())
	openJob(t, dir, nightly(), Options{Started: noon.Add(time.Hour)})
	if _, from := open(t, dir, other); from == nil || from.Done != 5 {
		t.Errorf("it goes on from %+v", from)
	}
}

func TestARunThatFilesWereAddedToBeginsAtItsBeginning(t *testing.T) {
	more, part := products(), Input{Path: "/home/ann/more.csv", Size: 10, Fingerprint: "sha256:3"}
	more.Inputs = append([]Input{part}, more.Inputs...)
	elsewhere, other, fewer := more, more, products()
	elsewhere.BaseURL = "https://test.example/v2"
	other.Object = "others"
	fewer.Inputs = []Input{part}
	for _, c := range []struct {
		name string
		next Run
		ends bool // the earlier one
	}{{"with files added", more, true}, {"at another place", elsewhere, false}, {"into another object", other, false}, {"of another file", fewer, false}} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, dir, products())
			must(t, j.Save(someCheckpoint()))
			must(t, j.Close())
			j, from := open(t, dir, c.next)
			if from != nil || (j.Anew() != nil) != c.ends || (len(j.Stale()) == 1) != c.ends {
				t.Errorf("goes on from %v, anew %v, stale %v", from, j.Anew(), j.Stale())
			}
			must(t, j.Close())
			if _, from := open(t, dir, products()); (from == nil) != c.ends {
				t.Errorf("the earlier one goes on from %v", from)
			}
		})
	}
}

func TestWhatAJobWasToldOfIsNotToldAgain(t *testing.T) {
	dir := t.TempDir()
	job := openJob(t, dir, nightly(), Options{Started: noon})
	push, _ := open(t, dir, products())
	end := Ended{Fingerprint: "f1", At: noon.Add(time.Minute)}
	must(t, push.Over(&end))
	must(t, push.Close())
	// The process that tells of it began later than the run ended.
	push, _, err := Open(dir, products(), Options{Started: noon.Add(time.Hour)})
	must(t, err)
	must(t, job.Save(EndedPush{Name: "companies", Ended: end, Journal: push.Key(), ID: push.ID()}))
	must(t, push.Close()) // as a kill does
	push, from := open(t, dir, products())
	if from != nil || push.Ended("f1") != nil {
		t.Errorf("goes on from %v, told of %v", from, push.Ended("f1"))
	}
}
