package report

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// duplicatesShown is how many match values the text of a dry run tells of those
// that come more than once.
const duplicatesShown = 5

// columns is the terminal that the text of a dry run has to fit.
type columns int

// columnsOf takes 0 for what is no terminal: nothing is too wide there.
func columnsOf(width int) columns {
	if width <= 0 {
		return math.MaxInt32
	}
	return columns(max(width, 60))
}

// A name, a type or a sample takes no more of the line than its share.
func (c columns) name() int   { return int(c) * 3 / 8 }
func (c columns) kind() int   { return int(c) * 3 / 16 }
func (c columns) sample() int { return int(c) / 2 }

func writeDryRun(b *bytes.Buffer, d *DryRun, width int) {
	if d == nil {
		return
	}
	fit := columnsOf(width)
	for _, in := range d.Inputs {
		writeColumns(b, in, fit)
	}
	writeDuplicates(b, d, fit)
	if d.OfAll {
		fmt.Fprintln(b, "\ncolumns and duplicates are of all records, those of other shards included")
	}
}

// writeColumns writes an input's columns as a table, and what is wrong with
// them beneath it.
func writeColumns(b *bytes.Buffer, in InputProfile, fit columns) {
	fmt.Fprintf(b, "\ncolumns of %s:\n", Shorten(Clean(in.Source), int(fit)-12))
	t := newTable(in.Columns, fit)
	t.heading(b)
	for _, c := range in.Columns {
		t.row(b, c)
	}
	writeBadValues(b, in.Columns, fit)
	if len(in.NeverFilled) > 0 {
		fmt.Fprintf(b, "  required by the CRM, but never filled: %s\n", Clean(strings.Join(in.NeverFilled, ", ")))
	}
}

// table knows how wide its columns are.
type table struct {
	name, kind int
	counts     []countColumn
	sample     int
}

// countColumn is one of the table's columns of numbers.
type countColumn struct {
	title string
	of    func(Column) int64
	width int
}

func newTable(columns []Column, fit columns) *table {
	t := &table{name: len("COLUMN"), kind: len("TYPE"), counts: []countColumn{
		{title: "FILLED", of: func(c Column) int64 { return c.Filled }},
		{title: "BLANK", of: func(c Column) int64 { return c.Blank }},
		{title: "NULL", of: func(c Column) int64 { return c.Null }},
		{title: "BAD", of: func(c Column) int64 { return c.Bad }},
	}}
	var nulls int64
	sample := len("SAMPLE")
	for _, c := range columns {
		t.name = max(t.name, displayWidth(c.title()))
		t.kind = max(t.kind, displayWidth(c.kind()))
		nulls += c.Null
		sample = max(sample, displayWidth(c.sample()))
	}
	if nulls == 0 {
		t.counts = append(t.counts[:2], t.counts[3])
	}
	t.name, t.kind = min(t.name, fit.name()), min(t.kind, fit.kind())
	rest := int(fit) - len("  ") - t.kind - len("  ")
	for i := range t.counts {
		count := &t.counts[i]
		count.width = len(count.title)
		for _, c := range columns {
			count.width = max(count.width, len(strconv.FormatInt(count.of(c), 10)))
		}
		rest -= count.width + len("  ")
	}
	// With counts beyond a trillion the table gets wider than the terminal.
	rest = max(rest-len("  "), 2*len("SAMPLE"))
	t.sample = min(sample, fit.sample())
	if over := t.name + t.sample - rest; over > 0 {
		// Both give way, the longer one first.
		t.name = max(t.name-over, min(t.name, rest/2))
		t.sample = rest - t.name
	}
	return t
}

func (t *table) heading(b *bytes.Buffer) {
	t.write(b, "COLUMN", "TYPE", func(c countColumn) string { return c.title }, "SAMPLE")
}

func (t *table) row(b *bytes.Buffer, c Column) {
	counts := func(column countColumn) string {
		if c.Attribute == "" || len(c.From) == 0 {
			return ""
		}
		return strconv.FormatInt(column.of(c), 10)
	}
	t.write(b, c.title(), c.kind(), counts, c.sample())
}

func (t *table) write(b *bytes.Buffer, name, kind string, count func(countColumn) string, sample string) {
	var line strings.Builder
	line.WriteString("  " + padded(name, t.name) + "  " + padded(kind, t.kind))
	for _, c := range t.counts {
		fmt.Fprintf(&line, "  %*s", c.width, count(c))
	}
	line.WriteString("  " + Shorten(sample, t.sample))
	fmt.Fprintln(b, strings.TrimRight(line.String(), " "))
}

// title is a column and, where it has another name, its attribute.
func (c Column) title() string {
	from := Clean(strings.Join(c.From, " + "))
	to := Clean(c.Attribute)
	switch {
	case len(c.From) == 0:
		return to
	case to == "" || from == to:
		return from
	}
	return from + " → " + to
}

func (c Column) kind() string {
	switch {
	case c.Attribute == "":
		return "(dropped)"
	case c.Match && c.Type == "":
		return "(match)"
	case c.Match:
		return Clean(c.Type) + " (match)"
	case c.Type == "" && len(c.From) == 0:
		return "(constant)"
	}
	return Clean(c.Type)
}

func (c Column) sample() string {
	if len(c.From) == 0 {
		return "constant " + Clean(c.Constant)
	}
	return Clean(strings.Join(c.Samples, ", "))
}

func writeBadValues(b *bytes.Buffer, columns []Column, fit columns) {
	first := true
	for _, c := range columns {
		if c.Bad == 0 {
			continue
		}
		if first {
			fmt.Fprintln(b, "  first refused values:")
			first = false
		}
		line := fmt.Sprintf("    %s:", Shorten(c.title(), fit.name()))
		for i, bad := range c.BadValues {
			value := "blank or null"
			if bad.Value != "" {
				value = `"` + Shorten(Clean(bad.Value), fit.name()) + `"`
			}
			part := fmt.Sprintf(" %s (line %d)", value, bad.Line)
			if i < len(c.BadValues)-1 {
				part += ","
			}
			if displayWidth(line+part) > int(fit) {
				fmt.Fprintln(b, line)
				line = "     "
			}
			line += part
		}
		fmt.Fprintln(b, line)
	}
}

func writeDuplicates(b *bytes.Buffer, d *DryRun, fit columns) {
	dup := d.Duplicates
	if dup.Values == 0 && dup.Respelt == 0 && dup.Approximate {
		fmt.Fprintln(b, "\nno match value was seen twice, but there are too many to remember all")
	}
	least := ""
	if dup.Approximate {
		least = "at least "
	}
	if dup.Values > 0 {
		fmt.Fprintf(b, "\n%s%s more than once, in %d records: the last record wins\n",
			least, plural(dup.Values, "match value comes", "match values come"), dup.Values+dup.Repeats)
	}
	for _, one := range dup.First[:min(len(dup.First), duplicatesShown)] {
		writeDuplicate(b, one.Value, placesText(one, len(d.Inputs) > 1), fit)
	}
	writeMore(b, dup.Values, len(dup.First))
	if dup.Respelt > 0 {
		fmt.Fprintf(b, "\nwarning: %s%s from an earlier one in case, blanks or the like\nalone: the CRM may take them for one record\n",
			least, plural(dup.Respelt, "match value differs", "match values differ"))
	}
	for _, one := range respeltPairs(dup.FirstRespelt[:min(len(dup.FirstRespelt), duplicatesShown)]) {
		writeDuplicate(b, one.Value, placesText(one, len(d.Inputs) > 1), fit)
	}
	writeMore(b, dup.Respelt, len(dup.FirstRespelt))
}

// respeltPairs are the records of two spellings, each pair as one that comes twice.
func respeltPairs(respelt []Respelt) []Duplicate {
	var pairs []Duplicate
	for _, one := range respelt {
		pairs = append(pairs, Duplicate{Value: one.Value, Records: 2, At: []Place{one.Like, one.At}})
	}
	return pairs
}

func writeDuplicate(b *bytes.Buffer, value, places string, fit columns) {
	line := fmt.Sprintf(`  "%s": `, Shorten(Clean(value), fit.name()))
	fmt.Fprintln(b, line+Shorten(places, int(fit)-displayWidth(line)))
}

// writeMore says how many there are beyond those of known that are shown.
func writeMore(b *bytes.Buffer, all int64, known int) {
	if rest := all - int64(min(known, duplicatesShown)); rest > 0 {
		fmt.Fprintf(b, "  and %d more\n", rest)
	}
}

// placesText lists the lines of a duplicate, with the input's name where there
// is more than one.
func placesText(one Duplicate, named bool) string {
	var b strings.Builder
	if !named {
		b.WriteString("lines ")
	}
	source := ""
	for i, at := range one.At {
		if i > 0 {
			b.WriteString(", ")
		}
		if named && at.Source != source {
			source = at.Source
			b.WriteString(Clean(source) + " line ")
		}
		if at.Line == 0 {
			b.WriteString("?")
			continue
		}
		b.WriteString(strconv.FormatInt(at.Line, 10))
	}
	if rest := one.Records - int64(len(one.At)); rest > 0 {
		fmt.Fprintf(&b, " and %d more", rest)
	}
	return b.String()
}
