package cmd

import (
	"context"
	"errors"
	"io"

	"github.com/crmsync/crmsync/internal/source"
)

// keysOf reads a JSON input once before the push, since only its records know
// their keys. A stream can't be read twice: its keys are unknown.
func (r *pushRun) keysOf(ctx context.Context, in *input) ([]string, error) {
	if in.isStream() {
		return nil, nil
	}
	reader, err := source.Open(ctx, in.path, source.Options{Format: in.info.Format, Encoding: in.info.Encoding})
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	var keys []string
	seen := map[string]bool{}
	for n := int64(0); r.settings.limit == 0 || n < r.settings.limit; n++ {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, name := range record.Names {
			if !seen[name] {
				seen[name] = true
				keys = append(keys, name)
			}
		}
	}
	return keys, nil
}
