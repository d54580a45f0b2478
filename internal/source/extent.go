package source

// extent finds where a JSON value ends, by its brackets and quotes alone. It is
// fed piece by piece, so a value of any length takes no memory.
type extent struct {
	open    []byte // the brackets that are open
	text    bool   // inside a text
	escaped bool   // after a backslash in a text
	scalar  bool   // the value is no object, array or text
	last    byte   // the last byte outside texts that is no blank
}

// extentState is what is known of a value's end.
type extentState int

const (
	goesOn extentState = iota
	ended
	broken // brackets don't match, or a text runs over the line's end: where the value ends can't be told
)

// deepest is how deep brackets may be nested; the parser's own limit.
const deepest = 10_000

// feed goes on with b. It returns how much of b belongs to the value.
func (e *extent) feed(b []byte) (int, extentState) {
	for i, c := range b {
		switch {
		case e.escaped:
			e.escaped = false
		case e.text:
			switch c {
			case '\\':
				e.escaped = true
			case '"':
				e.text, e.last = false, '"'
				if len(e.open) == 0 {
					return i + 1, ended
				}
			case '\n':
				return i, broken
			}
		case e.scalar:
			switch c {
			case ',', ']', '}', ' ', '\t', '\r', '\n':
				return i, ended
			}
		default:
			if s := e.structure(c); s == ended {
				return i + 1, s
			} else if s == broken {
				return i, s
			}
		}
	}
	return len(b), goesOn
}

// structure takes a byte outside texts.
func (e *extent) structure(c byte) extentState {
	switch c {
	case ' ', '\t', '\r', '\n':
		return goesOn
	case '"':
		e.text = true
	case '{', '[':
		// No object or array stands where a key must.
		if n := len(e.open); n > 0 && e.open[n-1] == '{' && e.last != ':' || n >= deepest {
			return broken
		}
		e.open = append(e.open, c)
	case '}', ']':
		n := len(e.open)
		if n == 0 || e.open[n-1] != c-2 {
			return broken
		}
		e.open = e.open[:n-1]
		if n == 1 {
			return ended
		}
	default:
		e.scalar = len(e.open) == 0
	}
	e.last = c
	return goesOn
}
