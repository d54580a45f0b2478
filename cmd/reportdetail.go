package cmd

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/report"
)

// detail adds to a summary what reports tell besides.
func (r *pushRun) detail(summary *report.Summary) {
	summary.Program, summary.Finished = thisBuild().version, time.Now()
	if r.end.noted != nil {
		summary.Finished = r.end.noted.At
	}
	if r.part != nil {
		summary.Push = r.part.Name
	}
	for _, in := range r.inputs {
		if in.mapper != nil {
			summary.Mapping = append(summary.Mapping, report.InputProfile{Source: in.info.Name, Columns: mappingOf(in.mapper.Columns(), r.match)})
		}
	}
	if r.settings != nil && r.conf != nil {
		summary.Settings = r.conf.list(r.settings)
	}
}

// mappingOf says what became of the columns; those that are joined stand
// together.
func mappingOf(plans []mapping.ColumnPlan, match string) []report.Column {
	var columns []report.Column
	for _, plan := range plans {
		c := report.Column{Attribute: plan.Attribute, Type: plan.Type, Constant: plan.Constant}
		if plan.Column != "" {
			c.From, c.Match = []string{plan.Column}, plan.Attribute == match
		}
		i := slices.IndexFunc(columns, func(other report.Column) bool {
			return plan.Column != "" && plan.Attribute != "" && other.Attribute == plan.Attribute && len(other.From) > 0
		})
		if i >= 0 {
			columns[i].From = append(columns[i].From, plan.Column)
			continue
		}
		columns = append(columns, c)
	}
	return columns
}

// sourceWords are a report's words for where a setting comes from.
var sourceWords = map[originKind]string{
	fromDefault: "default", fromFlag: "command line", fromJob: "job file", fromEnvironment: "environment", fromFile: "config file",
}

// list is the settings of the run with where each comes from. Nothing in it is
// secret: a report is sent on.
func (conf *configuration) list(s *settings) []report.Setting {
	var list []report.Setting
	for _, group := range s.groups {
		group.flags.VisitAll(func(f *pflag.Flag) {
			one := report.Setting{Name: f.Name, Value: f.Value.String(), Source: sourceWords[conf.of(f.Name).kind]}
			switch {
			case f.Name == "base-url":
				one.Value = withoutSecrets(one.Value)
			case f.Name == "on-finish" && one.Value != "":
				one.Value = "(hidden: a command may hold a secret)"
			}
			list = append(list, one)
		})
	}
	return list
}

// withoutSecrets leaves out what an address may say besides where it leads.
func withoutSecrets(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(not a URL)"
	}
	return (&url.URL{Scheme: u.Scheme, Opaque: u.Opaque, Host: u.Host, Path: u.Path}).String()
}

// withoutHook is a command line without --on-finish, which may hold a secret.
func withoutHook(args []string) []string { return without(args, "--on-finish") }

// without are the arguments without these flags and their values.
func without(args []string, flags ...string) (words []string) {
	for i := 0; i < len(args); i++ {
		switch flag, _, valued := strings.Cut(args[i], "="); {
		case !slices.Contains(flags, flag):
			words = append(words, args[i])
		case !valued:
			i++
		}
	}
	return words
}
