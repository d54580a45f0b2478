package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// objectParser makes records of the text of JSON objects. Parsing is strict:
// UTF-8, no key twice on any level. Values keep their bytes.
type objectParser struct {
	charset charset
	buf     bytes.Buffer
	dec     *jsontext.Decoder
	names   []string          // of the record before: most have the same
	strings map[string]string // one copy of each name
	scratch []string
	values  []jsontext.Value
}

// knownNames bounds the names that are kept, for input that never repeats one.
const knownNames = 4096

// record parses text, which begins and ends without blanks. unit is what the
// text is for the user: a line, or an element.
func (p *objectParser) record(text []byte, unit string) Record {
	if i := p.charset.badChar(text); i >= 0 {
		return badObject(text, &RecordError{
			Problem: fmt.Sprintf("byte %d of the %s: %s", i+1, unit, p.charset.badCharProblem(text, i)),
			Hint:    "JSON is written in UTF-8; name the file's encoding with --encoding if it is another",
		})
	}
	if text[0] != '{' {
		return badObject(text, notAnObject(text, unit))
	}
	own := bytes.Clone(text)
	rec, raw, err := p.parse(own)
	if err != nil {
		return badObject(text, syntaxProblem(err, own, unit))
	}
	if raw != nil && len(rec.Names) == 0 {
		if kept := rawMember(raw); kept != "" {
			return Record{Raw: rawText([]byte(kept)), Err: unmended("keys beside _crmsync")}
		}
	}
	return rec
}

func badObject(text []byte, err *RecordError) Record {
	return Record{Raw: rawText(text), Err: keptPart(text, err)}
}

// parse reads the one object that text is. own is the value of a reject file's
// own key, nil without.
func (p *objectParser) parse(text []byte) (rec Record, own jsontext.Value, err error) {
	p.buf = *bytes.NewBuffer(text)
	if p.dec == nil {
		p.dec = jsontext.NewDecoder(&p.buf)
		p.strings = make(map[string]string)
	} else {
		p.dec.Reset(&p.buf)
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return rec, nil, err
	}
	names, values := p.scratch[:0], p.values[:0]
	defer func() { p.scratch, p.values = names, values }()
	for p.dec.PeekKind() != '}' {
		quoted, err := p.dec.ReadValue()
		if err == nil && quoted.Kind() != '"' {
			err = jsontext.ErrNonStringName
		}
		if err != nil {
			return rec, nil, &keyError{err}
		}
		name, err := p.name(quoted)
		if err != nil {
			return rec, nil, err
		}
		v, err := p.dec.ReadValue()
		if err != nil {
			return rec, nil, err
		}
		// The decoder's bytes are its own; the same ones stand in text.
		end := int(p.dec.InputOffset())
		v = text[end-len(v) : end : end]
		if name == ownKey {
			own = v
			continue
		}
		names, values = append(names, name), append(values, v)
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return rec, nil, err
	}
	if _, err := p.dec.ReadToken(); err != io.EOF {
		if err == nil {
			err = errTextAfter
		}
		return rec, nil, err
	}
	rec.Names, rec.Values = p.sameNames(names), append([]jsontext.Value(nil), values...)
	return rec, own, nil
}

// keyError is an error where a key must stand.
type keyError struct{ error }

func (e *keyError) Unwrap() error { return e.error }

var errTextAfter = errors.New("text after the object")

// name is the text of a quoted name, one copy for all records.
func (p *objectParser) name(quoted jsontext.Value) (string, error) {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		if s, ok := p.strings[string(inner)]; ok {
			return s, nil
		}
	}
	unquoted, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return "", err
	}
	s := string(unquoted)
	if len(p.strings) < knownNames && len(s) == len(inner) {
		p.strings[s] = s
	}
	return s, nil
}

// sameNames returns the names of the record before where they are the same.
func (p *objectParser) sameNames(names []string) []string {
	if len(names) == len(p.names) {
		same := true
		for i := range names {
			if names[i] != p.names[i] {
				same = false
				break
			}
		}
		if same {
			return p.names
		}
	}
	p.names = append([]string(nil), names...)
	return p.names
}

// rawMember is the member "raw" of a reject file's own object, "" without.
func rawMember(own jsontext.Value) string {
	dec := jsontext.NewDecoder(bytes.NewReader(own))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return ""
	}
	for dec.PeekKind() == '"' {
		key, err := dec.ReadToken()
		if err != nil {
			return ""
		}
		isRaw := key.String() == "raw"
		v, err := dec.ReadValue()
		if err != nil {
			return ""
		}
		if isRaw && v.Kind() == '"' {
			text, _ := jsontext.AppendUnquote(nil, v)
			return strings.TrimSpace(string(text))
		}
	}
	return ""
}

func notAnObject(text []byte, unit string) *RecordError {
	what := "no JSON object"
	switch c := text[0]; {
	case c == '[':
		what = "a JSON array, not an object"
	case c == '"':
		what = "a JSON text, not an object"
	case c == '-' || c >= '0' && c <= '9':
		what = "a number, not an object"
	case string(text) == "null" || string(text) == "true" || string(text) == "false":
		what = string(text) + ", not an object"
	}
	return &RecordError{Problem: "the " + unit + " is " + what, Hint: `a record is written {"attribute": value, …}`}
}

// syntaxProblem says what is wrong with an object's text in words of its own.
func syntaxProblem(err error, text []byte, unit string) *RecordError {
	if err == errTextAfter {
		return &RecordError{Problem: "more text stands after the object", Hint: "write one object a line"}
	}
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return &RecordError{Problem: "the " + unit + " ends in the middle of the object"}
		}
		if errors.Is(err, jsontext.ErrNonStringName) {
			return &RecordError{Problem: "broken JSON: a key must stand in quotes"}
		}
		return &RecordError{Problem: "broken JSON: " + err.Error()}
	}
	at := min(max(int(syntax.ByteOffset), 0), len(text))
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		where := "the object"
		if parent := syntax.JSONPointer.Parent(); parent != "" {
			where = fmt.Sprintf("the object at %q", string(parent)[1:])
		}
		return &RecordError{
			Problem: fmt.Sprintf("the key %q occurs twice in %s", syntax.JSONPointer.LastToken(), where),
			Hint:    "remove one of them",
		}
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return &RecordError{Problem: "the " + unit + " ends in the middle of the object"}
	}
	problem := syntax.Err.Error()
	if errors.As(err, new(*keyError)) && strings.HasSuffix(problem, "at start of value") && at < len(text) {
		problem = "a key in quotes must stand here"
		if text[at] == ',' {
			problem = "a key in quotes must follow the comma"
		}
	}
	return &RecordError{Problem: fmt.Sprintf("broken JSON at byte %d of the %s: %s", at+1, unit, problem)}
}
