package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/job"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/sandbox"
	"github.com/crmsync/crmsync/internal/source"
)

// typed is a command line that is being written, with what environment and
// config file add to it.
type typed struct {
	command *cobra.Command
	args    []string
	begun   string // the word under the cursor, as far as it is written
	conf    *configuration
}

// completer answers what the word may become.
type completer func(context.Context, *typed) ([]string, cobra.ShellCompDirective)

// patience is how long an answer may take: somebody waits for it at the
// keyboard, and a file may lie on a network that is gone. What is read is bounded,
// so that a disk that works answers long before.
const patience = time.Second / 2

// answer makes a completion that is silent about whatever goes wrong.
func (a *app) answer(complete completer) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		return within(c.Context(), patience, func(ctx context.Context) ([]string, cobra.ShellCompDirective) {
			return complete(ctx, newTyped(c, args, begun))
		})
	}
}

// within is what complete answers in time, or nothing.
func within(ctx context.Context, limit time.Duration, complete func(context.Context) ([]string, cobra.ShellCompDirective)) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type answer struct {
		words     []string
		directive cobra.ShellCompDirective
	}
	answers := make(chan answer, 1)
	go func() {
		words, directive := complete(ctx)
		answers <- answer{words, directive}
	}()
	select {
	case found := <-answers:
		return found.words, found.directive
	case <-ctx.Done():
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

func newTyped(c *cobra.Command, args []string, begun string) *typed {
	t := &typed{command: c, args: args, begun: begun}
	t.conf = newConfiguration(c)
	s := newSettings()
	s.config, s.profile = t.flag("config"), t.flag(keyProfile)
	if t.conf.read(s) != nil {
		t.conf.viper = viper.New() // a push would say what is wrong with it
	}
	known := s.names()
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !t.conf.explicit[f.Name] && slices.Contains(known, f.Name) {
			_ = t.conf.fill(f) // as above
		}
	})
	return t
}

// flag is what a flag says, "" for one that the command doesn't have.
func (t *typed) flag(name string) string {
	if f := t.command.Flags().Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

// cache is where the schemas of the CRM are kept that the line is about.
func (t *typed) cache() *schemaCache {
	from := t.conf.tokenFrom(t.flag("token-file"))
	token := from.variable
	if from.file != "" {
		// A pipe gives a token once: it isn't completion's to take.
		if info, err := os.Stat(from.file); err == nil && info.Mode().IsRegular() {
			token, _ = readToken(from.file)
		}
	}
	return newSchemaCache(t.flag("base-url"), fingerprint(token), from.command, slog.New(slog.DiscardHandler))
}

// objects are the CRM's, or the sandbox's, as far as they are known.
func (t *typed) objects(ctx context.Context) []client.Object {
	if t.flag("sandbox") == "true" {
		return sampleObjects(ctx)
	}
	cache := t.cache()
	var objects []client.Object
	for _, slug := range cache.slugs() {
		if o := cache.object(slug); o != nil {
			objects = append(objects, *o)
		}
	}
	return objects
}

func sampleObjects(ctx context.Context) []client.Object {
	crm, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return nil
	}
	from, err := client.New(client.Options{BaseURL: sandboxURL, Token: sandboxToken, Transport: crm})
	if err != nil {
		return nil
	}
	objects, _ := from.Objects(ctx) // none is as good as an error
	return objects
}

// object is the one that the line is about; nil where it is not known.
func (t *typed) object(ctx context.Context) *client.Object {
	slug := t.flag("object")
	if path := t.flag("mapping"); slug == "" && path != "" {
		if data, err := os.ReadFile(path); err == nil {
			if file, err := mapping.ParseFile(path, data); err == nil {
				slug = file.Object
			}
		}
	}
	if slug == "" && len(t.args) > 0 {
		slug = source.ObjectName(t.args[0])
	}
	if path := t.flag("schema"); path != "" && path != "auto" && path != "off" {
		if o := readObject(path, slug); o != nil {
			return o
		}
		return readObject(path, "") // the only one of the file
	}
	if slug == "" {
		return nil
	}
	if t.flag("sandbox") != "true" {
		return t.cache().object(slug)
	}
	objects := sampleObjects(ctx)
	if i := slices.IndexFunc(objects, func(o client.Object) bool { return o.Slug == slug }); i >= 0 {
		return &objects[i]
	}
	return nil
}

func objectsFor(ctx context.Context, t *typed) ([]string, cobra.ShellCompDirective) {
	var words []string
	for _, o := range t.objects(ctx) {
		words = append(words, cobra.CompletionWithDesc(o.Slug, o.PluralName))
	}
	return sorted(words), cobra.ShellCompDirectiveNoFileComp
}

// matchAttributesFor puts those that are unique first.
func matchAttributesFor(ctx context.Context, t *typed) ([]string, cobra.ShellCompDirective) {
	var unique, others []string
	for _, at := range t.attributes(ctx) {
		if at.IsUnique {
			unique = append(unique, described(at, "", ""))
		} else {
			others = append(others, described(at, "", ""))
		}
	}
	return append(unique, others...), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// attributes are those of the object that can be written.
func (t *typed) attributes(ctx context.Context) []client.Attribute {
	o := t.object(ctx)
	if o == nil {
		return nil
	}
	attributes := slices.Clone(o.Attributes)
	if o.Slug == "people" && !slices.ContainsFunc(attributes, func(at client.Attribute) bool { return at.Key == "email" }) {
		// The first of emails, which the API matches by [update-a-crm-person].
		attributes = append([]client.Attribute{{Key: "email", Label: "the first of emails", Type: client.TypeText, IsUnique: true}}, attributes...)
	}
	return slices.DeleteFunc(attributes, func(at client.Attribute) bool {
		return at.IsArchived || slices.Contains([]string{"id", "created_at", "updated_at"}, at.Key)
	})
}

// likelyMatch names a unique attribute that the first input has a column for; "" where
// there is none, or no schema at hand.
func (t *typed) likelyMatch(ctx context.Context) string {
	columns := t.columns(ctx, t.args[0])
	for _, at := range t.attributes(ctx) {
		named := func(column string) bool {
			return foldColumn(column) == foldColumn(at.Key) || foldColumn(column) == foldColumn(at.Label)
		}
		if at.IsUnique && slices.ContainsFunc(columns, named) {
			return fmt.Sprintf("%s has a column for %s, which is unique in the CRM: --match %[2]s", t.args[0], at.Key)
		}
	}
	return ""
}

// described is an attribute as a word of completion, between what belongs
// before and behind its key.
func described(at client.Attribute, before, behind string) string {
	about := []string{at.Label, typeText(at)}
	if at.IsUnique {
		about = append(about, "unique")
	}
	about = slices.DeleteFunc(about, func(s string) bool { return s == "" })
	return cobra.CompletionWithDesc(before+at.Key+behind, strings.Join(about, ", "))
}

// mappingsFor completes COLUMN=ATTR: first the column, then the attribute.
func mappingsFor(ctx context.Context, t *typed) ([]string, cobra.ShellCompDirective) {
	if at := strings.LastIndexByte(t.begun, '='); at > 0 {
		var words []string
		for _, attribute := range t.attributes(ctx) {
			words = append(words, described(attribute, t.begun[:at+1], ""))
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	var words []string
	for _, path := range t.args {
		for _, column := range t.columns(ctx, path) {
			if column = column + "="; !slices.Contains(words, column) && !strings.ContainsAny(column, "\t\r\n") {
				words = append(words, column)
			}
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveKeepOrder
}

// headBytes is how much of an input tells its columns.
const headBytes = 256 << 10

// workbookBytes is the largest workbook that is read: finding its header means
// reading a sheet to its end.
const workbookBytes = 128 << 10

// columns are the names in the header of an input, or the keys of its first
// records.
func (t *typed) columns(ctx context.Context, path string) []string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil // reading a pipe would take its records away
	}
	opts := source.Options{
		Encoding: t.flag("encoding"), Sheet: t.flag("sheet"), MaxRecordBytes: headBytes, Format: formatNamed(t.flag("format")),
	}
	opts.Delimiter, _ = delimiterCharacter(t.flag("delimiter")) // a push would say what is wrong
	opts.HeaderRow, _ = strconv.Atoi(t.flag("header-row"))
	if names := t.flag("columns"); names != "" {
		opts.Columns, _ = columnNames(names)
	}
	in, err := openHead(ctx, path, opts)
	if err != nil {
		return nil
	}
	defer in.reader.Close()
	columns, _, err := in.sample(".")
	if err != nil {
		return nil
	}
	return columns
}

// openHead opens the beginning of a file. Opening the file itself would read
// it to its end, and has to where it is a workbook.
func openHead(ctx context.Context, path string, opts source.Options) (*input, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	magic := make([]byte, 4)
	if _, err := io.ReadFull(file, magic); err == nil && string(magic) == "PK\x03\x04" {
		if info, err := file.Stat(); err != nil || info.Size() > workbookBytes {
			return nil, errors.New("the workbook is too large")
		}
		reader, err := source.Open(ctx, path, opts)
		if err != nil {
			return nil, err
		}
		return &input{path: path, reader: reader, info: reader.Info()}, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(file, headBytes))
	if err != nil {
		return nil, err
	}
	opts.Stdin = strings.NewReader(string(head))
	reader, err := source.Open(ctx, "-", opts)
	if err != nil {
		return nil, err
	}
	return &input{path: path, reader: reader, info: reader.Info()}, nil
}

// constantsFor completes ATTR=VALUE: first the attribute, then what it takes.
func constantsFor(ctx context.Context, t *typed) ([]string, cobra.ShellCompDirective) {
	key, _, valued := strings.Cut(t.begun, "=")
	var words []string
	for _, at := range t.attributes(ctx) {
		switch {
		case !valued:
			words = append(words, described(at, "", "="))
		case at.Key != key:
		case at.Type == client.TypeCheckbox:
			words = append(words, key+"=true", key+"=false")
		default:
			for _, o := range at.Options {
				words = append(words, key+"="+o.Value)
			}
		}
	}
	if valued {
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
	return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func profilesFor(_ context.Context, t *typed) ([]string, cobra.ShellCompDirective) {
	var names []string
	for name := range t.conf.viper.GetStringMap(keyProfiles) {
		names = append(names, name)
	}
	return sorted(names), cobra.ShellCompDirectiveNoFileComp
}

// jobArguments completes the job file, then the names of its pushes that are not
// on the line yet.
func (a *app) jobArguments(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return filesEndingIn([]string{"yaml", "yml"})(c, args, begun)
	}
	return a.answer(pushesFor)(c, args, begun)
}

func pushesFor(_ context.Context, t *typed) ([]string, cobra.ShellCompDirective) {
	data, err := os.ReadFile(t.args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	opts := jobOptions()
	// Variables that only the run will have don't matter to the names.
	opts.Getenv = func(string) (string, bool) { return "x", true }
	file, err := job.Parse(t.args[0], data, opts)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := slices.DeleteFunc(file.Names(), func(name string) bool { return slices.Contains(t.args[1:], name) })
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

func sheetsFor(_ context.Context, t *typed) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, path := range t.args {
		sheets, err := source.Sheets(path)
		if err == nil {
			names = append(names, sheets...)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

func localesFor(context.Context, *typed) ([]string, cobra.ShellCompDirective) {
	return append(mapping.Languages(), "de-AT", "de-CH", "en-GB", "en-US", "fr-CA"), cobra.ShellCompDirectiveNoFileComp
}
