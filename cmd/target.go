package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/durable"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/sandbox"
)

// The sandbox inside the process has an address that leads nowhere and a token
// that is none.
const (
	sandboxURL   = "https://sandbox.invalid/v2"
	sandboxToken = "sandbox"
)

// newClient connects to the CRM that the settings name. crm is the sandbox
// inside the process, nil where there is none. The token's fingerprint stands
// for its workspace.
func (a *app) newClient(ctx context.Context, s *settings, conf *configuration, crm *sandbox.CRM) (c *client.Client, workspace string, err error) {
	opts := client.Options{
		BaseURL: s.baseURL, UserAgent: thisBuild().userAgent(), Workers: s.workers, Timeout: s.timeout,
		ObjectsCommand: conf.asking(s, "objects"),
	}
	if crm != nil {
		opts.BaseURL, opts.Token, opts.Transport = sandboxURL, sandboxToken, crm
		c, err = client.New(opts)
		return c, "", err
	}
	// The address is checked first: a token_command may ask for a password.
	if err := checkBaseURL(s.baseURL); err != nil {
		return nil, "", err
	}
	if opts.Token, err = a.token(ctx, s, conf); err != nil {
		return nil, "", err
	}
	c, err = client.New(opts)
	return c, fingerprint(opts.Token), err
}

// checkBaseURL tells what is wrong with the address alone.
func checkBaseURL(url string) error {
	_, err := client.New(client.Options{BaseURL: url, Token: sandboxToken})
	var refused *client.OptionError
	if errors.As(err, &refused) && refused.Option == "base URL" {
		return usage(refused.Hint(), "%v", err)
	}
	return err
}

// connect opens the way to the CRM, or makes one to try things on.
func (r *pushRun) connect(ctx context.Context) error {
	s := r.settings
	if s.sandbox {
		crm, err := r.shared.sandboxed()
		if err != nil {
			return err
		}
		r.crm = crm
		if s.schemaFile() == "" {
			if err := r.furnish(ctx); err != nil {
				return err
			}
		}
	}
	if r.asksNothing() {
		return checkBaseURL(s.baseURL)
	}
	c, err := r.shared.connect(ctx, r)
	r.client, r.workspace = c.client, c.workspace
	return err
}

// asksNothing tells a run that needs no token, and has none: it sends nothing,
// knows the schema and was told of no lookups. Cells may turn out to need one.
func (r *pushRun) asksNothing() bool {
	s := r.settings
	return s.dryRun && !s.sandbox && s.schema != "auto" && !s.onlyChanged && !r.looksUp() && r.conf.tokenFrom(s.tokenFile) == (tokenPlace{})
}

// schemaFile is the file that --schema names, or "".
func (s *settings) schemaFile() string {
	if s.schema == "auto" || s.schema == "off" {
		return ""
	}
	return s.schema
}

const schemaHint = "--schema wants auto, off, or a file as crmsync schema OBJECT -o json writes it"

func readingSchema(path string, err error) error {
	return &hinted{fmt.Errorf("reading the schema %s: %w", path, durable.Cause(err)), schemaHint}
}

// unusableSchema is about a file that could be read, but holds no schema.
func unusableSchema(path string, err error) error {
	hint := hintOf(err)
	if isRecords(path) && !strings.HasSuffix(strings.ToLower(path), ".json") {
		hint = schemaHint + "; this file's name is one of records"
	}
	return &hinted{fmt.Errorf("reading the schema %s: %w", path, err), hint}
}

// readSchema finds the object's attributes where --schema says.
func (r *pushRun) readSchema(ctx context.Context) error {
	s := r.settings
	if s.schema == "off" {
		return nil
	}
	if path := s.schemaFile(); path != "" {
		var err error
		if r.schemaText, err = os.ReadFile(path); err != nil {
			return readingSchema(path, err)
		}
		if r.schema, err = client.ParseSchema(r.schemaText, r.object); err != nil {
			return unusableSchema(path, err)
		}
		return nil
	}
	err := r.app.retryReads(ctx, s, func() (err error) {
		r.schema, err = r.client.Object(ctx, r.object)
		return err
	})
	if err == nil && r.crm == nil {
		r.app.schemaCache(s, r.conf, r.workspace).keep(*r.schema)
	}
	var refused *client.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch {
	case refused.Status == 403:
		return &hinted{err, "give the token the scope crm:read, or push without checking values first: --schema off sends every cell as text"}
	case refused.Status == 404 && r.objectFrom != "":
		return r.misnamed(err, objectsInstead(ctx, r.client, err, r.object, "--object "))
	case refused.Status == 404:
		return &hinted{err, cmp.Or(objectsInstead(ctx, r.client, err, r.object, "--object "), hintOf(err))}
	default:
		return err
	}
}

// misnamed is about an object that the CRM doesn't have, named after a file;
// instead says which it has, "" where that isn't known.
func (r *pushRun) misnamed(err error, instead string) error {
	return &hinted{err, fmt.Sprintf("the object %s was taken from the name of %s; --object names another: %s",
		r.object, r.objectFrom, cmp.Or(instead, r.asking("objects")+" lists them"))}
}

// readTries is how often a read is tried; its waits double from a second.
const readTries = 5

// retryReads repeats a read that may go well later, as the server asks or with
// growing waits, up to --max-wait in all.
func (a *app) retryReads(ctx context.Context, s *settings, read func() error) error {
	budget := s.maxWait
	for try := 1; ; try++ {
		err := read()
		var failed *client.Error
		if !errors.As(err, &failed) || !failed.Retryable || try > min(readTries, s.retries) {
			if err != nil && try > 1 {
				err = fmt.Errorf("%w (tried %d times)", err, try)
			}
			return err
		}
		wait := time.Second << (try - 1)
		wait = wait/2 + rand.N(wait/2)
		if failed.Limits.HasRetryAfter {
			wait = failed.Limits.RetryAfter
		}
		if wait > budget {
			hint := hintOf(err) // when a server will be there that isn't, nobody knows
			if failed.Limits.HasRetryAfter || hint == "" {
				hint = "run the command again at " + time.Now().Add(wait).Format("2006-01-02 15:04:05 MST") + ", or allow more with --max-wait"
			}
			return &hinted{fmt.Errorf("%w; trying again has to wait %s, %s in all, longer than --max-wait allows", err, pace.Words(wait.Round(time.Second)), pace.Words((s.maxWait - budget + wait).Round(time.Second))), hint}
		}
		budget -= wait
		if try == 1 && a.streams.ErrTTY { // who looks at an empty screen wants to know
			a.note(err.Error() + "; trying again")
		}
		a.log.Debug("trying again later", "why", err.Error(), "wait", wait.Round(time.Millisecond))
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}
