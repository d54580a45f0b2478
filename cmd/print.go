package cmd

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/crmsync/crmsync/internal/report"
)

func printJSON(w io.Writer, v any) error {
	return report.EncodeJSON(w, v, "")
}

// printTable aligns columns. Cells come from the server, so they are cleaned.
func printTable(w io.Writer, rows [][]string) error {
	widths := map[int]int{}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = report.Clean(cell)
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cell)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
