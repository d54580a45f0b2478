package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

// inTwo is content compressed by a producer that flushes after its first part.
func inTwo(t *testing.T, first, rest string) (string, string) {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, first)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	n := b.Len()
	io.WriteString(w, rest)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()[:n], b.String()[n:]
}

func TestASlowStreamIsReadAsItsRecordsComeWhereThatLeavesNoDoubt(t *testing.T) {
	german := func(s string) string { return encoded(t, charmap.Windows1252, s) }
	wide := func(s string) string { return encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), s) }
	packed, packedRest := inTwo(t, "sku,name\nA,x\n", "B,y\n")
	for _, tt := range []struct {
		name   string
		opts   Options
		pieces []string // what arrives before the silence
		rest   string
		soon   int // records that are read in the silence; 0: it waits
	}{
		{"CSV", Options{}, []string{"sku,name\nA,x\n"}, "B,y\n", 1},
		{"CSV in pieces", Options{}, []string{"sk", "u;name\r", "\nA;", "1,5\r\n"}, "B;2,5\r\n", 1},
		{"three records", Options{}, []string{"sku,name\nA,x\nB,y\n", "C,z\nD"}, ",e\n", 3},
		{"one column", Options{}, []string{"sku\nA\n"}, "B\n", 1},
		{"quoted line ends", Options{}, []string{"sku,name\n\"A\",\"x\ny\"\n"}, "B,y\n", 1},
		{"named columns and a delimiter", Options{Columns: []string{"sku", "name"}, Delimiter: ';'}, []string{"A;x\n"}, "B;y\n", 1},
		{"one named column", Options{Columns: []string{"sku"}}, []string{"A\n"}, "B\n", 1},
		{"a sep= line", Options{}, []string{"sep=;\nsku;a,b\nA;1\n"}, "B;2\n", 1},
		{"TSV, said", Options{Format: TSV}, []string{"sku\ta,b\nA\t1\n"}, "B\t2\n", 1},
		{"a doubtful header, said", Options{Delimiter: ';'}, []string{"sku;a,b\nA;1\n"}, "B;2\n", 1},
		{"NDJSON", Options{}, []string{"{\"a\":1}\n"}, "{\"a\":2}\n", 1},
		{"NDJSON, said", Options{Format: NDJSON}, []string{"{\"a\":", "1}\n"}, "{\"a\":2}\n", 1},
		{"JSON over several lines", Options{}, []string{"{\n \"a\":1\n}\n"}, "{\n\"a\":2}\n", 1},
		{"an array", Options{}, []string{"[\n{\"a\":1},\n"}, "{\"a\":2}]", 1},
		{"UTF-8", Options{}, []string{"sku,größe\nA,ö\n"}, "B,ü\n", 1},
		{"UTF-8 with a byte order mark", Options{}, []string{"\uFEFFsku,name\nA,ö\n"}, "B,ü\n", 1},
		{"UTF-16", Options{}, []string{wide("sku,name\nA,x\n")}, wide("B,y\n"), 1},
		{"Windows-1252, said", Options{Encoding: "windows-1252"}, []string{german("sku,größe\nA,ö\n")}, german("B,ü\n"), 1},
		{"Windows-1252 that is surely Western", Options{}, []string{german("sku,name\nA," + strings.Repeat("größe ", 40) + "\n")}, german("B,ü\n"), 1},
		{"gzip", Options{}, []string{packed}, packedRest, 1},

		{"a header alone", Options{}, []string{"sku,name\n"}, "A,x\n", 0},
		{"half a record", Options{}, []string{"sku,name\nA,x"}, "y\n", 0},
		{"half a line end", Options{}, []string{"sku,name\r\nA,x\r"}, "\nB,y\r\n", 0},
		{"a header with two delimiters", Options{}, []string{"sku;a,b\nA;1,5\n"}, "B;2,5\nC;3\n", 0},
		{"named columns", Options{Columns: []string{"sku", "name"}}, []string{"A;x\n"}, "B;y\n", 0},
		{"line ends of old", Options{}, []string{"sku,name\rA,x\r"}, "B,y\r", 0},
		{"half a line of JSON", Options{}, []string{"{\"a\":1"}, "}\n", 0},
		{"a brace alone", Options{}, []string{"{\n"}, "\"a\":1}\n", 0},
		{"an array on one line", Options{}, []string{"[{\"a\":1}]\n"}, "", 0},
		{"blank lines", Options{}, []string{"\n\n\n\n"}, "sku\nA\n", 0},
		{"one letter that is not UTF-8", Options{}, []string{german("sku,name\nA,ö\n")}, german("B,ü\n"), 0},
		{"one letter that is not UTF-8, and then UTF-8", Options{}, []string{german("sku,name\nA,ö\n")}, strings.Repeat("B,ü\n", 30), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, out := io.Pipe()
				opened, first := make(chan *Reader, 1), make(chan Record, 10)
				goOn := make(chan bool)
				go func() {
					opts := tt.opts
					opts.Stdin = in
					r, err := Open(context.Background(), "-", opts)
					if err != nil {
						t.Error(err)
					}
					opened <- r
					for range tt.soon {
						rec, err := r.Read()
						if err != nil {
							t.Error(err)
						}
						first <- rec
					}
					close(goOn)
				}()
				for _, piece := range tt.pieces {
					out.Write([]byte(piece))
				}
				time.Sleep(10 * streamPause)
				synctest.Wait()
				if early := len(opened) == 1; early != (tt.soon > 0) || len(first) != tt.soon {
					t.Errorf("opened in the silence: %v, with %d records", early, len(first))
				}
				go func() {
					out.Write([]byte(tt.rest))
					out.Close()
				}()
				r := <-opened
				<-goOn
				records := []Record{}
				for range tt.soon {
					records = append(records, <-first)
				}
				for {
					rec, err := r.Read()
					if err == io.EOF {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					records = append(records, rec)
				}
				r.Close()
				at := piped(t, strings.Join(tt.pieces, "")+tt.rest, tt.opts)
				if diff := cmp.Diff(shown(all(t, at)), shown(records)); diff != "" {
					t.Errorf("as a whole it is read otherwise:\n%s", diff)
				}
			})
		})
	}
}

func TestARecordThatContradictsHowAStreamBeganIsRefused(t *testing.T) {
	began := "sku,name\n" + strings.Repeat("A,gr\xF6\xDFe\n", 150_000)
	for _, tt := range []struct{ name, cell, want string }{
		{"more of the same", "\xFCber", ""},
		{"a row of dashes", "x \x96\x96\x96\x96\x96\x96\x96\x96\x96", ""},
		{"what may be UTF-8 by chance, among what can't", "\x84Fu\xDF\x93", ""},
		{"what may be UTF-8 by chance, alone", "Spa\xDF\x85", ""},
		{"UTF-8 of another script", "Ям", `column "name", byte 1: this is UTF-8, but the input began in Windows-1252`},
		{"UTF-8", "größe", `column "name", byte 3: this is UTF-8, but the input began in Windows-1252`},
		{"Cyrillic", encoded(t, charmap.Windows1251, "мебель для дома"), `column "name", byte 1: these letters are not Western European, but the input began in Windows-1252`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := piped(t, began+"B,"+tt.cell+"\n", Options{})
			records := all(t, r)
			last := records[len(records)-1]
			if r.Info().Encoding != "windows-1252" {
				t.Fatalf("%+v", r.Info())
			}
			var problem *RecordError
			if errors.As(last.Err, &problem); (problem == nil) != (tt.want == "") || problem != nil && (problem.Problem != tt.want || !strings.Contains(problem.Hint, "--encoding")) {
				t.Errorf("it is read as %q, %v", last.Cells, last.Err)
			}
		})
	}
}

func TestAPackedStreamThatStillComesCanBeClosed(t *testing.T) {
	packed := zstded(t, "sku,name\nA,x\n")
	synctest.Test(t, func(t *testing.T) {
		in, out := io.Pipe()
		go out.Write([]byte(packed[:len(packed)-1]))
		ctx, cancel := context.WithCancel(context.Background())
		opened := make(chan error)
		go func() {
			_, err := Open(ctx, "-", Options{Stdin: in})
			opened <- err
		}()
		time.Sleep(10 * streamPause)
		cancel()
		if err := <-opened; err == nil {
			t.Error("it is open, though its end is missing")
		}
		out.Write([]byte(packed[len(packed)-1:]))
		out.Close()
	})
}

// Whoever frees a decompressor waits for the read that it may still be used by.
// The reader that is asked for one may quit instead: it is closed at that moment.
func TestWhoWaitsForAReadIsToldThatThereWillBeNone(t *testing.T) {
	for range 100 { // which of the two it does is chance
		synctest.Test(t, func(t *testing.T) {
			s := newInterruptible(t.Context(), strings.NewReader("x"))
			s.asked <- 1
			s.close()
			go s.serve()
			<-s.got
		})
	}
}

// What the beginning of a stream decides, all of it would have decided.
func TestWhatIsEnoughOfAStreamSaysWhatAllOfItDoes(t *testing.T) {
	reading := func(t *rapid.T, content []byte, whole bool, opts Options) (Format, rune, bool) {
		s := survey{sample: content, whole: whole}
		s.text.add(content, whole)
		c, err := chooseCharset("stdin", "", &s)
		if err != nil {
			return "", 0, false
		}
		text := c.text(&s)
		format, _, err := textFormat("stdin", opts.Format, Auto, "", text)
		if err != nil || format == NDJSON || format == JSON {
			return format, 0, false
		}
		l, err := sniff("stdin", text, whole, opts, format)
		if err != nil {
			t.Fatal(err)
		}
		return format, l.delimiter, l.returns
	}
	if s := (survey{sample: []byte("a,b\n1,2\n")}); !s.enough("stdin", Auto, Options{}) {
		t.Error("nothing is enough")
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("aab1,,;\t|\"\n\n\n\r{}[]:ö =")), 0, 60, -1)
		opts := rapid.SampledFrom([]Options{{}, {Format: CSV}, {HeaderRow: 2}, {Columns: []string{"a"}}, {Columns: []string{"a", "b"}}, {Delimiter: ';'}}).Draw(t, "options")
		head, rest := []byte(text.Draw(t, "head")), []byte(text.Draw(t, "rest"))
		s := survey{sample: head}
		if !s.enough("stdin", Auto, opts) {
			return
		}
		format, delimiter, returns := reading(t, head, false, opts)
		all := append(bytes.Clone(head), rest...)
		wholeFormat, wholeDelimiter, wholeReturns := reading(t, all, true, opts)
		if format != wholeFormat || delimiter != wholeDelimiter || returns != wholeReturns {
			t.Fatalf("%q is read as %s by %q (%t), %q as %s by %q (%t)", head, format, delimiter, returns, all, wholeFormat, wholeDelimiter, wholeReturns)
		}
	})
}
