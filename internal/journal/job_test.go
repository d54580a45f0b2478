package journal

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func nightly() JobRun {
	return JobRun{Path: "/jobs/nightly.yaml", Digest: "d1", Pushes: []string{"companies", "people"}}
}

func openJob(t *testing.T, dir string, run JobRun, o Options) *JobJournal {
	t.Helper()
	j, err := OpenJob(dir, run, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func leave(t *testing.T, dir string) {
	t.Helper()
	j := openJob(t, dir, nightly(), Options{PID: 7, Started: time.Unix(1700000000, 0)})
	if err := j.Save(EndedPush{Name: "companies", Ended: Ended{Fingerprint: "f1", Result: json.RawMessage(`{"Read":6}`)}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAJobThatIsGoneOnWithKnowsWhichPushesAreOver(t *testing.T) {
	dir := t.TempDir()
	leave(t, dir)
	j := openJob(t, dir, nightly(), Options{})
	if !j.Resumed() || j.Anew() != nil {
		t.Fatalf("resumed %t, anew %v", j.Resumed(), j.Anew())
	}
	for _, c := range []struct {
		name, fingerprint string
		known, same       bool
	}{{"companies", "f1", true, true}, {"companies", "f2", true, false}, {"people", "f1", false, false}} {
		ended, known, same := j.Ended(c.name, c.fingerprint)
		if known != c.known || same != c.same || known && string(ended.Result) != `{"Read":6}` {
			t.Errorf("%s %s: %+v, known %t, same %t", c.name, c.fingerprint, ended, known, same)
		}
	}
	if err := j.Forget("companies"); err != nil || j.Resumed() {
		t.Errorf("forgetting the push: %v, resumed %t", err, j.Resumed())
	}
	if err := j.Finish(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "job-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("a job that is over leaves %v (%v)", left, err)
	}
}

func TestAJobStartsAnewWhereItIsAnotherOne(t *testing.T) {
	changed, chosen := nightly(), nightly()
	changed.Digest = "d2"
	chosen.Pushes = []string{"people"}
	damage := func(t *testing.T, dir string) {
		files, _ := filepath.Glob(filepath.Join(dir, "*"+jobSuffix))
		content, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(files[0], []byte(strings.Replace(string(content), "companies", "companiez", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		run    JobRun
		o      Options
		before func(*testing.T, string)
		want   error
	}{
		{"the file has changed", changed, Options{}, nil, ErrJobChanged},
		{"other pushes are chosen", chosen, Options{}, nil, nil},
		{"the user asks for it", nightly(), Options{Restart: true}, nil, nil},
		{"the journal is damaged", nightly(), Options{}, damage, ErrJobDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			leave(t, dir)
			if c.before != nil {
				c.before(t, dir)
			}
			j := openJob(t, dir, c.run, c.o)
			if j.Resumed() || !errors.Is(j.Anew(), c.want) {
				t.Errorf("resumed %t, anew %v, want %v", j.Resumed(), j.Anew(), c.want)
			}
		})
	}
}

func TestTwoRunsOfOneJobFileAreKeptApart(t *testing.T) {
	dir := t.TempDir()
	j := openJob(t, dir, nightly(), Options{PID: 7, Started: time.Unix(1700000000, 0)})
	other := nightly()
	other.Pushes = []string{"people"}
	_, err := OpenJob(dir, other, Options{})
	var locked *JobLockedError
	if !errors.As(err, &locked) || locked.PID != 7 || !strings.HasPrefix(err.Error(), "another run of nightly.yaml is under way (process 7, since ") {
		t.Errorf("the second run gets %v", err)
	}
	elsewhere := nightly()
	elsewhere.Path = "/other/nightly.yaml"
	openJob(t, dir, elsewhere, Options{}).Close()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	openJob(t, dir, other, Options{})
}

func TestJobsAreListedAndForgotten(t *testing.T) {
	dir := t.TempDir()
	if jobs, err := ListJobs(filepath.Join(dir, "nowhere")); err != nil || len(jobs) > 0 {
		t.Errorf("without a directory there are %v, %v", jobs, err)
	}
	leave(t, dir)
	jobs, err := ListJobs(dir)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("listed %v, %v", jobs, err)
	}
	want := "job /jobs/nightly.yaml: 1 of 2 pushes done, next is people, interrupted; it began " + time.Unix(1700000000, 0).Format("2006-01-02 15:04:05")
	if diff := cmp.Diff(want, jobs[0].String()); diff != "" {
		t.Error(diff)
	}
	j := openJob(t, dir, nightly(), Options{})
	var locked *JobLockedError
	if err := ForgetJob(dir, jobs[0]); !errors.As(err, &locked) {
		t.Errorf("a job under way is forgotten: %v", err)
	}
	if jobs, err := ListJobs(dir); err != nil || !jobs[0].InUse {
		t.Errorf("a job under way is listed as %v, %v", jobs, err)
	}
	j.Close()
	if err := ForgetJob(dir, jobs[0]); err != nil {
		t.Fatal(err)
	}
	if jobs, err := ListJobs(dir); err != nil || len(jobs) > 0 {
		t.Errorf("forgotten, but listed: %v, %v", jobs, err)
	}
}

func TestWhatAFailedJobHasDoneCountsForTwelveHours(t *testing.T) {
	failed := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		after time.Duration
		want  error
	}{{11 * time.Hour, nil}, {13 * time.Hour, ErrJobOld}} {
		dir := t.TempDir()
		leave(t, dir)
		if err := openJob(t, dir, nightly(), Options{}).CloseFailed(failed); err != nil {
			t.Fatal(err)
		}
		if jobs, err := ListJobs(dir); err != nil || !strings.Contains(jobs[0].String(), ", failed; it began ") {
			t.Errorf("listed %v, %v", jobs, err)
		}
		j := openJob(t, dir, nightly(), Options{Started: failed.Add(c.after)})
		if !errors.Is(j.Anew(), c.want) || j.Resumed() != (c.want == nil) {
			t.Errorf("after %s: anew %v, resumed %t", c.after, j.Anew(), j.Resumed())
		}
	}
}

func TestAJobThatIsOverIsToldOfByTheNextRunForTwelveHours(t *testing.T) {
	over := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		after   time.Duration
		resumed bool
	}{{11 * time.Hour, true}, {13 * time.Hour, false}} {
		dir := t.TempDir()
		leave(t, dir)
		j := openJob(t, dir, nightly(), Options{})
		must(t, j.Over(over))
		must(t, j.Close()) // as a kill does
		if jobs, err := ListJobs(dir); err != nil || !strings.Contains(jobs[0].String(), ", its report or --on-finish command is still to come; it began ") {
			t.Errorf("listed %v, %v", jobs, err)
		}
		j = openJob(t, dir, nightly(), Options{Started: over.Add(c.after)})
		if j.Anew() != nil || j.Resumed() != c.resumed {
			t.Errorf("after %s: anew %v, resumed %t", c.after, j.Anew(), j.Resumed())
		}
	}
}

func TestAPushThatRunsInOneChoiceIsForgottenByTheOthers(t *testing.T) {
	dir := t.TempDir()
	leave(t, dir)
	choice := nightly()
	choice.Pushes = []string{"companies"}
	other := openJob(t, dir, choice, Options{})
	if err := other.Forget("companies"); err != nil {
		t.Fatal(err)
	}
	if err := other.Finish(); err != nil {
		t.Fatal(err)
	}
	if j := openJob(t, dir, nightly(), Options{}); j.Resumed() || j.Anew() != nil {
		t.Errorf("resumed %t, anew %v", j.Resumed(), j.Anew())
	}
}
