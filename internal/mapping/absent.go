package mapping

import "errors"

// This file asks the lookup. Related records that are missing are created last,
// when nothing else is wrong with the record that refers to them: one created for
// a record that is rejected would stay in the CRM, and nothing would refer to it.

// find asks the lookup. What is to be created gets the id that stands for it.
func (c *conversion) find(ref Reference, value string) (id, problem string) {
	if c.lookup == nil {
		return "", show(value) + " is not an id, and " + ref.Object + " can't be looked up here"
	}
	id, err := c.lookup.Find(ref, value)
	if err == nil {
		return id, ""
	}
	if absent, ok := errors.AsType[*AbsentError](err); ok {
		if absent.ID != c.failed {
			c.absent = append(c.absent, absent)
			return absent.ID, ""
		}
		err = c.failure
	}
	if missing, ok := errors.AsType[*LookupError](err); ok {
		return "", show(value) + ": " + missing.Problem
	}
	c.abort = err
	return "", show(value) + " could not be looked up"
}

// whole maps a record, and once more where that had missing records created: then
// with their ids, or with what kept one of them from being created.
func (c *conversion) whole(record func() (Assertion, error)) (Assertion, error) {
	a, err := record()
	if err == nil && c.createAbsent() {
		a, err = record()
		c.failed, c.failure = "", nil
	}
	return a, err
}

// createAbsent has the records created that the record at hand refers to. It tells
// whether there is more to say of them than the ids that stood for them.
func (c *conversion) createAbsent() (more bool) {
	for _, a := range c.absent {
		id, err := a.Create()
		if err != nil {
			c.failed, c.failure = a.ID, err
			return true
		}
		more = more || id != a.ID
	}
	return more
}
