package source

import "fmt"

func cutOff(n, width int) *RecordError {
	return &RecordError{
		Problem: fmt.Sprintf("the file ends in the middle of this record, after %s of %d, without a line end", plural(int64(n), "cell"), width),
		Hint:    "the file is cut off: make it anew; if this is all of it, write its empty cells and a line end",
	}
}

func tooManyCells(n, width int) *RecordError {
	return &RecordError{
		Problem: fmt.Sprintf("the record has %s, but the header names %s", plural(int64(n), "cell"), plural(int64(width), "column")),
		Hint:    "a cell that holds the delimiter must stand in quotes",
	}
}

const otherColumns = "the other columns"

// unmended is why a record of a reject file, of which the earlier run could
// keep the raw text only, is rejected once more: else it would be lost.
func unmended(where string) *RecordError {
	return &RecordError{
		Problem: "the record could not be read in an earlier run and has not been mended",
		Hint:    "write its values into " + where + ", or remove it",
	}
}

// reject makes rec a bad record.
func (c *csvReader) reject(rec *Record, raw []byte, err *RecordError) {
	rec.Raw, rec.Err = rawText(raw), keptPart(raw, err)
}

// keptPart adds to err that the raw text is not whole, where it isn't.
func keptPart(raw []byte, err *RecordError) *RecordError {
	if len(raw) > keptRaw {
		err.Problem += fmt.Sprintf("; of its %d bytes the first %d are kept", len(raw), keptRaw)
	}
	return err
}

// column names cell n for a person.
func (c *csvReader) column(n int) string {
	if n < len(c.header.names) {
		return fmt.Sprintf("column %q", c.header.names[n])
	}
	return fmt.Sprintf("cell %d", n+1)
}

// badCharError names the cell that holds the bad character at index i of raw.
func (c *csvReader) badCharError(raw []byte, i int) *RecordError {
	where := "the record"
	for n, s := range c.rec.cells {
		if i >= s.from && i < s.to {
			where = fmt.Sprintf("%s, byte %d", c.column(n), i-s.from+1)
			break
		}
	}
	return &RecordError{
		Problem: where + ": " + c.charset.badCharProblem(raw, i),
		Hint:    "mend the character, or name the file's encoding with --encoding if it is another",
	}
}
