package cmd

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/shellwords"
	"github.com/crmsync/crmsync/internal/source"
	"github.com/crmsync/crmsync/internal/state"
)

func (a *app) stateForgetCommand() *cobra.Command {
	s, slug, all := newSettings(), "", false
	c := &cobra.Command{
		Use:   "forget FILE | --object SLUG | --all",
		Short: "Forget an unfinished run, or what --only-changed remembers",
		Long: "Forget has things sent again; it asks nothing. FILE is an unfinished run's input, or a\n" +
			"job file; all of its unfinished runs are forgotten, whatever CRM they went to.",
		Example: "  crmsync state forget products.csv\n  crmsync state forget nightly.yaml\n  crmsync state forget --object products\n  crmsync state forget --all --state ci.state",
		Args:    cobra.ArbitraryArgs,
	}
	s.addTo(c, "state", "quiet", "config", "profile")
	c.Flags().Lookup("state").Usage = "`FILE` that push was given as --state (those in your state directory)"
	// What goes must stand on the command line, not in the environment or a file.
	what := newFlagSet()
	what.StringVar(&slug, "object", "", "forget what was sent to the object `SLUG`")
	what.BoolVar(&all, "all", false, "forget everything: unfinished runs, what was sent, and the pace that was found; with --state all that FILE holds")
	c.Flags().AddFlagSet(what)
	setHelp(c, append([]flagGroup{{"What", what}}, s.groups...))
	c.RunE = func(c *cobra.Command, args []string) error {
		conf, err := a.configure(c, s)
		if err != nil {
			return err
		}
		switch asked := len(args) + len(slug); {
		case len(args) > 1:
			return usage("forget one after the other", "%q is one argument too many: %s", args[1], c.UseLine())
		case asked == 0 && !all:
			return usage(conf.asking(s, "state", "list")+" tells what there is", "what to forget is missing: %s", c.UseLine())
		case all && asked > 0, len(args) > 0 && slug != "":
			return usage("leave out all but one", "FILE, --object and --all contradict each other")
		case len(args) > 0 && conf.explicit["state"]:
			return usage("leave out --state, or say --object SLUG or --all in the place of FILE",
				"unfinished runs don't stand in the file that --state names")
		case len(args) > 0:
			return a.forgetRun(s, conf, args[0])
		}
		return a.forgetStates(s, conf, slug)
	}
	return c
}

// forgetRun removes the journals that speak of a file, with the rejects that
// they kept under temporary names.
func (a *app) forgetRun(s *settings, conf *configuration, path string) error {
	entries, err := journal.List(stateDirectory())
	if err != nil {
		return err
	}
	jobs, err := journal.ListJobs(stateDirectory())
	if err != nil {
		return err
	}
	forgotten := 0
	for _, e := range jobs {
		if e.Damaged != nil || !samePlace(e.Run.Path, path) {
			continue
		}
		if err := journal.ForgetJob(stateDirectory(), e); err != nil {
			return err
		}
		own, _ := pushesOf(e, entries)
		for _, run := range own {
			if err := forgetJournal(run); err != nil {
				return err
			}
		}
		forgotten++
	}
	if forgotten > 0 {
		a.note(fmt.Sprintf("the next run of %s starts with its first push", path))
		return nil
	}
	for _, e := range entries {
		if !concerns(e, path) {
			continue
		}
		if err := forgetJournal(e); err != nil {
			return err
		}
		a.note("forgotten: " + e.String())
		forgotten++
	}
	if forgotten == 0 {
		hint := conf.asking(s, "state", "list") + " tells which there are"
		if strings.HasSuffix(path, stateSuffix) {
			hint = "crmsync state forget --all --state " + shellwords.File(path) + " forgets what --only-changed remembers there"
		} else if object := source.ObjectName(path); remembersObject(object) {
			hint = "what --only-changed remembers of the object is forgotten with crmsync state forget --object " + shellwords.Quote(object)
		}
		return &hinted{fmt.Errorf("no unfinished run of %s is known", path), hint}
	}
	a.note(fmt.Sprintf("the next push of %s starts from the beginning", path))
	return nil
}

// remembersObject tells whether --only-changed remembers records of an object.
func remembersObject(slug string) bool {
	files, _ := rememberedFiles(&settings{})
	return slices.ContainsFunc(files, func(f rememberedFile) bool {
		return slices.ContainsFunc(f.summaries, func(sum state.Summary) bool { return sum.Scope.Object == slug })
	})
}

func forgetJournal(e journal.Entry) error {
	return journal.Forget(stateDirectory(), e, discardRejects)
}

func discardRejects(r journal.Rejects) error { return reject.Discard(reject.Mark(r)) }

// concerns tells whether a journal is of a run with the file, which may be gone.
func concerns(e journal.Entry, path string) bool {
	if e.Damaged != nil {
		return e.Key == path
	}
	return slices.ContainsFunc(e.Run.Inputs, func(in journal.Input) bool { return samePlace(in.Path, path) })
}

// forgetStates forgets what was sent to an object, or everything where slug is
// "". What can't be forgotten doesn't keep the rest from it.
func (a *app) forgetStates(s *settings, conf *configuration, slug string) error {
	var failed error
	fail := func(err error) {
		if failed != nil {
			a.warn(failed.Error())
		}
		failed = err
	}
	files, err := rememberedFiles(s)
	if err != nil && len(files) == 0 {
		return err
	}
	var objects []string
	forgotten := 0
	for _, f := range files {
		for _, sum := range f.summaries {
			objects = append(objects, sum.Scope.Object)
		}
		said, err := forgetIn(f, slug, s.state != "")
		if err != nil {
			fail(err)
		}
		for _, text := range said {
			a.note(text)
		}
		forgotten += len(said)
	}
	if slug != "" && forgotten == 0 && failed == nil {
		return &hinted{fmt.Errorf("--only-changed remembers nothing of the object %s", slug),
			didYouMean(slug, objects, "--object ", conf.asking(s, "state", "list")+" tells what there is")}
	}
	if slug == "" && s.state == "" {
		forgotten += a.forgetUnfinished(fail)
	}
	if forgotten == 0 && failed == nil {
		a.note("there was nothing to forget")
	}
	return failed
}

// forgetUnfinished forgets all unfinished runs and jobs, and the pace that earlier
// ones found. It tells how many things went, and fail of each that didn't.
func (a *app) forgetUnfinished(fail func(error)) (forgotten int) {
	entries, err := journal.List(stateDirectory())
	if err != nil {
		fail(err)
	}
	for _, e := range entries {
		if err := forgetJournal(e); err != nil {
			fail(err)
			continue
		}
		a.note("forgotten: " + e.String())
		forgotten++
	}
	jobs, err := journal.ListJobs(stateDirectory())
	if err != nil {
		fail(err)
	}
	for _, e := range jobs {
		if err := journal.ForgetJob(stateDirectory(), e); err != nil {
			fail(err)
			continue
		}
		a.note("forgotten: " + e.String())
		forgotten++
	}
	paces, err := forgetLearnt()
	if err != nil {
		fail(err)
	}
	if paces > 0 {
		a.note("forgotten: the pace that earlier runs found")
	}
	return forgotten + paces
}

// forgetIn forgets an object in a file, or all of it where slug is "", and says
// what went. named tells that the user named the file.
func forgetIn(f rememberedFile, slug string, named bool) (said []string, err error) {
	if f.err != nil && slug != "" {
		// Such a file can only go whole.
		switch {
		case named:
			return nil, &hinted{f.err, "crmsync state forget --all --state " + shellwords.File(f.path) + " forgets the whole of it"}
		case !ownState(filepath.Base(f.path), slug):
			return nil, nil
		}
	}
	going := func(scope state.Scope) bool { return slug == "" || scope.Object == slug }
	for _, sum := range f.summaries {
		if going(sum.Scope) {
			said = append(said, fmt.Sprintf("forgotten: %d sent to %s by %s at %s (%s)",
				sum.Count, sum.Scope.Object, sum.Scope.Match, sum.Scope.BaseURL, f.path))
		}
	}
	if f.err != nil {
		said = []string{fmt.Sprintf("forgotten: %s, which could not be read", f.path)}
	}
	if len(said) == 0 {
		return nil, nil
	}
	if _, err := state.Forget(f.path, going); err != nil {
		if errors.Is(err, state.ErrLocked) {
			err = &hinted{err, "wait until the push that uses it ends"}
		}
		return nil, err
	}
	return said, nil
}

// ownState tells by its name whether a file in the state directory is of an
// object.
func ownState(name, slug string) bool {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(slug) + `-[0-9a-f]{16}(\.\d+-of-\d+)?\.state$`).MatchString(name)
}
