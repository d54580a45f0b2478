package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"

	"github.com/go-json-experiment/json/jsontext"
)

// Object reads one object with its attributes [get-a-crm-object]. Its errors
// are of type *Error.
func (c *Client) Object(ctx context.Context, slug string) (*Object, error) {
	q := call{op: "reading the object " + c.line(slug), scope: scopeRead, max: maxSchema}
	var err error
	if q.url, err = c.url(nil, "crm", "objects", slug); err != nil {
		return nil, &Error{Op: q.op, Message: err.Error(), Limits: Limits{Remaining: -1}}
	}
	var object *Object
	err = c.get(ctx, q, func(body io.Reader) error {
		var buf bytes.Buffer
		if _, err := buf.ReadFrom(body); err != nil {
			return err
		}
		object, err = parseAnswer(buf.Bytes())
		return err
	})
	if err != nil {
		return nil, err
	}
	return object, nil
}

// parseAnswer reads the API's answer for one object.
func parseAnswer(body []byte) (*Object, error) {
	if readAnswer(body).refused {
		return nil, refusedError{readRefusalObject(body)}
	}
	object, err := ParseSchema(body, "")
	var schema *SchemaError
	if errors.As(err, &schema) {
		return nil, shapeError(schema.Problem)
	}
	return object, err
}

// Objects reads all objects with their attributes. Its errors are of type
// *Error.
func (c *Client) Objects(ctx context.Context) ([]Object, error) {
	p := pager{
		c:       c,
		call:    call{op: "reading the objects", scope: scopeRead, max: maxSchema},
		path:    []string{"crm", "objects"},
		names:   []string{"objects", "collection", "data"},
		onePage: true,
	}
	var list []Object
	for more := true; more; {
		var page []Object
		var err error
		more, err = p.next(ctx, func(v jsontext.Value) error {
			o, err := decodeObject(v)
			if err != nil {
				return shapeError("an object in the list: " + err.Error())
			}
			page = append(page, *o)
			return nil
		})
		var refused *Error
		if errors.As(err, &refused) && refused.Status == 404 {
			refused.hint = hintBaseURL // to list the objects is what was tried
		}
		if err != nil {
			return nil, err
		}
		list = append(list, page...)
	}
	return list, nil
}

// User is a member of the workspace [list-users-in-a-workspace].
type User struct {
	ID       string // the uuid, which user attributes take
	Email    string
	Name     string
	IsActive bool
}

// Users reads all members of the workspace; the token needs users:read for it.
// Its errors are of type *Error.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	p := c.userPages()
	var list []User
	for more := true; more; {
		var page []User
		var err error
		more, err = p.next(ctx, func(v jsontext.Value) error {
			u, err := decodeUser(v)
			if err != nil {
				return err
			}
			page = append(page, u)
			return nil
		})
		if err != nil {
			return nil, err
		}
		list = append(list, page...)
	}
	return list, nil
}

func (c *Client) userPages() *pager {
	return &pager{
		c:     c,
		call:  call{op: "reading the members of the workspace", scope: scopeUsers, max: maxList},
		path:  []string{"organizations", "users"},
		query: url.Values{"per_page": {"100"}},
		names: []string{"collection", "users", "data"},
	}
}

func decodeUser(v jsontext.Value) (User, error) {
	if v.Kind() != '{' {
		return User{}, shapeError("a member is " + kindName(v.Kind()) + ", not an object")
	}
	u := User{IsActive: true}
	var id, first, last string
	scan(v, func(dec *jsontext.Decoder) {
		eachMember(dec, func(name []byte) bool {
			member, err := dec.ReadValue()
			if err != nil {
				return false
			}
			switch string(name) {
			case `"uuid"`:
				u.ID = text(member)
			case `"id"`:
				id = text(member)
			case `"email"`:
				u.Email = text(member)
			case `"name"`:
				u.Name = text(member)
			case `"firstName"`:
				first = text(member)
			case `"lastName"`:
				last = text(member)
			case `"isActive"`:
				u.IsActive = member.Kind() == 'n' || isTrue(member)
			}
			return true
		})
	})
	if u.ID == "" {
		u.ID = id
	}
	if u.Name == "" {
		u.Name = cleanLine(first + " " + last)
	}
	if u.ID == "" {
		return User{}, shapeError("a member has no uuid")
	}
	return u, nil
}

// Access is what a token can do, as far as that shows without writing.
type Access struct {
	Objects    []Object // that were read
	ObjectsErr error    // nil: the token has crm:read or crm:write
	UsersErr   error    // nil: the token has users:read
}

// Check finds out what works by reading: objects and one page of members. It
// writes nothing, so it can't tell crm:write from crm:read. Its errors are of
// type *Error, with hints.
func (c *Client) Check(ctx context.Context) Access {
	var a Access
	a.Objects, a.ObjectsErr = c.Objects(ctx)
	_, a.UsersErr = c.userPages().next(ctx, func(v jsontext.Value) error {
		_, err := decodeUser(v)
		return err
	})
	return a
}
