package sandbox

// Quirks chooses between the readings of what the API page leaves open. The
// zero value is the plainest reading of the page; the number at each group is
// the one of the unknown in the list of open questions about the API. All
// fields can be set from JSON.
type Quirks struct {
	// Concurrent asserts of one new value (4). It shows only with an AssertPause.
	Race Race

	// Equality of match values and of unique ones (5).
	TrimStrings   bool // outer blanks of every string are cut before anything else
	FoldCase      bool // "a1" is "A1"
	FoldAccents   bool // "Müller" is "Muller", as in many database collations
	NumbersByText bool // 29 and 29.0 are two values
	PhoneDigits   bool // phone numbers compare by their digits alone
	DomainHosts   bool // https://www.Acme.com/ is acme.com
	MatchByID     bool // matchingAttribute=id is taken, for records that exist
	BadMatch      int  // status for a matching attribute that can't be one; 0: 400

	NewestFirst bool // of several records with the match value the last is used (6)

	// Null, "" and [] (7).
	Null      NullReading
	Empty     EmptyReading
	EmptyList EmptyListReading

	// Attributes that can't be written (8).
	Unknown  Reaction // not in the schema
	Archived Reaction // archived
	System   Reaction // id, created_at, updated_at

	// Attributes with isRequired that are missing (9).
	Required RequiredReading

	// Numbers (10).
	WholeNumbers    bool // a decimal in a number attribute is refused
	NumbersAsText   bool // "29" is taken as 29
	FloatNumbers    bool // numbers lose what a float64 can't hold
	StringOptionIDs bool // option ids are "opt_1" instead of 1 (11)
	OptionsByText   bool // an option's text is taken for its id (11)

	// Other types (12).
	PhoneE164      bool // phone numbers must look like +4930123456
	LocalDatetimes bool // a datetime without an offset is taken, as UTC
	DatetimesInUTC bool // datetimes are kept in UTC, not as they were sent
	RatingMax      int  // the highest rating, from 0; 0: unchecked
	WholeCurrency  bool // decimals are refused where currencyDecimal is false

	// Answers (13).
	OptionsRead   OptionForm
	RelationsRead RelationForm
	UnsetAbsent   bool // unset attributes are left out instead of null

	// Relations (14) and users (15).
	MergeRelations bool // an assert adds to the list instead of replacing it
	DropUnknownIDs bool // an id of no record is dropped instead of refused
	ManyToOne      ManyToOneReading
	RefuseInactive bool // ids of members who are not active are refused

	// People (16).
	NestedCustom    bool // custom attributes go into customAttributes, not beside the others
	MergeEmails     bool // emails are added to the stored list instead of replacing it
	MatchEveryEmail bool // every address sent is looked up, not the first alone
	SharedEmails    bool // an address may belong to several people
	ReplaceSocials  bool // socials replace the stored ones as a whole
	NamelessUpdates bool // a person that exists needs no name in the request

	PlainCompanies bool // answers and lists show companies as custom objects' records (17)

	// Record lists (18).
	ListEnvelope     Envelope
	ListIgnoresCount bool // pages are always of 20
	ListNewestFirst  bool

	// Objects (22) and permission (23).
	CaselessSlugs    bool // /crm/Products is /crm/products
	InactiveReadOnly bool // an object that isn't active takes no records
	AdminCoversCRM   bool // the scope admin:full holds the CRM's scopes
	PlanWithoutCRM   bool // every CRM call is refused with 403

	// Errors (19, 20).
	Errors      ErrorShape
	Fields      FieldErrors // form of the errors object
	ValueStatus int         // for values that are refused; 0: 400, also 409, 422; 200 says "success": false
	ClashStatus int         // for a unique value that another record has; 0: 400

	// Gateway (21).
	Gzip     bool   // answers are compressed for those who accept it
	Redirect string // every request is redirected there (302)
	MaxBody  int64  // larger bodies get a 413; 0: 1 MiB
}

// Race says what becomes of two asserts of one new value at the same time.
type Race string

// The outcomes of a lost race.
const (
	RaceDuplicates Race = ""       // both create
	RaceUpdates    Race = "update" // the later one updates
	RaceInvalid    Race = "400"
	RaceConflict   Race = "409"
	RaceError      Race = "500"
)

// Reaction says what is done with an attribute that can't be written.
type Reaction string

// What is done with an attribute that can't be written.
const (
	Refuse Reaction = ""
	Ignore Reaction = "ignore"
	Accept Reaction = "accept" // archived attributes only
)

// NullReading says what an explicit null does on update.
type NullReading string

// What an explicit null does on update.
const (
	NullClears  NullReading = ""
	NullKeeps   NullReading = "keep"
	NullRefused NullReading = "refuse"
)

// EmptyReading says what the empty string does.
type EmptyReading string

// What the empty string does.
const (
	EmptyStays   EmptyReading = "" // text is "" then; other types refuse it
	EmptyIsNull  EmptyReading = "null"
	EmptyRefused EmptyReading = "refuse"
)

// EmptyListReading says what an empty list does on update.
type EmptyListReading string

// What an empty list does on update.
const (
	EmptyListClears EmptyListReading = ""
	EmptyListKeeps  EmptyListReading = "keep"
)

// RequiredReading says when required attributes must be in the body. The
// system's and the standard ones never must.
type RequiredReading string

// When required attributes must be in the body.
const (
	RequiredNever    RequiredReading = ""
	RequiredOnCreate RequiredReading = "create"
	RequiredAlways   RequiredReading = "always"
)

// OptionForm is how options look in answers.
type OptionForm string

// How options look in answers.
const (
	OptionByID   OptionForm = "" // {"id":1}
	OptionWhole  OptionForm = "object"
	OptionBareID OptionForm = "id"
	OptionText   OptionForm = "text"
)

// RelationForm is how relations and users look in answers.
type RelationForm string

// How relations and users look in answers.
const (
	RelationIDs     RelationForm = ""
	RelationObjects RelationForm = "object" // {"id":"…"}
)

// ManyToOneReading says what several ids in a many_to_one relation do.
type ManyToOneReading string

// What several ids in a many_to_one relation do.
const (
	ManyToOneAccepts ManyToOneReading = ""
	ManyToOneRefuses ManyToOneReading = "refuse"
	ManyToOneFirst   ManyToOneReading = "first"
)

// Envelope is the shape of a list.
type Envelope string

// The shapes of a list.
const (
	EnvelopeCollection Envelope = ""        // collection and pagination, as the member list
	EnvelopeRecords    Envelope = "records" // success, status, records and pagination
	EnvelopeData       Envelope = "data"    // data, links and meta
	EnvelopeNone       Envelope = "none"    // 404: there is no such list
)

// ErrorShape is the body of an error.
type ErrorShape string

// The bodies of an error.
const (
	ErrorMessage ErrorShape = ""      // {"success":false,"message":"…","status":400}
	ErrorText    ErrorShape = "error" // {"error":"…"}
	ErrorHTML    ErrorShape = "html"
	ErrorEmpty   ErrorShape = "empty"
)

// FieldErrors is the form of the errors object of a 422.
type FieldErrors string

// The forms of the errors object.
const (
	FieldLists  FieldErrors = "" // {"price":["…"]}
	FieldTexts  FieldErrors = "text"
	FieldNested FieldErrors = "nested" // {"price":{"value":["…"]}}
	FieldNone   FieldErrors = "none"
)
