package cmd

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/lmittmann/tint"
)

// startLog sets up the log that the settings ask for. Without -v there is none,
// and warnings are plain lines.
func (a *app) startLog(s *settings) {
	a.quiet = s.quiet
	switch {
	case s.logFormat == "json":
		level := slog.LevelWarn
		if s.verbose {
			level = slog.LevelDebug
		}
		a.log = slog.New(slog.NewJSONHandler(a.console, &slog.HandlerOptions{Level: level}))
		a.warnings = a.log
	case !s.verbose:
		a.log = slog.New(slog.DiscardHandler)
	case a.streams.ErrTTY:
		a.log = slog.New(tint.NewTextHandler(a.console, &tint.Options{
			Level: slog.LevelDebug, TimeFormat: time.TimeOnly, NoColor: !a.streams.colours(),
		}))
		a.warnings = a.log
	default:
		a.log = slog.New(slog.NewTextHandler(a.console, &slog.HandlerOptions{Level: slog.LevelDebug}))
		a.warnings = a.log
	}
}

// warningLog is where packages below tell what the user must know also without
// -v.
func (a *app) warningLog() *slog.Logger {
	if a.warnings != nil || a.quiet {
		return a.log
	}
	return slog.New(plainWarnings{a})
}

// plainWarnings writes warnings as plain lines, without time or level.
type plainWarnings struct{ app *app }

func (plainWarnings) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn
}

func (p plainWarnings) Handle(_ context.Context, record slog.Record) error {
	text := record.Message
	record.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(", %s: %s", a.Key, a.Value)
		return true
	})
	p.app.warn(text)
	return nil
}

func (p plainWarnings) WithAttrs([]slog.Attr) slog.Handler { return p }
func (p plainWarnings) WithGroup(string) slog.Handler      { return p }

// warn tells what may go wrong, in the log where there is one.
func (a *app) warn(text string) {
	if !a.quiet {
		a.insist(text)
	}
}

// insist warns also with -q: what it tells of is an error, if not the run's.
func (a *app) insist(text string) {
	if a.warnings != nil {
		a.warnings.Warn(text)
		return
	}
	a.console.say("warning", "%s", text)
}

// note tells what the user will want to know, in the log where there is one.
func (a *app) note(text string) {
	switch {
	case a.quiet:
	case a.warnings != nil:
		a.warnings.Info(text)
	default:
		a.console.say("note", "%s", text)
	}
}
