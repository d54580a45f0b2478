package cmd

import (
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

// warn tells what may go wrong, in the log where there is one.
func (a *app) warn(text string) {
	switch {
	case a.quiet:
	case a.warnings != nil:
		a.warnings.Warn(text)
	default:
		a.console.say("warning", "%s", text)
	}
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
