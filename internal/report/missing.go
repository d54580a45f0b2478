package report

import (
	"bytes"
	"fmt"
)

// Missing is what --report-missing found: match values that an earlier run sent
// and the input no longer has.
type Missing struct {
	Count  int64    `json:"count"`
	Values []string `json:"values"` // the first of them
}

func writeMissing(b *bytes.Buffer, m *Missing, note string) {
	if m != nil {
		writeMissingValues(b, m)
	} else if note != "" {
		fmt.Fprintln(b)
	}
	if note != "" {
		fmt.Fprintln(b, note)
	}
}

func writeMissingValues(b *bytes.Buffer, m *Missing) {
	if m.Count == 0 {
		fmt.Fprintln(b, "\nnothing that was sent earlier is missing from the input")
		return
	}
	fmt.Fprintf(b, "\nsent earlier, and missing from the input: %d (nothing is deleted)\n", m.Count)
	for _, value := range m.Values {
		fmt.Fprintf(b, "  %s\n", Clean(value))
	}
	if rest := m.Count - int64(len(m.Values)); rest > 0 {
		fmt.Fprintf(b, "  and %d more\n", rest)
	}
}
