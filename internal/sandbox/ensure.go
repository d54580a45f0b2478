package sandbox

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// EnsureObject makes sure that there is an object of this slug, with the system
// attributes alone if it has to be added. It tells whether it was.
func (c *CRM) EnsureObject(slug string) (added bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tables[slug] != nil || slug == "" {
		return false
	}
	o := &object{Slug: slug, SingularName: title(slug), PluralName: title(slug)}
	if err := o.compile(); err != nil {
		panic(fmt.Sprintf("sandbox: an empty object doesn't compile: %v", err)) // only a bug here can
	}
	c.tables[slug] = newTable(o, c.quirks, c.opts.Seed)
	c.order = append(c.order, slug)
	return true
}

// EnsureAttributes makes sure that the object has an attribute for each of the
// columns: one whose key or label equals the column, apart from case, outer
// blanks, and blanks, underscores and dashes being alike. A column without one
// gets a text attribute with a key in snake_case and the column as its label;
// it is unique if the column is the match column. What was added is returned,
// as the columns' names. An object that isn't there gets nothing.
func (c *CRM) EnsureAttributes(slug string, columns []string, match string) (added []string) {
	t := c.table(slug)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.object.Load()
	next := *old
	next.Attributes = append([]*attribute(nil), old.Attributes...)
	known, keys := make(map[string]bool), make(map[string]bool)
	for _, a := range old.Attributes {
		known[foldName(a.Key)], known[foldName(a.Label)], known[foldName(a.body)], keys[a.Key] = true, true, true, true
	}
	if slug == "people" {
		known["email"] = true
	}
	for _, column := range columns {
		fold := foldName(column)
		if known[fold] || fold == "" || slug == "people" && strings.HasPrefix(fold, "socials.") {
			continue
		}
		key := freeKey(snake(column), keys)
		known[fold], known[foldName(key)], keys[key] = true, true, true
		next.Attributes = append(next.Attributes, &attribute{
			Key: key, Label: strings.TrimSpace(column), Type: "text",
			IsUnique: fold == foldName(match) || key == match,
		})
		added = append(added, column)
	}
	if len(added) == 0 {
		return nil
	}
	if err := next.derive(len(old.Attributes)); err != nil {
		panic(fmt.Sprintf("sandbox: added text attributes don't compile: %v", err)) // only a bug here can
	}
	t.adopt(&next)
	return added
}

// foldName makes names comparable that differ only by case, outer blanks, or
// which of blank, underscore and dash stands between the words.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || unicode.IsSpace(r) {
			return '_'
		}
		return unicode.ToLower(r)
	}, strings.TrimSpace(name))
}

// snake derives a key from a label as the API does: "Product Name" is
// product_name [add-attribute-to-crm-object].
func snake(label string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(strings.ReplaceAll(label, "ß", "ss")) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		default:
			gap = true
		}
	}
	if b.Len() == 0 {
		return "attribute"
	}
	return b.String()
}

// freeKey is the key, or the key with the first free number: product_name_2.
func freeKey(key string, taken map[string]bool) string {
	free := key
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s_%d", key, n)
	}
	return free
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
