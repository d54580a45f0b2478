package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// Lists of records matter to writing where a cell names a related record: its
// id stands on any of the pages, whatever they look like.
func listReadings() (all []reading) {
	const companies = 45 // three pages of 20
	var there []write
	for i := range companies {
		there = append(there, write{"PUT", byDomain, fmt.Sprintf(`{"domain":"c%d.example","name":"n"}`, i)})
	}
	input := "sku,supplier\n"
	for i := range companies {
		input += fmt.Sprintf("A-%d,c%d.example\n", i, i)
	}
	row := func(name string, q sandbox.Quirks) reading {
		return reading{
			name: name, crm: sandbox.Options{Quirks: q}, before: there, input: input,
			mapping: "object: products\nmatch: sku\ncolumns:\n  supplier: {to: supplier, lookup: {object: companies, match: domain}}\n",
			created: companies, check: suppliersOf(companies),
		}
	}
	for _, envelope := range []sandbox.Envelope{sandbox.EnvelopeCollection, sandbox.EnvelopeRecords, sandbox.EnvelopeData} {
		for _, twenty := range []bool{false, true} {
			for _, newest := range []bool{false, true} {
				all = append(all, row(fmt.Sprintf("records are listed in the form %q (always 20 a page: %v, the newest first: %v)", envelope, twenty, newest),
					sandbox.Quirks{ListEnvelope: envelope, ListIgnoresCount: twenty, ListNewestFirst: newest}))
			}
		}
	}
	grows := row("a list with the newest first grows by a page while it is read", sandbox.Quirks{ListIgnoresCount: true, ListNewestFirst: true})
	grows.serve = func(crm http.Handler) http.Handler { return growing(crm, 20) }
	none := row("there is no list, so a value that no record of the run has is a reject", sandbox.Quirks{ListEnvelope: sandbox.EnvelopeNone})
	none.code, none.created, none.rejected, none.reason, none.check = 3, 0, companies, "^0 .*no record of companies has domain", nil
	none.flags = []string{"--max-rejects", "100"}
	return append(all, grows, none)
}

// suppliersOf wants each product to refer to the company whose number it has.
func suppliersOf(n int) func(*testing.T, *sandbox.CRM, quirkSummary) {
	return func(t *testing.T, crm *sandbox.CRM, _ quirkSummary) {
		ids := map[string]string{}
		for _, company := range crm.Records("companies") {
			ids[company.Text("domain")] = company.ID
		}
		products := crm.Records("products")
		for _, product := range products {
			domain := "c" + strings.TrimPrefix(product.Text("sku"), "A-") + ".example"
			var suppliers []string
			if err := unmarshal(product.Attributes["supplier"], &suppliers); err != nil || !slices.Equal(suppliers, []string{ids[domain]}) {
				t.Errorf("%s refers to %s, want %s", product.Text("sku"), product.Attributes["supplier"], ids[domain])
			}
		}
		if len(products) != n {
			t.Errorf("%d products, want %d", len(products), n)
		}
	}
}

// companyAnswers are about the id of a company that is created for a record which
// refers to it: nothing but the answer has it.
func companyAnswers() []reading {
	row := func(name string, o sandbox.Options) reading {
		o.Quirks.ListEnvelope = sandbox.EnvelopeNone
		return reading{
			name: name, crm: o, input: "sku,supplier\nA-0,c0.example\nA-1,c1.example\nA-2,c0.example\n",
			mapping: "object: products\nmatch: sku\ncolumns:\n  supplier: {to: supplier, lookup: {object: companies, match: domain, create: true}}\n",
		}
	}
	own := row("a company that is created comes back as a company", sandbox.Options{})
	other := row("a company that is created comes back as records do", sandbox.Options{Quirks: sandbox.Quirks{PlainCompanies: true}})
	none := row("nothing comes back of a company that is created", sandbox.Options{Faults: sandbox.Faults{Empty: 1, WritesOnly: true}})
	for _, r := range []*reading{&own, &other} {
		r.created = 3
		r.check = func(t *testing.T, crm *sandbox.CRM, _ quirkSummary) {
			ids := map[string]string{}
			for _, company := range crm.Records("companies") {
				ids[company.Text("domain")] = company.ID
			}
			want := []string{`A-0|["` + ids["c0.example"] + `"]`, `A-1|["` + ids["c1.example"] + `"]`, `A-2|["` + ids["c0.example"] + `"]`}
			var got []string
			for _, product := range crm.Records("products") {
				got = append(got, product.Text("sku")+"|"+product.Text("supplier"))
			}
			if slices.Sort(got); !slices.Equal(got, want) || len(ids) != 2 {
				t.Errorf("the products are %q of %d companies, want %q", got, len(ids), want)
			}
		}
	}
	none.code, none.rejected, none.reason, none.holds = 3, 3, "^0 .*though the CRM took it, its answers don't say which id it has", []string{}
	return []reading{own, other, none}
}

// growing has somebody else create companies when the first page of their list
// was read.
func growing(crm http.Handler, records int) http.Handler {
	var grew atomic.Bool
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		crm.ServeHTTP(w, r)
		if r.URL.Path != "/v2/crm/companies" || !grew.CompareAndSwap(false, true) {
			return
		}
		for i := range records {
			body := fmt.Sprintf(`{"domain":"new%d.example"}`, i)
			theirs, err := http.NewRequestWithContext(r.Context(), http.MethodPut, "http://crm.invalid/v2/crm/"+byDomain, strings.NewReader(body))
			if err != nil {
				panic(err) // the address is a constant
			}
			theirs.Header = r.Header.Clone()
			crm.ServeHTTP(discard{http.Header{}}, theirs)
		}
	})
}

// discard is where an answer goes that nobody reads.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
