package report

import (
	"errors"
	"strings"

	"github.com/crmsync/crmsync/internal/push"
)

// hintOf is the way out that an error carries, or "".
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// hints say what to do about records that were rejected before they were sent,
// by what the reason says. The first that fits counts.
var hints = []struct{ part, hint string }{
	{"is not a number", "If all values of the column are written like this, --locale says how; if only some are, mend those."},
	{"is not a date", "If all values of the column are written like this, --locale says how, or a mapping file gives the column a format; if only some are, mend those."},
	{"is neither yes nor no", "If all values of the column are written like this, --locale knows the words of other languages; a mapping file can replace them."},
	{"is none of its options", "Add the option in the CRM, mend the value, or replace it with values: in a mapping file."},
	{"but text has 255 at most", "The CRM takes no longer text: shorten it. Nothing is cut off by itself."},
	{"the match value is", "A record without a match value would be created again by each run: fill it in, or leave the record out."},
	{"so the person can't be found again", "A person without an address would be created again by each run: fill it in, or leave the record out."},
	{"is not a record id", "A relation takes the related record's id; a mapping file can look it up by a known value."},
	{"but the header names", "A cell holds the delimiter, or a quote is missing. The record as it was stands in crmsync_raw of the reject file."},
	{"the quote that opens the cell is not closed", "Close the quote, or double it if it is part of the text."},
	{"occurs twice in", "Keep one of the two values."},
	{"has not been mended", "Write the values of crmsync_raw into the other columns (of _crmsync.raw into keys of their own), and empty it."},
	{"is not valid UTF-8", "Save the file as UTF-8, or name its encoding with --encoding."},
	{"is no attribute of", "--map KEY=ATTR says where the key goes, --map KEY= drops it."},
}

// rejectHint says what to do about the records that were rejected for a reason.
func rejectHint(why push.Reason) string {
	switch status := why.Status; {
	case status == 0:
		for _, h := range hints {
			if strings.Contains(why.Error, h.part) {
				return h.hint
			}
		}
		return "Mend the records in the reject file and push it again."
	case status == 404:
		return "The CRM doesn't know what the record refers to: a related record may have been deleted."
	case status == 409:
		return "Another record of the CRM has a value that must be unique: find it there, and mend one of the two."
	case status == 408, status == 425, status == 429, status >= 500:
		return "Nothing is wrong with the records: all tries were used up. Push the reject file when the CRM answers again."
	default:
		return "The CRM refused what passed the checks of its schema: what it says above tells which value. Mend it in the reject file."
	}
}
