// Package mapping turns a record into what the CRM is told: it maps columns to
// attribute slugs, checks and converts each value against the object's schema,
// and gives the match value and the JSON body of the request. It also reads
// mapping files and proposes one for an input.
//
// Reading inputs is package source's, sending bodies package push's. Where a
// cell names a record or a member instead of giving its id, the id comes from a
// [Lookup] that the caller provides.
//
// # Where to begin reading
//
// [New] (plan.go) settles once which column feeds which attribute of the catalog
// (catalog.go), and gives each a field (field.go) with the converter of its type
// (convert.go). What comes of that is the [Mapper]: [Mapper.MapCells] (mapper.go)
// takes a row of cells, [Mapper.MapObject] (object.go) a JSON object. Before a
// converter sees a cell, what the mapping file says of it is done (prep.go); behind
// it body.go puts the pieces together and lane.go says which records are the same.
//
// Each type of attribute has a file of its own. Dates are spread over more: date.go
// has the calendar, datetime.go the clock, layout.go the formats of mapping files,
// and datehint.go what to say of a date that isn't one. What languages and regions
// write in their own way is in locale.go. People and companies, whose bodies differ
// from their schemas, are in people.go, their addresses in address.go.
//
// Beside the way of a record: mapping files (file.go, parsefile.go), what a dry run
// counts (profile.go, duplicates.go), and proposals ([Propose], in files whose names
// begin with propose).
package mapping

import (
	"time"

	"github.com/crmsync/crmsync/internal/client"
)

// BlankMode says what a blank cell means. A cell is blank when it holds nothing
// but white space.
type BlankMode int

// What a blank cell means.
const (
	BlankSkip  BlankMode = iota // nothing: the attribute is left out of the request
	BlankNull                   // the attribute is cleared with null
	BlankEmpty                  // the attribute becomes "" (a list becomes [])
)

// Column names the attribute that a column feeds; Attribute "" drops it (--map).
type Column struct{ Name, Attribute string }

// Constant is an attribute with the same value in every record (--set).
type Constant struct{ Attribute, Value string }

// Options says how records become asserts.
type Options struct {
	Object string         // slug
	Match  string         // the matching attribute, by its exact key
	Schema *client.Object // nil: no schema, cells go as text and JSON values as they are

	Columns []string   // the input's columns; nil for JSON, where each record names its own
	Input   string     // the input's name, for messages
	Map     []Column   // --map
	Set     []Constant // --set

	DropUnknown bool      // --unknown-columns drop
	Blank       BlankMode // --blank
	BlankSet    bool      // Blank was said, so a mapping file doesn't change it, not even BlankSkip
	Null        string    // --null: a cell equal to it is null, where HasNull
	HasNull     bool

	Locale        string         // --locale: BCP 47 tag; "" is ISO dates and decimal points only
	Location      *time.Location // --timezone, for times without an offset; nil is time.Local
	ListSeparator string         // between the values of one cell; "" is ";"

	// File is a parsed mapping file. Where an option above says something, the
	// option wins; a --map replaces the file's whole entry for its column, a
	// --set the file's constant of that attribute.
	File *File

	// Lookup finds the ids of related records and members. Nil: only ids are
	// accepted.
	Lookup Lookup

	// SchemaCommand lists the object's attributes, for hints; "" is crmsync
	// schema alone.
	SchemaCommand string

	// NestCustom puts custom attributes of people and companies in a
	// "customAttributes" object instead of beside the standard fields: no page
	// says which of the two the API reads [update-a-crm-person].
	NestCustom bool

	// Profile has the Mapper count what it sees, for [Mapper.Profile].
	Profile bool

	// Duplicates, where set, is told the match value of each record that can be
	// sent. The mappers of several inputs may share one.
	Duplicates *Duplicates

	// CheckOnly says that nothing is sent: records are converted, but their
	// assertions have neither Lanes nor Body.
	CheckOnly bool
}

// Assertion is one record as the API wants it [assert-a-crm-record].
type Assertion struct {
	// Match is the match value as it is sent, as text.
	Match string
	// Lanes are its lane keys. Values that the API might take for equal share
	// one: outer spaces, case and accents don't count, nor does the way a
	// number or an instant is written. Values that share a lane needn't be
	// equal. A person matched by e-mail has a lane for each address. They are
	// good until the next record is mapped.
	Lanes []string
	// Body is the JSON object to send. It is the caller's to keep.
	Body []byte
}

// Reference says where a looked-up value stands: the attribute Match of Object.
// Members of the workspace are the object "users" with the match "email".
type Reference struct {
	Object string
	Match  string
	Create bool // assert the missing record by that one attribute
}

// Lookup finds the id of the record or member that has a value.
//
// A *LookupError rejects the record that asked. An *AbsentError says that the
// missing record can be created, which the Mapper has done only for a record with
// which nothing else is wrong. Any other error is handed out by MapCells and
// MapObject as it is, for the run to end with.
type Lookup interface {
	Find(ref Reference, value string) (id string, err error)
}

// LookupError says why a value has no id, e.g. `no record of companies has
// domain "acme.example"` or that several have it, with their ids.
type LookupError struct{ Problem string }

func (e *LookupError) Error() string { return e.Problem }

// AbsentError says that no record has a value, and that one can be created.
type AbsentError struct {
	// ID stands for the record until then. All spellings of a value have the same.
	ID string
	// Create creates the record, unless that was done meanwhile, and gives its id.
	// Its errors are those of [Lookup]. The same ID tells that nothing is written,
	// as in a dry run.
	Create func() (id string, err error)
}

func (e *AbsentError) Error() string { return "no record has the value, but one can be created" }

// ColumnPlan says what becomes of a column.
type ColumnPlan struct {
	Column    string // "" for a constant
	Attribute string // "" where the column is dropped
	Type      string // the attribute's type; "" without a schema
	Constant  string // the constant's value
	Unknown   bool   // the column is dropped because no attribute has its name
}
