package source

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheetCheck is what one pass over a sheet found.
type sheetCheck struct {
	rows     int // the last one's number
	hidden   int64
	merged   int64
	problems map[int][]cellProblem // by row
	kinds    sheetKinds
}

// cellProblem is why a cell has no value.
type cellProblem struct {
	column int // from 0
	what   string
}

// mostProblems bounds the memory for cells without a value.
const mostProblems = 100_000

// check reads a sheet, and the texts it refers to, to the end.
func (a *archive) check(ctx context.Context, sheet sheetPart) (*sheetCheck, error) {
	texts := 0
	const shared = "xl/sharedStrings.xml"
	if a.parts[strings.ToLower(shared)] != nil {
		err := a.walk(ctx, shared, func(d *xml.Decoder, e xml.StartElement) error {
			if e.Name.Local == "si" {
				texts++
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	c := sheetPass{texts: texts, found: &sheetCheck{problems: make(map[int][]cellProblem)}}
	if err := a.walk(ctx, sheet.part, c.element); err != nil {
		return nil, err
	}
	return c.found, nil
}

// sheetPass goes through a sheet's elements.
type sheetPass struct {
	texts    int
	found    *sheetCheck
	column   int
	problems int
}

func (s *sheetPass) element(d *xml.Decoder, e xml.StartElement) error {
	switch e.Name.Local {
	case "row":
		row := s.found.rows + 1
		if at := attr(e, "r"); at != "" {
			var err error
			if row, err = strconv.Atoi(at); err != nil || row <= s.found.rows {
				return fmt.Errorf("row %q follows row %d", at, s.found.rows)
			}
		}
		s.found.rows, s.column = row, -1
		if h := attr(e, "hidden"); h == "1" || h == "true" {
			s.found.hidden++
		}
	case "c":
		return s.cell(d, e)
	case "mergeCell":
		s.found.merged++
	}
	return nil
}

// cell judges a cell.
func (s *sheetPass) cell(d *xml.Decoder, e xml.StartElement) error {
	column := s.column + 1
	if at := attr(e, "r"); at != "" {
		n, row, err := excelize.CellNameToCoordinates(at)
		if err != nil || n-1 <= s.column || row != s.found.rows {
			return fmt.Errorf("cell %q stands in row %d after column %d", at, s.found.rows, s.column+1)
		}
		column = n - 1
	}
	s.column = column
	var value strings.Builder
	var formula, hasValue, inValue bool
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			formula = formula || t.Name.Local == "f"
			inValue = t.Name.Local == "v"
			hasValue = hasValue || inValue || t.Name.Local == "is"
		case xml.EndElement:
			depth--
			inValue = false
		case xml.CharData:
			if inValue {
				value.Write(t)
			}
		}
	}
	switch kind := attr(e, "t"); {
	case kind == "s" && value.Len() > 0:
		if n, err := strconv.Atoi(strings.TrimSpace(value.String())); err != nil || n < 0 || n >= s.texts {
			return fmt.Errorf("a cell in row %d refers to text %s of %d", s.found.rows, value.String(), s.texts)
		}
	case formula && !hasValue:
		return s.problem("its formula was never calculated")
	}
	if !hasValue {
		return nil
	}
	return s.found.kinds.note(s.found.rows, column, kindOf(e))
}

// kindOf tells from a cell's attributes what it holds.
func kindOf(e xml.StartElement) cellKind {
	switch attr(e, "t") {
	case "b":
		return booleanCell
	case "", "n":
		style, err := strconv.Atoi(attr(e, "s"))
		if err != nil || style < 0 || style >= 1<<16-int(numberCell) {
			style = 0 // that of a cell which names none
		}
		return numberCell + cellKind(style)
	}
	return textCell
}

func (s *sheetPass) problem(what string) error {
	if s.problems++; s.problems > mostProblems {
		return fmt.Errorf("more than %d cells hold formulas that were never calculated", mostProblems)
	}
	row := s.found.rows
	s.found.problems[row] = append(s.found.problems[row], cellProblem{s.column, what})
	return nil
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
