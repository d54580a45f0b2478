package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/lookup"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/pace"
	"github.com/crmsync/crmsync/internal/push"
	"github.com/crmsync/crmsync/internal/sandbox"
)

// session is what the pushes of one command share as far as they talk to the
// same CRM in the same way: connections, the pace that was found, the ids that
// answers gave, and with --sandbox the CRM itself. Its pushes run one after
// another.
type session struct {
	// learns are the references that accepted records may answer.
	learns []mapping.Reference
	// schemas are the files that the sandbox is made of.
	schemas []string

	runs        []*pushRun
	crm         *sandbox.CRM
	connections map[connectionKey]connection
	pacers      map[pacerKey]pace.Pacer
	lookups     map[lookupKey]*lookups
}

type connectionKey struct {
	baseURL, tokenFile string
	sandbox            bool
	workers            int
	timeout            time.Duration
}

type connection struct {
	client    *client.Client
	workspace string
}

// service is a CRM as one token sees it.
type service struct {
	baseURL, workspace string
	sandbox            bool
}

type pacerKey struct {
	service
	rate    pace.Rate
	workers int
	maxWait time.Duration
}

type lookupKey struct {
	service
	retries            int
	maxWait            time.Duration
	dryRun, nestCustom bool
}

// lookups finds ids at the pace of the push that is under way.
type lookups struct {
	*lookup.Lookup
	pace  pace.Pacer
	stop  context.CancelFunc           // ends what they wait for, for good
	doing atomic.Pointer[lookup.Doing] // what a record waits for; nil before the first
}

// waitsFor is what a record waits for; the zero value is nothing.
func (l *lookups) waitsFor() lookup.Doing {
	if d := l.doing.Load(); d != nil {
		return *d
	}
	return lookup.Doing{}
}

// newSession is what the pushes share. Their objects and mappings are known.
func newSession(runs ...*pushRun) *session {
	s := &session{
		runs: runs, learns: []mapping.Reference{}, connections: map[connectionKey]connection{},
		pacers: map[pacerKey]pace.Pacer{}, lookups: map[lookupKey]*lookups{},
	}
	for _, run := range runs {
		for _, ref := range run.references() {
			pushed := slices.ContainsFunc(runs, func(other *pushRun) bool { return other.object == ref.Object })
			if pushed && !slices.Contains(s.learns, ref) {
				s.learns = append(s.learns, ref)
			}
		}
		if file := run.settings.schemaFile(); file != "" && run.settings.sandbox && !slices.Contains(s.schemas, file) {
			s.schemas = append(s.schemas, file)
		}
	}
	return s
}

func (s *session) close() {
	for _, l := range s.lookups {
		l.stop()
		l.Close()
	}
	for _, c := range s.connections {
		c.client.CloseIdle()
	}
}

// sandboxed makes the CRM inside the process, once.
func (s *session) sandboxed() (*sandbox.CRM, error) {
	if s.crm != nil {
		return s.crm, nil
	}
	var objects []json.RawMessage
	for _, path := range s.schemas {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, readingSchema(path, err)
		}
		added, err := rawObjects(path, data)
		if err != nil {
			return nil, err
		}
		objects = append(objects, added...)
	}
	opts := sandbox.Options{}
	if len(objects) > 0 {
		var err error
		if opts.Schema, err = json.Marshal(objects); err != nil {
			return nil, fmt.Errorf("making a sandbox: %w", err)
		}
	}
	crm, err := sandbox.New(opts)
	if err != nil {
		return nil, &hinted{fmt.Errorf("making a sandbox of %s: %w", strings.Join(s.schemas, ", "), err), schemaHint}
	}
	s.crm = crm
	return crm, nil
}

// rawObjects are the objects of a schema file, each as the file has it. A sandbox
// is made of what a push can read.
func rawObjects(path string, data []byte) ([]json.RawMessage, error) {
	objects, err := client.ParseSchemas(data)
	if err != nil {
		return nil, unusableSchema(path, err)
	}
	var raw []json.RawMessage
	for _, o := range objects {
		raw = append(raw, json.RawMessage(o.Raw))
	}
	return raw, nil
}

// connect gives the way to the CRM that a push talks to.
func (s *session) connect(ctx context.Context, r *pushRun) (connection, error) {
	key := connectionKey{r.settings.baseURL, r.settings.tokenFile, r.crm != nil, r.settings.workers, r.settings.timeout}
	if c, ok := s.connections[key]; ok {
		return c, nil
	}
	made, workspace, err := r.app.newClient(ctx, r.settings, r.conf, r.crm)
	if err != nil {
		return connection{}, err
	}
	s.connections[key] = connection{made, workspace}
	return s.connections[key], nil
}

// pacer gives the pacer for a push. One that an earlier push had knows the pace.
func (s *session) pacer(r *pushRun) pace.Pacer {
	set := r.settings
	key := pacerKey{r.service(), set.rate, set.workers, set.maxWait}
	if s.pacers[key] == nil {
		s.pacers[key] = r.newPacer()
	}
	return s.pacers[key]
}

// lookup gives what finds ids for a push, with those that earlier pushes learnt.
// It asks the CRM nothing until a cell needs it.
func (s *session) lookup(ctx context.Context, r *pushRun) *lookups {
	set := r.settings
	key := lookupKey{r.service(), set.retries, set.maxWait, set.dryRun, r.file != nil && r.file.NestCustom}
	if found := s.lookups[key]; found != nil {
		return found
	}
	l, told := &lookups{}, false
	ctx, l.stop = context.WithCancel(ctx)
	l.Lookup = lookup.New(lookup.Options{
		Client: r.client, Context: ctx, Log: r.app.warningLog(),
		Retries: set.retries, MaxWait: set.maxWait, DryRun: set.dryRun,
		NestCustom: key.nestCustom, References: s.learns, Memory: s.memory(r), Large: collectOften,
		Doing: func(d lookup.Doing) {
			if !r.begun && !told && !d.Until.IsZero() && r.app.streams.ErrTTY { // no progress is shown yet
				r.app.note(d.What + "; trying again")
				told = true
			}
			l.doing.Store(&d)
		},
		Pace: func(ctx context.Context, attempt func() client.Result) error {
			return push.Paced(ctx, l.pace, attempt)
		},
	})
	s.lookups[key] = l
	return l
}

// collectOften keeps the heap within a quarter of what lives, instead of twice
// that, unless the user has said otherwise.
func collectOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(25)
	}
}

func (r *pushRun) service() service {
	return service{plainURL(r.settings.baseURL), r.workspace, r.crm != nil}
}
