package mapping

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crmsync/crmsync/internal/shellwords"
)

// maxText is the longest text, in characters (Unicode code points)
// [create-a-crm-record].
const maxText = 255

// textConverter sends text untouched, outer blanks included.
type textConverter struct {
	validation    []string // "email", "url": one of them must fit
	companyDomain bool
}

func (c *textConverter) cell(dst []byte, cell string) ([]byte, string) {
	if problem := c.check(cell); problem != "" {
		return dst, problem
	}
	return appendText(dst, cell)
}

func (c *textConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	switch v.Kind() {
	case '"':
		if problem := c.check(jsonText(v)); problem != "" {
			return dst, problem
		}
		return append(dst, v...), ""
	case '0': // a number's digits are text, as they would be in a cell
		return c.cell(dst, string(v))
	}
	return dst, wrongKind(v, "text")
}

func (c *textConverter) check(s string) string {
	if len(s) > maxText {
		if n := utf8.RuneCountInString(s); n > maxText {
			return show(s) + " has " + strconv.Itoa(n) + " characters, but text has 255 at most"
		}
	}
	if spreadsheetError(s) {
		return errorProblem(s)
	}
	if roundedCode(s) {
		return show(s) + " is a long number that a spreadsheet rounded: its digits are lost (export it again with the column as text)"
	}
	if c.companyDomain {
		if problem := companyDomainProblem(s); problem != "" {
			return show(s) + " " + problem
		}
	}
	if len(c.validation) > 0 {
		return c.validate(s)
	}
	return ""
}

// spreadsheetError tells what spreadsheets leave in a cell whose formula failed,
// or whose column was too narrow for its number.
func spreadsheetError(s string) bool {
	if len(s) < 3 || s[0] != '#' {
		return false
	}
	switch s {
	case "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#ERROR!",
		"#NV", "#BEZUG!", "#WERT!", "#ZAHL!", // German
		"#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!", // French
		"#N/D", "#VALOR!", "#¡REF!", "#¡VALOR!", "#¡DIV/0!", "#¿NOMBRE?", "#¡NUM!", "#VALORE!", "#RIF!", "#NOME?": // Spanish, Portuguese, Italian
		return true
	}
	return len(s) >= 4 && strings.Trim(s, "#") == ""
}

func errorProblem(s string) string {
	return show(s) + " is what a spreadsheet shows where a cell has no value (mend it there; --null " + shellwords.Quote(s) + " has such cells clear the attribute)"
}

// roundedCode tells 4.93E+11 as a spreadsheet writes long numbers, an article
// number for example: many of them become the same text. 1E5 may be a code.
func roundedCode(s string) bool {
	if len(s) < 5 || s[0]-'0' > 9 || s[1] != '.' && s[1] != ',' && s[1] != 'E' {
		return false
	}
	exponent := strings.Index(s, "E+")
	return exponent > 0 && len(s)-exponent >= 4 && scientific(s)
}

// validate refuses what surely is neither of the forms that the attribute
// accepts; the API has the last word.
func (c *textConverter) validate(s string) string {
	email, url := slices.Contains(c.validation, "email"), slices.Contains(c.validation, "url")
	switch {
	case s == "" || !email && !url:
		return ""
	case email && emailProblem(s) == "", url && urlProblem(s) == "":
		return ""
	case email && url:
		return show(s) + " is neither an e-mail address nor a URL"
	case email:
		return show(s) + " is not an e-mail address" + emailProblem(s)
	}
	return show(s) + " is not a URL" + urlProblem(s)
}

// emailProblem says, in brackets, why s can't be one e-mail address; "" where it
// may be one.
func emailProblem(s string) string {
	local, domain, found := strings.Cut(s, "@")
	switch {
	case s != strings.TrimSpace(s):
		return " (it has blanks around it)"
	case !found:
		return " (it has no @)"
	case strings.HasPrefix(local, `"`):
		return "" // quoted local parts may hold anything
	case strings.ContainsAny(s, " \t\r\n,;<>"):
		return " (it holds a blank, comma, semicolon or bracket: one address alone is meant)"
	case strings.HasPrefix(foldCase(s), "mailto:"):
		return " (leave out mailto:)"
	case strings.ContainsAny(local, `:()[]\`):
		return " (it holds a character that no address has)"
	case strings.Contains(domain, "@"):
		return " (it has two @)"
	case local == "" || domain == "":
		return " (a part is missing)"
	case strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, ".."):
		return " (a part of its domain is missing)"
	}
	return ""
}

// phoneConverter keeps phone numbers as text: their form is the API's business.
type phoneConverter struct{}

func (c phoneConverter) cell(dst []byte, cell string) ([]byte, string) {
	if problem := phoneProblem(cell); problem != "" {
		return dst, problem
	}
	return appendText(dst, cell)
}

func (c phoneConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	switch v.Kind() {
	case '"':
		if s := jsonText(v); strings.TrimSpace(s) != "" {
			if problem := phoneProblem(s); problem != "" {
				return dst, problem
			}
		}
		return append(dst, v...), ""
	case '0':
		return c.cell(dst, string(v))
	}
	return dst, wrongKind(v, "a phone number")
}

func phoneProblem(s string) string {
	switch trimmed := strings.TrimSpace(s); {
	case spreadsheetError(trimmed):
		return errorProblem(s)
	case strings.HasPrefix(trimmed, "'"):
		return show(s) + " begins with a spreadsheet's apostrophe (export the column as text, without it)"
	case strings.HasPrefix(trimmed, "="):
		return show(s) + " is a spreadsheet formula (export its value instead)"
	case scientific(trimmed):
		return show(s) + " is a phone number that a spreadsheet turned into a rounded number: its digits are lost (export it again with the column as text)"
	case !strings.ContainsAny(trimmed, "0123456789"):
		return show(s) + " is not a phone number (it has no digit)"
	}
	return ""
}

// scientific tells 4.93E+11 and 4,93E+11, as spreadsheets write long numbers.
func scientific(s string) bool {
	e := strings.IndexAny(s, "eE")
	if e < 0 {
		return false
	}
	whole, fraction := strings.TrimLeft(s[:e], "+-"), "0"
	if i := strings.IndexAny(whole, ".,"); i >= 0 {
		whole, fraction = whole[:i], whole[i+1:]
	}
	exponent := strings.TrimLeft(s[e+1:], "+-")
	for _, digits := range []string{whole, fraction, exponent} {
		if digits == "" || !allDigits(digits) {
			return false
		}
	}
	return true
}
