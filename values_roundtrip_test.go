package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/client"
	"github.com/crmsync/crmsync/internal/mapping"
	"github.com/crmsync/crmsync/internal/sandbox"
)

// What the mapping accepts, a CRM takes and stores as it was sent, whatever the
// attribute's type. Whether there is such a record or member, and what a URL must
// look like, is the CRM's to say.
func TestWhatIsAcceptedIsStored(t *testing.T) {
	crm, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	company := idWithin(t, ask(t, crm, "PUT", "crm/companies?matchingAttribute=domain", `{"domain":"acme.example"}`))
	for object, match := range map[string]string{"products": "sku", "deals": "deal_number", "people": "customer_number"} {
		schema, err := client.ParseSchema(ask(t, crm, "GET", "crm/objects/"+object, ""), object)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range schema.Attributes {
			if a.IsStandard || a.IsArchived || a.IsUnique || a.Type == client.TypeRelation && a.RelatedObjectSlug != "companies" {
				continue
			}
			t.Run(object+" "+a.Key, func(t *testing.T) {
				trip := roundTrip{crm: crm, object: object, match: match, schema: schema, attribute: a.Key}
				cells := cellsFor(a, company)
				if !trip.stores(t, cells[0], "") {
					t.Fatalf("%q is refused", cells[0])
				}
				odd := rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,4}([.,][0-9]{1,3}){0,2}`), rapid.String())
				if len(a.Validation) > 0 || a.Type == client.TypeRelation || a.Type == client.TypeUser {
					odd = rapid.SampledFrom(cells)
				}
				rapid.Check(t, func(t *rapid.T) {
					cell := rapid.OneOf(rapid.SampledFrom(cells), odd).Draw(t, "cell")
					trip.stores(t, cell, rapid.SampledFrom([]string{"", "de", "en-US", "fr", "ja"}).Draw(t, "locale"))
				})
			})
		}
	}
}

type roundTrip struct {
	crm                      *sandbox.CRM
	object, match, attribute string
	schema                   *client.Object
	records                  int
}

// stores tells whether a cell is accepted; if it is, the CRM must store what was
// sent.
func (r *roundTrip) stores(t rapid.TB, cell, locale string) bool {
	t.Helper()
	r.records++
	number := r.attribute + strconv.Itoa(r.records)
	m, err := mapping.New(mapping.Options{
		Object: r.object, Match: r.match, Schema: r.schema, Columns: []string{r.match, r.attribute},
		Locale: locale, Location: time.UTC, Set: r.needed(),
	})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := m.MapCells([]string{number, cell})
	var refused *mapping.RowError
	if errors.As(err, &refused) {
		return false
	} else if err != nil {
		t.Fatal(err)
	}
	var values map[string]jsontext.Value
	if err := json.Unmarshal(sent.Body, &values); err != nil {
		t.Fatal(err)
	}
	id := idWithin(t, ask(t, r.crm, "PUT", "crm/"+r.object+"?matchingAttribute="+r.match, string(sent.Body)))
	records := r.crm.Records(r.object)
	last := records[len(records)-1]
	if got := string(last.Attributes[r.attribute]); last.ID != id || got != string(values[r.attribute]) {
		t.Fatalf("%q was sent as %s, and %s is stored", cell, values[r.attribute], got)
	}
	return true
}

// needed is what the CRM demands of a new record, beside its match value.
func (r *roundTrip) needed() []mapping.Constant {
	if r.object == "people" {
		return []mapping.Constant{{Attribute: "last_name", Value: "Muster"}}
	}
	return nil
}

// cellsFor are cells of which many fit an attribute, and the first surely does.
func cellsFor(a client.Attribute, company string) []string {
	cells := map[string][]string{
		client.TypeText:        {"x", "007", "Größe\n2", `"q"`, "\u2028", "😀", " x ", "\t", "4,93E+11", "#N/A"},
		client.TypeNumber:      {"0", "-0", "1.50", "1.234,50", "1,234.50", "12345678901234567890.123", ".5", "1 234,5"},
		client.TypeRating:      {"0", "3", "4.5", "4,5", "★★"},
		client.TypeCurrency:    {"12.50", "12,50 €", "EUR 3", "$ 5", "-€5", "- 5 €"},
		client.TypeCheckbox:    {"true", "ja", "oui", "0", "はい", "NO"},
		client.TypeDate:        {"2025-02-28", "28.02.2025", "2/28/2025", "29.02.2025", "2025年2月28日", "2025-02-28 00:00"},
		client.TypeDatetime:    {"2025-02-28T12:00:00+05:30", "2025-02-28 12:00", "28.02.2025 12:00", "2/28/2025 2:30 PM", "2025-02-28T12:00:00.123456789Z"},
		client.TypePhoneNumber: {"+49 30 1", "030/1", "4,9E+11", "'+49"},
		client.TypeRelation:    {company, company + ";" + company, "acme.example"},
		client.TypeUser:        {"QK566D4X49E8X78", "Eva Muster"},
	}[a.Type]
	if len(a.Validation) > 0 {
		return []string{"https://a.example/x?y=1", "mailto:a@b.example", "a b"}
	}
	for _, option := range a.Options {
		cells = append(cells, option.Value, strings.ToUpper(option.Value), strings.Trim(string(option.ID), `"`), a.Options[0].Value+";"+option.Value)
	}
	return cells
}

// ask has the CRM answer a request that it must not refuse.
func ask(t rapid.TB, crm *sandbox.CRM, method, path, body string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://crm.invalid/v2/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	answer, err := crm.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode >= 300 {
		t.Fatalf("%s %s %s: %s %s", method, path, body, answer.Status, said)
	}
	return said
}

// idWithin is the id of the record in an answer, whatever its envelope is called.
func idWithin(t rapid.TB, answer []byte) string {
	t.Helper()
	var said map[string]jsontext.Value
	if err := json.Unmarshal(answer, &said); err != nil {
		t.Fatal(err)
	}
	for _, envelope := range []string{"record", "person", "company"} {
		var record struct {
			ID string `json:"id"`
		}
		if said[envelope] != nil && json.Unmarshal(said[envelope], &record) == nil {
			return record.ID
		}
	}
	t.Fatalf("no record in %s", answer)
	return ""
}
