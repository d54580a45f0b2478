package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// mend mends every record of the reject files, as people do who work on the files
// themselves, and pushes them again, with a kill on the way where the plan has any.
func (c *chaosRun) mend(ctx context.Context, disturbed bool) {
	c.Helper()
	var files []string
	total := 0
	for i := range c.plan.inputs {
		in := &c.plan.inputs[i]
		var mended []chaosRecord
		for n, r := range in.faulty() {
			r.mend(n)
			mended = append(mended, r)
		}
		if len(mended) == 0 {
			continue
		}
		path := filepath.Join(c.work(), filepath.FromSlash(in.rejects))
		content, err := os.ReadFile(path)
		if err == nil {
			content, err = in.mendFile(content, mended, c.plan.columns())
		}
		if err == nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil {
			c.Fatalf("mending %s: %v", in.rejects, err)
		}
		files, total = append(files, in.rejects), total+len(mended)
	}
	if total == 0 {
		return
	}
	side := chaosSide{files: files, command: []string{"push", "--object", "products", "--match", "sku"}}
	if c.plan.lookups {
		side.command = append(side.command, "--mapping", chaosMapping)
	}
	flags := []string{"-o", "json", "--blank", c.plan.blank}
	var kill *chaosSignal
	if disturbed {
		flags = append(flags, "--retries", "100")
		if !c.plan.patient {
			flags = append(flags, "--timeout", "1s")
		}
		if len(c.plan.signals) > 0 {
			kill = &chaosSignal{sends: []syscall.Signal{syscall.SIGKILL}, requests: 1 + total/2}
		}
	}
	last := c.part(ctx, side, flags, kill)
	for tries := c.plan.mostFailures(); tries > 0 && !last.finished() && !c.Failed(); tries-- {
		last = c.part(ctx, side, flags, nil)
	}
	var s chaosSummary
	if json.Unmarshal(last.stdout, &s) != nil || last.code != 0 || s.Read != int64(total) || s.NotSent != 0 {
		c.Fatalf("%d mended records were not all accepted:\n%s", total, last)
	}
}

// mendFile puts records in the place of those that were rejected.
func (in *chaosInput) mendFile(content []byte, mended []chaosRecord, columns int) ([]byte, error) {
	if in.rows() {
		return mendRows(content, []rune(in.delimiter)[0], mended, columns)
	}
	return mendLines(content, mended)
}

func mendRows(content []byte, delimiter rune, mended []chaosRecord, columns int) ([]byte, error) {
	content, marked := bytes.CutPrefix(content, []byte("\ufeff"))
	reader := csv.NewReader(bytes.NewReader(content))
	reader.Comma = delimiter
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) != 1+len(mended) {
		return nil, fmt.Errorf("%d rejects, not %d", len(rows)-1, len(mended))
	}
	raw := slices.Index(rows[0], "crmsync_raw")
	for n, r := range mended {
		copy(rows[n+1], r.cells()[:columns])
		if raw >= 0 {
			rows[n+1][raw] = ""
		}
	}
	var b bytes.Buffer
	if marked {
		b.WriteString("\ufeff")
	}
	writer := csv.NewWriter(&b)
	writer.Comma = delimiter
	err = writer.WriteAll(rows)
	return b.Bytes(), err
}

func mendLines(content []byte, mended []chaosRecord) ([]byte, error) {
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	if len(lines) != len(mended) {
		return nil, fmt.Errorf("%d rejects, not %d", len(lines), len(mended))
	}
	var b bytes.Buffer
	for n := range mended {
		var was struct {
			Note map[string]any `json:"_crmsync"`
		}
		if err := json.Unmarshal([]byte(lines[n]), &was); err != nil || was.Note == nil {
			return nil, fmt.Errorf("reject %d has no note: %w", n+1, err)
		}
		delete(was.Note, "raw")
		note, err := json.Marshal(was.Note)
		if err != nil {
			return nil, err
		}
		line := bytes.TrimSuffix(chaosNDJSON(mended[n:n+1]), []byte("}\n"))
		fmt.Fprintf(&b, "%s,\"_crmsync\":%s}\n", line, note)
	}
	return b.Bytes(), nil
}
