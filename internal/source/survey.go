package source

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// sampleSize is how much of a stream decides on its encoding at most, in bytes
// after decompression: nothing later can be known.
const sampleSize = 1 << 20

// survey is what one pass over an input's bytes found out.
type survey struct {
	compression string
	sample      []byte // the first bytes, decompressed
	whole       bool   // the sample is all there is
	text        textCount
	checked     bool // text counts the whole input, not the sample alone
	size        int64
	fingerprint string
}

// surveyFile reads a regular file once, to its end: compression is proved
// sound, the text is counted, and the raw bytes are fingerprinted on the way if
// somebody wants to know the file again.
func surveyFile(ctx context.Context, in *input, fingerprint bool) (*survey, error) {
	var file io.Reader = &counted{&patient{ctx, in.file}, &in.read}
	hash := sha256.New()
	if fingerprint {
		file = io.TeeReader(file, hash)
	}
	raw := bufio.NewReaderSize(file, 128<<10)
	head, err := raw.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	s := &survey{compression: compressionOf(head), checked: true}
	src, free, err := in.decompress(raw, s.compression)
	if err != nil {
		return nil, err
	}
	defer free()

	var total int64
	buf := make([]byte, 128<<10)
	s.sample = make([]byte, 0, sniffSize)
	kept := 0 // the start of a character that the last read cut in two
	for {
		n, err := src.Read(buf[kept:])
		fresh := buf[kept : kept+n]
		if room := cap(s.sample) - len(s.sample); room > 0 {
			s.sample = append(s.sample, fresh[:min(room, n)]...)
		}
		total += int64(n)
		filled := buf[:kept+n]
		if err == nil {
			kept = copy(buf, filled[s.text.add(filled, false):])
			continue
		}
		s.text.add(filled, true)
		if err != io.EOF {
			return nil, err
		}
		break
	}
	// What follows the end of the compressed data belongs to the file too.
	if _, err := io.Copy(io.Discard, raw); err != nil {
		return nil, err
	}
	s.whole = total == int64(len(s.sample))
	s.size = in.read.Swap(0)
	if fingerprint {
		s.fingerprint = "sha256:" + hex.EncodeToString(hash.Sum(nil))
	}
	if _, err := in.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return s, nil
}

// patient ends a long pass over a file when the context ends.
type patient struct {
	ctx context.Context
	src io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if p.ctx.Err() != nil {
		return 0, &interruption{context.Cause(p.ctx)}
	}
	return p.src.Read(b)
}

// textCount tells UTF-8 from other encodings.
type textCount struct {
	multi  int64 // bytes of valid multi-byte characters
	broken int64 // places, runs of invalid bytes, that are not valid UTF-8
	inRun  bool
	first  []byte // what stands around the first broken place
}

// around is how many bytes before and after a broken place are kept.
const around = 40

// keep takes note of what stands around place i of b.
func (t *textCount) keep(b []byte, i int) {
	const ends = ",;\t|\"\r\n"
	from, to := max(0, i-around), min(len(b), i+around)
	from += bytes.LastIndexAny(b[from:i], ends) + 1
	if n := bytes.IndexAny(b[i:to], ends); n >= 0 {
		to = i + n
	}
	t.first = bytes.Clone(b[from:to])
}

// sample is the cell with the first broken place, or a part of it, as Windows-1252.
func (t *textCount) sample() string {
	text, _ := charmap.Windows1252.NewDecoder().Bytes(t.first)
	return strings.TrimSpace(string(text))
}

// add counts b and returns how much of it was counted: what is left at its end
// is the start of a character, to be handed in again with what follows. At the
// end of the input all is counted.
func (t *textCount) add(b []byte, end bool) int {
	high := highBytes(b)
	if high == 0 {
		t.inRun = t.inRun && len(b) == 0
		return len(b)
	}
	n := len(b)
	if !end {
		n -= cutRune(b)
	}
	if utf8.Valid(b[:n]) {
		t.multi += high - int64(len(b)-n)
		t.inRun = false
		return n
	}
	for rest := b[:n]; len(rest) > 0; {
		if rest[0] < utf8.RuneSelf {
			rest, t.inRun = rest[1:], false
			continue
		}
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		if r != utf8.RuneError || size > 1 {
			t.multi += int64(size)
			t.inRun = false
			continue
		}
		if !t.inRun {
			if t.broken == 0 {
				t.keep(b[:n], n-len(rest)-size)
			}
			t.broken++
		}
		t.inRun = true
	}
	return n
}

// cutRune is how many bytes at the end of b begin a character that could go on.
func cutRune(b []byte) int {
	for i := 1; i <= min(3, len(b)); i++ {
		c := b[len(b)-i]
		if c&0xC0 == 0x80 {
			continue
		}
		if c >= 0xC0 && !utf8.FullRune(b[len(b)-i:]) {
			return i
		}
		return 0
	}
	return 0
}

// highBytes counts the bytes that are not ASCII.
func highBytes(b []byte) int64 {
	var n int
	for len(b) >= 32 {
		const m = 0x8080808080808080
		w0, w1 := binary.LittleEndian.Uint64(b)&m, binary.LittleEndian.Uint64(b[8:])&m
		w2, w3 := binary.LittleEndian.Uint64(b[16:])&m, binary.LittleEndian.Uint64(b[24:])&m
		if w0|w1|w2|w3 != 0 {
			n += bits.OnesCount64(w0) + bits.OnesCount64(w1) + bits.OnesCount64(w2) + bits.OnesCount64(w3)
		}
		b = b[32:]
	}
	for _, c := range b {
		n += int(c >> 7)
	}
	return int64(n)
}
