package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
)

//go:embed page/page.css
var pageStyle string

//go:embed page/page.html
var pageText string

// mostBytes is how large a page may be. One that would be larger is made again
// with half of the details, up to leastDetail times.
const (
	mostBytes   = 290_000
	leastDetail = 6
	mostRuns    = 64 // pushes of a job that are told in detail
)

// HTML writes the run as one page that needs nothing else: no script, no
// network, and a policy in it that lets a browser load nothing. All text of the
// run is escaped. The page stays below 300 KB whatever the run.
func HTML(w io.Writer, s Summary) error {
	return writePage(w, func(level int) paper {
		p := newPage(s, level)
		return paper{Title: p.Headline, Program: p.Program, Finished: p.Finished, Runs: []*page{p}}
	})
}

// JobHTML writes a job as such a page.
func JobHTML(w io.Writer, j Job) error {
	return writePage(w, func(level int) paper {
		p := paper{Program: clip(j.Program, longestName), Finished: clock(j.Finished), Job: newPageJob(j, mostRuns>>level)}
		p.Title = p.Job.Headline
		for i, one := range j.Pushes[:min(len(j.Pushes), mostRuns>>level)] {
			run := newPage(one.Summary, level)
			run.Of = anchor(i)
			p.Runs = append(p.Runs, run)
		}
		return p
	})
}

// paper is what the template shows: one run, or a job with its runs.
type paper struct {
	Style             template.CSS
	StyleHash         string
	Title             string
	Job               *pageJob
	Runs              []*page
	Program, Finished string
}

// writePage writes the most detailed page that is small enough.
func writePage(w io.Writer, make func(level int) paper) error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	style := strings.ReplaceAll(pageStyle, "\r\n", "\n") // as a browser reads it
	hash := sha256.Sum256([]byte(style))
	var b bytes.Buffer
	for level := 0; level <= leastDetail; level++ {
		p := make(level)
		p.Style = template.CSS(style)
		p.StyleHash = "sha256-" + base64.StdEncoding.EncodeToString(hash[:])
		b.Reset()
		if err := t.Execute(&b, p); err != nil {
			return err
		}
		if b.Len() < mostBytes {
			break
		}
	}
	_, err = w.Write(b.Bytes())
	return err
}
