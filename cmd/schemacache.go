package cmd

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/durable"
)

// schemaCache keeps the schemas that a command read, for completion: the last
// that the CRM said, each object in a file of its own. It is never used for a
// push. The nil cache keeps nothing.
type schemaCache struct {
	dir string
	log *slog.Logger
}

// newSchemaCache is the cache for one CRM and one token. Where a command prints
// the token, the command stands for it: completion runs no password manager.
func newSchemaCache(baseURL, workspace, tokenCommand string, log *slog.Logger) *schemaCache {
	if !filepath.IsAbs(xdg.CacheHome) { // nobody's home is known
		return nil
	}
	if tokenCommand != "" {
		workspace = "command " + tokenCommand
	}
	return &schemaCache{filepath.Join(xdg.CacheHome, "crmsync", "schema-"+fingerprint(plainURL(baseURL), workspace)), log}
}

// schemaCache is the cache for the CRM that a command reads from.
func (a *app) schemaCache(s *settings, conf *configuration, workspace string) *schemaCache {
	return newSchemaCache(s.baseURL, workspace, conf.tokenFrom(s.tokenFile).command, a.log)
}

const (
	cachedPrefix = "object-" // some names alone would be devices on Windows
	cachedSuffix = ".json"
)

// plainSlug tells a slug that is a file name everywhere.
func plainSlug(slug string) bool {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
	return slug != "" && len(slug) <= 100 && slug[0] != '.' && strings.Trim(slug, plain) == ""
}

func (c *schemaCache) path(slug string) string {
	return filepath.Join(c.dir, cachedPrefix+slug+cachedSuffix)
}

// keep stores what the CRM says of objects. That it can't is no failure.
func (c *schemaCache) keep(objects ...client.Object) {
	if c == nil {
		return
	}
	for _, o := range objects {
		if !plainSlug(o.Slug) || len(o.Raw) == 0 {
			continue
		}
		err := os.MkdirAll(c.dir, 0o700)
		if err == nil {
			err = durable.WriteCache(c.path(o.Slug), o.Raw)
		}
		if err != nil {
			c.log.Debug("could not keep the schema for completion", "error", err)
			return
		}
	}
}

// keepAll stores what the CRM says of all its objects, and forgets others.
func (c *schemaCache) keepAll(objects []client.Object) {
	if c == nil {
		return
	}
	there := map[string]bool{}
	for _, o := range objects {
		there[o.Slug] = true
	}
	for _, slug := range c.slugs() {
		if !there[slug] {
			if err := os.Remove(c.path(slug)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				c.log.Debug("could not forget a schema", "error", err)
			}
		}
	}
	c.keep(objects...)
}

// slugs are the objects that are known.
func (c *schemaCache) slugs() []string {
	if c == nil {
		return nil
	}
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return nil
	}
	var slugs []string
	for _, e := range entries {
		slug, isObject := strings.CutPrefix(e.Name(), cachedPrefix)
		if slug, isWhole := strings.CutSuffix(slug, cachedSuffix); isObject && isWhole {
			slugs = append(slugs, slug)
		}
	}
	return slugs
}

// object is what is known of an object; nil where nothing is.
func (c *schemaCache) object(slug string) *client.Object {
	if c == nil || !plainSlug(slug) {
		return nil
	}
	return readObject(c.path(slug), slug)
}

// readObject reads a schema file; nil where that is not to be.
func readObject(path, slug string) *client.Object {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	object, err := client.ParseSchema(data, slug)
	if err != nil {
		return nil
	}
	return object
}
