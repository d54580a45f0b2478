package cmd

import (
	"regexp"
	"slices"
)

// flagInHint finds a flag and, where one follows, the value that is told for it.
var flagInHint = regexp.MustCompile(`--([a-z][a-z-]*)(?:[ =]("(?:[^"\\]|\\.)*"|'[^']*'|[A-Z0-9][^ ,;]*|[^ ,;'"]+=[^ ,;]*))?`)

// hinting has a hint that names flags of push say how they are written in the job
// file: crmsync run refuses them.
func (j *jobRun) hinting(err error) error {
	hint := hintOf(err)
	for _, found := range flagInHint.FindAllStringSubmatch(hint, -1) {
		name, value := found[1], found[2]
		if !slices.Contains(ofOnePush(), name) {
			continue
		}
		if value == "" {
			value = "…"
		}
		return &hinted{err, hint + "; in " + j.path + " a flag stands below its push, without the dashes: " + name + ": " + value}
	}
	return err
}
