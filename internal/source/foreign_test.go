package source

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

func TestTextThatIsNotWesternIsNotReadAsIfItWere(t *testing.T) {
	for _, tt := range []struct {
		name string
		enc  encoding.Encoding
		text string
		want string // of the hint; "" where it is read
		note string // the cell that is told then
	}{
		{"one Russian word", charmap.Windows1251, "Москва", "windows-1251", ""},
		{"one Russian word in KOI8-R", charmap.KOI8R, "Москва", "koi8-r", ""},
		{"a Greek sentence", charmap.Windows1253, "Καλημέρα κόσμε, Αθήνα", "windows-1253", ""},
		{"a short Russian word", charmap.Windows1251, "Киев", "", "Êèåâ"},
		{"Polish", charmap.Windows1250, "Paweł Gładki; Małgorzata Wąs, Michał", "windows-1250", ""},
		{"Polish in ISO 8859-2", charmap.ISO8859_2, "Paweł Gładki, Małgorzata Wąs, Michał", "iso-8859-2", ""},
		{"a Mac's French", charmap.Macintosh, "Société générale, Café, Générosité", "macintosh", ""},
		{"a Mac's German", charmap.Macintosh, "Müller, Straße, Käse, Köln", "macintosh", ""},
		{"DOS's German", charmap.CodePage850, "Käse, Köln, Länge, Höhe", "ibm850", ""},
		{"Czech that could be Danish", charmap.Windows1250, "Dvořák", "", "Dvoøák"},

		{"German", charmap.Windows1252, "Müller, Größe, ÄÖÜäöüß", "", "Müller"},
		{"a list of letters", charmap.Windows1252, "àâäéèêëîïôöùûü", "", "àâäéèêëîïôöùûü"},
		{"French", charmap.Windows1252, "L’œuvre, « Noël », naïve, 5 €, Œuvres – déjà", "", "L’œuvre"},
		{"Spanish", charmap.Windows1252, "¿Qué?, Mª José, 1ª, Nº 5, d´Or", "", "¿Qué?"},
		{"Catalan", charmap.Windows1252, "col·lecció, paral·lel, intel·ligent", "", "col·lecció"},
		{"English", charmap.Windows1252, "it’s, word—word, A–B, 5 m³ × 3 m², £5, 3½, naïve", "", "it’s"},
		{"Danish", charmap.Windows1252, "Rødgrød på fløde, Ærø, Ålborg", "", "Rødgrød på fløde"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.csv")
			content := "sku,name\nA,\"" + encoded(t, tt.enc, tt.text) + "\"\n"
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Open(context.Background(), path, Options{})
			var told *InputError
			switch {
			case errors.As(err, &told):
				if tt.want == "" || !strings.Contains(told.Hint(), tt.want) {
					t.Errorf("%v\n%s", err, told.Hint())
				}
			case err != nil:
				t.Error(err)
			case tt.want != "":
				t.Errorf("it is read as %s", r.Info().Encoding)
			case !strings.HasPrefix(r.Info().Doubtful, tt.note):
				t.Errorf("%q is told", r.Info().Doubtful)
			}
			if r != nil {
				r.Close()
			}
		})
	}
	for _, name := range []string{"windows-1251", "koi8-r", "iso-8859-5", "windows-1250", "iso-8859-2", "macintosh", "ibm850", "ibm437", "windows-1253"} {
		if err := CheckEncoding(name); err != nil {
			t.Errorf("a hint names an encoding that is not known: %v", err)
		}
	}
}
