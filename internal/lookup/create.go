package lookup

import (
	"errors"
	"fmt"
	"strings"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
)

// mostRefusals is how many values are remembered that the CRM refused, so that
// it isn't asked again for each row. Beyond that it is.
const mostRefusals = 10_000

// absent is what Find says of a record that is missing and can be created. The
// error is that of a value that can't, or it ends the run.
func (l *Lookup) absent(x *index, v value) error {
	reject := func(format string, args ...any) error {
		return &mapping.LookupError{Problem: x.noRecord(v) + ", and " + fmt.Sprintf(format, args...)}
	}
	if pushed := l.pushed.Load(); pushed != nil && *pushed == x.object {
		return reject("none is created while %s is being pushed, since the record may be on its way (push the reject file when this run is over)", x.object)
	}
	if reason, ok := x.refused[spelling{v.key, v.spelling}]; ok {
		return reject("%s", reason)
	}
	body, err := l.body(x, v)
	var unfit *mapping.RowError
	if errors.As(err, &unfit) {
		return reject("none can be created: %s", strings.TrimPrefix(unfit.Error(), `column "`+x.match+`": `))
	}
	if err != nil {
		return err
	}
	return &mapping.AbsentError{ID: placeholder(v), Create: func() (string, error) { return l.create(x, v, body) }}
}

// create asserts the record that is missing by its one attribute, and keeps its
// id for the other rows of the value. To assert it is safe even where it exists
// after all, as it may when there is no list: then its id comes back.
func (l *Lookup) create(x *index, v value, body []byte) (string, error) {
	x.slow.Lock()
	defer x.slow.Unlock()
	if f := x.find(v); f.id != "" { // the record named it twice
		return f.id, nil
	}
	if l.o.DryRun {
		x.created.Add(1)
		id := placeholder(v)
		x.learn(v, id)
		return id, nil
	}
	reject := func(reason string) (string, error) {
		return "", &mapping.LookupError{Problem: x.noRecord(v) + ", and " + reason}
	}
	res, err := l.assert(x, body)
	switch {
	case err != nil:
		return "", err
	case res.Outcome == client.Rejected:
		reason := "the CRM refused to create it: " + res.Message
		if x.refused == nil {
			x.refused = map[spelling]string{}
		}
		if len(x.refused) < mostRefusals {
			x.refused[spelling{v.key, v.spelling}] = reason
		}
		return reject(reason)
	case res.Outcome == client.Retryable && res.Status != 0:
		return reject("creating it failed: " + res.Message)
	case res.Outcome != client.Created && res.Outcome != client.Updated:
		return "", &Error{Text: "creating a record of " + x.object + " that others refer to: " + res.Message, Status: res.Status, hint: res.Hint}
	}
	if res.RecordID == "" {
		return reject("though the CRM took it, its answers don't say which id it has")
	}
	x.learn(v, res.RecordID)
	return res.RecordID, nil
}

// assert writes a record. An answer that was cut off before the id is asked for
// again, since to assert the same twice does no harm [assert-a-crm-record].
func (l *Lookup) assert(x *index, body []byte) (res client.Result, err error) {
	created := false
	for range 2 {
		res, err = l.send(func() client.Result {
			ctx, cancel := draining(l.o.Context)
			defer cancel()
			return l.o.Client.Assert(ctx, x.object, x.match, body)
		})
		created = created || err == nil && res.Outcome == client.Created
		if err != nil || res.RecordID != "" || res.Outcome != client.Created && res.Outcome != client.Updated {
			break
		}
	}
	if created {
		x.created.Add(1)
		l.log.Debug("created a record that others refer to", "object", x.object, "match", x.match, "id", res.RecordID)
	}
	return res, err
}

// body is what creates the record: the value as the object's schema wants it,
// where that can be read. A *mapping.RowError says that it doesn't fit.
func (l *Lookup) body(x *index, v value) ([]byte, error) {
	if x.mapper == nil {
		schema, err := l.schema(x)
		if err != nil {
			return nil, err
		}
		x.mapper, err = mapping.New(mapping.Options{
			Object: x.object, Match: x.match, Schema: schema, NestCustom: l.o.NestCustom,
			Columns: []string{x.match}, Map: []mapping.Column{{Name: x.match, Attribute: x.match}},
		})
		if err != nil {
			return nil, fmt.Errorf("creating records of %s by their %s: %w", x.object, x.match, err)
		}
	}
	a, err := x.mapper.MapCells([]string{v.text})
	return a.Body, err
}

// schema is that of the object whose records are created. A token that may write
// but not read, or an answer that can't be understood, leaves it out: the CRM
// checks the value too.
func (l *Lookup) schema(x *index) (*client.Object, error) {
	schema, missing, err := l.Schema(x.object)
	switch {
	case err != nil || missing == nil:
		return schema, err
	case missing.Status == 404:
		return nil, ending(missing)
	}
	l.log.Warn("the schema isn't to be had, so values are sent as text where related records are created",
		"object", x.object, "status", missing.Status, "cause", missing.Message)
	return nil, nil
}

// Schema reads the schema of an object that values refer to, once. Where it isn't
// to be had, missing says why. The error ends the run.
func (l *Lookup) Schema(object string) (schema *client.Object, missing *client.Error, err error) {
	l.mu.RLock()
	schema = l.schemas[object]
	l.mu.RUnlock()
	if schema != nil {
		return schema, nil, nil
	}
	err = l.reading(func() (err error) {
		schema, err = l.o.Client.Object(l.o.Context, object)
		return err
	})
	if err != nil {
		if missing, ok := notToBeHad(err, 1); ok {
			return nil, missing, nil
		}
		return nil, nil, ending(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.schemas[object] = schema
	return schema, nil, nil
}
