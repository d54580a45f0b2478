package source

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	// unpackedLimit is how large a workbook's parts may be together: beyond it,
	// a small file made to fill the disk is more likely than a real workbook.
	unpackedLimit = 2 << 30
	// textsInMemory is how large a sheet or the table of its texts may be to be
	// held in memory: a larger one is unpacked to a temporary file.
	textsInMemory = 1 << 20
	// headerSearch is among how many rows with content the header is looked for.
	headerSearch = 25
)

// xlsxReader reads one sheet of a workbook, row by row. Rows and columns that
// are hidden are read; of merged cells the first one has the value, as in the
// file. A row without content is no record.
type xlsxReader struct {
	in     *input
	size   int64
	book   *excelize.File
	rows   *excelize.Rows
	check  *sheetCheck
	styles cellStyles
	header header
	places []int // of the header's names in a row, from 0
	row    int   // rows read
	ahead  []sheetRow
	place  Position

	decimal string // of number cells
}

// sheetRow is one row with content.
type sheetRow struct {
	number  int
	cells   []string
	numbers []int // of the cells those that hold a plain number
}

// openWorkbook makes r read a sheet of the workbook.
func (r *Reader) openWorkbook(ctx context.Context, opts Options) error {
	x := &xlsxReader{in: r.in, size: r.info.Size, place: Position{Offset: -1, Line: 1}, decimal: opts.Decimal}
	r.free = x.close
	if r.in.file == nil || r.info.Compression != "" {
		return &InputError{
			Input: r.in.name, Problem: "a workbook can't be read from a pipe or compressed once more",
			Advice: "save it as a file, unpacked, and name that",
		}
	}
	if opts.Format != Auto && opts.Format != XLSX {
		return notText(r.in.name)
	}
	archive, err := openArchive(r.in.name, r.in.file, r.info.Size)
	if err != nil {
		return err
	}
	x.book, err = excelize.OpenReader(io.NewSectionReader(r.in.file, 0, r.info.Size), excelize.Options{UnzipSizeLimit: unpackedLimit, RawCellValue: true, UnzipXMLSizeLimit: textsInMemory})
	if err != nil {
		return damagedWorkbook(r.in.name, err)
	}
	sheet, err := archive.sheet(opts.Sheet)
	if err != nil {
		return err
	}
	if x.check, err = archive.check(ctx, sheet); err != nil {
		return err
	}
	if x.styles, err = stylesOf(x.book); err != nil {
		return damagedWorkbook(r.in.name, err)
	}
	if x.rows, err = x.book.Rows(sheet.name); err != nil {
		return damagedWorkbook(r.in.name, err)
	}
	r.info.Format, r.info.Encoding = XLSX, utf8Name
	r.because("format xlsx: the content is an Excel workbook")
	r.because("sheet %q: %s", sheet.name, sheet.reason)
	if x.check.hidden > 0 {
		r.because("%s hidden in the sheet, and read like the others", plural(x.check.hidden, "row"))
	}
	if x.check.merged > 0 {
		r.because("%s: the first cell of each has its value, the others are blank", plural(x.check.merged, "merged range"))
	}
	why, err := x.begin(opts)
	if err != nil {
		return err
	}
	r.because("header in row %d: %s", x.place.Line-1, why)
	r.columns, r.records = x.header.columns, x
	return nil
}

func damagedWorkbook(name string, err error) error {
	var known *InputError
	if errors.As(err, &known) {
		return err
	}
	return &InputError{
		Input: name, Problem: "the workbook can't be read", Err: err,
		Advice: "open it in Excel and save it again, or save it as CSV",
	}
}

func (x *xlsxReader) close() {
	if x.rows != nil {
		x.rows.Close()
	}
	if x.book != nil {
		x.book.Close()
	}
}

// begin finds the header and passes over it. It says why it is the header.
func (x *xlsxReader) begin(opts Options) (string, error) {
	if len(opts.Columns) > 0 {
		x.place.Line = 1
		return "none, the columns are named by --columns", x.setHeader(0, opts.Columns)
	}
	var found sheetRow
	why := "--header-row says so"
	if opts.HeaderRow > 0 {
		for found.number < opts.HeaderRow {
			var err error
			if found, err = x.next(); err == io.EOF {
				break
			} else if err != nil {
				return "", err
			}
		}
		if found.number != opts.HeaderRow {
			return "", &InputError{
				Input: x.in.name, Problem: fmt.Sprintf("row %d of the sheet is empty, so it can't hold the column names", opts.HeaderRow),
				Advice: "--header-row counts the sheet's rows from 1",
			}
		}
	} else {
		var rows []sheetRow
		for len(rows) < headerSearch {
			row, err := x.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return "", err
			}
			rows = append(rows, row)
		}
		if len(rows) == 0 {
			return "", &InputError{
				Input: x.in.name, Problem: "the sheet is empty: there is not even a header",
				Advice: "name another sheet with --sheet",
			}
		}
		i := headerAmong(rows)
		found, x.ahead = rows[i], rows[i+1:]
		why = "it is the first row that is as wide as the table and holds names"
		if looksLikeValues(found.cells) {
			return "", &InputError{
				Input: x.in.name, Line: int64(found.number), Problem: "no row holds column names: this one holds values",
				Advice: "name the columns with --columns, or the row with --header-row",
			}
		}
	}
	return why, x.setHeader(found.number, found.cells)
}

// headerAmong finds the header among the first rows: titles and notes above a
// table are narrower than it.
func headerAmong(rows []sheetRow) int {
	widest := 0
	for _, row := range rows {
		widest = max(widest, filled(row.cells))
	}
	for i, row := range rows {
		if n := filled(row.cells); n*3 >= widest*2 && !looksLikeValues(row.cells) {
			return i
		}
	}
	return 0
}

// filled counts the cells with content.
func filled(cells []string) int {
	n := 0
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			n++
		}
	}
	return n
}

// setHeader takes the names; columns without one, which spreadsheets have for
// looks, don't exist as long as they are empty.
func (x *xlsxReader) setHeader(row int, cells []string) error {
	var names []string
	for i, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			names = append(names, cell)
			x.places = append(x.places, i)
		}
	}
	var err error
	x.header, err = newHeader(x.in.name, int64(row), names)
	x.place.Line = int64(row) + 1
	return err
}

// next reads the next row with content.
func (x *xlsxReader) next() (sheetRow, error) {
	if len(x.ahead) > 0 {
		row := x.ahead[0]
		x.ahead = x.ahead[1:]
		return row, nil
	}
	for x.rows.Next() {
		x.row++
		cells, err := x.rows.Columns()
		if err != nil {
			return sheetRow{}, damagedWorkbook(x.in.name, err)
		}
		if x.row%256 == 0 && x.check.rows > 0 {
			x.in.read.Store(x.size * int64(x.row) / int64(x.check.rows))
		}
		if filled(cells) == 0 && len(x.check.problems[x.row]) == 0 {
			continue
		}
		row := sheetRow{number: x.row, cells: cells}
		for i, cell := range cells {
			if cell == "" {
				continue
			}
			var isNumber bool
			if cells[i], isNumber = x.styles.text(cell, x.check.kinds.of(x.row, i)); isNumber {
				row.numbers = append(row.numbers, i)
			}
		}
		return row, nil
	}
	if err := x.rows.Error(); err != nil {
		return sheetRow{}, damagedWorkbook(x.in.name, err)
	}
	x.in.read.Store(x.size)
	return sheetRow{}, io.EOF
}

// read makes a record of the next row.
func (x *xlsxReader) read() (Record, error) {
	row, err := x.next()
	if err != nil {
		return Record{}, err
	}
	if x.decimal != "" {
		for _, i := range row.numbers {
			row.cells[i] = strings.Replace(row.cells[i], ".", x.decimal, 1)
		}
	}
	rec := Record{Line: int64(row.number)}
	x.place.Line = rec.Line + 1
	x.place.Records++
	rec.End = x.place
	cells := make([]string, len(x.header.names))
	named := 0
	for i, cell := range row.cells {
		if named < len(x.places) && x.places[named] == i {
			cells[named] = cell
			named++
		} else if strings.TrimSpace(cell) != "" {
			return x.bad(rec, row, &RecordError{
				Problem: fmt.Sprintf("cell %s holds %.40q, but its column has no name", cellName(i, row.number), cell),
				Hint:    "name the column in the header, or clear the cell",
			}), nil
		}
	}
	for _, p := range x.check.problems[row.number] {
		for n, place := range x.places {
			if place == p.column && !strings.HasPrefix(x.header.names[n], ownPrefix) {
				return x.bad(rec, row, &RecordError{
					Problem: fmt.Sprintf("column %q, cell %s: %s", x.header.names[n], cellName(p.column, row.number), p.what),
					Hint:    "open the workbook in Excel and save it again",
				}), nil
			}
		}
	}
	rec.Cells = make([]string, len(x.header.keep))
	blank := true
	for n, i := range x.header.keep {
		rec.Cells[n] = cells[i]
		blank = blank && strings.TrimSpace(cells[i]) == ""
	}
	if blank && x.header.raw >= 0 && strings.TrimSpace(cells[x.header.raw]) != "" {
		rec.Cells, rec.Raw, rec.Err = nil, rawText([]byte(cells[x.header.raw])), unmended(otherColumns)
	} else if x.header.again(rec.Cells) {
		rec.Cells = nil
		return x.bad(rec, row, headerAgain()), nil
	}
	return rec, nil
}

// bad rejects a row; its text is what it would be as CSV.
func (x *xlsxReader) bad(rec Record, row sheetRow, problem *RecordError) Record {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write(row.cells)
	w.Flush()
	text := []byte(strings.TrimSuffix(b.String(), "\n"))
	rec.Raw, rec.Err = rawText(text), keptPart(text, problem)
	return rec
}

func cellName(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column+1, row)
	return name
}
