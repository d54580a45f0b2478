package source

import (
	"regexp"
	"strings"

	"github.com/xuri/excelize/v2"
)

// dateMark begins the text of a cell that holds a date or a time. No cell's own
// text can hold it: XML has no such character.
const dateMark = "\x01"

// plainStyles makes the library write cells as data rather than as Excel shows
// them: dates and times in ISO, numbers with a point and without grouping,
// percent signs, units. A format of nothing but zeros is kept: it says that
// the cell is an identifier like 00123.
func plainStyles(book *excelize.File) error {
	date := `"` + dateMark + `"yyyy\-mm\-dd`
	moment := date + `\Thh:mm:ss`
	dateFormat, err := numberFormat(book, date)
	if err != nil {
		return err
	}
	momentFormat, err := numberFormat(book, moment)
	if err != nil {
		return err
	}
	// A number format that exists nowhere leaves the cell's value as it is.
	none := 1 << 20
	codes := make(map[int]string)
	if book.Styles.NumFmts != nil {
		for _, f := range book.Styles.NumFmts.NumFmt {
			codes[f.NumFmtID] = f.FormatCode
		}
	}
	for i := range book.Styles.CellXfs.Xf {
		xf := &book.Styles.CellXfs.Xf[i]
		if xf.NumFmtID == nil || *xf.NumFmtID == dateFormat || *xf.NumFmtID == momentFormat {
			continue
		}
		id := none
		switch kindOfFormat(*xf.NumFmtID, codes[*xf.NumFmtID]) {
		case dateOnly:
			id = dateFormat
		case withTime:
			id = momentFormat
		case asShown:
			continue
		}
		xf.NumFmtID = &id
	}
	return nil
}

// numberFormat adds a number format to the workbook in memory.
func numberFormat(book *excelize.File, code string) (int, error) {
	style, err := book.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		return 0, err
	}
	return *book.Styles.CellXfs.Xf[style].NumFmtID, nil
}

// formatKind is what a number format makes of a number.
type formatKind int

const (
	number formatKind = iota
	dateOnly
	withTime
	asShown // elapsed hours, or an identifier with leading zeros
)

var (
	literals    = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.`)
	elapsed     = regexp.MustCompile(`(?i)\[(h+|m+|s+)\]`)
	brackets    = regexp.MustCompile(`\[[^\]]*\]`)
	onlyZeros   = regexp.MustCompile(`^0{2,}$`)
	amPM        = regexp.MustCompile(`(?i)am/pm|a/p`)
	builtInDate = map[int]formatKind{
		14: dateOnly, 15: dateOnly, 16: dateOnly, 17: dateOnly, 18: withTime, 19: withTime, 20: withTime, 21: withTime, 22: withTime,
		45: asShown, 46: asShown, 47: asShown,
	}
)

// kindOfFormat judges a number format: one of the numbers that Excel has built
// in, some of which mean dates in East Asian editions only, or a code.
func kindOfFormat(id int, code string) formatKind {
	if code == "" {
		if id >= 27 && id <= 36 || id >= 50 && id <= 58 {
			return dateOnly
		}
		return builtInDate[id]
	}
	if onlyZeros.MatchString(code) {
		return asShown
	}
	code, _, _ = strings.Cut(literals.ReplaceAllString(code, ""), ";")
	if elapsed.MatchString(code) {
		return asShown
	}
	code = strings.ToLower(brackets.ReplaceAllString(code, ""))
	hours := amPM.MatchString(code) || strings.ContainsAny(code, "hs")
	switch {
	case strings.Contains(code, "general"):
		return number
	case hours:
		return withTime
	case strings.ContainsAny(code, "ymd"):
		return dateOnly
	}
	return number
}

// shownCell is a cell's text as it is handed out. Times without a day, which
// Excel counts as day 0, are handed out as times.
func shownCell(cell string) string {
	value, marked := strings.CutPrefix(cell, dateMark)
	if !marked {
		return cell
	}
	if day, clock, found := strings.Cut(value, "T"); found && strings.HasSuffix(day, "-00") {
		return clock
	}
	return value
}
