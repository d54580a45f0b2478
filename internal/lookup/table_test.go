package lookup

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/client"
)

// A table must say of every value what a list of all its pairs says.
func TestATableAgreesWithAListOfPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type pair struct{ text, id string }
		texts := rapid.SampledFrom([]string{"a", "A", " a", "ä", "Ä", "a\u0308", "b", "ſ", "S", "s"})
		ids := rapid.SampledFrom([]string{uuid(1), uuid(2), strings.ToUpper(uuid(1)), "QK56", "", "12"})
		var pairs []pair
		var x index
		for range rapid.IntRange(0, 12).Draw(t, "pairs") {
			p := pair{texts.Draw(t, "text"), ids.Draw(t, "id")}
			pairs = append(pairs, p)
			x.enlist(newValue(p.text), p.id)
		}
		for _, text := range []string{"a", "A", "A ", "ä", "b", "B", "S", "s", "c"} {
			var exact, folded []string
			for _, p := range pairs {
				if p.text == text {
					exact = appendNew(exact, p.id)
				} else if fold(p.text) == fold(text) {
					folded = appendNew(folded, p.id)
				}
			}
			want := exact
			if len(exact) == 0 {
				want = folded
			}
			f := x.find(newValue(text))
			got := f.several
			if len(got) == 0 && (f.id != "" || len(want) == 1 && want[0] == "") {
				got = []string{f.id}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%q in %v: found %q, want %q", text, pairs, got, want)
			}
		}
	})
}

func TestAnIdComesBackAsItWas(t *testing.T) {
	for _, id := range []string{
		uuid(0), "ffffffff-ffff-ffff-ffff-ffffffffffff", strings.ToUpper(uuid(1)), "c1d2e3f4a5b67890cdef123456789012",
		"c1d2e3f4-a5b6-7890-cdef-12345678901", "c1d2e3f4-a5b6-7890-cdef-12345678901g", "c1d2e3f4-a5b6-7890_cdef-123456789012", "17", "ä",
	} {
		var tab table
		tab.add(newValue("v"), id)
		if got := tab.find(newValue("v")); len(got.exact) != 1 || got.exact[0] != id {
			t.Errorf("%q became %q", id, got.exact)
		}
	}
}

func TestMoreSpellingsThanAreKeptFindNothing(t *testing.T) {
	var x index
	for i := range 40 {
		x.enlist(newValue("a"+strings.Repeat(" ", i)), uuid(i))
	}
	for _, text := range []string{"a", "a" + strings.Repeat(" ", 39), "A"} {
		if f := x.find(newValue(text)); f.id != "" || len(f.several) == 0 || !f.more {
			t.Errorf("%q: %+v", text, f)
		}
	}
}

// fill learns n domains and gives the memory that they take.
func fill(n int, id func(int) string) (l *Lookup, bytes float64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l = New(Options{})
	x := l.index(referenceTo("companies", "domain"))
	for i := range n {
		x.enlist(newValue(fmt.Sprintf("company-%d.example", i)), id(i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(l)
	return l, float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

func TestIdsAreKeptCompactly(t *testing.T) {
	const n = 100_000
	for _, tt := range []struct {
		name string
		id   func(int) string
	}{
		{"UUIDs", uuid},
		{"ids of another form", func(n int) string { return fmt.Sprintf("01J%023d", n) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, bytes := fill(n, tt.id)
			t.Logf("%.1f bytes an id", bytes/n)
			if bytes/n >= 150 {
				t.Errorf("%.1f bytes an id: a million don't fit in 150 MB", bytes/n)
			}
			runtime.KeepAlive(l)
		})
	}
}

func TestManyIdsAreToldOnce(t *testing.T) {
	for _, dry := range []bool{false, true} {
		told := 0
		l := New(Options{DryRun: dry, Large: func() { told++ }})
		learn := func(from, to int) {
			for i := from; i < to; i++ {
				id := uuid(i)
				if dry {
					id = ""
				}
				l.Learn("companies", "domain", fmt.Sprintf("company-%d.example", i), id)
			}
		}
		if learn(0, manyIDs); told != 0 {
			t.Errorf("it was told of %d ids", manyIDs)
		}
		if learn(manyIDs, manyIDs+10); told != 1 {
			t.Errorf("it was told %d times", told)
		}
	}
}

func TestWhatADryRunWouldWriteIsKeptCompactly(t *testing.T) {
	const n = 100_000
	l := New(Options{DryRun: true})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		l.Learn("companies", "domain", fmt.Sprintf("%0200d.example", i), "")
	}
	for _, when := range []string{"while the push is tried", "after it"} {
		runtime.GC()
		runtime.ReadMemStats(&after)
		if bytes := float64(after.HeapAlloc) - float64(before.HeapAlloc); bytes/n >= 100 {
			t.Errorf("%s: %.1f bytes a record", when, bytes/n)
		}
		l.Arrive()
	}
	finds(t, l, companies(), fmt.Sprintf("%0200d.example", n-1), placeholder(newValue(fmt.Sprintf("%0200d.example", n-1))))
}

func BenchmarkAMillionIds(b *testing.B) {
	for b.Loop() {
		l, bytes := fill(1e6, uuid)
		b.ReportMetric(bytes/1e6, "B/id")
		runtime.KeepAlive(l)
	}
}

func BenchmarkFind(b *testing.B) {
	l, _ := fill(1e6, uuid)
	x := l.index(referenceTo("companies", "domain"))
	x.listEnds()
	values := make([]string, 1024)
	for i := range values {
		values[i] = fmt.Sprintf("company-%d.example", i*900)
	}
	for _, bb := range []struct {
		name   string
		values func(string) string
	}{{"exact", strings.ToLower}, {"folded", strings.ToUpper}} {
		b.Run(bb.name, func(b *testing.B) {
			for i := range values {
				values[i] = bb.values(values[i])
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := l.Find(companies(), values[i%len(values)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// endless is a CRM whose list has so many companies.
type endless int

func (n endless) RoundTrip(r *http.Request) (*http.Response, error) {
	var page int
	if _, err := fmt.Sscan(r.URL.Query().Get("page"), &page); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(`{"collection":[`)
	for i := range 100 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%q,"name":"Company %d","domain":"company-%d.example","customAttributes":{},"createdAt":"2025-06-01T10:00:00+00:00"}`,
			uuid(page*100+i), i, page*100+i)
	}
	fmt.Fprintf(&b, `],"pagination":{"totalPages":%d,"currentPage":%d}}`, int(n)/100, page)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(b.String())), ProtoMajor: 1}, nil
}

func BenchmarkReadingAList(b *testing.B) {
	const n = 100_000
	c, err := client.New(client.Options{Token: "t", Transport: endless(n)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(Options{Client: c}).Find(companies(), "company-5000.example"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
}

func TestSlotsKeepWhatIsPutIn(t *testing.T) {
	var s slots
	const n = 50_000
	for range 2 { // the second time nothing is new
		for i := range n {
			s.put(newValue(fmt.Sprint(i)).key, entry{spelling: uint64(i)})
		}
	}
	used := 0
	for i := range s.shards {
		used += s.shards[i].used
	}
	if used != n {
		t.Errorf("%d slots for %d keys", used, n)
	}
	for i := range 2 * n {
		e, ok := s.get(newValue(fmt.Sprint(i)).key)
		if ok != (i < n) || ok && e.spelling != uint64(i) {
			t.Fatalf("%d: %v %t", i, e, ok)
		}
	}
}
