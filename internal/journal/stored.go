package journal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// storedRecord is a record as the file has it. Names of files come as bytes and
// must come back so, though JSON has only text.
type storedRecord record

func (r *storedRecord) MarshalJSON() ([]byte, error) {
	return json.Marshal(r.names(escape))
}

func (r *storedRecord) UnmarshalJSON(b []byte) error {
	var plain record
	if err := json.Unmarshal(b, &plain); err != nil {
		return err
	}
	var failed error
	*r = storedRecord(*(*storedRecord)(&plain).names(func(s string) string {
		s, err := url.PathUnescape(s)
		if err != nil {
			failed = err
		}
		return s
	}))
	return failed
}

// names returns a copy with each file name changed.
func (r *storedRecord) names(change func(string) string) *record {
	c := record(*r)
	c.Run.Inputs = slices.Clone(c.Run.Inputs)
	for i := range c.Run.Inputs {
		c.Run.Inputs[i].Path = change(c.Run.Inputs[i].Path)
	}
	if c.Checkpoint != nil {
		cp := *c.Checkpoint
		cp.Rejects = renamed(cp.Rejects, change)
		c.Checkpoint = &cp
	}
	c.Stale = renamed(c.Stale, change)
	return &c
}

func renamed(rejects []Rejects, change func(string) string) []Rejects {
	rejects = slices.Clone(rejects)
	for i := range rejects {
		rejects[i].Path, rejects[i].Temp = change(rejects[i].Path), change(rejects[i].Temp)
	}
	return rejects
}

// escape makes a file name valid UTF-8.
func escape(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == '%' || r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, "%%%02x", s[i])
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// settled is how Checkpoint.Beyond stands in the file: there may be thousands,
// written every second, but mostly neighbours with one outcome.
type settled struct {
	Created   string            `json:",omitempty"` // "7-9,12"
	Updated   string            `json:",omitempty"`
	Unchanged string            `json:",omitempty"`
	Rejected  []settledRejected `json:",omitempty"`
}

type settledRejected struct {
	Seq    int64
	Status int
	Error  string
	Kind   string `json:",omitempty"` // where it isn't Error
}

// MarshalJSON implements [json.Marshaler].
func (c Checkpoint) MarshalJSON() ([]byte, error) {
	type plain Checkpoint
	var s settled
	seqs := map[Outcome][]int64{}
	for _, b := range c.Beyond {
		switch b.Outcome {
		case Created, Updated, Unchanged:
			seqs[b.Outcome] = append(seqs[b.Outcome], b.Seq)
		case Rejected:
			r := settledRejected{b.Seq, b.Status, b.Error, b.Kind}
			if r.Kind == r.Error {
				r.Kind = ""
			}
			s.Rejected = append(s.Rejected, r)
		default:
			return nil, fmt.Errorf("a record can't be settled as %q", b.Outcome)
		}
	}
	s.Created, s.Updated, s.Unchanged = ranges(seqs[Created]), ranges(seqs[Updated]), ranges(seqs[Unchanged])
	return json.Marshal(struct {
		plain
		Beyond settled
	}{plain(c), s})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Checkpoint) UnmarshalJSON(b []byte) error {
	type plain Checkpoint
	var v struct {
		plain
		Beyond settled
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*c = Checkpoint(v.plain)
	c.Beyond = nil
	for _, part := range []struct {
		outcome Outcome
		text    string
	}{{Created, v.Beyond.Created}, {Updated, v.Beyond.Updated}, {Unchanged, v.Beyond.Unchanged}} {
		seqs, err := parseRanges(part.text)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			c.Beyond = append(c.Beyond, Settled{Seq: seq, Outcome: part.outcome})
		}
	}
	for _, r := range v.Beyond.Rejected {
		c.Beyond = append(c.Beyond, Settled{r.Seq, Rejected, r.Status, r.Error, cmp.Or(r.Kind, r.Error)})
	}
	slices.SortFunc(c.Beyond, func(a, b Settled) int { return int(min(1, max(-1, a.Seq-b.Seq))) })
	return nil
}

func ranges(seqs []int64) string {
	slices.Sort(seqs)
	var b strings.Builder
	for i := 0; i < len(seqs); {
		j := i
		for j+1 < len(seqs) && seqs[j+1] == seqs[j]+1 {
			j++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(seqs[i], 10))
		if j > i {
			b.WriteByte('-')
			b.WriteString(strconv.FormatInt(seqs[j], 10))
		}
		i = j + 1
	}
	return b.String()
}

// mostBeyond is more than any window of records holds; it keeps a journal that
// somebody else wrote from filling the memory.
const mostBeyond = 1 << 18

func parseRanges(s string) ([]int64, error) {
	if s == "" {
		return nil, nil
	}
	var seqs []int64
	for part := range strings.SplitSeq(s, ",") {
		a, z, isRange := strings.Cut(part, "-")
		from, err := strconv.ParseInt(a, 10, 64)
		if err != nil {
			return nil, err
		}
		to := from
		if isRange {
			if to, err = strconv.ParseInt(z, 10, 64); err != nil {
				return nil, err
			}
		}
		if from < 1 || to < from || to-from >= mostBeyond-int64(len(seqs)) {
			return nil, fmt.Errorf("the range %q makes no sense", part)
		}
		for n := from; ; n++ {
			seqs = append(seqs, n)
			if n == to {
				break
			}
		}
	}
	return seqs, nil
}
