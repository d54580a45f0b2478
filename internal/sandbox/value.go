package sandbox

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// maxText is the longest text in characters [create-a-crm-record].
const maxText = 255

var (
	emailForm = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	phoneForm = regexp.MustCompile(`^\+[1-9]\d{5,14}$`)
)

// check looks at a value that isn't null and gives what is to be stored. The
// problem, "" where there is none, is a sentence that follows `The value of
// "price" `.
func (c *CRM) check(a *attribute, raw jsontext.Value) (stored []byte, problem string) {
	switch a.kind {
	case kindNumber, kindRating, kindCurrency:
		return c.checkNumber(a, raw)
	case kindCheckbox:
		if k := raw.Kind(); k != 't' && k != 'f' {
			return nil, "must be true or false."
		}
		return raw, ""
	case kindOption:
		return c.checkOption(a, raw)
	case kindOptions:
		return c.checkOptions(a, raw)
	case kindRelation:
		return c.checkRelation(a, raw)
	case kindUser:
		return c.checkUsers(raw)
	case kindEmails:
		return checkEmails(raw)
	case kindSocials:
		return checkSocials(raw)
	case kindCompany:
		return c.checkCompany(a, raw)
	}
	if raw.Kind() != '"' {
		if a.kind == kindDate || a.kind == kindDatetime {
			return nil, "must be a " + a.Type + "."
		}
		return nil, "must be a string."
	}
	return c.checkText(a, raw)
}

// checkText takes the types that are JSON strings.
func (c *CRM) checkText(a *attribute, raw jsontext.Value) ([]byte, string) {
	text := unquoted(string(raw))
	switch a.kind {
	case kindDate:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, "must be a date like 2025-06-01."
		}
	case kindDatetime:
		return c.checkDatetime(text, raw)
	case kindPhone:
		if c.quirks.PhoneE164 && text != "" && !phoneForm.MatchString(text) {
			return nil, "must be a phone number like +4930123456."
		}
	}
	if len(text) > maxText && utf8.RuneCountInString(text) > maxText {
		return nil, "may not be longer than 255 characters."
	}
	if len(a.Validation) > 0 && text != "" && !validates(a.Validation, text) {
		return nil, "must be a valid " + strings.Join(a.Validation, " or ") + "."
	}
	return raw, ""
}

// validates tells whether the text has one of the forms.
func validates(forms []string, text string) bool {
	for _, form := range forms {
		switch form {
		case "email":
			if emailForm.MatchString(text) {
				return true
			}
		case "url":
			if u, err := url.Parse(text); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
				return true
			}
		default:
			return true
		}
	}
	return false
}

func (c *CRM) checkDatetime(text string, raw jsontext.Value) ([]byte, string) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil && c.quirks.LocalDatetimes {
		for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05", "2006-01-02T15:04"} {
			if at, err = time.Parse(layout, text); err == nil {
				break
			}
		}
	}
	if err != nil {
		return nil, "must be a datetime like 2025-06-01T10:00:00+00:00."
	}
	if c.quirks.DatetimesInUTC {
		return at.UTC().AppendFormat([]byte{'"'}, `2006-01-02T15:04:05.999999999+00:00"`), ""
	}
	return raw, ""
}

func (c *CRM) checkNumber(a *attribute, raw jsontext.Value) ([]byte, string) {
	if c.quirks.NumbersAsText && raw.Kind() == '"' {
		if text := jsontext.Value(unquoted(string(raw))); text.IsValid() && text.Kind() == '0' {
			raw = text
		}
	}
	if raw.Kind() != '0' {
		return nil, "must be a number."
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil { // larger than any database holds
		return nil, "must be a number."
	}
	if strings.ContainsAny(string(raw), ".eE") {
		if a.kind == kindNumber && c.quirks.WholeNumbers {
			return nil, "must be an integer."
		}
		if a.kind == kindCurrency && c.quirks.WholeCurrency && a.CurrencyDecimal != nil && !*a.CurrencyDecimal {
			return nil, "must not have decimals."
		}
	}
	if high := c.quirks.RatingMax; a.kind == kindRating && high > 0 && (f < 0 || f > float64(high) || f != float64(int(f))) {
		return nil, fmt.Sprintf("must be a whole number from 0 to %d.", high)
	}
	if c.quirks.FloatNumbers {
		return strconv.AppendFloat(nil, f, 'f', -1, 64), ""
	}
	return raw, ""
}

// optionKey is an option's id in a form that tells 1 from "1".
func optionKey(id jsontext.Value) string {
	switch id.Kind() {
	case '"':
		return `"` + unquoted(string(id))
	case '0':
		return string(id)
	}
	return ""
}

func (c *CRM) checkOption(a *attribute, raw jsontext.Value) ([]byte, string) {
	var id jsontext.Value
	if at, ok := a.byForm[string(raw)]; ok {
		return a.forms[at], ""
	}
	if raw.Kind() == '{' {
		fields, ok := members(raw)
		if ok {
			id, ok = get(fields, "id")
		}
		if !ok {
			return nil, `must be an object like {"id": 1}.`
		}
	} else if c.quirks.OptionsByText && raw.Kind() == '"' {
		for _, o := range a.Options {
			if o.Value == unquoted(string(raw)) {
				id = o.ID
			}
		}
	} else {
		return nil, `must be an object like {"id": 1}.`
	}
	at, ok := a.byID[optionKey(id)]
	if !ok {
		return nil, "is not one of the options."
	}
	return a.forms[at], ""
}

func (c *CRM) checkOptions(a *attribute, raw jsontext.Value) ([]byte, string) {
	items, ok := elements(raw)
	if !ok {
		return nil, `must be a list like [{"id": 1}].`
	}
	out := []byte{'['}
	for i, item := range items {
		one, problem := c.checkOption(a, item)
		if problem != "" {
			return nil, "has an entry that " + problem
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, one...)
	}
	return append(out, ']'), ""
}

func (c *CRM) checkRelation(a *attribute, raw jsontext.Value) ([]byte, string) {
	ids, ok := stringList(raw)
	if !ok {
		return nil, "must be a list of record ids."
	}
	related := c.table(a.RelatedObjectSlug)
	kept := ids[:0:0]
	for _, id := range ids {
		switch _, form := parseUUID(id); {
		case !form:
			return nil, "has an entry that is not a UUID."
		case related == nil || related.has(id): // ids of an object that isn't here can't be judged
			kept = append(kept, strings.ToLower(id))
		case !c.quirks.DropUnknownIDs:
			return nil, "has an id of no record: " + id + "."
		}
	}
	if len(kept) > 1 && a.RelationType == "many_to_one" {
		switch c.quirks.ManyToOne {
		case ManyToOneRefuses:
			return nil, "may have one entry only."
		case ManyToOneFirst:
			kept = kept[:1]
		}
	}
	return appendStrings(nil, kept), ""
}

func (c *CRM) checkUsers(raw jsontext.Value) ([]byte, string) {
	ids, ok := stringList(raw)
	if !ok {
		return nil, "must be a list of member ids."
	}
	for _, id := range ids {
		m := c.byUser[id]
		if m == nil {
			return nil, "has an id of no member: " + id + "."
		}
		if !m.IsActive && c.quirks.RefuseInactive {
			return nil, "has a member who is not active: " + id + "."
		}
	}
	return appendStrings(nil, ids), ""
}

func checkEmails(raw jsontext.Value) ([]byte, string) {
	list, ok := stringList(raw)
	if !ok {
		return nil, "must be a list of e-mail addresses."
	}
	for _, address := range list {
		if !emailForm.MatchString(address) {
			return nil, "has an entry that is not an e-mail address."
		}
	}
	return appendStrings(nil, list), ""
}

// socialNetworks are the links a person may have [update-a-crm-person].
var socialNetworks = [...]string{"linkedin", "twitter", "facebook", "instagram"}

func checkSocials(raw jsontext.Value) ([]byte, string) {
	fields, ok := members(raw)
	if !ok {
		return nil, "must be an object of links."
	}
	for _, f := range fields {
		known := false
		for _, network := range socialNetworks {
			known = known || string(f.name) == network
		}
		if k := f.value.Kind(); !known || k != '"' && k != 'n' {
			return nil, "must be an object of links to linkedin, twitter, facebook, instagram."
		}
	}
	return raw, ""
}

func (c *CRM) checkCompany(a *attribute, raw jsontext.Value) ([]byte, string) {
	if raw.Kind() != '"' {
		return nil, "must be a company's id."
	}
	id := strings.ToLower(unquoted(string(raw)))
	if _, form := parseUUID(id); !form {
		return nil, "must be a company's id, a UUID."
	}
	if related := c.table(a.RelatedObjectSlug); related != nil && !related.has(id) {
		return nil, "is the id of no company: " + id + "."
	}
	return appendQuoted(nil, id), ""
}
