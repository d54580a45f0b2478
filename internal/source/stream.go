package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"time"
)

// streamPause is how long a stream may be silent before what has arrived decides
// how it is written, if it can: somebody who writes a record a second has them
// sent a record a second.
const streamPause = 250 * time.Millisecond

// errSilent says that a stream was silent for so long. Its next read waits on.
var errSilent = errors.New("nothing has arrived")

// surveyStream reads the beginning of a stream: a megabyte, or less where it is
// silent after enough has arrived. It returns the whole decompressed stream too,
// the sample included.
func surveyStream(ctx context.Context, in *input, named Format, opts Options) (*survey, io.Reader, func(), error) {
	raw := bufio.NewReaderSize(&counted{in.stream, &in.read}, 64<<10)
	head, err := raw.Peek(1)
	if mayBePacked(head) {
		head, err = raw.Peek(4)
	}
	if err != nil && err != io.EOF {
		return nil, nil, nil, err
	}
	s := &survey{compression: compressionOf(head), size: -1}
	src, free, err := in.decompress(raw, s.compression)
	if err != nil {
		return nil, nil, nil, err
	}
	waits := in.stream
	if s.compression != "" {
		// A decompressor can't go on after an error, so the silence is told
		// behind it.
		behind := newInterruptible(ctx, src)
		src, waits = behind, behind
		release := free
		free = func() {
			behind.close()
			if !behind.waiting {
				release()
				return
			}
			go func() { // a read that nobody waits for any more still decompresses
				<-behind.got
				release()
			}()
		}
	}
	waits.pause = streamPause
	err = s.gather(src, func() bool { return s.enough(in.name, named, opts) })
	waits.pause = 0
	if err != nil {
		free()
		return nil, nil, nil, err
	}
	return s, io.MultiReader(bytes.NewReader(s.sample), src), free, nil
}

// gather reads the sample. Where src is silent, enough tells whether it will do.
func (s *survey) gather(src io.Reader, enough func() bool) error {
	s.sample = make([]byte, 0, 64<<10)
	for done := false; !done && len(s.sample) < sampleSize; {
		if len(s.sample) == cap(s.sample) {
			s.sample = append(make([]byte, 0, 2*cap(s.sample)), s.sample...)
		}
		n, err := src.Read(s.sample[len(s.sample):min(cap(s.sample), sampleSize)])
		s.sample = s.sample[:len(s.sample)+n]
		switch {
		case err == errSilent:
			done = enough()
		case err == io.EOF:
			s.whole, done = true, true
		case err != nil:
			return err
		}
	}
	s.text.add(s.sample, s.whole)
	return nil
}

// enough tells whether the sample leaves no doubt about encoding, format and
// delimiter: more of it could not lead to another reading, only to records that
// are refused.
func (s *survey) enough(name string, named Format, opts Options) bool {
	if isZip(s.sample) || named == XLSX || opts.Format == XLSX {
		return false
	}
	soFar := survey{sample: s.sample}
	soFar.text.add(s.sample, false)
	c, err := chooseCharset(name, opts.Encoding, &soFar)
	if err != nil || c.guessed && !surelyWestern(s.sample) {
		return false
	}
	text := c.text(&soFar)
	if bytes.IndexByte(text, 0) >= 0 {
		return false
	}
	format := opts.Format
	if format == Auto {
		format = named
	}
	begin := bytes.TrimLeft(text, " \t\r\n")
	if len(begin) == 0 {
		return false
	}
	line, after, ended := bytes.Cut(begin, []byte{'\n'})
	rest := bytes.TrimLeft(begin[1:], " \t\r\n")
	switch {
	case format == CSV || format == TSV:
	case format == NDJSON || begin[0] == '{' && len(rest) > 0 && (rest[0] == '"' || rest[0] == '}'):
		return ended && (closed(line) || len(bytes.TrimSpace(after)) > 0)
	case begin[0] == '[' && len(rest) > 0 && (rest[0] == '{' || rest[0] == ']') && !closed(line):
		return true
	case len(rest) == 0 && (begin[0] == '{' || begin[0] == '['):
		return false
	}
	return clearLayout(text, opts, format)
}

// clearLayout tells whether the text holds a header and a record of CSV that can
// be divided in one way only.
func clearLayout(text []byte, opts Options, format Format) bool {
	delimiter, said := sepLine(text)
	skip := 0
	if said {
		skip = 1
	}
	if opts.HeaderRow > 1 && len(opts.Columns) == 0 {
		skip = max(skip, opts.HeaderRow-1)
	}
	text = skipLines(text, skip)
	lines := 2
	if len(opts.Columns) > 0 {
		lines = 1
	}
	ended := func(d rune) bool { return trialRead(text, false, d, len(opts.Columns)).ended() >= lines }
	switch {
	case opts.Delimiter != 0:
		return ended(opts.Delimiter)
	case said:
		return ended(delimiter)
	case format == TSV:
		return ended('\t')
	}
	if len(opts.Columns) > 1 {
		return false // without a header all records have a say
	}
	var possible []rune
	for _, d := range delimiters {
		if t := trialRead(text, false, d, 0); t.columns > 1 && len(opts.Columns) == 0 {
			possible = append(possible, d)
		}
	}
	switch len(possible) {
	case 0:
		return ended(delimiters[0])
	case 1:
		return ended(possible[0])
	}
	return false
}

// ended counts the records that end in a line feed. A carriage return at the end
// of the text may still be half of a line end.
func (t trial) ended() int { return t.endings[endLF] + t.endings[endCRLF] }
