package report

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// thousands writes a number for people: 1,234,567.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// quantity writes a number with what it counts.
func quantity(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// percent never says all or nothing of what is not.
func percent(share float64) string {
	switch {
	case share > 0 && share < 0.001:
		return "< 0.1 %"
	case share < 1 && share > 0.999:
		return "> 99.9 %"
	case share < 0.1 && share > 0:
		return strconv.FormatFloat(share*100, 'f', 1, 64) + " %"
	}
	whole := math.Round(share * 100)
	if share < 1 {
		whole = min(whole, 99)
	}
	return strconv.FormatFloat(whole, 'f', 0, 64) + " %"
}

func rateText(rate float64) string {
	if rate < 10 {
		return strconv.FormatFloat(rate, 'f', 1, 64)
	}
	return thousands(int64(math.Round(rate)))
}

// durationWords writes a duration with its two largest units.
func durationWords(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return units(d, time.Minute, " min ", time.Second, " s")
	case d < 24*time.Hour:
		return units(d, time.Hour, " h ", time.Minute, " min")
	}
	return units(d, 24*time.Hour, " d ", time.Hour, " h")
}

func units(d, large time.Duration, name string, small time.Duration, smallName string) string {
	text := strconv.Itoa(int(d/large)) + name
	if rest := d % large / small; rest > 0 {
		return text + strconv.Itoa(int(rest)) + smallName
	}
	return strings.TrimSpace(text)
}
