package source

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

func TestAFileThatChangesWhileItIsReadEndsTheRunBeforeRecordsAreMixed(t *testing.T) {
	content := rows(50_000)
	other := strings.ToUpper(content)
	written := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name, file, content string
		change              func(t *testing.T, path string)
		want                string
	}{
		{"cut", "p.csv", content, func(t *testing.T, path string) {
			if err := os.Truncate(path, 200_000); err != nil {
				t.Fatal(err)
			}
		}, "p.csv: the file was changed while it was read: it had "},
		{"written anew", "p.csv", content, written(other), "p.csv: the file was changed while it was read: something wrote to it"},
		{"written anew, compressed", "p.csv.gz", gzipped(t, content), written(gzipped(t, other+"more")), "p.csv.gz: the file was changed while it was read: it had "},
		{"a longer one put in its place", "p.csv", content, func(t *testing.T, path string) {
			written(other+"more")(t, path+".new")
			if err := os.Rename(path+".new", path); err != nil {
				t.Skip(err) // some systems rename nothing that is open
			}
		}, "EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := file(t, tt.file, tt.content)
			past := time.Now().Add(-time.Hour)
			if err := os.Chtimes(path, past, past); err != nil {
				t.Fatal(err)
			}
			r, err := Open(context.Background(), path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			tt.change(t, path)
			for {
				rec, err := r.Read()
				if err != nil {
					if !strings.Contains(err.Error(), tt.want) {
						t.Errorf("reading ended with %v", err)
					}
					return
				}
				if rec.Err != nil || !strings.HasPrefix(rec.Cells[1], "Lamp") {
					t.Fatalf("it read %q, %v", rec.Cells, rec.Err)
				}
			}
		})
	}
}
