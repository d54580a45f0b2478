package report

// DryRun is what a dry run found out besides the tally.
type DryRun struct {
	Inputs     []InputProfile
	Duplicates Duplicates
	// OfAll says that the run takes a part of the records only (--shard): the
	// profiles and the duplicates are of all of them.
	OfAll bool
	// NoRejectFile says that no file was named for what would be rejected.
	NoRejectFile bool
}

// InputProfile says what the attributes would get from one input.
type InputProfile struct {
	Source      string
	Columns     []Column // in the input's order, then the constants
	NeverFilled []string // attributes that the CRM requires and that no record fills
}

// Column says what became of a column.
type Column struct {
	From      []string // the columns or keys, several where they are joined; none for a constant
	Attribute string   // "" where the column is dropped
	Type      string   // "" without a schema
	Match     bool     // records are found again by it
	Required  bool     // by the schema
	Constant  string   // the constant's value

	Filled int64 // values that would be sent
	Blank  int64 // blank cells
	Null   int64 // cells and values that stand for null
	Bad    int64 // values that were refused

	Samples   []string   // converted values, as JSON
	BadValues []BadValue // the first of those refused, each once
}

// BadValue is a value that was refused.
type BadValue struct {
	Value string `json:"value"`
	Line  int64  `json:"line"`
	Error string `json:"error"`
}

// Duplicates are the match values that come more than once, and those that an
// earlier record has in another spelling.
type Duplicates struct {
	Values  int64 // how many there are
	Repeats int64 // records whose match value an earlier record has
	Respelt int64 // different match values that differ from an earlier one in their spelling alone
	// Approximate says that there were more match values than can be remembered:
	// then Values, Repeats and Respelt are the least that there can be.
	Approximate  bool
	First        []Duplicate // those found first
	FirstRespelt []Respelt
}

// Respelt is a match value that an earlier record has in another spelling.
type Respelt struct {
	Value string `json:"value"`
	At    Place  `json:"at"`   // where it stands first
	Like  Place  `json:"like"` // the earlier record
}

// Duplicate is a match value that comes more than once.
type Duplicate struct {
	Value   string  `json:"value"`
	Records int64   `json:"records"`
	At      []Place `json:"at"` // the first of them
}

// Place is where a record begins. Line is 0 where it is not known any more.
type Place struct {
	Source string `json:"source"`
	Line   int64  `json:"line"`
}
