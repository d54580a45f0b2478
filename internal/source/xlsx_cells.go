package source

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// cellKind says what a cell's stored text stands for: text, a boolean, or a
// number with the format of one of the workbook's styles. Cells are handed out
// as data rather than as Excel shows them: dates and times in ISO, numbers
// without grouping, percent signs and units.
type cellKind uint16

const (
	textCell    cellKind = iota
	booleanCell          // stored as 1 or 0
	numberCell           // with style n it is numberCell + n
)

// cellStyles are the number formats of a workbook, by style.
type cellStyles struct {
	formats []numberFormat
	from    time.Time // day 0
	is1904  bool
}

// numberFormat is what a style makes of a number.
type numberFormat struct {
	kind    formatKind
	zeros   int  // an identifier's digits
	seconds bool // elapsed time is shown to the second
}

// formatKind is what a number format makes of a number.
type formatKind int

const (
	number     formatKind = iota
	dateOnly              // a day
	withTime              // a day and a time, or a time alone
	elapsed               // a duration, in hours
	identifier            // with leading zeros
)

// stylesOf reads the number formats of a workbook.
func stylesOf(book *excelize.File) (cellStyles, error) {
	s := cellStyles{from: time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)}
	props, err := book.GetWorkbookProps()
	if err != nil {
		return s, err
	}
	if props.Date1904 != nil && *props.Date1904 {
		s.is1904, s.from = true, time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if book.Styles == nil || book.Styles.CellXfs == nil {
		return s, nil
	}
	codes := make(map[int]string)
	if book.Styles.NumFmts != nil {
		for _, f := range book.Styles.NumFmts.NumFmt {
			codes[f.NumFmtID] = f.FormatCode
		}
	}
	for _, xf := range book.Styles.CellXfs.Xf {
		id := 0
		if xf.NumFmtID != nil {
			id = *xf.NumFmtID
		}
		s.formats = append(s.formats, formatOf(id, codes[id]))
	}
	return s, nil
}

var (
	literals     = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.`)
	elapsedCode  = regexp.MustCompile(`(?i)\[(h+|m+|s+)\]`)
	brackets     = regexp.MustCompile(`\[[^\]]*\]`)
	onlyZeros    = regexp.MustCompile(`^0{2,}$`)
	amPM         = regexp.MustCompile(`(?i)am/pm|a/p`)
	builtInDates = map[int]numberFormat{
		14: {kind: dateOnly}, 15: {kind: dateOnly}, 16: {kind: dateOnly}, 17: {kind: dateOnly},
		18: {kind: withTime}, 19: {kind: withTime}, 20: {kind: withTime}, 21: {kind: withTime}, 22: {kind: withTime},
		45: {kind: elapsed, seconds: true}, 46: {kind: elapsed, seconds: true}, 47: {kind: elapsed, seconds: true},
	}
)

// formatOf judges a number format: one of the numbers that Excel has built in,
// some of which mean dates in East Asian editions only, or a code.
func formatOf(id int, code string) numberFormat {
	if code == "" {
		if id >= 27 && id <= 36 || id >= 50 && id <= 58 {
			return numberFormat{kind: dateOnly}
		}
		return builtInDates[id]
	}
	if onlyZeros.MatchString(code) {
		return numberFormat{kind: identifier, zeros: len(code)}
	}
	code, _, _ = strings.Cut(literals.ReplaceAllString(code, ""), ";")
	if elapsedCode.MatchString(code) {
		return numberFormat{kind: elapsed, seconds: strings.ContainsAny(code, "sS")}
	}
	code = strings.ToLower(brackets.ReplaceAllString(code, ""))
	hours := amPM.MatchString(code) || strings.ContainsAny(code, "hs")
	switch {
	case strings.Contains(code, "general"):
		return numberFormat{}
	case hours:
		return numberFormat{kind: withTime}
	case strings.ContainsAny(code, "ymd"):
		return numberFormat{kind: dateOnly}
	}
	return numberFormat{}
}

// text is a cell as it is handed out; isNumber tells that it is a plain number,
// whose decimal separator is a point.
func (s cellStyles) text(stored string, kind cellKind) (text string, isNumber bool) {
	switch {
	case kind == textCell || stored == "":
		return stored, false
	case kind == booleanCell:
		if stored == "1" || stored == "true" {
			return "TRUE", false
		}
		return "FALSE", false
	}
	var format numberFormat
	if style := int(kind - numberCell); style < len(s.formats) {
		format = s.formats[style]
	}
	if format.kind == number {
		return plainDigits(stored)
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(stored), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return stored, false
	}
	switch {
	case format.kind == identifier && n >= 0 && n < 1e15 && n == math.Trunc(n):
		digits := strconv.FormatFloat(n, 'f', 0, 64)
		return strings.Repeat("0", max(0, format.zeros-len(digits))) + digits, false
	case format.kind == elapsed && math.Abs(n) < 1e9:
		return elapsedTime(n, format.seconds), false
	case (format.kind == dateOnly || format.kind == withTime) && s.inCalendar(n, format.kind):
		return s.dateText(n, format.kind), false
	}
	return plainDigits(stored) // Excel shows such cells as ##### or rounded
}

// inCalendar tells whether a number of days is a date that Excel has.
func (s cellStyles) inCalendar(days float64, kind formatKind) bool {
	first := 0.0
	if kind == dateOnly && !s.is1904 {
		first = 1 // day 0 is a time without a day
	}
	return days >= first && s.from.AddDate(0, 0, int(days)).Year() <= 9999
}

// dateText writes a number of days as ISO 8601 does. Times of day, which Excel
// counts as day 0, are handed out as times. A time is data also where the format
// hides it: which day was meant, and in which zone, is not for the reader to guess.
func (s cellStyles) dateText(n float64, kind formatKind) string {
	days := math.Floor(n)
	seconds := int(math.Round((n - days) * 86400))
	if seconds == 86400 {
		days, seconds = days+1, 0
	}
	if kind == dateOnly && seconds == 0 {
		return s.day(int(days))
	}
	clock := time.Time{}.Add(time.Duration(seconds) * time.Second).Format("15:04:05")
	if days == 0 {
		return clock
	}
	return s.day(int(days)) + "T" + clock
}

// day is the date that Excel gives a number. It takes 1900 for a leap year, so
// day 60 is one that never was, and those before it are one off.
func (s cellStyles) day(n int) string {
	switch {
	case !s.is1904 && n == 60:
		return "1900-02-29"
	case !s.is1904 && n < 60:
		n++
	}
	return s.from.AddDate(0, 0, n).Format(time.DateOnly)
}

// elapsedTime writes a duration in days as hours, minutes and seconds.
func elapsedTime(days float64, seconds bool) string {
	sign := ""
	if days < 0 {
		sign, days = "-", -days
	}
	total := int64(math.Round(days * 86400))
	text := sign + strconv.FormatInt(total/3600, 10) + ":" + twoDigits(total/60%60)
	if seconds {
		text += ":" + twoDigits(total%60)
	}
	return text
}

func twoDigits(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// plainDigits writes a stored number as a decimal one. Whole numbers keep their
// digits however many they are. Fractions have the 15 digits that Excel has:
// what is stored beyond them is what binary numbers make of decimal ones, as in
// 1.2999999999999998. Numbers so large that Excel shows them with an exponent
// keep it: their last digits are lost already.
func plainDigits(stored string) (string, bool) {
	trimmed := strings.TrimSpace(stored)
	if digits := strings.TrimPrefix(trimmed, "-"); digits != "" && strings.Trim(digits, "0123456789") == "" {
		return trimmed, true
	}
	n, err := strconv.ParseFloat(trimmed, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return stored, false
	}
	if n, err = strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64); err != nil {
		return stored, false
	}
	if math.Abs(n) >= 1e15 {
		return strconv.FormatFloat(n, 'E', -1, 64), true
	}
	return strconv.FormatFloat(n, 'f', -1, 64), true
}
