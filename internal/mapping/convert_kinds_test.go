package mapping

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRatings(t *testing.T) {
	run(t, "stars", []conversionTest{
		{"", "4", "4"}, {"", "0", "0"}, {"", " 5 ", "5"}, {"", "4.5", "4.5"}, {"", "100", "100"}, {"", "-1", "-1"}, {"de", "4,5", "4.5"}, {"de", "4", "4"},
		{"", "4,5", `"4,5" is not a number (if the comma is a decimal comma, use --locale de, fr or the like)`},
		{"de", "4.5", `"4.5" is not a number of locale de (there the decimal separator is ",")`},
		{"", "★★★★", `"★★★★" is not a number (write the number: 4)`}, {"", "★★★☆☆", `"★★★☆☆" is not a number (write the number: 3)`}, {"", "⭐⭐⭐", `"⭐⭐⭐" is not a number (write the number: 3)`}, {"", "☆☆☆", `"☆☆☆" is not a number (write the number: 0)`}, {"", "⭐️⭐️", `"⭐️⭐️" is not a number (write the number: 2)`},
		{"", "4/5", `"4/5" is not a number (write the number alone: 4)`}, {"", "4 / 5", `"4 / 5" is not a number (write the number alone: 4)`}, {"", "4.5/5", `"4.5/5" is not a number (write the number alone: 4.5)`}, {"", "/5", `"/5" is not a number (a number looks like 1234.50)`}, {"", "4/", `"4/" is not a number (a number looks like 1234.50)`},
		{"", "4 stars", `"4 stars" is not a number (send the number alone, without "stars")`}, {"", "80%", `"80%" is not a number (send the number alone, without "%")`},
		{"", "007", `"007" is not a number (it has leading zeros, as codes have: use a text attribute, or remove them)`}, {"", "+4", `"+4" is not a number (leave out the plus sign)`},
		{"", "good", `"good" is not a number (a number looks like 1234.50)`}, {"", "NaN", `"NaN" is not a number (a number looks like 1234.50)`}, {"", "1e1", `"1e1" is not a number (it is in scientific notation, as spreadsheets write long numbers: digits may be lost; export it as a plain number)`},
	})
	for value, want := range map[string]string{
		`4`: `4`, `4.50`: `4.50`, `"4"`: `4`, `true`: `true is not a number`, `[4]`: `a list is not a number`, `{"value":4}`: `an object is not a number`, `"★"`: `"★" is not a number (write the number: 1)`,
	} {
		if got := sentJSON(t, Options{}, "stars", value); got != want {
			t.Errorf("%s is sent as %s, want %s", value, got, want)
		}
	}
}

func TestURLsAreCheckedLoosely(t *testing.T) {
	run(t, "site", []conversionTest{
		{"", "HTTPS://A.de:8443/x;y?z=1#f", `"HTTPS://A.de:8443/x;y?z=1#f"`}, {"", "www.a.de/ü", `"www.a.de/ü"`}, {"", "müller.example", `"müller.example"`}, {"", "http://localhost:8080", `"http://localhost:8080"`}, {"", "localhost:8080/x", `"localhost:8080/x"`}, {"", "http://intranet/x", `"http://intranet/x"`},
		{"", "https://user:pw@a.de/@b", `"https://user:pw@a.de/@b"`}, {"", "a.de/@b", `"a.de/@b"`}, {"", "http://[::1]:80/", `"http://[::1]:80/"`}, {"", "ftp://a.de", `"ftp://a.de"`}, {"", "a.de:443", `"a.de:443"`}, {"", "https://a.de.", `"https://a.de."`}, {"", "https://web.archive.example/http://a.de", `"https://web.archive.example/http://a.de"`},
		{"", "javascript:alert(1)", `"javascript:alert(1)" is not a URL (javascript: is no web address)`}, {"", "JavaScript://a.de/%0Aalert(1)", `"JavaScript://a.de/%0Aalert(1)" is not a URL (JavaScript: is no web address)`}, {"", "data:text/html,x", `"data:text/html,x" is not a URL (data: is no web address)`}, {"", "vbscript:x", `"vbscript:x" is not a URL (vbscript: is no web address)`},
		{"", "mailto:a@b.de", `"mailto:a@b.de" is not a URL (mailto: is no web address)`}, {"", "tel:+4930", `"tel:+4930" is not a URL (tel: is no web address)`}, {"", "a@b.de", `"a@b.de" is not a URL (it is an e-mail address)`},
		{"", "http:/a.de", `"http:/a.de" is not a URL (after http: come two slashes)`}, {"", "https:a.de", `"https:a.de" is not a URL (after https: come two slashes)`}, {"", "https//a.de", `"https//a.de" is not a URL (it has no dot, as a host has)`}, {"", "http://http://a.de", `"http://http://a.de" is not a URL (its host is missing)`}, {"", "https:///a.de", `"https:///a.de" is not a URL (its host is missing)`}, {"", "://a.de", `"://a.de" is not a URL (what stands before :// is missing)`},
		{"", "https://a..de", `"https://a..de" is not a URL (a part of its host is missing)`}, {"", ".de", `".de" is not a URL (a part of its host is missing)`}, {"", "a.de;b.de", `"a.de;b.de" is not a URL (it holds a comma or semicolon before the path: one URL alone is meant)`}, {"", "a.de,b.de", `"a.de,b.de" is not a URL (it holds a comma or semicolon before the path: one URL alone is meant)`}, {"", "12:30", `"12:30" is not a URL (it has no dot, as a host has)`}, {"", "-", `"-" is not a URL (it has no dot, as a host has)`}, {"", " https://a.de", `" https://a.de" is not a URL (it has blanks around it)`},
	})
}

func TestFormats(t *testing.T) {
	for _, tt := range []struct{ locale, format, value, want string }{
		{"", "%d.%m.%y", "31.12.24", "2024-12-31"}, {"", "%d.%m.%y", "1.2.68", "2068-02-01"}, {"", "%d.%m.%y", "1.2.69", "1969-02-01"}, {"", "%d.%m.%y", "31.12.2024", ` (its format is "%d.%m.%y")`},
		{"", "%d/%m/%Y", "01/02/2025", "2025-02-01"}, {"", "%m/%d/%Y", "01/02/2025", "2025-01-02"}, {"", "%d.%m.%Y", "30.02.2025", ` of the calendar (its format is "%d.%m.%Y")`}, {"", "%d.%m.%Y", "1.2.25", ` (its format is "%d.%m.%Y")`}, {"", "%d.%m.%Y", "1.2.2025 ", ` (its format is "%d.%m.%Y")`},
		{"", "%Y%m%d", "20250131", "2025-01-31"}, {"", "%Y%m%d", "2025113", ` (its format is "%Y%m%d")`}, {"", "%Y%m%d", "2025013", ` (its format is "%Y%m%d")`}, {"", "%d%m%y", "31122", ` (its format is "%d%m%y")`}, {"", "%d%m%y", "311224", "2024-12-31"},
		{"", "%F", "2025-1-2", "2025-01-02"}, {"", "%-d.%-m.%Y", "1.2.2025", "2025-02-01"}, {"", "%d %b %Y", "3 May 2025", "2025-05-03"}, {"", "%d %B %Y", "3 mai 2025", ` (its format is "%d %B %Y")`}, {"de", "%d. %B %Y", "3. März 2025", "2025-03-03"}, {"fr", "%d %B %Y", "3 août 2025", "2025-08-03"},
		{"", "%Y-%m-%d %H:%M", "2025-01-02 9:05", "2025-01-02"}, {"", "%Y-%m-%d %I:%M %p", "2025-01-02 13:05 pm", ` (its format is "%Y-%m-%d %I:%M %p")`}, {"", "100%% %F", "100% 2025-01-02", "2025-01-02"}, {"", "%Y%m%d%H%M%S", "20250102030405", "2025-01-02"}, {"", "%Y%m%d%H%M%S", "2025010230405", ` (its format is "%Y%m%d%H%M%S")`},
	} {
		l, err := newLocale(tt.locale)
		if err != nil {
			t.Fatal(err)
		}
		format, err := newLayout(tt.format, l)
		if err != nil {
			t.Fatal(err)
		}
		m, problem := format.parse(tt.value)
		if got := problem; problem == "" {
			if got = string(appendDay(nil, m.day)); got != tt.want {
				t.Errorf("%s as %s is %s", tt.value, tt.format, got)
			}
		} else if got != tt.want {
			t.Errorf("%s as %s is refused:%s", tt.value, tt.format, got)
		}
	}
}

func TestAddresses(t *testing.T) {
	columns := func(names ...string) Options {
		return Options{Object: "people", Match: "customer_number", Columns: append([]string{"customer_number"}, names...)}
	}
	for _, tt := range []struct{ column, cell, want string }{
		{"email", "a@x.de", `["a@x.de"]`}, {"email", " A.b+c@X.de\t", `["A.b+c@X.de"]`}, {"email", "ü@münchen.example", `["ü@münchen.example"]`},
		{"email", "a@x.de;b@x.de", `column "email": "a@x.de;b@x.de" is not an e-mail address (it holds a blank, comma, semicolon or bracket: one address alone is meant)`},
		{"email", "Eva <a@x.de>", `column "email": "Eva <a@x.de>" is not an e-mail address (it holds a blank, comma, semicolon or bracket: one address alone is meant)`},
		{"email", "mailto:a@x.de", `column "email": "mailto:a@x.de" is not an e-mail address (leave out mailto:)`}, {"email", "none", `column "email": "none" is not an e-mail address (it has no @)`}, {"email", "#N/A", `column "email": ` + errorProblem("#N/A")},
		{"emails", "a@x.de", `["a@x.de"]`}, {"emails", "a@x.de; b@x.de;;A@X.DE", `["a@x.de","b@x.de"]`}, {"emails", "a@x.de,b@x.de", `column "emails": "a@x.de,b@x.de" is not an e-mail address (it holds a blank, comma, semicolon or bracket: one address alone is meant)`},
		{"emails", " ; ", `column "emails": " ; " holds no value between its separators`}, {"emails", "a@x.de;b@", `column "emails": "b@" is not an e-mail address (a part is missing)`},
	} {
		got := body(mustNew(t, columns(tt.column)).MapCells([]string{"K1", tt.cell}))
		if tt.want[0] == '[' {
			tt.want = `{"customer_number":"K1","emails":` + tt.want + `}`
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %q: %s", tt.column, tt.cell, diff)
		}
	}
}

// A table often has a column for the main address and one for the others, and
// either may repeat the other's.
func TestTheColumnEmailIsTheFirstOfAPersonsAddresses(t *testing.T) {
	for _, columns := range [][]string{{"email", "emails"}, {"emails", "email"}} {
		for _, tt := range []struct{ email, emails, want string }{
			{"a@x.de", "b@x.de;c@x.de", `["a@x.de","b@x.de","c@x.de"]`},
			{"a@x.de", "a@x.de;b@x.de", `["a@x.de","b@x.de"]`},
			{"b@x.de", "a@x.de;B@X.de;c@x.de", `["b@x.de","a@x.de","c@x.de"]`},
			{"", "a@x.de;b@x.de", `["a@x.de","b@x.de"]`},
			{"a@x.de", "", `["a@x.de"]`},
			{"a@x.de", "NULL", `["a@x.de"]`},
			{"NULL", "b@x.de", `["b@x.de"]`},
		} {
			o := Options{Object: "people", Match: "email", Columns: columns, Null: "NULL", HasNull: true}
			cells := []string{tt.email, tt.emails}
			if columns[0] == "emails" {
				cells[0], cells[1] = cells[1], cells[0]
			}
			a, err := mustNew(t, o).MapCells(cells)
			if got := body(a, err); got != `{"emails":`+tt.want+`}` {
				t.Errorf("%s %q, as columns %q, is sent as %s", tt.email, tt.emails, columns, got)
			}
		}
	}
	m := mustNew(t, Options{Object: "people", Match: "email"})
	for value, want := range map[string]string{
		`{"emails":["a@x.de","b@x.de"],"email":"b@x.de"}`: `{"emails":["b@x.de","a@x.de"]}`,
		`{"email":"c@x.de","emails":["a@x.de"]}`:          `{"emails":["c@x.de","a@x.de"]}`,
		`{"email":"c@x.de","emails":null}`:                `{"emails":["c@x.de"]}`,
		`{"email":"c@x.de","emails":[]}`:                  `{"emails":["c@x.de"]}`,
	} {
		if got := body(m.MapObject(object(t, value))); got != want {
			t.Errorf("%s is sent as %s", value, got)
		}
	}
}

func TestACellIsNoObject(t *testing.T) {
	m := mustNew(t, Options{Object: "people", Match: "email", Columns: []string{"email", "socials"}})
	want := `column "socials": "x" can't be sent: the API takes an object here, which no cell is (give each of its values a column, such as socials.linkedin, or send it as NDJSON)`
	if got := body(m.MapCells([]string{"a@x.de", "x"})); got != want {
		t.Errorf("got %s", got)
	}
}
