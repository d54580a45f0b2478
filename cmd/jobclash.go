package cmd

import (
	"strings"

	"github.com/crmsync/crmsync/internal/shellwords"
)

// sharedRejects refuses pushes of one job that would write each other's rejects
// away. A dry run leaves none, and is there to find what a real one would refuse.
func sharedRejects(a, b *pushRun) error {
	for _, x := range a.inputs {
		for _, y := range b.inputs {
			if samePlace(x.rejects.Path, y.rejects.Path) {
				return usage("give one of them a place of its own in the job file, for example rejects: "+b.part.Name+".rejects.csv",
					"its reject file %s is that of push %s, too", y.rejects.Path, a.part.Name)
			}
		}
	}
	return nil
}

// rejectsOver refuses pushes of one job of which a would write its rejects, or
// the end of rejects, over what b reads: whatever was open or looked at before
// the first push would not be what is there in the end.
func rejectsOver(a, b *pushRun) error {
	for _, x := range a.inputs {
		for _, y := range b.inputs {
			if !y.isStream() && samePlace(x.rejects.Path, y.path) {
				return usage("give push "+a.part.Name+" a place of its own in the job file, for example rejects: "+a.part.Name+".rejects.csv; what was rejected is mended and pushed in a run of its own",
					"%s is an input of push %s, and the rejects of push %s would replace it", y.path, b.part.Name, a.part.Name)
			}
		}
	}
	return nil
}

// checkReports refuses files that the job reads, or that two of its pushes would
// write.
func (j *jobRun) checkReports() error {
	files, taken := j.outcome().files(), j.taken()
	if err := checkOutcome(files, taken); err != nil {
		return err
	}
	for _, r := range j.pushes {
		own := r.outcome().files()
		for _, file := range own {
			if err := checkClash(file, taken); err != nil {
				return j.in(r, err)
			}
			for _, other := range files {
				if samePlace(file.path, other.path) {
					return j.in(r, usage("give each push a file of its own, or name one for the whole job: crmsync run "+shellwords.File(j.path)+" "+file.flag+" FILE",
						"its %s %s is written by another push, too", strings.TrimPrefix(file.flag, "--"), file.path))
				}
			}
		}
		files = append(files, own...)
	}
	return nil
}

func (j *jobRun) taken() map[string]string {
	taken := map[string]string{}
	if j.conf == nil || j.path == "" {
		for _, path := range j.app.possibleInputs() {
			taken[path] = "an input"
		}
	}
	for _, r := range j.pushes {
		for path, what := range r.taken() {
			taken[path] = what
		}
	}
	if j.path != "" {
		taken[j.path] = "the job file"
	}
	return taken
}
