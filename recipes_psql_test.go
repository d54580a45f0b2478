//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The page shows what psql writes: it is compared with what it really writes.
func TestTheQueryOfTheRecipesIsPushedFromPostgreSQL(t *testing.T) {
	needs(t, "sh")
	server := startPostgreSQL(t)
	server.query(t, `create table products (sku text, name text, price numeric(10,2), changed_at timestamptz);
		insert into products values ('A-1', 'Linen Dress', 29.90, now()), ('A-2', 'Table, oak', null, now()),
			('A-3', 'Cup "Blue"', 8.50, now()), ('A-4', 'Of last week', 1, now() - interval '7 days');`)
	const page = "docs/recipes.md"
	var recipe, shown string
	for _, b := range blocksOf(t, page) {
		switch {
		case b.attr("pipe") == "query.csv" && strings.HasPrefix(b.text, "psql "):
			recipe = b.text
		case b.attr("file") == "query.csv":
			shown = b.text
		}
	}
	query, _, found := strings.Cut(recipe, "| crmsync ")
	if !found {
		t.Fatalf("%s: no query is piped from psql into crmsync", page)
	}
	desk := newDesk(t)
	set := "export " + server.environment() + "\n"
	if got := desk.run(t, page, docBlock{text: set + strings.ReplaceAll(query, "\\\n", "\n")}); got != shown {
		t.Errorf("%s says that psql writes\n%sand it writes\n%s", page, shown, got)
	}
	said := desk.run(t, page, docBlock{text: set + recipe})
	quotes(t, page, "3 read\n= 3 created\n+ 0 rejected", said)
}

// postgreSQL is a server that listens in its own directory alone.
type postgreSQL struct{ dir string }

func (p postgreSQL) environment() string {
	return "PGHOST=" + p.dir + " PGUSER=crm PGDATABASE=postgres"
}

func (p postgreSQL) query(t *testing.T, statements string) {
	t.Helper()
	psql := exec.CommandContext(t.Context(), "psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", statements)
	psql.Env = append(os.Environ(), strings.Fields(p.environment())...)
	if said, err := psql.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v\n%s", err, said)
	}
}

// startPostgreSQL starts a server, and ends it with the test. Where there is none
// the test is skipped.
func startPostgreSQL(t *testing.T) postgreSQL {
	t.Helper()
	needs(t, "psql")
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl") // Debian keeps it off the PATH
	if err != nil {
		t.Fatal(err)
	}
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		installed = []string{path}
	}
	if len(installed) == 0 {
		t.Skip("there is no PostgreSQL server on this machine, only its client")
	}
	dir, err := os.MkdirTemp("", "pg") // short, since it holds a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var as *syscall.SysProcAttr
	if os.Getuid() == 0 { // a server refuses to run as root
		nobody, err := user.Lookup("nobody")
		if err != nil {
			t.Skip("PostgreSQL doesn't run as root, and there is no user nobody")
		}
		uid, _ := strconv.Atoi(nobody.Uid)
		gid, _ := strconv.Atoi(nobody.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	control := func(args ...string) {
		command := exec.Command(installed[len(installed)-1], append(args, "-D", filepath.Join(dir, "data"))...)
		command.SysProcAttr, command.Dir = as, dir
		if said, err := command.CombinedOutput(); err != nil {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Fatalf("pg_ctl %s: %v\n%s%s", args[0], err, said, log)
		}
	}
	control("initdb", "-o", "-U crm -A trust -E UTF8 --locale=C --no-sync")
	control("start", "-w", "-l", filepath.Join(dir, "log"), "-o", "-F -h '' -k '"+dir+"'")
	t.Cleanup(func() { control("stop", "-w", "-m", "immediate") })
	return postgreSQL{dir}
}
