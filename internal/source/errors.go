package source

import (
	"strconv"
	"strings"

	"github.com/crmsync/crmsync/internal/durable"
)

// InputError says why an input can't be opened, or can't be read on. Nothing
// after it can be read.
type InputError struct {
	Input   string // as the user named it; "stdin" for "-"
	Line    int64  // where, from 1; 0 where a line says nothing
	Problem string // what is wrong
	Advice  string // what to do, may be ""
	Err     error  // the cause, may be nil
}

func (e *InputError) Error() string {
	var b strings.Builder
	b.WriteString(e.Input)
	if e.Line > 0 {
		b.WriteString(", line ")
		b.WriteString(strconv.FormatInt(e.Line, 10))
	}
	b.WriteString(": ")
	b.WriteString(e.Problem)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(durable.Cause(e.Err).Error())
	}
	return b.String()
}

func (e *InputError) Unwrap() error { return e.Err }

// Hint says what to do about the error, "" where there is nothing to say.
func (e *InputError) Hint() string { return e.Advice }

// keptRaw is how much of an unreadable record's text is kept, in bytes: enough
// to mend any record a person would mend by hand.
const keptRaw = 64 << 10

// rawText is the kept part of an unreadable record's text, as valid UTF-8.
func rawText(b []byte) string {
	if len(b) > keptRaw {
		b = b[:keptRaw]
		// A character that was cut in two is not a broken character.
		for cut := 1; cut < 4; cut++ {
			if b[len(b)-cut]&0xC0 != 0x80 {
				if b[len(b)-cut] >= 0xC0 {
					b = b[:len(b)-cut]
				}
				break
			}
		}
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// plural is "1 line", "2 lines".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
