package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// chaosSummary is what the checks need of the JSON summary.
type chaosSummary struct {
	Outcome  string `json:"outcome"`
	ExitCode int    `json:"exit_code"`

	Read, Created, Updated, Unchanged, Rejected int64
	NotSent                                     int64 `json:"not_sent"`

	Requests     int64
	Error        string   `json:"error"`
	RejectsFiles []string `json:"rejects_files"`
	Pushes       []struct {
		RejectsFiles []string `json:"rejects_files"`
	} // of a job
}

// checkPart checks how a process ended, and the equation in what it printed.
func (c *chaosRun) checkPart(ctx context.Context, p *chaosPart) {
	c.Helper()
	if ctx.Err() != nil {
		c.Errorf("it takes longer than %v:\n%s\n%s", roundTime, p, p.stderr)
		return
	}
	if bytes.Contains(p.stderr, []byte("panic:")) || bytes.Contains(p.stderr, []byte("DATA RACE")) {
		c.Errorf("the program broke down:\n%s\n%s", p, p.stderr)
		return
	}
	// A signal may also come before the program has begun to listen for it.
	killed := slices.Contains(p.signals, syscall.SIGKILL) ||
		len(p.signals) > 0 && p.code == -1 && (p.requests == 0 || !c.plan.oneProcess()) && len(p.stderr) == 0
	twice := len(p.signals) > 1
	var s chaosSummary
	switch err := json.Unmarshal(p.stdout, &s); {
	case err == nil && killed && p.code == -1: // in the moment of its end
	case err != nil && (killed || twice):
		return
	case err != nil:
		c.Errorf("the summary can't be read: %v\n%s", err, p)
		return
	case s.ExitCode != p.code:
		c.Errorf("the summary says exit code %d\n%s", s.ExitCode, p)
	}
	if s.Read != s.Created+s.Updated+s.Unchanged+s.Rejected+s.NotSent {
		c.Errorf("the counts don't add up:\n%s", p)
	}
	switch {
	case p.finished(), killed, twice:
	case slices.Contains(p.signals, syscall.SIGINT) && p.code == 130:
	case slices.Contains(p.signals, syscall.SIGTERM) && p.code == 143:
	case p.code == 1 && (len(c.plan.restarts) > 0 || c.plan.cut > 0) && s.Read == 0: // there was no server to ask for the schema
	default:
		c.Errorf("an end that nobody asked for:\n%s", p)
	}
}

// checkEnd checks what is told of a run that is over, and what it left.
func (c *chaosRun) checkEnd(lasts ...*chaosPart) {
	c.Helper()
	var sum chaosSummary
	for _, last := range lasts {
		if last == nil || !last.finished() {
			c.Fatalf("the run didn't come to its end:\n%s", last)
		}
		var s chaosSummary
		if err := json.Unmarshal(last.stdout, &s); err != nil {
			c.Fatal(err)
		}
		sum.Read, sum.Created, sum.Rejected, sum.NotSent = sum.Read+s.Read, sum.Created+s.Created, sum.Rejected+s.Rejected, sum.NotSent+s.NotSent
		sum.RejectsFiles = append(sum.RejectsFiles, s.RejectsFiles...)
		for _, push := range s.Pushes {
			sum.RejectsFiles = append(sum.RejectsFiles, push.RejectsFiles...)
		}
	}
	if want := c.plan.model().rejected; sum.Read != int64(c.plan.records) || sum.Rejected != want || sum.NotSent != 0 {
		c.Errorf("want %d read, %d rejected, all of them sent:\n%v", c.plan.records, want, lasts)
	}
	if held := int64(c.crm.Count("products")); sum.Created > held {
		c.Errorf("%d created, but the CRM holds %d:\n%v", sum.Created, held, lasts)
	}
	if c.plan.told {
		c.checkTold(lasts[0])
	}
	c.checkLeftovers(sum.RejectsFiles)
	c.rejects = make(map[string]string)
	for _, name := range sum.RejectsFiles {
		content, err := os.ReadFile(filepath.Join(c.work(), name))
		if err != nil {
			c.Error(err)
		}
		c.rejects[filepath.ToSlash(name)] = string(content)
	}
}

// checkTold checks reports and what the command at the end was told.
func (c *chaosRun) checkTold(last *chaosPart) {
	c.Helper()
	for name, whole := range map[string]bool{"finished.json": true, "report.json": false} {
		content, err := os.ReadFile(filepath.Join(c.work(), name))
		var told, s chaosSummary
		if err == nil {
			err = errors.Join(json.Unmarshal(content, &told), json.Unmarshal(last.stdout, &s))
		}
		same := told.Read == s.Read && told.Rejected == s.Rejected && told.Created == s.Created && told.ExitCode == s.ExitCode
		if err != nil || !same || whole && string(content) != string(last.stdout) {
			c.Errorf("%s doesn't tell of the run's end: %v\n%s\n%s", name, err, content, last)
		}
	}
	for name, end := range map[string]string{"report.html": "</html>\n", "run.prom": "\n"} {
		if content, err := os.ReadFile(filepath.Join(c.work(), name)); err != nil || !strings.HasSuffix(string(content), end) {
			c.Errorf("%s isn't whole: %v", name, err)
		}
	}
}

// checkCRM compares the CRM with the model.
func (c *chaosRun) checkCRM() {
	c.Helper()
	want := c.plan.model()
	records, companies := recordLines(c.crm)
	if diff := cmp.Diff(want.records, records); diff != "" {
		c.Errorf("what the CRM holds is not what the records say (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.companies, companies, cmpopts.EquateEmpty()); diff != "" {
		c.Errorf("the companies are not those that records refer to (-want +got):\n%s", diff)
	}
	if twice := c.crm.Duplicates("products", "sku"); len(twice) > 0 {
		c.Errorf("duplicates: %v", twice)
	}
	if peak := c.crm.Stats().PeakPerKey; c.plan.patient && c.plan.oneProcess() && peak > 1 {
		c.Errorf("%d asserts of one key were under way at once", peak)
	}
}

// checkLeftovers looks for files that are neither input nor reject file nor
// meant to stay.
func (c *chaosRun) checkLeftovers(rejects []string) {
	c.Helper()
	known := map[string]bool{"state/crmsync/guard.lock": true, c.plan.between: true}
	for _, in := range c.plan.inputs {
		known[in.name] = true
		known[in.name+".state"] = c.plan.way == chaosOneFileEach
	}
	for name := range c.plan.settings() {
		known[name] = true
	}
	for _, name := range []string{"report.json", "report.html", "run.prom", "finished.json"} {
		known[name] = c.plan.told
	}
	for _, name := range rejects {
		known[filepath.ToSlash(name)] = true
	}
	notes := 0 // on reject files: one each
	for _, root := range []string{c.work(), c.home(), c.temp()} {
		for _, name := range c.filesIn(root) {
			if strings.HasPrefix(name, "state/crmsync/") && strings.HasSuffix(name, ".rejects") && notes < len(rejects) {
				notes++
				continue
			}
			stays := strings.HasPrefix(name, "state/crmsync/pace-") && strings.HasSuffix(name, ".json") ||
				strings.HasPrefix(name, "state/crmsync/products-") && strings.HasSuffix(name, ".state") ||
				strings.HasPrefix(name, "cache/crmsync/schema-") && strings.HasSuffix(name, ".json")
			if !known[name] && !stays {
				c.Errorf("the file %s is left over", name)
			}
		}
	}
}

func (c *chaosRun) filesIn(root string) (names []string) {
	c.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(root, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	return names
}

// checkRejects compares the reject files with those of the undisturbed run.
func (c *chaosRun) checkRejects(calm *chaosRun) {
	c.Helper()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(calm.rejects)), slices.Sorted(maps.Keys(c.rejects))); diff != "" {
		c.Errorf("there are not the same reject files (-undisturbed +disturbed):\n%s", diff)
	}
	for name, got := range c.rejects {
		if want := calm.rejects[name]; got != want {
			c.Errorf("%s is not that of the undisturbed run (-want +got):\n%s", name,
				cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
		}
	}
}
