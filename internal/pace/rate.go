package pace

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Rate is a fixed rate: at most N requests in any stretch of time as long as
// Per. The zero Rate means that the pace is found by itself.
type Rate struct {
	N   float64
	Per time.Duration
}

// The bounds of a rate: below the least, the next request would be further
// away than any run lasts; above the most, no machine sends that fast.
const (
	leastPerSecond = 1.0 / 86400
	mostPerSecond  = 1e9
)

// RateError says that a text is not a rate.
type RateError struct {
	Text   string
	Reason string
}

// Error names the text and what is wrong with it.
func (e *RateError) Error() string {
	return fmt.Sprintf("the rate %q %s", e.Text, e.Reason)
}

// Hint shows the forms that a rate has.
func (e *RateError) Hint() string {
	return "write auto, or requests a second or a minute: 10, 10/s, 0.5/s, 60/m"
}

// ParseRate reads "auto" (the zero Rate), "N" and "N/s" (requests a second)
// or "N/m" (requests a minute); N is a decimal number above zero. What it
// can't read is a *RateError.
func ParseRate(text string) (Rate, error) {
	s := strings.TrimSpace(text)
	if strings.EqualFold(s, "auto") {
		return Rate{}, nil
	}
	if s == "" {
		return Rate{}, &RateError{text, "is empty"}
	}
	number, unit, hasUnit := strings.Cut(s, "/")
	number, unit = strings.TrimSpace(number), strings.TrimSpace(unit)
	per := time.Second
	switch {
	case !hasUnit || unit == "s":
	case unit == "m":
		per = time.Minute
	case unit == "":
		return Rate{}, &RateError{text, "names no unit after the slash"}
	default:
		return Rate{}, &RateError{text, fmt.Sprintf("has the unit %q, which is neither s nor m", unit)}
	}
	if number == "" || strings.Trim(number, "0123456789.+-") != "" {
		return Rate{}, &RateError{text, "is not a number of requests"}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil && !math.IsInf(n, 0) {
		return Rate{}, &RateError{text, "is not a number of requests"}
	}
	rate := Rate{N: n, Per: per}
	switch perSecond := rate.PerSecond(); {
	case n <= 0:
		return Rate{}, &RateError{text, "is not above zero: nothing would ever be sent"}
	case perSecond < leastPerSecond:
		return Rate{}, &RateError{text, "is less than one request a day"}
	case perSecond > mostPerSecond:
		return Rate{}, &RateError{text, "is more than a thousand million a second"}
	}
	return rate, nil
}

// Auto tells whether the pace is to be found instead of given.
func (r Rate) Auto() bool { return r.N == 0 }

// PerSecond is the rate in requests a second; 0 for auto.
func (r Rate) PerSecond() float64 {
	if r.N == 0 {
		return 0
	}
	return r.N / r.Per.Seconds()
}

// String is the form that ParseRate reads.
func (r Rate) String() string {
	if r.Auto() {
		return "auto"
	}
	n := strconv.FormatFloat(r.N, 'f', -1, 64)
	switch r.Per {
	case time.Second:
		return n + "/s"
	case time.Minute:
		return n + "/m"
	}
	return n + "/" + r.Per.String()
}
