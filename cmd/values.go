package cmd

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/source"
)

// value is a flag whose text is parsed when it is set. It is a pflag.Value.
type value[T any] struct {
	target *T
	parse  func(string) (T, error)
	text   string
}

func (v *value[T]) String() string { return v.text }
func (v *value[T]) Type() string   { return "value" }
func (v *value[T]) Set(text string) error {
	parsed, err := v.parse(text)
	if err != nil {
		return err
	}
	*v.target, v.text = parsed, text
	return nil
}

// list is a flag that may be repeated. It is a pflag.Value.
type list[T any] struct {
	target *[]T
	parse  func(string) (T, error)
	texts  []string
}

func (l *list[T]) String() string { return strings.Join(l.texts, ",") }
func (l *list[T]) Type() string   { return "value" }
func (l *list[T]) Set(text string) error {
	parsed, err := l.parse(text)
	if err != nil {
		return err
	}
	*l.target, l.texts = append(*l.target, parsed), append(l.texts, text)
	return nil
}

// repeatable is a flag that takes one value after another, as opposed to one
// whose last value wins.
type repeatable interface{ values() []string }

func (l *list[T]) values() []string { return l.texts }

// oneOf parses a word of a fixed set into what it stands for.
func oneOf[T any](words []string, meaning func(string) T) func(string) (T, error) {
	return func(text string) (T, error) {
		if !slices.Contains(words, text) {
			var none T
			return none, &hinted{fmt.Errorf("%q is none of %s", text, strings.Join(words, ", ")), didYouMean(text, words, "", "")}
		}
		return meaning(text), nil
	}
}

func word(text string) string { return text }

func anyText(text string) (string, error) { return text, nil }

func pointer(text string) (*string, error) { return &text, nil }

// wholeNumber parses an integer of at least lowest.
func wholeNumber[T int | int64](lowest T) func(string) (T, error) {
	return func(text string) (T, error) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || T(n) < lowest || int64(T(n)) != n {
			return 0, fmt.Errorf("%q is not a whole number of at least %d", text, lowest)
		}
		return T(n), nil
	}
}

func positiveDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a duration such as 30s, 5m or 1h30m", text)
	}
	return d, nil
}

// delimiterCharacter parses --delimiter. A tab is hard to type, so it has names.
func delimiterCharacter(text string) (rune, error) {
	if text == `\t` || text == "tab" {
		return '\t', nil
	}
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case text == "":
		return 0, errors.New(`an empty text is no delimiter; leave the flag out to have it found`)
	case size != len(text):
		return 0, fmt.Errorf(`%q is more than one character (write \t or tab for a tab)`, text)
	case r == '"' || r == '\r' || r == '\n' || r == utf8.RuneError:
		return 0, fmt.Errorf("%q can't be a delimiter", text)
	}
	return r, nil
}

func oneCharacter(text string) (string, error) {
	if utf8.RuneCountInString(text) != 1 {
		return "", fmt.Errorf("%q is not one character", text)
	}
	return text, nil
}

// columnNames parses --columns: one line of CSV.
func columnNames(text string) ([]string, error) {
	names, err := oneLineOfCSV(text)
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("%q is not a list of names with commas between them", text)
	}
	return names, nil
}

func oneLineOfCSV(text string) ([]string, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) != 1 {
		return nil, errors.New("not one line")
	}
	return lines[0], nil
}

// columnToAttribute parses --map. The last "=" divides: a column's name may
// hold one, an attribute's slug may not.
func columnToAttribute(text string) (mapping.Column, error) {
	at := strings.LastIndexByte(text, '=')
	if at <= 0 {
		return mapping.Column{}, fmt.Errorf("%q is not COLUMN=ATTR (COLUMN= drops the column)", text)
	}
	return mapping.Column{Name: text[:at], Attribute: strings.TrimSpace(text[at+1:])}, nil
}

// attributeValue parses --set. The first "=" divides: a value may hold one.
func attributeValue(text string) (mapping.Constant, error) {
	attribute, constant, ok := strings.Cut(text, "=")
	if attribute = strings.TrimSpace(attribute); !ok || attribute == "" {
		return mapping.Constant{}, fmt.Errorf("%q is not ATTR=VALUE", text)
	}
	return mapping.Constant{Attribute: attribute, Value: constant}, nil
}

// encodingName checks --encoding, as nothing has to be opened for it.
func encodingName(text string) (string, error) {
	if err := source.CheckEncoding(text); text != "" && err != nil {
		return "", &hinted{fmt.Errorf("%q is not the name of an encoding that is known", text), hintOf(err)}
	}
	return text, nil
}

func localeTag(text string) (string, error) { return text, mapping.CheckLocale(text) }

func timezone(text string) (*time.Location, error) {
	location, err := time.LoadLocation(text)
	if err != nil || text == "" {
		return nil, fmt.Errorf("%q is not a time zone such as Europe/Berlin or UTC", text)
	}
	return location, nil
}

// longDuration parses a duration that may count in days and weeks.
func longDuration(text string) (time.Duration, error) {
	unit := time.Duration(0)
	switch {
	case strings.HasSuffix(text, "d"):
		unit = 24 * time.Hour
	case strings.HasSuffix(text, "w"):
		unit = 7 * 24 * time.Hour
	default:
		if d, err := positiveDuration(text); err == nil {
			return d, nil
		}
	}
	if unit > 0 {
		if n, err := wholeNumber(1)(text[:len(text)-1]); err == nil && n <= 10_000 {
			return time.Duration(n) * unit, nil
		}
	}
	return 0, fmt.Errorf("%q is not a duration such as 12h, 7d or 2w", text)
}

func inputFormat(name string) (source.Format, error) {
	if name == "jsonl" {
		return "", &hinted{errors.New(`"jsonl" is called ndjson here`), "write ndjson"}
	}
	return oneOf([]string{"auto", "csv", "tsv", "ndjson", "json", "xlsx"}, formatNamed)(name)
}

func formatNamed(name string) source.Format {
	if name == "auto" {
		return source.Auto
	}
	return source.Format(name)
}

func blankNamed(word string) *mapping.BlankMode {
	mode := mapping.BlankSkip
	switch word {
	case "null":
		mode = mapping.BlankNull
	case "empty":
		mode = mapping.BlankEmpty
	}
	return &mode
}
