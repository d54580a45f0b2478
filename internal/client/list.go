package client

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// pager reads a list page by page. It counts pages itself, since the API's
// nextPage drops the page size [pagination], and copes with every form of list
// that it is likely to meet.
type pager struct {
	c     *Client
	call  call       // op, scope, bound
	path  []string   // of the list
	query url.Values // the page size; nil asks for the server's own
	names []string   // under which the items may stand, beside a bare array
	// onePage is set where a list without word on paging is taken to be whole.
	onePage bool

	page     int  // that was read last
	items    int  // of the pages read so far
	repeated bool // the last was an earlier one
	done     bool
	seen     map[string]bool // how each page began, to find a server that repeats itself
}

// next reads one page and hands its items to fn; an item is valid only during
// the call. It tells whether there may be more. After an error the same page is
// read again.
func (p *pager) next(ctx context.Context, fn func(jsontext.Value) error) (more bool, err error) {
	if p.done {
		return false, nil
	}
	query := url.Values{}
	for k, v := range p.query {
		query[k] = v
	}
	if p.query != nil || p.page > 0 {
		query.Set("page", strconv.Itoa(p.page+1))
	}
	q := p.call
	if q.url, err = p.c.url(query, p.path...); err != nil {
		return false, &Error{Op: q.op, Message: err.Error(), Limits: Limits{Remaining: -1}}
	}
	r := pageReader{names: p.names, seen: p.seen, fn: fn}
	if err := p.c.get(ctx, q, r.read); err != nil {
		return false, err
	}
	more, known := r.info.more(p.page + 1)
	// A list with the newest first that grew by just a page says which of how many
	// this is; a server that knows no pages doesn't, or does and repeats itself again.
	counted := r.info.current == p.page+1 && r.info.totals > 0
	if r.repeated && known && more && (!counted || p.repeated) {
		return false, &Error{Op: q.op, Status: 200, Limits: Limits{Remaining: -1},
			Message: "the answer can't be understood: page " + strconv.Itoa(p.page+1) + " of the list repeats an earlier one"}
	}
	done := r.items == 0 || (known && !more) || (!known && (p.onePage || r.repeated))
	items := p.items
	if known || !r.repeated {
		items += r.items
	}
	if done && !p.onePage && items < r.info.total {
		return false, &Error{Op: q.op, Status: 200, Limits: Limits{Remaining: -1},
			Message: fmt.Sprintf("the answer can't be understood: page %d ends the list after %d of its %d", p.page+1, items, r.info.total)}
	}
	p.page, p.items, p.repeated, p.done = p.page+1, items, r.repeated, done
	if r.first != "" {
		if p.seen == nil {
			p.seen = map[string]bool{}
		}
		p.seen[r.first] = true
	}
	return !p.done, nil
}

// pageReader reads one answer of a list.
type pageReader struct {
	names []string
	seen  map[string]bool
	fn    func(jsontext.Value) error

	info     pageInfo
	found    bool   // a list
	items    int    // in it
	first    string // identifies its first item
	repeated bool   // it begins as an earlier page did: its items were not handed out
}

func (r *pageReader) read(body io.Reader) error {
	dec := jsontext.NewDecoder(body, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	switch dec.PeekKind() {
	case '[':
		return r.array(dec)
	case '{':
		says := map[string]jsontext.Value{}
		if err := r.object(dec, says, 0); err != nil {
			return err
		}
		if isFalse(says["success"]) {
			return refusedError{refusal{text: compose(says)}}
		}
		if !r.found {
			return shapeError("it has no list under " + strings.Join(r.names, ", "))
		}
		return nil
	}
	// An empty answer, text or a web page: the decoder knows where it fails.
	v, err := dec.ReadValue()
	if err == io.EOF {
		return emptyAnswer
	}
	if err != nil {
		return err
	}
	return shapeError("it is " + kindName(v.Kind()) + ", not a list")
}

// object reads an envelope; "data" may hold a second one.
func (r *pageReader) object(dec *jsontext.Decoder, says map[string]jsontext.Value, depth int) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if err := r.member(dec, name.String(), says, depth); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func (r *pageReader) member(dec *jsontext.Decoder, name string, says map[string]jsontext.Value, depth int) error {
	switch kind := dec.PeekKind(); {
	case !r.found && r.isList(name) && kind == '[':
		return r.array(dec)
	case !r.found && r.isList(name) && kind == 'n':
		r.found = true // no items
		return dec.SkipValue()
	case !r.found && r.isList(name) && kind == '{' && depth == 0:
		return r.object(dec, says, depth+1)
	}
	switch name {
	case "success", "message", "error", "errors":
		v, err := dec.ReadValue()
		says[name] = v.Clone()
		return err
	case "pagination", "meta", "links":
		v, err := dec.ReadValue()
		if err == nil {
			r.info.readObject(v, name)
		}
		return err
	}
	if k := dec.PeekKind(); k == '{' || k == '[' {
		return dec.SkipValue()
	}
	v, err := dec.ReadValue()
	if err == nil {
		r.info.set(name, v)
	}
	return err
}

func (r *pageReader) isList(name string) bool {
	for _, n := range r.names {
		if n == name {
			return true
		}
	}
	return false
}

func (r *pageReader) array(dec *jsontext.Decoder) error {
	r.found = true
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		item, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if r.items++; r.items == 1 {
			r.first = identity(item)
			r.repeated = r.seen[r.first]
		}
		if r.repeated {
			continue
		}
		if err := r.fn(item); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// identity is what makes an item recognisable: its id, or else all of it.
func identity(item jsontext.Value) string {
	var id string
	scan(item, func(dec *jsontext.Decoder) {
		eachMember(dec, func(name []byte) bool {
			switch string(name) {
			case `"id"`, `"uuid"`, `"slug"`:
				v, err := dec.ReadValue()
				if err == nil {
					id = text(v)
				}
				return id == ""
			}
			return dec.SkipValue() == nil
		})
	})
	if id == "" {
		return string(item)
	}
	return id
}

// pageInfo is what an answer says about pages. Each field is trusted only where
// it was there.
type pageInfo struct {
	hasNext, next   bool
	current, totals int
	total           int // items on all pages
}

func (i *pageInfo) readObject(v jsontext.Value, name string) {
	scan(v, func(dec *jsontext.Decoder) {
		eachMember(dec, func(key []byte) bool {
			member, err := dec.ReadValue()
			if err != nil {
				return false
			}
			if k := text(key); name != "links" || k == "next" {
				i.set(k, member)
			}
			return true
		})
	})
}

func (i *pageInfo) set(name string, v jsontext.Value) {
	switch name {
	case "nextPage", "next_page", "next_page_url", "next":
		i.last(v.Kind() != 'n' && v.Kind() != 'f' && text(v) != "")
	case "hasMore", "has_more", "hasNextPage":
		i.last(v.Kind() == 't')
	case "currentPage", "current_page":
		i.current, _ = strconv.Atoi(text(v))
	case "totalPages", "total_pages", "lastPage", "last_page":
		i.totals, _ = strconv.Atoi(text(v))
		if text(v) == "0" { // of an empty list
			i.last(false)
		}
	case "total", "totalCount", "total_count":
		i.total, _ = strconv.Atoi(text(v))
	}
}

// last takes note of a word on the next page; the first "no" stands.
func (i *pageInfo) last(next bool) {
	i.next = next && (i.next || !i.hasNext)
	i.hasNext = true
}

// more tells whether there is another page, and whether that is known at all.
func (i *pageInfo) more(page int) (more, known bool) {
	if i.hasNext && !i.next {
		return false, true
	}
	if i.totals > 0 {
		if i.current > 0 {
			page = i.current
		}
		return page < i.totals, true
	}
	return i.next, i.hasNext
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	case '"':
		return "a text"
	case '0':
		return "a number"
	case '[':
		return "a list"
	}
	return "an object"
}
