package cmd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/crmsync/crmsync/internal/durable"
	"github.com/crmsync/crmsync/internal/shellwords"
)

// tokenCommandTime is how long token_command may take.
const tokenCommandTime = 30 * time.Second

// tokenPlace is where the token comes from: at most one of them is set.
type tokenPlace struct{ file, variable, command string }

// tokenFrom decides it: --token-file on the command line, CRMSYNC_TOKEN,
// CRMSYNC_TOKEN_FILE or token-file in the config, then token_command.
func (conf *configuration) tokenFrom(file string) tokenPlace {
	fromEnv := strings.TrimSpace(os.Getenv(envPrefix + "TOKEN"))
	switch {
	case file != "" && (conf.explicit["token-file"] || fromEnv == ""):
		return tokenPlace{file: file}
	case fromEnv != "":
		return tokenPlace{variable: fromEnv}
	}
	return tokenPlace{command: conf.tokenCommand}
}

// token gets the token from where it is, once: the pushes of a job may need it
// several times, and a token_command may ask for a password.
func (a *app) token(ctx context.Context, s *settings, conf *configuration) (string, error) {
	from := conf.tokenFrom(s.tokenFile)
	if a.tokens[from] != "" {
		return a.tokens[from], nil
	}
	token, err := a.readTokenFrom(ctx, from)
	if err == nil {
		a.tokens[from] = token
	}
	return token, err
}

func (a *app) readTokenFrom(ctx context.Context, from tokenPlace) (string, error) {
	switch {
	case from.file != "":
		return a.tokenFromFile(from.file)
	case from.variable != "":
		return from.variable, nil
	case from.command != "":
		return a.tokenFromCommand(ctx, from.command)
	}
	return "", errNoToken()
}

func errNoToken() error {
	return &hinted{errors.New("there is no token"),
		"make one under Account Settings > API with the scope crm:write and put it in CRMSYNC_TOKEN, or in a file for --token-file; --sandbox needs none"}
}

// longestToken bounds what is read of a file that is meant to hold a token.
const longestToken = 64 << 10

func (a *app) tokenFromFile(path string) (string, error) {
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		a.warn(fmt.Sprintf("%s can be read by other users; chmod 600 %s keeps the token to yourself", path, shellwords.File(path)))
	}
	token, err := readToken(path)
	if err != nil {
		return "", readingToken(path, err)
	}
	if token == "" {
		return "", &hinted{fmt.Errorf("reading the token: %s is empty", path), "put the token into it, and nothing else"}
	}
	return token, nil
}

func readToken(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, longestToken))
	return strings.TrimSpace(string(bytes.TrimPrefix(content, []byte("\ufeff")))), err
}

func readingToken(path string, err error) error {
	hint := "--token-file names a file that holds the token and nothing else"
	if strings.HasPrefix(path, "~") { // in quotes, in a variable of cron, in a file
		hint = "only a shell turns ~ into your home directory: write the whole path"
	}
	return &hinted{fmt.Errorf("reading the token from %s: %w", path, durable.Cause(err)), hint}
}

// tokenFromCommand runs the command and takes the first line that it prints.
// What it says on stderr is for the user: it may ask for something.
func (a *app) tokenFromCommand(ctx context.Context, line string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenCommandTime)
	defer cancel()
	shell := []string{"sh", "-c"}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/C"}
	}
	command := exec.CommandContext(ctx, shell[0], shell[1], line)
	command.Stderr = a.console
	command.WaitDelay = time.Second // a grandchild may hold on to the pipe
	output, err := command.Output()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", &hinted{fmt.Errorf("token_command in the config file took longer than %s", tokenCommandTime),
			"run it by itself: it may wait for an answer, or for a password store that is locked"}
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // else it ended well, and left something running
		return "", &hinted{fmt.Errorf("token_command in the config file failed: %w", err), "run it by itself to see why: it must print the token"}
	}
	first, _, _ := strings.Cut(string(output), "\n")
	if first = strings.TrimSpace(first); first == "" {
		return "", &hinted{errors.New("token_command in the config file printed nothing where the token should stand, on the first line"),
			"run it by itself to see what it prints"}
	}
	return first, nil
}

// fingerprint stands for a secret in a file name or a state.
func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte("crmsync\x00" + strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}
