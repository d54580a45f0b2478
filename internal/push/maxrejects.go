package push

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxRejects is --max-rejects: how many rejects end the run. The zero value
// sets no bound, but a run that starts with nothing but rejects is stopped.
type MaxRejects struct {
	Set        bool
	Percentage bool
	Count      int64   // more rejects than this end the run …
	Percent    float64 // … or, with Percentage, a larger share of the records done
}

// percentFrom is how many records a share is judged by at least: the first
// reject of a long file is not yet 100%.
const percentFrom = 100

// ParseMaxRejects reads "N" or "P%".
func ParseMaxRejects(text string) (MaxRejects, error) {
	wrong := fmt.Errorf("%q is neither a number of records nor a percentage such as 5%%", text)
	if share, ok := strings.CutSuffix(text, "%"); ok {
		p, err := strconv.ParseFloat(share, 64)
		if err != nil || !(p >= 0 && p <= 100) {
			return MaxRejects{}, wrong
		}
		return MaxRejects{Set: true, Percentage: true, Percent: p}, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return MaxRejects{}, wrong
	}
	return MaxRejects{Set: true, Count: n}, nil
}

// passed tells whether rejected of done records are too many. A share is judged
// from the hundredth record on, and at the input's end.
func (m MaxRejects) passed(rejected, done int64, atEnd bool) bool {
	switch {
	case !m.Set:
		return false
	case !m.Percentage:
		return rejected > m.Count
	case done < percentFrom && !atEnd:
		return false
	default:
		return float64(rejected)*100 > m.Percent*float64(done)
	}
}

func (m MaxRejects) String() string {
	if m.Percentage {
		return strconv.FormatFloat(m.Percent, 'g', -1, 64) + "%"
	}
	return strconv.FormatInt(m.Count, 10)
}
