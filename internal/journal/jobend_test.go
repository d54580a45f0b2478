package journal

import (
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
	ended := EndedPush{Name: "companies", Fingerprint: "f1", At: noon.Add(time.Minute), Journal: push.Key()}
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
