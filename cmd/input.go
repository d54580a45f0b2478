package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/durable"
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

// writesRejects tells whether the run leaves reject files. A dry run touches
// none unless the command line names one: a file or a variable that configures
// real runs doesn't count.
func (r *pushRun) writesRejects() bool {
	return !r.settings.dryRun || r.conf.explicit["rejects"]
}

// placeRejects finds the reject file of each input and refuses places where it
// would overwrite something else.
func (r *pushRun) placeRejects(context.Context) error {
	named := r.settings.rejects
	asDirectory := isDirectory(named) || named != "" && os.IsPathSeparator(named[len(named)-1])
	ofSeveral := len(r.inputs) > 1 || r.part != nil && r.conf.explicit["rejects"]
	if ofSeveral && named != "" && !asDirectory {
		if isRecords(named) {
			return usage("name a directory, such as --rejects rejects, or leave it out: reject files stand beside their inputs then",
				"--rejects %s: with several inputs it names a directory, and this is the name of a file", named)
		}
		asDirectory = true
	}
	for i, in := range r.inputs {
		path := in.rejectPath()
		switch {
		case asDirectory:
			path = filepath.Join(named, filepath.Base(path))
		case named != "":
			path = named
		}
		in.rejects = in.rejectOptions(r.ofShard(path))
		for _, other := range r.inputs {
			if !other.isStream() && samePlace(path, other.path) {
				hint := "--rejects names another place"
				if named == "" {
					hint = "leave it out, for it is named like what an earlier run rejected; or " + hint
				}
				return usage(hint, "%s is an input and would also be the reject file of %s", other.path, in.info.Name)
			}
		}
		for _, other := range r.inputs[:i] {
			if samePlace(path, other.rejects.Path) {
				hint := "push them one by one"
				if !samePlace(in.rejectPath(), other.rejectPath()) {
					hint += ", or leave out --rejects: reject files stand beside their inputs then"
				}
				return usage(hint, "%s and %s would share the reject file %s", other.info.Name, in.info.Name, path)
			}
		}
	}
	if !r.writesRejects() {
		return nil
	}
	if asDirectory && !isDirectory(named) {
		if err := os.MkdirAll(named, 0o700); err != nil {
			problem := "the directory can't be made"
			if ofSeveral {
				problem = "with several inputs it names a directory, and none can be made"
			}
			return usage("leave out --rejects: reject files stand beside their inputs then", "--rejects %s: %s: %v", named, problem, durable.Cause(err))
		}
		r.made = named
	}
	for _, in := range r.inputs {
		if err := in.rejects.Check(); err != nil {
			return err
		}
	}
	return nil
}

// ofShard is the shard's own reject file: products.rejects.2-of-8.csv.
func (r *pushRun) ofShard(path string) string {
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + r.shardSuffix() + ext
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// rejectPath is where the rejects go unless --rejects says otherwise: the
// input's name with .rejects before its extension.
func (in *input) rejectPath() string {
	if in.isStream() {
		if in.info.Format == source.NDJSON || in.info.Format == source.JSON {
			return "stdin.rejects.ndjson"
		}
		return "stdin.rejects.csv"
	}
	dir, name := filepath.Split(in.path)
	for _, packed := range []string{".gz", ".zst"} {
		if len(name) > len(packed) && strings.EqualFold(name[len(name)-len(packed):], packed) {
			name = name[:len(name)-len(packed)]
			break
		}
	}
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if in.info.Format == source.XLSX {
		ext = ".csv" // a workbook can't be written record by record
	}
	return dir + stem + ".rejects" + ext
}

// rejectOptions has the reject file look like the input.
func (in *input) rejectOptions(path string) reject.Options {
	format := in.info.Format
	if format == source.XLSX {
		format = source.CSV
	}
	if format == source.JSON && in.isStream() {
		format = source.NDJSON // a stream's reject file is named .ndjson
	}
	return reject.Options{
		Path: path, Format: string(format), Delimiter: in.info.Delimiter, Columns: in.reader.Columns(),
		Encoding: in.info.Encoding, BOM: in.info.BOM, CRLF: in.info.CRLF,
	}
}
