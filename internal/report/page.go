package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/push"
)

// Bounds of the page: it stays small whatever the run. Widths are in columns.
const (
	pageReasons   = 20
	pageNames     = 5   // of inputs and reject files
	pageColumns   = 200 // rows of the mapping, of all inputs together
	pageWaits     = 12
	pageSettings  = 100
	pageValues    = 50 // that are missing from the input
	longestText   = 300
	longestName   = 100
	longestAction = 3000
)

// page is what the template shows. Its texts are clean and bounded.
type page struct {
	Of                    string // the anchor of a push of a job
	Badge, Over, Headline string
	Outcome               push.Outcome
	Sandbox               bool
	Error, Hint           string
	Commands              []pageCommand

	TallyText string
	Bar       []box
	Read      pageCount
	Tally     []pageCount
	Facts     []pageFact
	Remarks   []string

	ReasonsTitle string
	Reasons      []pageReason
	OtherRejects string

	TimeNote string
	Charts   []chart
	Waits    []pageWait
	Waited   []pageWaitSum

	Duplicates []pageDuplicates
	Missing    *pageMissing

	Mappings     []pageMapping
	MoreMappings string

	Settings []Setting
	Given    []Setting
	Defaults string

	Program, Finished string

	level int // how often the room for details was halved
}

type pageCommand struct{ What, Line string }

type pageFact struct{ Name, Value string }

// pageCount is a term of the tally.
type pageCount struct {
	Name, Class  string
	N            int64
	Count, Share string
}

// newPage is the run with all details at level 0, and half of them at each level
// more.
func newPage(s Summary, level int) *page {
	r := s.Result
	p := &page{
		level:   level,
		Outcome: r.Outcome, Badge: badge(s), Sandbox: s.Sandbox,
		Over: over(s), Headline: sentence(s),
		Program: clip(s.Program, longestName), Finished: clock(s.Finished),
	}
	if r.Err != nil {
		p.Error = clip("error: "+r.Err.Error(), 4*longestText)
		p.Hint = clip(hintOf(r.Err), 4*longestText)
	}
	p.commands(s)
	p.tally(s)
	p.facts(s)
	p.reasons(s)
	p.overTime(s)
	p.found(s)
	p.mapping(s)
	p.settings(s)
	return p
}

// room is for how many of something there is room.
func (p *page) room(all int) int { return max(all>>p.level, 1) }

func badge(s Summary) string {
	if s.DryRun {
		return "dry run: " + outcomeWord(s.Result.Outcome)
	}
	return outcomeWord(s.Result.Outcome)
}

func outcomeWord(o push.Outcome) string {
	switch o {
	case push.Complete:
		return "complete"
	case push.Rejects:
		return "some rejected"
	case push.Stopped:
		return "stopped"
	case push.Interrupted:
		return "interrupted"
	}
	return "failed"
}

// over is the line above the headline.
func over(s Summary) string {
	parts := []string{}
	if s.Push != "" {
		parts = append(parts, clip(s.Push, longestName))
	}
	if s.Object != "" {
		what := clip(s.Object, longestName)
		if s.Match != "" {
			what += " by " + clip(s.Match, longestName)
		}
		parts = append(parts, what)
	}
	parts = append(parts, namesText(s.Sources), clock(s.Finished))
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " · ")
}

// sentence says in one how the run ended.
func sentence(s Summary) string {
	r := s.Result
	of := clip(sourcesText(s.Sources), longestName)
	records := quantity(r.Read, "record")
	switch {
	case r.Read == 0 && r.Outcome == push.Complete:
		return of + " holds no records: there was nothing to send"
	case r.Read == 0 && r.Outcome == push.Interrupted:
		return "Interrupted before anything was sent"
	case r.Read == 0:
		return "Failed before anything was sent"
	case s.DryRun && r.Outcome == push.Complete:
		all := allOf(r, records)
		return fmt.Sprintf("%s of %s can be sent", strings.ToUpper(all[:1])+all[1:], of)
	case s.DryRun && r.Outcome == push.Rejects:
		return fmt.Sprintf("%s of %s of %s would be rejected", thousands(r.Rejected), records, of)
	}
	switch r.Outcome {
	case push.Complete:
		return fmt.Sprintf("The CRM has %s of %s", allOf(r, records), of)
	case push.Rejects:
		return fmt.Sprintf("%s of %s of %s %s rejected", thousands(r.Rejected), records, of, wasOrWere(r.Rejected))
	case push.Stopped:
		return fmt.Sprintf("Stopped by too many rejects: %s of %s of %s", thousands(r.Rejected), records, of)
	case push.Interrupted:
		return fmt.Sprintf("Interrupted: %s of %s read from %s %s not sent", thousands(r.NotSent), records, of, wasOrWere(r.NotSent))
	}
	return fmt.Sprintf("Failed: %s of %s read from %s %s not sent", thousands(r.NotSent), records, of, wasOrWere(r.NotSent))
}

func allOf(r push.Result, records string) string {
	if r.Read == 1 {
		return "the one record"
	}
	return "all " + records
}

func wasOrWere(n int64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func (p *page) commands(s Summary) {
	r := s.Result
	add := func(what, line string) {
		if line = Clean(line); len(line) > longestAction {
			what, line = what+" (the command is too long to be shown: it is the one before, with the same files)", ""
		}
		p.Commands = append(p.Commands, pageCommand{what, line})
	}
	if s.Again != "" && len(r.RejectFiles) > 0 {
		add("Mend "+namesText(r.RejectFiles)+", then push "+itOrThem(s)+" again:", s.Again)
		if words := overtakenWords(s); words != "" {
			add(strings.ToUpper(words[:1])+words[1:]+".", "")
		}
	}
	switch {
	case s.Continue == "":
	case r.Outcome == push.Stopped:
		if s.Look != "" {
			add("See all that is wrong, without sending anything:", s.Look)
		}
		add("Once that is mended, send what was not sent:", s.Continue)
	default:
		add("Send what was not sent:", s.Continue)
	}
}

func (p *page) tally(s Summary) {
	r := s.Result
	p.Read = pageCount{N: r.Read, Count: thousands(r.Read)}
	p.Tally = []pageCount{
		{Name: "created", Class: "created", N: r.Created},
		{Name: "updated", Class: "updated", N: r.Updated},
		{Name: "unchanged", Class: "unchanged", N: r.Unchanged},
		{Name: "rejected", Class: "rejected", N: r.Rejected},
		{Name: "not sent", Class: "not-sent", N: r.NotSent},
	}
	if s.DryRun {
		p.Tally[4].Name, p.Tally[4].Class = "would be sent", "checked"
	}
	at := 0.0
	var told []string
	for i := range p.Tally {
		t := &p.Tally[i]
		t.Count = thousands(t.N)
		if r.Read == 0 {
			continue
		}
		share := float64(t.N) / float64(r.Read)
		if t.N > 0 {
			t.Share = percent(share)
			told = append(told, t.Count+" "+t.Name)
			p.Bar = append(p.Bar, box{Class: t.Class, X: coordinate(at * 1000), W: coordinate(max(share*1000, 4))})
		}
		at += share
	}
	p.TallyText = thousands(r.Read) + " records: " + strings.Join(told, ", ")
}

func (p *page) facts(s Summary) {
	r := s.Result
	add := func(name, value string) { p.Facts = append(p.Facts, pageFact{name, value}) }
	if r.Elapsed < 100*time.Millisecond {
		add("took", "under 0.1 s")
	} else {
		add("took", durationWords(r.Elapsed))
	}
	// As in the text, a burst says nothing of the records of a second.
	if rate := perSecond(r); rate > 0 && r.Elapsed >= time.Second {
		add("records a second", rateText(rate))
	}
	if r.Requests > 0 {
		add("requests", thousands(r.Requests))
		add("retries", thousands(r.Retries))
		add("answered 429", thousands(r.Throttled))
	}
	if l := r.Latency; l.Max > 0 {
		add("median answer", latencyText(l.P50))
		add("95 % within", latencyText(l.P95))
		add("slowest answer", latencyText(l.Max))
	}
	if len(r.RejectFiles) > 0 {
		p.Remarks = append(p.Remarks, "Rejected records are in "+namesText(r.RejectFiles)+".")
	}
	if len(s.Workbooks) > 0 {
		p.Remarks = append(p.Remarks, "Rejects of a workbook are written as CSV: "+namesText(s.Workbooks)+".")
	}
	if len(s.Result.Related) > 0 {
		var related []string
		for _, object := range slices.Sorted(maps.Keys(s.Result.Related)) {
			related = append(related, quantity(s.Result.Related[object], "record")+" of "+clip(object, longestName))
		}
		p.Remarks = append(p.Remarks, "Not in these counts, "+relatedWords(s)+": "+clip(strings.Join(related, ", "), longestText)+".")
	}
	if r.ResumedAtLine > 0 {
		p.Remarks = append(p.Remarks, fmt.Sprintf("An earlier part of the run was interrupted; this one went on at line %s. Counts and time are of both.", thousands(r.ResumedAtLine)))
	}
	if s.Dry != nil && s.Dry.OfAll {
		p.Remarks = append(p.Remarks, "Columns and duplicates are of all records, those of other shards included.")
	}
}

func (p *page) settings(s Summary) {
	p.Settings = s.Settings
	var rest []string
	for _, one := range s.Settings {
		one.Value = clip(one.Value, longestText)
		if one.Source != "default" {
			if len(p.Given) < p.room(pageSettings) {
				p.Given = append(p.Given, one)
			}
		} else if one.Value != "" && one.Value != "false" {
			rest = append(rest, one.Name+" "+one.Value)
		}
	}
	p.Defaults = clip(strings.Join(rest, ", "), 10*longestText)
}

// namesText names the first few of a list of files.
func namesText(names []string) string {
	var shown []string
	for _, name := range names[:min(len(names), pageNames)] {
		if name == "-" {
			name = "stdin"
		}
		shown = append(shown, clip(name, longestName))
	}
	text := strings.Join(shown, ", ")
	if rest := len(names) - len(shown); rest > 0 {
		text += " and " + strconv.Itoa(rest) + " more"
	}
	return text
}

// clip makes a text one clean line of bounded length.
func clip(text string, limit int) string { return Shorten(Clean(text), limit) }

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2 Jan 2006, 15:04 MST")
}
