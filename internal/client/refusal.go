package client

import (
	"bytes"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// refusal is what the body of an answer says that isn't a success. The text is
// as the server wrote it, not yet fit to be shown.
type refusal struct {
	text          string
	html          bool // text is the title of a web page, or its words
	retryAfter    time.Duration
	hasRetryAfter bool
}

// readRefusal understands both error shapes of the API [errors], the common
// ones of frameworks and gateways, and says something useful of the rest.
func readRefusal(body []byte, h http.Header) refusal {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte(byteOrderMark)))
	switch {
	case len(body) == 0:
		return refusal{}
	case isHTML(body, h):
		return refusal{html: true, text: pageText(body)}
	case body[0] == '<': // XML
		return refusal{text: stripTags(string(body))}
	case body[0] == '{':
		return readRefusalObject(body)
	case body[0] == '[', body[0] == '"':
		v := jsontext.Value(body)
		if v.IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
			return refusal{text: strings.Join(parts("", v, 0), "; ")}
		}
	case string(body) == "null":
		return refusal{}
	}
	return refusal{text: string(body)}
}

// readRefusalObject reads {"success":false,"message":…}, {"error":…} and the
// errors by field of a 422.
func readRefusalObject(body []byte) refusal {
	found := map[string]jsontext.Value{}
	silent := true // nothing but names that say nothing
	scan(body, func(dec *jsontext.Decoder) {
		complete := eachMember(dec, func(name []byte) bool {
			v, err := dec.ReadValue()
			if err != nil {
				return false
			}
			key := text(name)
			switch key {
			case "success", "status", "statusCode", "code", "timestamp", "path":
			case "message", "error", "errors", "detail", "title", "error_description", "retry_after", "retryAfter":
				if _, twice := found[key]; !twice {
					found[key] = v.Clone()
				}
			default:
				silent = false
			}
			return true
		})
		silent = silent && complete
	})
	var r refusal
	for _, key := range []string{"retry_after", "retryAfter"} {
		if d, ok := parseSeconds(text(found[key])); ok {
			r.retryAfter, r.hasRetryAfter = d, true
		}
	}
	r.text = compose(found)
	if r.text == "" && !silent {
		r.text = string(body)
	}
	return r
}

// compose joins the message and the errors by field.
func compose(found map[string]jsontext.Value) string {
	var message string
	for _, key := range []string{"message", "error", "error_description", "detail", "title"} {
		if message = strings.Join(parts("", found[key], 0), "; "); strings.TrimSpace(message) != "" {
			break
		}
	}
	fields := parts("", found["errors"], 0)
	joined := strings.Join(fields, "; ")
	switch {
	case joined == "":
		return message
	case message == "":
		return joined
	}
	for _, f := range fields {
		if strings.HasSuffix(f, message) { // frameworks repeat the first of them
			return joined
		}
	}
	return message + " (" + joined + ")"
}

// Bounds on how far an errors value is followed: what lies beyond would not
// fit the line anyway.
const (
	maxDepth = 8
	maxParts = 40
)

// parts spells any JSON value as "path: text" in the order sent. Lists of texts
// become one text.
func parts(path string, v jsontext.Value, depth int) (list []string) {
	if len(v) == 0 || depth > maxDepth {
		return nil
	}
	switch v.Kind() {
	case '[':
		return listParts(path, v, depth)
	case '{':
		return objectParts(path, v, depth)
	}
	t := text(v)
	if strings.TrimSpace(t) == "" {
		return nil
	}
	if path != "" {
		t = path + ": " + t
	}
	return []string{t}
}

func listParts(path string, v jsontext.Value, depth int) (list []string) {
	var texts []string
	scan(v, func(dec *jsontext.Decoder) {
		_, _ = dec.ReadToken()
		for dec.PeekKind() != ']' && len(list)+len(texts) < maxParts {
			item, err := dec.ReadValue()
			if err != nil {
				return
			}
			if k := item.Kind(); k == '[' || k == '{' {
				list = append(list, parts(path, item.Clone(), depth+1)...)
			} else if t := text(item); strings.TrimSpace(t) != "" {
				texts = append(texts, t)
			}
		}
	})
	if len(texts) == 0 {
		return list
	}
	joined := strings.Join(texts, ", ")
	if path != "" {
		joined = path + ": " + joined
	}
	return append([]string{joined}, list...)
}

// objectParts takes {"field": …, "message": …} for one error, and any other
// object for errors by field.
func objectParts(path string, v jsontext.Value, depth int) (list []string) {
	type member struct {
		name  string
		value jsontext.Value
	}
	var members []member
	var field string
	var message jsontext.Value
	scan(v, func(dec *jsontext.Decoder) {
		eachMember(dec, func(name []byte) bool {
			value, err := dec.ReadValue()
			if err != nil || len(members) >= maxParts {
				return false
			}
			m := member{text(name), value.Clone()}
			switch m.name {
			case "message", "detail", "msg":
				if message == nil && m.value.Kind() != '{' {
					message = m.value
				}
			case "field", "attribute", "property", "key", "slug":
				if field == "" && m.value.Kind() == '"' {
					field = text(m.value)
				}
			}
			members = append(members, m)
			return true
		})
	})
	if message != nil && (field != "" || path == "") {
		return parts(join(path, field), message, depth+1)
	}
	for _, m := range members {
		list = append(list, parts(join(path, m.name), m.value, depth+1)...)
	}
	return list
}

func join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

// isHTML tells a web page from an answer of the API.
func isHTML(body []byte, h http.Header) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte(byteOrderMark)))
	if len(body) == 0 || body[0] != '<' {
		return false
	}
	if isHTMLType(h) {
		return true
	}
	start := strings.ToLower(string(body[:min(len(body), 16)]))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<title"} {
		if strings.HasPrefix(start, tag) {
			return true
		}
	}
	return false
}

func isHTMLType(h http.Header) bool {
	return strings.Contains(strings.ToLower(first(h, "Content-Type")), "html")
}

// pageText is the title of a web page, or else its words.
func pageText(body []byte) string {
	page := string(body[:min(len(body), 64<<10)])
	if i := indexFold(page, "<title"); i >= 0 {
		if open := strings.IndexByte(page[i:], '>'); open >= 0 {
			title := page[i+open+1:]
			if end := strings.IndexByte(title, '<'); end >= 0 {
				title = title[:end]
			}
			if title = strings.TrimSpace(html.UnescapeString(title)); title != "" {
				return title
			}
		}
	}
	return stripTags(page)
}

// stripTags leaves the words of a page: no tags, comments, scripts and styles.
func stripTags(page string) string {
	var b strings.Builder
	for page != "" {
		i := strings.IndexByte(page, '<')
		if i < 0 {
			b.WriteString(page)
			break
		}
		b.WriteString(page[:i])
		b.WriteByte(' ')
		page = page[i:]
		end := ">"
		switch {
		case strings.HasPrefix(page, "<!--"):
			end = "-->"
		case hasPrefixFold(page, "<script"):
			end = "</script>"
		case hasPrefixFold(page, "<style"):
			end = "</style>"
		}
		stop := indexFold(page, end)
		if stop < 0 {
			break
		}
		page = page[stop+len(end):]
	}
	return strings.TrimSpace(html.UnescapeString(b.String()))
}

// indexFold is strings.Index without regard to case, for an ASCII sub.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
