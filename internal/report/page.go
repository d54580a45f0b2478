package report

import (
	"fmt"
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

	Duplicates *pageDuplicates
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

type pageReason struct {
	Count, Error, Hint, Share, Lines string
	Status                           int // 0 is not shown
	Width                            string
	Examples                         []pageExample
}

type pageExample struct{ Where, Match, Error string }

type pageWait struct{ From, Until, For, Why string }

type pageWaitSum struct{ Why, Times, Total string }

type pageDuplicates struct {
	Text  string
	First []pageDuplicate
}

type pageDuplicate struct{ Value, Records, At string }

type pageMissing struct {
	Text   string
	Values []string
}

type pageMapping struct {
	Source      string
	Counted     bool
	Rows        []pageColumn
	NeverFilled string
}

type pageColumn struct {
	From, Attribute, Type string
	Match                 bool
	Filled, Blank, Bad    string
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
		return fmt.Sprintf("All of %s of %s can be sent", records, of)
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
		add("Mend "+namesText(r.RejectFiles)+", then push it again:", s.Again)
	}
	if s.Continue != "" && r.NotSent > 0 {
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
	add("took", durationWords(r.Elapsed))
	if rate := perSecond(r); rate > 0 {
		add("records a second", rateText(rate))
	}
	if r.Requests > 0 {
		add("requests", thousands(r.Requests))
		add("retries", thousands(r.Retries))
		add("over the rate limit (429)", thousands(r.Throttled))
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
	if r.ResumedAtLine > 0 {
		p.Remarks = append(p.Remarks, fmt.Sprintf("An earlier part of the run was interrupted; this one went on at line %s. Counts and time are of both.", thousands(r.ResumedAtLine)))
	}
	if s.Dry != nil && s.Dry.OfAll {
		p.Remarks = append(p.Remarks, "Columns and duplicates are of all records, those of other shards included.")
	}
}

func (p *page) reasons(s Summary) {
	r := s.Result
	p.ReasonsTitle = "Why records were rejected"
	if s.DryRun {
		p.ReasonsTitle = "Why records would be rejected"
	}
	for _, why := range r.Reasons[:min(len(r.Reasons), p.room(pageReasons))] {
		share := float64(why.Count) / float64(max(r.Rejected, 1))
		one := pageReason{
			Count: thousands(why.Count), Status: why.Status, Error: clip(why.Error, longestText), Hint: rejectHint(why),
			Share: percent(share), Width: coordinate(share * 1000), Lines: p.places(s, why),
		}
		for _, e := range why.Examples {
			one.Examples = append(one.Examples, pageExample{
				Where: where(s, placeOf(e.Place, s)), Match: clip(e.Match, longestName), Error: clip(e.Error, longestText),
			})
		}
		p.Reasons = append(p.Reasons, one)
	}
	rest := r.Rejected
	for _, why := range r.Reasons[:len(p.Reasons)] {
		rest -= why.Count
	}
	if rest > 0 {
		p.OtherRejects = quantity(rest, "record") + " " + wasOrWere(rest) + " rejected for other reasons: the reject file has them all."
	}
}

// places lists the first lines of a reason.
func (p *page) places(s Summary, why push.Reason) string {
	var list []string
	for _, at := range why.Places {
		place := placeOf(at, s)
		if len(s.Sources) > 1 {
			list = append(list, where(s, place))
		} else {
			list = append(list, thousands(place.Line))
		}
	}
	text := strings.Join(list, ", ")
	if len(s.Sources) <= 1 {
		text = "line " + text
		if len(list) > 1 {
			text = "lines " + strings.Join(list, ", ")
		}
	}
	if rest := why.Count - int64(len(list)); rest > 0 {
		text += ", and " + thousands(rest) + " more"
	}
	return text
}

func where(s Summary, at Place) string {
	line := "line " + thousands(at.Line)
	if len(s.Sources) > 1 && at.Source != "" {
		return clip(at.Source, longestName) + " " + line
	}
	return line
}

// found tells what a dry run and --report-missing found out.
func (p *page) found(s Summary) {
	if m := s.Missing; m != nil {
		p.Missing = &pageMissing{Text: quantity(m.Count, "match value") + ". Nothing is deleted."}
		for _, value := range m.Values[:min(len(m.Values), p.room(pageValues))] {
			p.Missing.Values = append(p.Missing.Values, clip(value, longestName))
		}
	}
	if s.Dry == nil || s.Dry.Duplicates.Values == 0 {
		return
	}
	dup := s.Dry.Duplicates
	least := ""
	if dup.Approximate {
		least = "at least "
	}
	p.Duplicates = &pageDuplicates{Text: fmt.Sprintf("%s%s more than once, in %s records. The last record wins.",
		least, plural(dup.Values, "match value comes", "match values come"), thousands(dup.Values+dup.Repeats))}
	for _, one := range dup.First[:min(len(dup.First), p.room(2*duplicatesShown))] {
		p.Duplicates.First = append(p.Duplicates.First, pageDuplicate{
			Value: clip(one.Value, longestName), Records: thousands(one.Records), At: clip(placesText(one, len(s.Sources) > 1), longestText),
		})
	}
}

// mapping shows each form of mapping once: a thousand files of one form are one
// table.
func (p *page) mapping(s Summary) {
	inputs, counted := s.Mapping, false
	if s.Dry != nil && len(s.Dry.Inputs) > 0 {
		inputs, counted = s.Dry.Inputs, true
	}
	rows, left := 0, 0
	var forms []string
	var names [][]string
	for _, in := range inputs {
		form := fmt.Sprint(in.Columns, in.NeverFilled)
		if i := slices.Index(forms, form); i >= 0 {
			names[i] = append(names[i], in.Source)
			continue
		}
		if rows >= p.room(pageColumns) {
			left += len(in.Columns)
			continue
		}
		shown := in.Columns[:min(len(in.Columns), p.room(pageColumns)-rows)]
		left += len(in.Columns) - len(shown)
		rows += len(shown)
		m := pageMapping{Counted: counted, NeverFilled: clip(strings.Join(in.NeverFilled, ", "), longestText)}
		for _, c := range shown {
			m.Rows = append(m.Rows, pageColumnOf(c))
		}
		forms, names = append(forms, form), append(names, []string{in.Source})
		p.Mappings = append(p.Mappings, m)
	}
	for i := range p.Mappings {
		p.Mappings[i].Source = namesText(names[i])
	}
	if left > 0 {
		p.MoreMappings = "and " + quantity(int64(left), "more column") + ": the JSON report has them all."
	}
}

func pageColumnOf(c Column) pageColumn {
	row := pageColumn{
		From: clip(strings.Join(c.From, " + "), longestName), Attribute: clip(c.Attribute, longestName), Type: clip(c.Type, longestName), Match: c.Match,
		Filled: thousands(c.Filled), Blank: thousands(c.Blank + c.Null), Bad: thousands(c.Bad),
	}
	if len(c.From) == 0 {
		row.From = "constant “" + clip(c.Constant, longestName) + "”"
	}
	if len(c.From) == 0 || c.Attribute == "" {
		row.Filled, row.Blank, row.Bad = "", "", ""
	}
	return row
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
func clip(text string, limit int) string { return shorten(Clean(text), limit) }

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2 Jan 2006, 15:04 MST")
}
