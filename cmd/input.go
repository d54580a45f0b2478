package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/journal"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/reject"
	"github.com/crmsync/crmsync/internal/report"
	"github.com/crmsync/crmsync/internal/source"
)

// input is one file of the run.
type input struct {
	path     string    // as given
	modified time.Time // when it was last written, before it was opened
	reader   *source.Reader
	info     source.Info
	mapper   *mapping.Mapper
	rejects  reject.Options
	held     *journal.RejectFile // its name, held against other runs; nil where it isn't
	through  push.Reader         // looks at the first records; nil where nobody has to
	stop     func()              // ends a wait for more of a stream
}

// openInputs opens every input and looks into it, so that what is wrong with
// the last one is known before the first is sent.
func (r *pushRun) openInputs(ctx context.Context) error {
	s := r.settings
	for _, path := range r.paths {
		if path == "-" {
			r.app.tellOfTerminal("the records")
		}
		modified := modifiedAt(path) // before it is read
		ctx, stop := context.WithCancel(ctx)
		reader, err := source.Open(ctx, path, source.Options{
			Format: s.format, Delimiter: s.delimiter, Encoding: s.encoding, Columns: s.columns, Sheet: s.sheet, HeaderRow: s.headerRow,
			Decimal: r.decimal(), Stdin: r.app.streams.In, Once: s.dryRun || r.crm != nil,
		})
		if err != nil {
			stop()
			return withClosestFile(err, path)
		}
		in := &input{path: path, modified: modified, reader: reader, info: reader.Info(), stop: stop}
		r.inputs = append(r.inputs, in)
		r.app.noteEncoding(in.info)
		if err := r.unfit(in.info.Format, in.info.Name); err != nil {
			return err
		}
		r.app.log.Debug("opened an input", "input", in.info.Name, "format", in.info.Format,
			"encoding", in.info.Encoding, "compression", in.info.Compression, "columns", reader.Columns())
		for _, reason := range in.info.Reasons {
			r.app.log.Debug(reason, "input", in.info.Name)
		}
	}
	return nil
}

// tellOfTerminal says what is waited for, where people are to type it.
func (a *app) tellOfTerminal(what string) {
	if a.streams.InTTY {
		a.note("reading " + what + " from the terminal: Ctrl-D on a line of its own ends them")
	}
}

// noteNothing says that inputs held no records at all: it may be what is wanted,
// or an export that failed.
func (r *pushRun) noteNothing(result *push.Result) {
	if result.Outcome == push.Complete && result.Read == 0 && r.settings.shard.Count == 0 {
		var names []string
		for _, in := range r.inputs {
			names = append(names, in.info.Name)
		}
		r.app.note(strings.Join(names, ", ") + ": there were no records to push")
	}
}

// noteEncoding says how a text is read that may be in another encoding: nobody but
// who knows the data can see whether it is garbled.
func (a *app) noteEncoding(info source.Info) {
	if info.Doubtful != "" {
		a.note(fmt.Sprintf("%s is not UTF-8, and is read as windows-1252 (Western European), with %q in it; if that is garbled, name the encoding, such as --encoding windows-1250",
			info.Name, report.Clean(info.Doubtful)))
	}
}

// noteCutOff says of inputs whose last value may be half of one.
func (r *pushRun) noteCutOff() {
	for _, in := range r.inputs {
		if line := in.reader.MayBeCut(); line > 0 {
			r.app.note(fmt.Sprintf("the last record of %s (line %d) has no line end: if the input was cut off, its last value may be cut, too", in.info.Name, line))
		}
	}
}

// modifiedAt is when a file was last written, the zero time where that can't be
// told.
func modifiedAt(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// forPush is the input as the pipeline takes it, but for its rejects.
func (in *input) forPush() push.Input {
	p := push.Input{Name: in.info.Name, Reader: in.reader, Mapper: in.mapper, Uncounted: in.isStream(), Interrupt: in.stop}
	if in.through != nil {
		p.Reader = in.through
	}
	return p
}

// isStream tells whether the input can be read once only, and may never end.
func (in *input) isStream() bool {
	if in.info.Stdin || openFile.MatchString(filepath.ToSlash(filepath.Clean(in.path))) {
		return true
	}
	info, err := os.Stat(in.path)
	return err == nil && !info.Mode().IsRegular()
}

// openFile are the names of what is open already, /dev/stdin above all: the shell
// may have opened a file, but nothing can be written beside it.
var openFile = regexp.MustCompile(`^/dev/(stdin|fd/\d+)$|^/proc/(self|thread-self|\d+)/fd/\d+$`)
