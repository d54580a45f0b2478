package mapping

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// ratingConverter takes a number: the API pages give ratings neither a range nor
// a step, so the CRM has the say on those. Stars and "4/5" are named, not counted.
type ratingConverter struct {
	number numberConverter
}

func (c *ratingConverter) cell(dst []byte, cell string) ([]byte, string) {
	out, problem := c.number.cell(dst, cell)
	if problem != "" {
		if hint := c.hint(strings.TrimSpace(cell)); hint != "" {
			problem = show(cell) + " is not a number" + hint
		}
	}
	return out, problem
}

func (c *ratingConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	if v.Kind() == '"' {
		return c.cell(dst, jsonText(v))
	}
	return c.number.json(dst, v)
}

// hint says, in brackets, which number a rating of another form shows.
func (c *ratingConverter) hint(s string) string {
	if rating, most, found := strings.Cut(s, "/"); found {
		rating, most = strings.TrimSpace(rating), strings.TrimSpace(most)
		if _, ok := appendNumber(nil, rating, c.number.locale); ok && most != "" && allDigits(most) {
			return " (write the number alone: " + rating + ")"
		}
		return ""
	}
	full := 0
	for _, r := range s {
		switch r {
		case '★', '⭐', '🌟':
			full++
		case '☆', '\ufe0f', ' ': // an empty star; the mark of an emoji
		default:
			return ""
		}
	}
	return " (write the number: " + strconv.Itoa(full) + ")"
}
