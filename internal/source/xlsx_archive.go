package source

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// archive is a workbook as the ZIP archive that it is. What the library would
// pass over in silence is found out here, before the run: a part that is
// damaged or cut off, cells that refer to nothing, missing results of
// formulas.
type archive struct {
	name  string
	parts map[string]*zip.File
}

// otherParts bounds what is not read row by row and is in memory as a whole.
const otherParts = 256 << 20

func openArchive(name string, file io.ReaderAt, size int64) (*archive, error) {
	z, err := zip.NewReader(file, size)
	if errors.Is(err, zip.ErrFormat) {
		err = errors.New("it is cut off or damaged") // its end is what tells where its parts are
	}
	if err != nil {
		return nil, damagedWorkbook(name, err)
	}
	a := &archive{name: name, parts: make(map[string]*zip.File)}
	var total, other uint64
	for _, part := range z.File {
		key := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
		a.parts[key] = part
		n := part.UncompressedSize64
		total += n
		if key != "xl/sharedstrings.xml" && !strings.HasPrefix(key, "xl/worksheets/sheet") {
			other += n
		}
		if n > unpackedLimit || total > unpackedLimit || other > otherParts {
			return nil, &InputError{
				Input: name, Problem: "the workbook is too large: unpacked it would take more than 2 GiB, or pictures and the like more than 256 MiB",
				Advice: "save the sheet as CSV",
			}
		}
	}
	if a.parts["[content_types].xml"] == nil {
		return nil, &InputError{
			Input: name, Problem: "this is a ZIP archive without an Excel workbook in it",
			Advice: "unpack it, and name the file in it that holds the records",
		}
	}
	return a, nil
}

// decode opens a part as XML.
func (a *archive) decode(ctx context.Context, part string) (*xml.Decoder, io.Closer, error) {
	f := a.parts[strings.ToLower(part)]
	if f == nil {
		return nil, nil, a.damaged(part, fmt.Errorf("it is missing"))
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, a.damaged(part, err)
	}
	d := xml.NewDecoder(&shortTexts{src: &patient{ctx, r}})
	d.CharsetReader = func(name string, src io.Reader) (io.Reader, error) {
		enc, err := htmlindex.Get(name)
		if err != nil {
			return nil, err
		}
		return enc.NewDecoder().Reader(src), nil
	}
	return d, r, nil
}

// longestText bounds a single text of a workbook, which is in memory several
// times. Excel's own bound for a cell is 32,767 characters; a small file made to
// fill the memory has one of gigabytes.
const longestText = 16 << 20

// shortTexts reads XML in which no text is longer than longestText.
type shortTexts struct {
	src   io.Reader
	since int // bytes since the last "<"
}

func (s *shortTexts) Read(p []byte) (int, error) {
	n, err := s.src.Read(p)
	if i := bytes.LastIndexByte(p[:n], '<'); i >= 0 {
		s.since = n - i
	} else if s.since += n; s.since > longestText {
		return 0, errors.New("one of its texts is longer than 16 MiB")
	}
	return n, err
}

func (a *archive) damaged(part string, err error) error {
	return &InputError{
		Input: a.name, Problem: "the workbook is damaged, in its part " + part, Err: err,
		Advice: "open it in Excel and save it again, or fetch it again",
	}
}

// sheetPart is one sheet and where it stands in the archive.
type sheetPart struct {
	name, part, reason string
	hidden             bool
}

// sheets are those that have cells, in the workbook's order.
func (a *archive) sheets() ([]sheetPart, error) {
	var book struct {
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		Relationships []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	for part, into := range map[string]any{"xl/workbook.xml": &book, "xl/_rels/workbook.xml.rels": &links} {
		d, closer, err := a.decode(context.Background(), part)
		if err != nil {
			return nil, err
		}
		err = d.Decode(into)
		closer.Close()
		if err != nil {
			return nil, a.damaged(part, err)
		}
	}
	targets := make(map[string]string)
	for _, link := range links.Relationships {
		target := strings.TrimPrefix(link.Target, "/")
		if !strings.HasPrefix(link.Target, "/") {
			target = path.Join("xl", link.Target)
		}
		targets[link.ID] = target
	}
	var sheets []sheetPart
	for _, s := range book.Sheets {
		target := ""
		for _, attr := range s.Attrs {
			if attr.Name.Local == "id" {
				target = targets[attr.Value]
			}
		}
		if strings.HasPrefix(strings.ToLower(target), "xl/worksheets/") { // not a sheet of its own for a chart
			sheets = append(sheets, sheetPart{name: s.Name, part: target, hidden: s.State != "" && s.State != "visible"})
		}
	}
	return sheets, nil
}

// sheet finds the sheet to read: by name, or the first one that isn't hidden.
func (a *archive) sheet(wanted string) (sheetPart, error) {
	sheets, err := a.sheets()
	if err != nil {
		return sheetPart{}, err
	}
	if wanted != "" {
		var names []string
		for _, s := range sheets {
			if strings.EqualFold(strings.TrimSpace(wanted), strings.TrimSpace(s.name)) {
				s.reason = "--sheet says so"
				return s, nil
			}
			names = append(names, fmt.Sprintf("%q", s.name))
		}
		return sheetPart{}, &InputError{
			Input: a.name, Problem: fmt.Sprintf("the workbook has no sheet %q", wanted), Advice: "it has " + strings.Join(names, ", "),
		}
	}
	for _, s := range sheets {
		if !s.hidden {
			s.reason = "it is the first one"
			return s, nil
		}
	}
	if len(sheets) == 0 {
		return sheetPart{}, &InputError{Input: a.name, Problem: "the workbook has no sheet with cells", Advice: "charts alone are no records: name a workbook that has rows"}
	}
	sheets[0].reason = "it is the first one; all are hidden"
	return sheets[0], nil
}

// Sheets are the names of a workbook's sheets with cells, hidden ones
// included, in its order. Only the workbook's table of contents is read.
func Sheets(name string) ([]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	a, err := openArchive(name, file, info.Size())
	if err != nil {
		return nil, err
	}
	sheets, err := a.sheets()
	var names []string
	for _, s := range sheets {
		names = append(names, s.name)
	}
	return names, err
}

// walk calls visit for each element of a part that no visit read.
func (a *archive) walk(ctx context.Context, part string, visit func(*xml.Decoder, xml.StartElement) error) error {
	d, closer, err := a.decode(ctx, part)
	if err != nil {
		return err
	}
	defer closer.Close()
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if e, ok := token.(xml.StartElement); ok && err == nil {
			err = visit(d, e)
		}
		if ctx.Err() != nil {
			return &interruption{context.Cause(ctx)}
		}
		if err != nil {
			return a.damaged(part, err)
		}
	}
}
