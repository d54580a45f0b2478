package mapping

import "time"

// File is a mapping file: how the columns of one kind of input become
// attributes of one object. docs/mapping.schema.json describes it to editors.
type File struct {
	Name string // as it was given to ParseFile, for messages

	Object        string
	Match         string
	Locale        string
	Timezone      string
	Location      *time.Location // of Timezone; nil where that is ""
	Blank         BlankMode
	HasBlank      bool
	Null          []string // cells equal to one of them are null
	ListSeparator string
	NestCustom    bool // custom_attributes: nested
	HasCustom     bool

	Set     []Constant
	Columns []FileColumn // in the file's order
}

// FileColumn is one use of a column. A column that feeds two attributes has two.
//
// What happens to a cell, in this order: Null, Trim, Null again, Case, Values;
// the result is joined with others where Join says so, Default takes the place
// of a blank, and the rest is converted to the attribute's type.
type FileColumn struct {
	Column string
	Line   int // where it stands in the mapping file, from 1

	To   string // the attribute; "" only where Drop
	Drop bool

	Type       string // without a schema only
	Format     string // of dates and times, in strftime's words
	Separator  string // between the values of a cell
	Trim       TrimMode
	Case       CaseMode
	Null       []string
	Values     []ValuePair
	Default    string // for a blank cell
	HasDefault bool
	Required   bool   // a blank or null cell rejects the record
	Join       string // stands between this column's cell and the next one's
	HasJoin    bool
	Lookup     *Reference

	matchAt place // of the lookup's match
}

// place is where something stands in a file, from 1.
type place struct{ line, column int }

// ValuePair replaces one cell value by another.
type ValuePair struct {
	From   string
	To     string
	ToNull bool
}

// TrimMode says what is cut off a cell.
type TrimMode int

// What Trim cuts off.
const (
	TrimNone   TrimMode = iota
	TrimSpace           // outer white space
	TrimDomain          // all of a URL or host but its bare domain, in lower case
)

// CaseMode says how a cell's letters are changed.
type CaseMode int

// What Case does.
const (
	CaseKeep CaseMode = iota
	CaseLower
	CaseUpper
)
